"""Step `windows10`: Windows 10's own password reset at the log-on screen is switched on, or off, by its policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from orchestrator.model.finding import Finding
from orchestrator.model.message import Message, Said, as_message, message, together
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.steps.context import SET_BACK, StepContext
from orchestrator.steps.declaration import StepKind
from orchestrator.steps.parameters import OnOff, Parameters
from orchestrator.target.target import Target
from orchestrator.windows import branches, interfering, windows10
from orchestrator.windows.branches import Machine
from orchestrator.windows.readiness.interfering import interferences
from orchestrator.windows.readiness.windows10 import not_joined, obstacles
from orchestrator.windows.windows10 import State


class Windows10Parameters(Parameters):
    """Switch Windows 10's own password reset at the log-on screen on or off; other branches are left alone."""

    state: OnOff = Field(default="on", description="on or off.")
    require_join: bool = Field(
        default=True,
        description="Whether a device that is not joined to Azure AD, where it cannot work, is blocked and left alone.",
    )


async def switch_windows10(target: Target, parameters: Windows10Parameters, _: StepContext) -> StepResult:
    """Judges build, join and policy, sets `AllowPasswordReset` and proves it; names every policy that is in the way."""
    machine = await target.machine()
    if machine.branch is not branches.WINDOWS_10:
        return StepResult(
            Outcome.SKIPPED, f"{machine.branch.title} gets the feature from the add-in, not by this policy"
        )
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
        return StepResult(outcome, _words(on=on, found=found, already=not target.changed), detail)
    change = windows10.switch(on=on, before=before)
    target.foretell(StepResult(Outcome.CHANGED, _with(f"would {change.summary}", found), detail, would_change=True))
    after = await target.apply(change, windows10.STATE)
    detail["after"] = after.values
    if after.allowed != on:
        detail["remedy"] = SET_BACK
        return StepResult(Outcome.FAILED, f"{windows10.ALLOW} was written but did not stay", detail)
    return StepResult(Outcome.CHANGED, _words(on=on, found=found, already=False), detail)


async def prove_windows10(target: Target, machine: Machine) -> StepResult:
    """What `prove` looks at on Windows 10: build, join, the policy, and what may be in the way; changes nothing."""
    state = await target.observe(windows10.STATE)
    found = list(interferences(state.settings, machine))
    detail = _detail(state, machine, found)
    faults = [obstacle.message for obstacle in obstacles(state, machine)]
    if not state.allowed:
        faults.append(f"password reset is not switched on ({windows10.ALLOW} is not 1)")
    if faults:
        remedy = "run the playbook `windows10-enable`, or `install`: it does what it can and names the rest"
        return StepResult(Outcome.FAILED, together(faults), {**detail, "remedy": remedy})
    return StepResult(Outcome.OK, _with("password reset at the log-on screen is on", found), detail)


def _obstacles(state: State, machine: Machine, parameters: Windows10Parameters) -> list[Finding]:
    tolerated = set() if parameters.require_join else {not_joined.code}
    return [obstacle for obstacle in obstacles(state, machine) if obstacle.code not in tolerated]


def _words(*, on: bool, found: Sequence[Finding], already: bool) -> Said:
    when = "already" if already else "now"
    return _with(f"password reset at the log-on screen is switched {'on' if on else 'off'} {when}", found)


def _with(done: Said, found: Sequence[Finding]) -> Said:
    """What is done, and behind it what an admin has to mend before people can use the feature."""
    return _in_the_way(as_message(done), together([each.message for each in found])) if found else done


@message("windows10-in-the-way")
def _in_the_way(done: Message, obstacles: Message) -> None:
    """Something is done, and people cannot use the feature yet."""


def _detail(state: State, machine: Machine, found: Sequence[Finding]) -> dict[str, Any]:
    return {
        "windows": windows10.called(machine),
        "build": machine.build,
        **state.shown,
        "before": state.values,
        "interfering": [{"code": each.code, "sentence": each.message, "evidence": each.evidence} for each in found],
        "not_readable": dict(interfering.NOT_READABLE),
    }


KIND = StepKind(
    name="windows10",
    summary="Windows 10's own password reset.",
    parameters=Windows10Parameters,
    changes_hosts=True,
    perform=switch_windows10,
)
