"""What an error comes to for the step that it ends."""

from __future__ import annotations

from orchestrator.model.errors import TargetError
from orchestrator.model.message import message
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult


@message("own-error", remedy=True)
def _own_error(kind: str) -> None: ...


def failed(error: TargetError) -> StepResult:
    """What an error comes to after which the step is not tried again."""
    return StepResult(error.outcome, error.reason, remedy=error.remedy, evidence={**_named(error), **error.evidence})


def surprised(error: Exception) -> StepResult:
    """What an error comes to that nobody has thought of."""
    kind = type(error).__name__
    return StepResult(Outcome.FAILED, _own_error(kind), remedy=_own_error.remedy(kind), evidence=_named(error))


def _named(error: Exception) -> dict[str, str]:
    return {"error": type(error).__name__}
