r"""Proxies on a host: WinHTTP's, WinINET's for SYSTEM, whose log-on screen the add-in is a part of, and its users'.

Which of the two libraries the add-in uses is not known, so both are looked at. The documentation asks for a proxy of
the machine's own; one that only users have is of no use before they have logged on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from orchestrator.model.registry import Value
from orchestrator.windows import registry
from orchestrator.windows.command import Command, Evidence, Fact, Reply, Sureness, gather
from orchestrator.windows.registry import Key

_SETTINGS = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
MACHINE = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings"
CONNECTIONS = MACHINE + r"\Connections"
SYSTEM = rf"HKU\.DEFAULT\{_SETTINGS}"
POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\Internet Settings"

_PROXY_FLAG = 2
_HEADER_BYTES = 12
_LENGTH_BYTES = 4
_TEXT_LIMIT = 4096

_HIVES = Evidence(
    "reg query: learn.microsoft.com reg-query; that HKEY_USERS holds the hives of whoever is logged on under their "
    "SIDs: MicrosoftDocs/win32, SysInfo/predefined-keys",
    Sureness.DOCUMENTED,
)


@dataclass(frozen=True)
class WinHttp:
    """What WinHTTP uses for all programs: a proxy, and for which names not; both None when it goes directly."""

    server: str | None
    bypass: str | None


@dataclass(frozen=True)
class WinInet:
    """WinINET for one user: a proxy or a script that names one, and its protocols' bits; None when not set."""

    server: str | None
    script: str | None
    protocols: int | None

    @property
    def used(self) -> str | None:
        """The proxy, or else the script."""
        return self.server or self.script


@dataclass(frozen=True)
class ProxySettings:
    """All of it.

    Attributes:
        winhttp: None when its blob is not in a form that we know.
        system: WinINET for SYSTEM.
        users: WinINET for each user whose hive is loaded.
        per_machine: Whether a policy makes WinINET's settings the same for all.
    """

    winhttp: WinHttp | None
    system: WinInet
    users: tuple[WinInet, ...]
    per_machine: bool

    @property
    def shown(self) -> dict[str, Any]:
        """As evidence."""
        return {**asdict(self), "users": [asdict(user) for user in self.users]}


def parse_winhttp(value: Value | None) -> WinHttp | None:
    """Reads WinHttpSettings: size or version, a counter, flags, then texts behind their lengths, all little-endian.

    The layout is not documented: WinINET's blob next to it has it, as many have found out. None stands for anything
    that does not keep to it.
    """
    if value is None:
        return WinHttp(None, None)
    try:
        blob = bytes.fromhex(str(value.data))
    except ValueError:
        return None
    if len(blob) < _HEADER_BYTES:
        return None
    texts: list[str] = []
    rest = blob[_HEADER_BYTES:]
    while rest and len(texts) < len(("proxy", "bypass")):
        length = int.from_bytes(rest[:_LENGTH_BYTES], "little")
        text, rest = rest[_LENGTH_BYTES:][:length], rest[_LENGTH_BYTES + length :]
        if len(text) != length or length > _TEXT_LIMIT:
            return None
        texts.append(_printable(text.decode("ascii", "replace")))
    server, bypass, *_ = (*texts, "", "")
    if not int.from_bytes(blob[8:_HEADER_BYTES], "little") & _PROXY_FLAG:
        return WinHttp(None, None)
    return WinHttp(server, bypass or None) if server else None


def _wininet(key: Key | None) -> WinInet:
    key = key or registry.absent("")
    server = key.text("ProxyServer") if key.number("ProxyEnable") else None
    script = key.text("AutoConfigURL")
    return WinInet(
        _printable(server) if server else None,
        _printable(script) if script else None,
        key.number("SecureProtocols"),
    )


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text[:_TEXT_LIMIT])


def _settings(
    winhttp: Value | None, policy: Key | None, machine: Key | None, system: Key | None, users: tuple[Key, ...]
) -> ProxySettings:
    policy = policy or registry.absent(POLICY)
    per_machine = policy.number("ProxySettingsPerUser") == 0
    own = _wininet(machine if per_machine else system)
    protocols = (policy.number("SecureProtocols"), own.protocols, _wininet(machine).protocols)
    return ProxySettings(
        parse_winhttp(winhttp),
        replace(own, protocols=next((each for each in protocols if each is not None), None)),
        () if per_machine else tuple(_wininet(key) for key in users),
        per_machine,
    )


def _parse_users(replies: Sequence[Reply]) -> tuple[Key, ...]:
    return tuple(key for key in registry.parse_keys(replies[0]) if key.path.lower().endswith(r"\internet settings"))


PROXY: Fact[ProxySettings] = gather(
    "proxy",
    _settings,
    registry.value("proxy.winhttp", CONNECTIONS, "WinHttpSettings"),
    registry.key("proxy.policy", POLICY),
    registry.key("proxy.machine", MACHINE),
    registry.key("proxy.system", SYSTEM),
    Fact(
        "proxy.users",
        (
            Command(
                'for /f "delims=" %k in (\'reg query HKU 2^>nul ^| findstr /r "S-1-5-21-[0-9-]*$"\')'
                rf' do @reg query "%k\{_SETTINGS}" 2>nul',
                _HIVES,
                accepts=None,
            ),
        ),
        _parse_users,
    ),
)
