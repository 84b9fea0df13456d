"""TLS 1.2 on a host: what Schannel and WinHTTP are set to, what that means, and how it is mended.

The add-in asks for TLS 1.2 "enabled, not just set to auto negotiate" (the 2019 page on password reset at the Windows
log-on screen). States and defaults of Schannel: MicrosoftDocs/windowsserverdocs tls-registry-settings and
MicrosoftDocs/win32 protocols-in-tls-ssl--schannel-ssp-. WinHTTP: KB3140245.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from orchestrator.model.message import Message, message, phrase
from orchestrator.model.message import together as all_of
from orchestrator.windows import registry, registry_change, schannel
from orchestrator.windows.branches import Branch
from orchestrator.windows.command import Change, Fact, asked, gather, together
from orchestrator.windows.registry import Key
from orchestrator.windows.schannel import PROTOCOLS, Schannel

SCHANNEL_PROTOCOL = PROTOCOLS + r"\TLS 1.2"
CLIENT = SCHANNEL_PROTOCOL + r"\Client"
SERVER = SCHANNEL_PROTOCOL + r"\Server"
WINHTTP = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp"
WINHTTP_WOW64 = r"HKLM\SOFTWARE\Wow6432Node\Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp"

TLS12_BIT = 0x800
DEFAULT_SECURE_PROTOCOLS = 0x0A0
"""SSL 3.0 and TLS 1.0: what WinHTTP offers on Windows 7 and 8 when the value is absent (KB3140245)."""


_WINHTTP = phrase("change-tls12-winhttp")


@message("change-tls12-schannel")
def _schannel(side: str) -> None: ...


@message("change-tls12")
def _enable(places: tuple[str, ...]) -> None: ...


class Verdict(StrEnum):
    """What the settings mean, from best to worst."""

    ON = "on"
    """Explicitly enabled everywhere it has to be."""
    DEFAULT = "default"
    """In use only because it is this Windows' default, or not enabled in so many words."""
    OFF = "off"
    """Not in use, because it was never switched on."""
    HARD_OFF = "hard_off"
    """Somebody switched it off."""


_SIDE: Final = ("Enabled", "DisabledByDefault")
_PROTOCOLS: Final = "DefaultSecureProtocols"
_NAMES: Final = (*_SIDE, _PROTOCOLS)


@dataclass(frozen=True)
class TlsSettings:
    """What stands in the registry; None where the key does not exist. `protocols` tells which keys above are there."""

    client: Key | None
    server: Key | None
    winhttp: Key | None
    winhttp_wow64: Key | None
    protocols: Key | None = None

    @property
    def values(self) -> dict[str, dict[str, int | str]]:
        """Path → values, of the keys that exist: the evidence behind a judgement."""
        keys = (self.client, self.server, self.winhttp, self.winhttp_wow64)
        return {key.path: key.shown_with(*_NAMES) for key in keys if key is not None}

    @property
    def missing_keys(self) -> tuple[str, ...]:
        """Keys above Schannel's two that are not there, from the top downwards."""
        if self.protocols is None:
            return (PROTOCOLS, SCHANNEL_PROTOCOL)
        standing = {f"{PROTOCOLS}\\{name}".lower() for name in self.protocols.subkeys}
        return () if SCHANNEL_PROTOCOL.lower() in standing else (SCHANNEL_PROTOCOL,)


def _protocols(settings: Schannel) -> Key | None:
    return settings.protocols


SETTINGS: Fact[TlsSettings] = gather(
    "tls12",
    TlsSettings,
    client=asked(registry.key("schannel.client", CLIENT)),
    server=asked(registry.key("schannel.server", SERVER)),
    winhttp=asked(registry.key("winhttp", WINHTTP)),
    winhttp_wow64=asked(registry.key("winhttp.wow64", WINHTTP_WOW64)),
    protocols=asked(gather("schannel.protocols", _protocols, settings=asked(schannel.SETTINGS))),
)


_FORBIDDEN = phrase("schannel-forbidden")
_ENABLED = phrase("schannel-enabled")
_NOT_ENABLED = phrase("schannel-not-enabled")
_OFFERED = phrase("winhttp-offers-tls12")
_ALL_ENABLED = phrase("tls12-enabled")


@message("schannel-not-by-default")
def _not_by_default(value: str) -> None:
    """DisabledByDefault is not 0."""


@message("schannel-on-as-default")
def _as_default(branch: str, enabled: bool) -> None:
    """Nothing switches it off; `enabled` says whether the value Enabled is there."""


@message("schannel-off-as-default")
def _off_as_default(branch: str, enabled: bool) -> None:
    """Nothing switches it on; `enabled` says whether the value Enabled is there."""


@message("schannel-mistyped")
def _mistyped(value: str, kind: str, data: str) -> None:
    """A value is there, and of a type that means nothing."""


@message("winhttp-mistyped")
def _mistyped_view(view: str, kind: str, data: str) -> None:
    """The same of DefaultSecureProtocols."""


@message("schannel-side")
def _of_schannel(side: str | None, fault: Message) -> None:
    """What is wrong with `Client` or `Server`, or with both."""


@message("winhttp-not-among-defaults")
def _not_among_defaults(view: str) -> None:
    """DefaultSecureProtocols is missing where WinHTTP needs it."""


@message("winhttp-leaves-tls12-out")
def _left_out(view: str, protocols: str) -> None:
    """DefaultSecureProtocols has not the bit."""


@dataclass(frozen=True)
class Judgement:
    """A verdict, what tells it to an admin, and whether it is what the add-in asks for."""

    verdict: Verdict
    sentence: Message

    @property
    def satisfied(self) -> bool:
        return self.verdict is Verdict.ON


def judge_schannel(key: Key | None, branch: Branch) -> Judgement:
    """The verdict on one side of Schannel; the message names each wrong value, and leaves out which side it is."""
    key = key or registry.absent(SCHANNEL_PROTOCOL)
    enabled, by_default = key.number("Enabled"), key.number("DisabledByDefault")
    faults = [_FORBIDDEN()] if enabled == 0 else []
    faults += [_mistyped(name, *found.told) for name in _SIDE if (found := key.mistyped(name))]
    if by_default:
        faults.append(_not_by_default(f"{by_default:#x}"))
    if faults:
        return Judgement(Verdict.HARD_OFF if enabled == 0 else Verdict.OFF, all_of(faults))
    if enabled and by_default == 0:
        return Judgement(Verdict.ON, _ENABLED())
    if enabled is None and by_default == 0:
        return Judgement(Verdict.DEFAULT, _NOT_ENABLED())
    if branch.tls12_by_default:
        return Judgement(Verdict.DEFAULT, _as_default(branch.title, enabled=bool(enabled)))
    return Judgement(Verdict.OFF, _off_as_default(branch.title, enabled=bool(enabled)))


def judge_winhttp(settings: TlsSettings, branch: Branch, architecture: str) -> Judgement:
    """The verdict on WinHTTP's default protocols, in both views of a 64-bit machine.

    Where Windows has TLS 1.2 in its own default set, only a value that leaves it out is at fault. What is wrong with
    both views alike is told once.
    """
    views = [("WinHTTP", settings.winhttp)]
    if architecture == "x64":
        views.append(("WinHTTP (32-bit)", settings.winhttp_wow64))
    first = views[0][0]
    faults = {_winhttp_fault(first, there, branch) for _, there in views}
    if faults == {None}:
        return Judgement(Verdict.ON, _OFFERED())
    if len(faults) == 1:
        views = views[:1]
    named = (_winhttp_fault(title, there, branch) for title, there in views)
    return Judgement(Verdict.OFF, all_of([fault for fault in named if fault]))


def _winhttp_fault(title: str, there: Key | None, branch: Branch) -> Message | None:
    """What is wrong with DefaultSecureProtocols in one view."""
    key = there or registry.absent(title)
    if found := key.mistyped(_PROTOCOLS):
        return _mistyped_view(title, *found.told)
    value = key.number(_PROTOCOLS)
    if value is None:
        return _not_among_defaults(title) if branch.winhttp_needs_default_secure_protocols else None
    return None if value & TLS12_BIT else _left_out(title, f"{value:#x}")


def judge(settings: TlsSettings, branch: Branch, architecture: str) -> Judgement:
    """The worst of Schannel Client, Schannel Server and WinHTTP decides; the message names each that is at fault."""
    sides = {"Client": judge_schannel(settings.client, branch), "Server": judge_schannel(settings.server, branch)}
    winhttp = judge_winhttp(settings, branch, architecture)
    worst = max((part.verdict for part in (*sides.values(), winhttp)), key=list(Verdict).index)
    at_fault: dict[Message, list[str]] = {}
    for side, part in sides.items():
        if not part.satisfied:
            at_fault.setdefault(part.sentence, []).append(side)
    faults = [_of_schannel(names[0] if len(names) == 1 else None, said) for said, names in at_fault.items()]
    if not winhttp.satisfied:
        faults.append(winhttp.sentence)
    return Judgement(worst, all_of(faults) if faults else _ALL_ENABLED())


def enable(settings: TlsSettings, branch: Branch, architecture: str) -> Change:
    """What makes `judge` say ON, touching only what is at fault.

    `Enabled` stays as it is when it is any number but 0: policies write 0xffffffff too, and mean the same.
    """
    changes, places = [], []
    for side, path, key in (("Client", CLIENT, settings.client), ("Server", SERVER, settings.server)):
        if judge_schannel(key, branch).satisfied:
            continue
        wanted = {"DisabledByDefault": 0}
        if not (key and key.number("Enabled")):
            wanted = {"Enabled": 1, **wanted}
        changes.append(registry_change.numbers_change(_schannel(side), path, wanted, key, settings.missing_keys))
        places.append(f"Schannel {side}")
    views: Mapping[str, Key | None] = {WINHTTP: settings.winhttp}
    if architecture == "x64":
        views = {**views, WINHTTP_WOW64: settings.winhttp_wow64}
    for path, there in views.items():
        key = there or registry.absent(path)
        value, mistyped = key.number(_PROTOCOLS), key.mistyped(_PROTOCOLS)
        if value is None and not mistyped and not branch.winhttp_needs_default_secure_protocols:
            continue
        if value is None or not value & TLS12_BIT:
            wanted = {_PROTOCOLS: (DEFAULT_SECURE_PROTOCOLS if value is None else value) | TLS12_BIT}
            changes.append(registry_change.numbers_change(_WINHTTP(), path, wanted, there))
            places.append("WinHTTP (32-bit)" if path == WINHTTP_WOW64 else "WinHTTP")
    return replace(together(_enable(tuple(places)), *changes), needs_restart=True)
