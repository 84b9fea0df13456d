"""Hosts by how they ended in an earlier run: what `@RUN:OUTCOME` stands for in a pattern, and `--only` of a retry."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from orchestrator.inventory import patterns
from orchestrator.model.awaited import awaited
from orchestrator.model.errors import UsageError, did_you_mean
from orchestrator.model.message import Message, message
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import BEGINS_YET, ENDED_STATES, GOES_ON, HostResult, RunResult
from orchestrator.runs.store import AT_WORK, Told, find_run, nobody

NOT_OK: Final = "not-ok"
"""What stands for every outcome that is not fine."""
ENDINGS: Final = (*map(str, Outcome), NOT_OK)
"""How hosts can have ended, as people name it."""
_TO_COME: Final = frozenset({GOES_ON.code, BEGINS_YET.code, awaited.code})
"""Why hosts have no end, of a run that is at work."""


@message("limit-hosts-unknown")
def _unknown(part: str, hosts: int, names: str, inventory: bool) -> None: ...


@message("limit-run-at-work")
def _at_work(run: str, hosts: int) -> None: ...


@message("limit-run-unended")
def _unended(run: str, state: str) -> None: ...


class PastHosts:
    """Finds the hosts that the `@` parts of a pattern mean; see `patterns.Past`.

    Args:
        inventory: Whether it is an inventory's hosts that are chosen from, rather than those of runs.
    """

    def __init__(self, *, inventory: bool = False) -> None:
        self._inventory = inventory
        self._notes: dict[Message, None] = {}

    @property
    def notes(self) -> tuple[Message, ...]:
        """What a person should know of the hosts that were found, and of those that are left out."""
        return tuple(self._notes)

    def __call__(self, part: str) -> tuple[str, ...]:
        """The hosts that ended in some way in an earlier run; of one at work, those that have ended.

        Args:
            part: `RUN:OUTCOME`, or `RUN:not-ok` for those that are not fine; RUN is as `find_run` takes it.

        Raises:
            UsageError: There is no such run or outcome, or no host of it ended so.
            DocumentError: What is kept of the run cannot be read.
            UntrustedPath: Another person may write it.
        """
        reference, colon, ending = part.rpartition(":")
        if not colon or not reference or ending not in ENDINGS:
            raise UsageError(
                f"`@{part}` is not how hosts of an earlier run are named: that is @RUN:OUTCOME, with one of "
                f"{', '.join(ENDINGS)}{did_you_mean(ending, ENDINGS) if colon else ''}"
            )
        run = find_run(reference, told=self._note)
        ended = tuple(host for host in run.hosts if run.state != AT_WORK or host.deciding.reason.code not in _TO_COME)
        if run.state == AT_WORK:
            self._note(_at_work(run.id, len(run.hosts) - len(ended)))
        elif run.state not in ENDED_STATES:
            self._note(_unended(run.id, run.state))
        return tuple(host.name for host in ended_as(replace(run, hosts=ended), [ending]))

    def unknown(self, part: str, names: Sequence[str]) -> None:
        self._note(_unknown(part, len(names), patterns.some(names), self._inventory))

    def _note(self, said: Message) -> None:
        self._notes[said] = None


def ended_as(run: RunResult, endings: Collection[str]) -> tuple[HostResult, ...]:
    """The hosts of a run that ended in one of some ways, each of `ENDINGS`.

    Raises:
        UsageError: There is no such way, or no host ended so.
    """
    for ending in endings:
        if ending not in ENDINGS:
            said = f"`{ending}` is no outcome; there are {', '.join(ENDINGS)}"
            raise UsageError(f"{said}{did_you_mean(ending, ENDINGS)}")
    fine = NOT_OK not in endings
    found = tuple(host for host in run.hosts if host.outcome in endings or not (fine or host.outcome.fine))
    if not found:
        so_far = " so far: it is at work" if run.state == AT_WORK else ""
        raise UsageError(f"no host of {run.title} is {' or '.join(endings)}{so_far}")
    return found


def limited(result: RunResult, pattern: str, told: Told = nobody) -> RunResult:
    """The run with those hosts only that a pattern of names, groups and globs chooses (see `patterns.select`).

    Args:
        result: The run.
        pattern: As given.
        told: Hears what a person should know of the earlier runs that the pattern names.

    Raises:
        UsageError: A part of the pattern matches nothing, or the whole leaves no host.
    """
    groups = tuple(dict.fromkeys(group for host in result.hosts for group in host.groups))
    past = PastHosts()
    chosen = patterns.select(result.hosts, groups, pattern, past)
    for said in past.notes:
        told(said)
    return replace(result, hosts=chosen)
