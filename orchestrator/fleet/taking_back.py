"""What to do about a host that a run has left in the middle: go on, or take back what was done there, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepRecord, restart_due
from orchestrator.steps.msi import MsiDetail
from orchestrator.steps.uninstall import UninstallDetail

_RESTART = phrase("take-back-restart")
_INSTALLED = phrase("take-back-installed")
_REMOVED = phrase("take-back-removed")


@message("take-back")
def _or_back(go_on: Message, ways: tuple[Message, ...]) -> None: ...


@message("take-back-registry")
def _registry(run: str) -> None: ...


def or_taken_back(go_on: Message, run: str, steps: Sequence[StepRecord]) -> Message:
    """A remedy that tells how to go on, with how to go back where there is anything to take back.

    Args:
        go_on: How to go on.
        run: The identifier of the run that did it.
        steps: What it did on the host.
    """
    ways = tuple(_ways(run, steps))
    return _or_back(go_on, ways) if ways else go_on


def _ways(run: str, steps: Sequence[StepRecord]) -> Iterator[Message]:
    """The restart foremost, since that does not wait."""
    if restart_due(steps):
        yield _RESTART()
    if any(record.result.registry for record in steps):
        yield _registry(run)
    changed = [record.result for record in steps if record.result.outcome is Outcome.CHANGED]
    details = [result.detail for result in changed if not result.would_change]
    if any(isinstance(detail, MsiDetail) for detail in details):
        yield _INSTALLED()
    if any(isinstance(detail, UninstallDetail) for detail in details):
        yield _REMOVED()
