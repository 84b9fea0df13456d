"""StepKind: the one declaration of a kind of step, from which schema, lists, documentation and plans are derived."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from orchestrator.model.result import Rest, StepResult
from orchestrator.remote.target import Target
from orchestrator.steps.context import StepContext
from orchestrator.steps.parameters import Parameters

P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True)
class StepKind(Generic[P]):
    """A kind of step.

    Attributes:
        name: Its key in playbooks, as in `msi`.
        summary: What it does, in one sentence, for editors and lists.
        parameters: What it can be told.
        changes_hosts: Whether a host may be different after it; what it makes there for its own use, and removes
            again, does not count.
        perform: Does it on one host, or so much of it as there is to do before it has to wait. Called again after that,
            after an error that may pass, and after a lost record: it looks before it changes anything.
        second_half: What follows right after it, in a step of its own.
        formerly: Names that it had in earlier versions; playbooks may go on using them.
    """

    name: str
    summary: str
    parameters: type[P]
    changes_hosts: bool
    perform: Callable[[Target, P, StepContext], Awaitable[StepResult | Rest]]
    second_half: SecondHalf[P] | None = None
    formerly: tuple[str, ...] = ()


@dataclass(frozen=True)
class SecondHalf(Generic[P]):
    """The half of a step before which nothing is held, so that it may be taken much later, and by another process.

    Attributes:
        kind: What it does; told the same parameters.
        suffix: Ends its name in results, behind that of the first half.
        wanted: Whether these parameters ask for it.
        first_minutes: What the first half may take; the step's deadline is that of the second.
    """

    kind: StepKind[P]
    suffix: str
    wanted: Callable[[P], bool]
    first_minutes: int


AnyKind = StepKind[Any]
"""Of whatever parameters."""
