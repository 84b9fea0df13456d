"""Faults as people write them down: the file that says which hosts of a fleet have which faults."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from orchestrator.model.document import Problems, load_document
from orchestrator.model.validation import Entry
from sspr_lab.faults import Fault, FaultKind, fault

_PARAMETERS: Final[Mapping[FaultKind, frozenset[str]]] = {
    "corrupt_upload": frozenset({"times"}),
    "disk_full": frozenset({"free"}),
    "drop_install": frozenset({"times"}),
    "drop_receive": frozenset({"nth", "times"}),
    "installer_busy": frozenset({"seconds"}),
    "installer_fails": frozenset({"times"}),
    "link": frozenset({"round_trip", "bits_per_second", "drop", "seed"}),
    "quota": frozenset({"times"}),
    "shutdown_refused": frozenset({"code", "times"}),
    "sleeps": frozenset({"nth", "seconds", "connections_end"}),
    "slow": frozenset({"seconds"}),
    "slow_reboot": frozenset({"seconds"}),
    "task_never_starts": frozenset({"times"}),
}
_NAMES: Final = (
    *("times", "nth", "seconds", "free", "code"),
    *("round_trip", "bits_per_second", "drop", "seed", "connections_end"),
)


class FaultSetting(Entry):
    """A fault and its parameters. Seconds, also those of `round_trip`, are the host's; `free` is in bytes."""

    fault: FaultKind
    times: Annotated[int, Field(ge=1)] | None = None
    nth: Annotated[int, Field(ge=1)] | None = None
    seconds: Annotated[float, Field(ge=0)] | None = None
    free: Annotated[int, Field(ge=0)] | None = None
    code: Annotated[int, Field(ge=1)] | None = None
    round_trip: Annotated[float, Field(ge=0)] | None = None
    bits_per_second: Annotated[int, Field(ge=1)] | None = None
    drop: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: int | None = None
    connections_end: bool | None = None

    def misplaced(self) -> Iterator[str]:
        """The parameters that this fault does not have."""
        allowed = _PARAMETERS.get(self.fault, frozenset())
        return (name for name in _NAMES if getattr(self, name) is not None and name not in allowed)

    def fault_of(self) -> Fault:
        """The fault itself."""
        given = {name: getattr(self, name) for name in _NAMES if getattr(self, name) is not None}
        return fault(self.fault, **given)


class HostsFault(FaultSetting):
    """A fault and the hosts that have it: one glob or a list of them, and perhaps only a share of those hosts."""

    hosts: str | tuple[str, ...]
    share: Annotated[float, Field(gt=0, le=1)] = 1.0


class FaultsFile(Entry):
    """A faults file."""

    faults: tuple[HostsFault, ...]


@dataclass(frozen=True)
class FaultPlan:
    """Which host has which faults; made by `load_faults`."""

    entries: tuple[HostsFault, ...] = ()

    def faults_of(self, host: str, seed: int) -> list[Fault]:
        """The faults of one host. The seed decides where only a share of the hosts is meant."""
        return [
            entry.fault_of()
            for number, entry in enumerate(self.entries)
            if _names(entry, host) and random.Random(f"{seed}/{number}/{host}").random() < entry.share
        ]


def load_faults(path: Path) -> FaultPlan:
    """Read a faults file. Raises DocumentError naming file, line and key."""
    document = load_document(path)
    file = document.parse(FaultsFile)
    problems = Problems(path)
    for index, entry in enumerate(file.faults):
        for name in entry.misplaced():
            line = document.line("faults", index, name)
            problems.add(line, f"`faults[{index}].{name}`: the fault `{entry.fault}` has no `{name}`")
    problems.check()
    return FaultPlan(file.faults)


def _names(entry: HostsFault, host: str) -> bool:
    globs = (entry.hosts,) if isinstance(entry.hosts, str) else entry.hosts
    return any(fnmatchcase(host.upper(), glob.upper()) for glob in globs)
