r"""Proxies on a host: WinHTTP's, WinINET's for SYSTEM, whose log-on screen the add-in is a part of, and its users'.

Which of the two libraries the add-in uses is not known, so both are looked at. The documentation asks for a proxy of
the machine's own; one that only users have is of no use before they have logged on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.model.preflight import Proxies, WinHttp, WinInet
from orchestrator.model.registry import Value
from orchestrator.windows import registry
from orchestrator.windows.command import Command, Evidence, Fact, Reply, Sureness, asked, gather
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
) -> Proxies:
    policy = policy or registry.absent(POLICY)
    per_machine = policy.number("ProxySettingsPerUser") == 0
    own = _wininet(machine if per_machine else system)
    protocols = (policy.number("SecureProtocols"), own.protocols, _wininet(machine).protocols)
    return Proxies(
        parse_winhttp(winhttp),
        replace(own, protocols=next((each for each in protocols if each is not None), None)),
        () if per_machine else tuple(_wininet(key) for key in users),
        per_machine,
    )


def _parse_users(replies: Sequence[Reply]) -> tuple[Key, ...]:
    return tuple(key for key in registry.parse_keys(replies[0]) if key.path.lower().endswith(r"\internet settings"))


PROXY: Fact[Proxies] = gather(
    "proxy",
    _settings,
    winhttp=asked(registry.value("proxy.winhttp", CONNECTIONS, "WinHttpSettings")),
    policy=asked(registry.key("proxy.policy", POLICY)),
    machine=asked(registry.key("proxy.machine", MACHINE)),
    system=asked(registry.key("proxy.system", SYSTEM)),
    users=asked(
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
        )
    ),
)
