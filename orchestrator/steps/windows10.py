"""Step `windows10`: Windows 10's own password reset at the log-on screen is switched on, or off, by its policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import Field

from orchestrator.model.detail import Detail
from orchestrator.model.finding import Finding
from orchestrator.model.message import Message, message, phrase, together
from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import Join
from orchestrator.model.registry import Shown
from orchestrator.model.result import StepResult
from orchestrator.remote.target import Target
from orchestrator.steps.declaration import SET_BACK, OnOff, Parameters, StepContext, StepKind, did_not_stay
from orchestrator.windows import branches, interfering, numbers, windows10
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import would
from orchestrator.windows.readiness.interfering import interferences
from orchestrator.windows.readiness.windows10 import not_joined, obstacles
from orchestrator.windows.windows10 import State

_IS_ON = phrase("windows10-reset-is-on")
_IS_NOT_ON = phrase("windows10-reset-is-not-on", remedy=True)


@message("windows10-other-branch")
def _other_branch(branch: str) -> None: ...


@message("windows10-reset-is")
def _reset_is(on: bool, already: bool) -> None: ...


@message("windows10-in-the-way")
def _in_the_way(done: Message, obstacles: Message) -> None:
    """Something is done, and people cannot use the feature yet."""


@dataclass(frozen=True)
class Windows10Detail(Detail, kind="windows10"):
    """What bears on the feature on one machine.

    Attributes:
        windows: `Windows 10` or `Windows 11`.
        allowed: Whether the registry's policy switched the feature on before.
        set_by_device_management: What a device management (Intune, say) has set; None when it has not.
        before: The policy's key.
        interfering: What is in the way.
        not_readable: Settings that may be in the way as well, and why nobody can look them up.
        after: The policy's key; None where nothing was changed.
    """

    windows: str
    build: str
    join: Join
    allowed: bool
    set_by_device_management: int | None
    before: Shown
    interfering: tuple[Finding, ...]
    not_readable: Mapping[str, str]
    after: Shown | None = None

    @property
    def settles(self) -> frozenset[str]:
        return frozenset({"windows10_off"} if self.offers_reset else ())

    @property
    def reopens(self) -> bool:
        return not self.offers_reset

    @property
    def offers_reset(self) -> bool:
        """What the policy says after the step: it changes nothing but to the contrary."""
        return self.allowed is (self.after is None)


class Windows10Parameters(Parameters):
    """Switch Windows 10's own password reset at the log-on screen on or off; other branches are left alone."""

    state: OnOff = Field(default="on", description="on or off.")
    require_join: bool = Field(
        default=True,
        description="Whether a device that is not joined to Microsoft Entra ID, where it cannot work, is blocked and "
        "left alone.",
    )


async def switch_windows10(target: Target, parameters: Windows10Parameters, _: StepContext) -> StepResult:
    """Judges build, join and policy, sets `AllowPasswordReset` and verifies it; names each policy in the way."""
    machine = await target.machine()
    if machine.branch is not branches.WINDOWS_10:
        return StepResult(Outcome.SKIPPED, _other_branch(machine.branch.title))
    on = parameters.state == "on"
    before = await target.observe(windows10.STATE)
    found = list(interferences(before.settings, machine)) if on else []
    detail = _detail(before, machine, found)
    if on and (standing := _obstacles(before, machine, parameters)):
        remedies = [obstacle.remedy for obstacle in standing if obstacle.remedy]
        reason = together([obstacle.message for obstacle in standing])
        return StepResult(Outcome.BLOCKED, reason, detail, remedy=together(remedies))
    if before.allowed == on:
        outcome = Outcome.CHANGED if target.changed else Outcome.OK
        return StepResult(outcome, _with(_reset_is(on, already=not target.changed), found), detail)
    change = windows10.switch(on=on, before=before)
    words = _with(would(change.summary), found)
    target.stop_in_check_mode(StepResult(Outcome.CHANGED, words, detail, would_change=True))
    after = await target.apply(change, windows10.STATE)
    detail = replace(detail, after=after.values)
    if after.allowed != on:
        return StepResult(Outcome.FAILED, did_not_stay(windows10.ALLOW), detail, remedy=SET_BACK)
    return StepResult(Outcome.CHANGED, _with(_reset_is(on, already=False), found), detail)


async def verify_windows10(target: Target, machine: Machine) -> StepResult:
    """What `verify` looks at on Windows 10: build, join, the policy, and what may be in the way; changes nothing."""
    state = await target.observe(windows10.STATE)
    found = list(interferences(state.settings, machine))
    detail = _detail(state, machine, found)
    faults = [obstacle.message for obstacle in obstacles(state, machine)]
    if not state.allowed:
        wrong = state.policy.mistyped(windows10.ALLOW) if state.policy else None
        faults += [_IS_NOT_ON(), *([numbers.mistyped(windows10.ALLOW, wrong)] if wrong else [])]
    if faults:
        return StepResult(Outcome.FAILED, together(faults), detail, remedy=_IS_NOT_ON.remedy())
    return StepResult(Outcome.OK, _with(_IS_ON(), found), detail)


def _obstacles(state: State, machine: Machine, parameters: Windows10Parameters) -> list[Finding]:
    tolerated = set() if parameters.require_join else {not_joined.code}
    return [obstacle for obstacle in obstacles(state, machine) if obstacle.code not in tolerated]


def _with(done: Message, found: Sequence[Finding]) -> Message:
    """What is done, and behind it what an admin has to mend before people can use the feature."""
    return _in_the_way(done, together([each.message for each in found])) if found else done


def _detail(state: State, machine: Machine, found: Sequence[Finding]) -> Windows10Detail:
    return Windows10Detail(
        windows=windows10.called(machine),
        build=machine.build,
        join=state.join.shown,
        allowed=state.allowed,
        set_by_device_management=state.managed,
        before=state.values,
        interfering=tuple(found),
        not_readable=interfering.NOT_READABLE,
    )


KIND = StepKind(
    name="windows10",
    summary="Windows 10's own password reset.",
    parameters=Windows10Parameters,
    changes_hosts=True,
    perform=switch_windows10,
)
