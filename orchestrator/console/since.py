"""What has become of a host since a preflight looked at it: by later steps of that run, and by later runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.console.words import one_line, wording
from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import PreflightDetail
from orchestrator.model.result import HostResult, RunResult, StepRecord
from orchestrator.sentences import say

_ENDED_WELL: Final = frozenset({Outcome.OK, Outcome.CHANGED, Outcome.REBOOT_PENDING, Outcome.SKIPPED})


@dataclass(frozen=True)
class Since:
    """What a page of that preflight must not pass over.

    Attributes:
        done: What was changed, a line each, oldest first; empty where nothing was.
        settled: Codes of findings that are done with.
        offers_reset: Whether the host offers password reset, as it was seen last; None where what was seen has been
            taken back since.
        in_vain: Which newer run did not get to look at the host, when, and why; None where the newest that had it ended
            well.
    """

    done: tuple[str, ...]
    settled: frozenset[str]
    offers_reset: bool | None
    in_vain: str | None = None


def since(looked_at: HostResult, later: Sequence[RunResult]) -> Since:
    """What was changed after the look.

    Args:
        looked_at: The host in the run that looked at it.
        later: Runs after that one, oldest first; of other hosts they may tell too.
    """
    after = tuple(_after_the_look(looked_at.steps))
    done = [f"{one_line(record.name)}: {one_line(say(record.result.reason))}" for record in after if _changed(record)]
    records = list(after)
    in_vain = None
    for run in later:
        for host in run.hosts:
            if host.name.casefold() != looked_at.name.casefold():
                continue
            in_vain = None if host.outcome in _ENDED_WELL else _told(run, host)
            if any(map(_changed, host.steps)):
                done.append(_told(run, host))
                records += host.steps
    before = looked_at.steps[: len(looked_at.steps) - len(after)]
    settled, offers_reset = _as_it_stands(before, records)
    return Since(tuple(done), settled if done else frozenset(), offers_reset, in_vain)


def _as_it_stands(looked: Sequence[StepRecord], after: Sequence[StepRecord]) -> tuple[frozenset[str], bool | None]:
    """What the steps after the look have settled, and whether the host offers password reset, as `Since` has both."""
    settled = frozenset[str]()
    seen = [each for record in looked if (each := _offers_reset(record)) is not None]
    offers_reset: bool | None = seen[-1] if seen else False
    for record in after:
        if _took_back(record):
            settled, offers_reset = frozenset(), None
        settled |= _settled(record)
        now = _offers_reset(record)
        offers_reset = offers_reset if now is None else now
    return settled, offers_reset


def _told(run: RunResult, host: HostResult) -> str:
    said = wording(host.outcome, check=run.check).label
    when = f"{run.started:%Y-%m-%d %H:%M} UTC"
    return f"{one_line(run.playbook)}, run {one_line(run.id)}, {when}: {said}: {one_line(say(host.reason))}"


def _after_the_look(steps: Sequence[StepRecord]) -> Iterator[StepRecord]:
    looks = [place for place, record in enumerate(steps) if isinstance(record.result.detail, PreflightDetail)]
    return iter(steps[looks[0] + 1 :] if looks else ())


def _changed(record: StepRecord) -> bool:
    result = record.result
    return not result.would_change and (
        result.outcome in {Outcome.CHANGED, Outcome.REBOOT_PENDING} or bool(result.registry)
    )


def _took_back(record: StepRecord) -> bool:
    detail = record.result.detail
    return detail is not None and detail.reopens and _changed(record)


def _settled(record: StepRecord) -> frozenset[str]:
    detail = record.result.detail
    return detail.settles if detail and _ended_well(record) else frozenset()


def _offers_reset(record: StepRecord) -> bool | None:
    detail = record.result.detail
    looked = isinstance(detail, PreflightDetail)  # whatever it came to
    return detail.offers_reset if detail and (looked or _ended_well(record)) else None


def _ended_well(record: StepRecord) -> bool:
    return record.result.outcome in {Outcome.OK, Outcome.CHANGED} and not record.result.would_change
