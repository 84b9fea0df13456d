"""Findings about Windows 10's own password reset: whether it can work there at all, and whether it is switched on."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding, Read, Severity
from orchestrator.model.message import Message
from orchestrator.windows import branches, interfering, join, numbers, windows10
from orchestrator.windows.branches import Machine
from orchestrator.windows.readiness.finding import SSPR, Policy, finding, on_10
from orchestrator.windows.readiness.survey import Survey
from orchestrator.windows.readiness.system import VERSION
from orchestrator.windows.windows10 import State


@finding(
    "windows10_build",
    Severity.BLOCK,
    where=VERSION,
    source=SSPR,
    asked=on_10,
    firm=True,
    rests_on=(branches.MACHINE,),
)
def too_old(build: str) -> None:
    """This build of Windows 10 is older than the feature (version 1803)."""


@finding("windows10_join", Severity.BLOCK, where=join.JOIN_INFO, source=SSPR, asked=on_10, rests_on=(join.JOIN,))
def not_joined(join: Message) -> None:
    """Windows 10 that is not joined to Microsoft Entra ID, alone or beside a domain."""


@finding(
    "windows10_off",
    Severity.INFO,
    where=f"{windows10.POLICY}: {windows10.ALLOW}",
    source=SSPR,
    asked=on_10,
    rests_on=(windows10.SWITCH,),
    numbers=numbers.RESET,
)
def switched_off() -> None:
    """Windows 10's password reset at the log-on screen is not switched on."""


@finding(
    "windows10_not_readable",
    Severity.INFO,
    where="nowhere that is known",
    source=SSPR,
    asked=on_10,
    remedy=False,
)
def not_readable() -> None:
    """Settings that interfere on Windows 10, and that nobody can look up."""


def obstacles(state: State, machine: Machine) -> Iterator[Finding]:
    """What must be so before switching the feature on makes sense: version 1803 or later, and a join."""
    seen: dict[str, Read] = {"build": machine.build, "tenants": list(state.join.tenants), "domain": state.join.domain}
    if machine.build_number < windows10.FIRST_BUILD:
        yield too_old.found(seen, machine.build)
    if not state.join.joined:
        yield not_joined.found(seen, state.join.title)


def findings(survey: Survey, _: Policy) -> Iterator[Finding]:
    """Obstacles, whether the feature is on, and what nobody can look up; nothing on other branches."""
    state = survey.windows10
    if state is None:
        return
    yield from obstacles(state, survey.machine)
    if not state.allowed:
        yield switched_off.found({"managed": survey.read(numbers.RESET[1:], state.managed), **state.values})
    yield not_readable.found(interfering.NOT_READABLE)
