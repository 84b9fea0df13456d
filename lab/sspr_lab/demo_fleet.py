"""The machines of `sspr demo`, and what has to become of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import RunResult
from sspr_lab.mix import DEFAULT_MIX, Kind, load_mix
from sspr_lab.packages import standin

HOSTS: Final = 24
SEED: Final = 7
SPEED: Final = 30
MIX: Final = DEFAULT_MIX.with_name("demo_mix.yaml")
PACKAGES: Final = (standin("x64"), standin("x86"))
RETURN_MINUTES: Final = 5
LAB: Final[Mapping[str, object]] = {"hosts": HOSTS, "seed": SEED, "speed": SPEED, "mix": MIX}
"""How `sspr lab up` is to make them."""

_NEEDS_A_PERSON: Final = {
    "unreachable": Outcome.UNREACHABLE,
    "logon_refused": Outcome.UNREACHABLE,
    "installer_fails": Outcome.FAILED,
    "low_disk": Outcome.BLOCKED,
    "winrm_manual_start": Outcome.BLOCKED,
}
"""What becomes of a machine with this fault or trait; all others are changed."""


def as_they_should(result: RunResult, console: Console) -> bool:
    """Whether every machine ended as its kind must; tells those that did not."""
    kinds = load_mix(MIX).deal(HOSTS, SEED)
    ended = {host.name: host.outcome for host in result.hosts}
    expected = {f"LAB-{number:04d}": _expected(kind) for number, kind in enumerate(kinds, 1)}
    others = {name: (ended.get(name), wanted) for name, wanted in expected.items() if ended.get(name) != wanted}
    for name, (found, wanted) in others.items():
        console.print(f"[red]{name}[/] ended as {found}, not as {wanted}", highlight=False)
    if not others:
        console.print(f"all {HOSTS} machines ended as they should, the {_persons(expected)} with trouble included")
    return not others


def _persons(expected: Mapping[str, Outcome]) -> int:
    return sum(outcome is not Outcome.CHANGED for outcome in expected.values())


def _expected(kind: Kind) -> Outcome:
    marks: Sequence[str] = (*kind.profile.traits, *(fault.kind for fault in kind.faults))
    return next((outcome for mark, outcome in _NEEDS_A_PERSON.items() if mark in marks), Outcome.CHANGED)
