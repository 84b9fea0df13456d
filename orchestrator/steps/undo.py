"""Step `undo`: what a run changed in the host's registry is as it was before, but for what others have changed since.

It goes by the run's own record. What Windows Installer did is not in it; removing a product is a step of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from pydantic import Field

from orchestrator.model.detail import Detail
from orchestrator.model.message import Message, message, phrase, together, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord, Value
from orchestrator.model.result import StepResult
from orchestrator.remote.target import Target
from orchestrator.steps.declaration import SET_BACK, Parameters, StepContext, StepKind
from orchestrator.windows import boot, restoring
from orchestrator.windows.command import would
from orchestrator.windows.restoring import Restoration

NAMED: Final = 3
"""So many values are named in the reason; all of them are in the detail."""
DATA_SHOWN: Final = 40
_DECIDE: Final = phrase("remedy-decide-which-is-right")
_DID_NOT_STAY = phrase("undo-did-not-stay")
_NEXT_RESTART = phrase("undo-next-restart")
_OUR_NOTE = phrase("change-put-back-our-note")
_INSTALLER_STAYS = phrase("undo-installer-stays")
_COMMANDS_STAY = phrase("undo-commands-stay")
_LOST_SIGHT = phrase("undo-lost-sight")
_ABSENT = phrase("value-absent")


@message("undo-copies-stay")
def _copies_stay(count: int) -> None: ...


@message("undo-no-such-host")
def _no_such_host(run: str) -> None: ...


@message("undo-nothing-changed")
def _nothing_changed(run: str) -> None: ...


@message("undo-as-before")
def _as_before(run: str) -> None: ...


@message("change-put-back-all")
def _all(run: str) -> None: ...


@message("change-put-back-values")
def _values(count: int, run: str) -> None: ...


@message("undo-left-to-others")
def _left_to_others(values: Message, more: int) -> None: ...


@message("undo-not-exactly")
def _not_exactly(values: Message, more: int) -> None: ...


@message("undo-value-changed")
def _value_changed(name: str, now: Message, was: Message) -> None: ...


@message("undo-value-because")
def _value_because(name: str, reason: Message) -> None: ...


@message("undo-value-and-next")
def _and_next(values: Message, following: Message) -> None: ...


@dataclass(frozen=True)
class LeftAlone:
    """A value that was not put back.

    Attributes:
        key: Path of its key.
        name: Its name.
        before: As it stood before the run; None where it did not.
        run: As the run left it.
        now: As it stands.
        because: Why it cannot be set again; None when somebody else has changed it since.
    """

    key: str
    name: str
    before: Value | None
    run: Value | None
    now: Value | None
    because: Message | None = None


@dataclass(frozen=True)
class UndoDetail(Detail, kind="undo"):
    """The run that was undone, and what was left as it is."""

    undone_run: str
    left_alone: tuple[LeftAlone, ...]

    @property
    def reopens(self) -> bool:
        return True


@dataclass(frozen=True)
class Recorded:
    """What a run left on a host.

    Attributes:
        record: What it changed in the registry.
        installer: Whether Windows Installer installed or removed a product there, which an undo does not touch; nor
            does it the following.
        copies: How many files it has copied there.
        commands: Whether it ran commands of a playbook's own.
        lost: Whether the run did not learn how it ended there.
    """

    record: RegistryRecord
    installer: bool = False
    copies: int = 0
    commands: bool = False
    lost: bool = False


class UndoParameters(Parameters):
    """Put back what a run changed in registries."""

    run: str = Field(description="The run's identifier.")
    hosts: dict[str, Recorded] = Field(description="What it left, by the host's name without regard to case.")


async def undo(target: Target, parameters: UndoParameters, _: StepContext) -> StepResult:
    """Compares what stands now with what the run left, puts back what is the same, and tells what is not."""
    run = parameters.run
    recorded = parameters.hosts.get(target.host.name.casefold())
    if recorded is None:
        return StepResult(Outcome.SKIPPED, _no_such_host(run))
    if not recorded.record:
        return StepResult(Outcome.OK, together([_nothing_changed(run), *_remarks(recorded)]))
    look = restoring.standing(recorded.record)
    plan = restoring.restoration(_all(run), recorded.record, await target.observe(look))
    detail = UndoDetail(run, tuple(_left_alone(plan)))
    if plan.change.commands:
        target.stop_in_check_mode(_in_check_mode(plan, recorded, detail))
        after = await target.apply(plan.change, look)
        if not plan.undone(after):
            return StepResult(Outcome.FAILED, _DID_NOT_STAY(), detail, remedy=SET_BACK)
    return _told(plan, recorded, target.changed, detail)


def _in_check_mode(plan: Restoration, recorded: Recorded, detail: UndoDetail) -> StepResult:
    record = plan.change.record
    left = list(_left(plan))
    reason = together([*left, would(_put_back(record, detail.undone_run)), *_remarks(recorded)])
    outcome = Outcome.BLOCKED if left else Outcome.CHANGED
    remedy = _DECIDE() if left else None
    restart = record.needs_restart
    return StepResult(outcome, reason, detail, reboot_required=restart, remedy=remedy, would_change=True)


def _told(plan: Restoration, recorded: Recorded, changed: RegistryRecord, detail: UndoDetail) -> StepResult:
    """The result, by what was changed in all attempts of the step."""
    run, restart = detail.undone_run, changed.needs_restart
    said = list(_left(plan))
    if said:
        outcome = Outcome.BLOCKED
    elif not changed:
        outcome = Outcome.OK
    else:
        outcome = Outcome.REBOOT_PENDING if restart else Outcome.CHANGED
    remedy = _DECIDE() if said else None
    if changed:
        said.append(_put_back(changed, run))
    elif not said:
        said.append(_as_before(run))
    if restart:
        said.append(_NEXT_RESTART())
    reason = together([*said, *_remarks(recorded)])
    return StepResult(outcome, reason, detail, reboot_required=restart, remedy=remedy)


def _put_back(record: RegistryRecord, run: str) -> Message:
    values = sum(change.key != boot.OURS for change in record.values)
    return _values(values, run) if values else _OUR_NOTE()


def _left(plan: Restoration) -> Iterator[Message]:
    """What was not put back."""
    if plan.foreign:
        named = [_value_changed(each.change.name, _shown(each.now), _shown(each.change.after)) for each in plan.foreign]
        yield _left_to_others(_listed(named), _more(named))
    if plan.inexpressible:
        named = [_value_because(change.name, reason) for change, reason in plan.inexpressible]
        yield _not_exactly(_listed(named), _more(named))


def _left_alone(plan: Restoration) -> Iterator[LeftAlone]:
    """The same, in full."""
    for each in plan.foreign:
        yield LeftAlone(each.change.key, each.change.name, each.change.before, each.change.after, each.now)
    for change, reason in plan.inexpressible:
        yield LeftAlone(change.key, change.name, change.before, change.after, change.after, reason)


def _remarks(recorded: Recorded) -> Iterator[Message]:
    if recorded.installer:
        yield _INSTALLER_STAYS()
    if recorded.copies:
        yield _copies_stay(recorded.copies)
    if recorded.commands:
        yield _COMMANDS_STAY()
    if recorded.lost:
        yield _LOST_SIGHT()


def _shown(value: Value | None) -> Message:
    if value is None:
        return _ABSENT()
    text = str(value.data)
    return verbatim(text if len(text) <= DATA_SHOWN else f"{text[:DATA_SHOWN]}…")


def _listed(named: Sequence[Message]) -> Message:
    return reduce(_and_next, named[:NAMED])


def _more(named: Sequence[Message]) -> int:
    return max(0, len(named) - NAMED)


KIND = StepKind(
    name="undo",
    summary="Put back what a run changed in registries.",
    parameters=UndoParameters,
    changes_hosts=True,
    perform=undo,
)
