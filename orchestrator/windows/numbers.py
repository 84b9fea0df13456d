r"""Numbers that are read of the registry, and those of them that a host has as something else than a REG_DWORD.

Windows' own readers ask for a REG_DWORD and take a value of another type for one that is not there, as far as it is
known of them; so does what is judged here. Such a value is none the less told: somebody has meant something by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from orchestrator.model.message import Message, message
from orchestrator.model.registry import Value
from orchestrator.windows import (
    boot,
    branches,
    interfering,
    limits,
    provider,
    proxy,
    registry,
    roots,
    schannel,
    updates,
    windows10,
)
from orchestrator.windows.command import Fact, Place, Reply

MAJOR_VERSION: Final = (Place(branches.CURRENT_VERSION, "CurrentMajorVersionNumber"),)
UAC: Final = (Place(provider.POLICIES_SYSTEM, "EnableLUA"),)
SMART_CARD: Final = (Place(provider.POLICIES_SYSTEM, "scforceoption"),)
CTRL_ALT_DEL: Final = (Place(provider.POLICIES_SYSTEM, "DisableCAD"),)
POLICIES: Final = tuple(Place(policy.key, policy.name) for policy in interfering.POLICIES)
DISABLED: Final = (Place(provider.PROVIDER, "Disabled"),)
VERBOSE: Final = (Place(provider.PROVIDER, provider.ENABLE_LOGGING),)
WINRM_START: Final = (Place(boot.WINRM_SERVICE, "Start"),)
UPDATE_PACKAGE: Final = tuple(Place(key, "UpdateExeVolatile") for key in (boot.UPDATES, boot.UPDATES_WOW64))
UPDATE_STATE: Final = (Place(updates.PACKAGES, "CurrentState"),)
ROOT_UPDATES: Final = (Place(roots.UPDATES_POLICY, roots.DISABLED),)
CIPHER_PARTS: Final = tuple(Place(rf"{schannel.SCHANNEL}\{part}", "Enabled") for part in schannel.PARTS)
PROXY: Final = (
    *(Place(key, "ProxyEnable") for key in (proxy.MACHINE, "HKU")),
    Place(proxy.POLICY, "ProxySettingsPerUser"),
)
PROTOCOLS: Final = tuple(Place(key, "SecureProtocols") for key in (proxy.POLICY, proxy.SYSTEM, proxy.MACHINE))
RESET: Final = (Place(windows10.POLICY, windows10.ALLOW), Place(windows10.MANAGED, windows10.MANAGED_ALLOW))
REMOTE_DESKTOP: Final = tuple(
    Place(key, "fDenyTSConnections") for key in (limits.TERMINAL_SERVER, limits.TERMINAL_POLICY)
)
WIRED_START: Final = (Place(limits.WIRED_AUTOCONFIG, "Start"),)

NUMBERS: Final = tuple(
    dict.fromkeys(
        (
            *(*MAJOR_VERSION, *UAC, *SMART_CARD, *CTRL_ALT_DEL, *POLICIES, *DISABLED, *VERBOSE, *WINRM_START),
            *(*UPDATE_PACKAGE, *UPDATE_STATE, *ROOT_UPDATES, *CIPHER_PARTS, *PROXY, *PROTOCOLS, *RESET),
            *(*REMOTE_DESKTOP, *WIRED_START),
        )
    )
)
"""Values that are to be a REG_DWORD, each of a key or of any key below it; those of TLS 1.2 are judged by `tls12`."""

_SHOWN_BY: Final[tuple[Fact[Any], ...]] = (
    *(branches.MACHINE, provider.SYSTEM_POLICIES, provider.REGISTRATION, boot.RESTART, updates.UPDATES),
    *(schannel.SETTINGS, proxy.PROXY, windows10.STATE, limits.LIMITS),
)
"""Facts whose commands show them with their keys; they are asked anyway, so that this costs nothing."""


@message("number-mistyped")
def _mistyped(value: str, kind: str, data: str) -> None:
    """A value is there, and of another type than REG_DWORD."""


def mistyped(name: str, value: Value) -> Message:
    """Says of a value what it is, where a number is meant."""
    return _mistyped(name, *value.told)


def among(numbers: Sequence[Place], place: Place) -> bool:
    """Whether a value is one of those that are to be numbers; the registry knows no case."""
    key, name = f"{place.key}\\".lower(), (place.value or "").lower()
    return any((each.value or "").lower() == name and key.startswith(f"{each.key}\\".lower()) for each in numbers)


def _wrong(key: str | None, reply: Reply) -> Iterator[tuple[Place, Value]]:
    """What is no number; `key` is that of values which are shown without theirs."""
    for line in reply.lines:
        if key is None or line.startswith("HKEY_"):
            key = registry.short_name(line.rstrip())
        if (shown := registry.parse_value(line)) and shown[1].number is None:
            place = Place(key, shown[0])
            if among(NUMBERS, place):
                yield place, shown[1]


def _parse(replies: Sequence[Reply]) -> Mapping[Place, Value]:
    *shown, of_roots = replies
    found = dict(pair for reply in shown for pair in _wrong(None, reply))
    bare = Reply(0, "".join(f"{line}\n" for line in of_roots.lines if registry.parse_value(line)))
    return found | dict(_wrong(roots.UPDATES_POLICY, bare))


MISTYPED: Final[Fact[Mapping[Place, Value]]] = Fact(
    "numbers", (*(command for fact in _SHOWN_BY for command in fact.commands), *roots.ROOTS.commands), _parse
)
"""Values of another type where a number is meant, by their places as the host shows them."""
