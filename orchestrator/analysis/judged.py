"""What the preflight's own judges say of exported keys, where nobody has looked at the machine itself.

Each question of the preflight is answered by the exports, as far as they go. What they do not tell is left open, or,
where the preflight has to have an answer, given one that finds nothing: it is named as missing, and nothing is said to
be fine because of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from orchestrator.analysis.exported import Answering, listing
from orchestrator.harvest.event_meanings import EVENT_LOG, KERNEL
from orchestrator.harvest.eventlog import EventRecord
from orchestrator.harvest.registry_snapshot import Snapshot
from orchestrator.model.finding import Finding
from orchestrator.model.showable import printable
from orchestrator.windows import boot, branches, provider, tls12, windows10
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import Command, Fact, Reply, Unanswered
from orchestrator.windows.readiness import unknown
from orchestrator.windows.readiness.finding import Policy
from orchestrator.windows.readiness.judging import findings
from orchestrator.windows.readiness.survey import PREFLIGHT, Survey

_SOUND: Final[Mapping[str, Mapping[str, str | int]]] = {
    tls12.CLIENT: {"Enabled": 1, "DisabledByDefault": 0},
    tls12.SERVER: {"Enabled": 1, "DisabledByDefault": 0},
    tls12.WINHTTP: {"DefaultSecureProtocols": tls12.DEFAULT_SECURE_PROTOCOLS | tls12.TLS12_BIT},
    tls12.WINHTTP_WOW64: {"DefaultSecureProtocols": tls12.DEFAULT_SECURE_PROTOCOLS | tls12.TLS12_BIT},
    boot.WINRM_SERVICE: {"Start": 2},
}
"""Keys of questions that have to have an answer → what finds nothing, where no export tells."""
_WINDOWS_7: Final[Mapping[str, str | int]] = {
    "CurrentVersion": "6.1",
    "CurrentBuild": "7601",
    "CSDVersion": "Service Pack 1",
    "ProductName": "Windows 7",
}
_NOTHING: Final = Reply(1, "")
_NAMES: Final = {"6.1": "Windows 7", "6.2": "Windows 8", "6.3": "Windows 8.1", "10.0": "Windows 10"}
_VERSION: Final = re.compile(r"0*(?P<major>[0-9]{1,2})\.0*(?P<minor>[0-9]{1,2})\.?")
_NUMBER: Final = re.compile("[0-9]{1,6}")
_TEN: Final = 10


@dataclass(frozen=True)
class Judged:
    """What exports tell.

    Attributes:
        survey: The preflight's answers, as far as they go.
        findings: What its judges say.
        missing: The commands that nothing answers.
        windows_known: Whether exports or events tell which Windows it is; else it counts as Windows 7.
        started: The number of the event that tells it; None where exports do, or nothing.
    """

    survey: Survey
    findings: tuple[Finding, ...]
    missing: frozenset[Command]
    windows_known: bool
    started: int | None

    def knows(self, *facts: Fact[object]) -> bool:
        """Whether all is answered that these facts ask."""
        return all(command not in self.missing for fact in facts for command in fact.commands)

    @property
    def machine(self) -> Machine:
        return self.survey.machine

    @property
    def architecture_known(self) -> bool:
        """Whether it is exported which one it is; else it counts as 64 bits where keys of such a Windows are."""
        return all(not _asks(command, branches.ENVIRONMENT) for command in self.missing)

    @property
    def tls_known(self) -> bool:
        """Whether Schannel and WinHTTP are known, on 64 bits for both kinds of programs."""
        both = tls12.SETTINGS.commands
        return all(each not in self.missing for each in both if self._matters(each))

    @property
    def add_in_known(self) -> bool:
        return self.knows(provider.REGISTRATION)

    @property
    def policy_known(self) -> bool:
        return self.knows(windows10.SWITCH)

    def _matters(self, command: Command) -> bool:
        key = command.place.key if command.place else ""
        return key != tls12.WINHTTP_WOW64 or self.machine.architecture == "x64"


def judge(snapshot: Snapshot, events: Sequence[EventRecord], clock_ahead_seconds: float | None) -> Judged:
    """Has the preflight's judges judge what exports, and the events of starts, tell."""
    registry = Answering(snapshot)
    told = {command: registry.reply(command) for command in PREFLIGHT.commands}
    exported = any(reply.exit_code == 0 for command, reply in told.items() if _asks(command, branches.CURRENT_VERSION))
    started, version = (None, None) if exported else _version(events)
    missing = {command for command, reply in told.items() if isinstance(reply, Unanswered)}
    answers = {command: _or_sound(command, reply, version or _WINDOWS_7, snapshot) for command, reply in told.items()}
    survey = PREFLIGHT.parse([answers[command] for command in PREFLIGHT.commands])
    if clock_ahead_seconds is not None:
        survey = replace(survey, clock_ahead=timedelta(seconds=clock_ahead_seconds))
    found = tuple(each for each in findings(survey, Policy()) if each.code != unknown.not_known.code)
    return Judged(survey, found, frozenset(missing), exported or version is not None, started)


def _asks(command: Command, key: str) -> bool:
    return command.place is not None and command.place.key == key


def _or_sound(command: Command, reply: Reply, version: Mapping[str, str | int], snapshot: Snapshot) -> Reply:
    key = command.place.key if command.place else ""
    if key == branches.CURRENT_VERSION and reply.exit_code != 0:
        return listing(key, version)
    if not isinstance(reply, Unanswered) or command in PREFLIGHT.open:
        return reply
    if key == branches.ENVIRONMENT:
        wide = snapshot.top(tls12.WINHTTP_WOW64) is not None
        return listing(key, {"PROCESSOR_ARCHITECTURE": "AMD64" if wide else "x86"})
    return listing(key, _SOUND[key]) if key in _SOUND else _NOTHING


def _version(events: Sequence[EventRecord]) -> tuple[int | None, Mapping[str, str | int] | None]:
    """Which event of a start tells the version last, and what, as the registry would have it.

    Servers are not told from other machines there.
    """
    for number in range(len(events) - 1, -1, -1):
        if version := _version_of(events[number]):
            return number, version
    return None, None


def _version_of(event: EventRecord) -> Mapping[str, str | int] | None:
    """EventLog 6009 has `6.01.`, the build, and the service pack's name; Kernel-General 12 numbers of all three."""
    provider_name, data = event.provider.lower(), event.data
    if (provider_name, event.event_id) == (EVENT_LOG.lower(), 6009) and len(data) > 2:  # noqa: PLR2004
        version = _VERSION.match(data[0])
        return _as_registry(int(version["major"]), int(version["minor"]), data[1], data[2]) if version else None
    if (provider_name, event.event_id) == (KERNEL.lower(), 12) and len(data) > 4:  # noqa: PLR2004
        if not all(_NUMBER.fullmatch(each) for each in data[:2]):
            return None
        return _as_registry(int(data[0]), int(data[1]), data[2], f"Service Pack {data[4]}" if data[4] != "0" else "")
    return None


def _as_registry(major: int, minor: int, build: str, pack: str) -> Mapping[str, str | int] | None:
    name = _NAMES.get(f"{major}.{minor}")
    if name is None or not _NUMBER.fullmatch(build):
        return None
    version: dict[str, str | int] = {"CurrentVersion": f"{major}.{minor}", "CurrentBuild": build, "ProductName": name}
    if pack:
        version["CSDVersion"] = printable(pack)
    if major == _TEN:
        version["CurrentMajorVersionNumber"] = _TEN
    return version
