"""Findings about Windows 10: whether its own password reset can work, and what keeps it from working."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding
from orchestrator.windows import interfering, windows10
from orchestrator.windows.readiness.kinds import KINDS, WINDOWS10_NOT_READABLE, WINDOWS10_OFF
from orchestrator.windows.readiness.survey import Survey


def findings(survey: Survey) -> Iterator[Finding]:
    """Obstacles, every interfering policy one by one, and what nobody can look up; nothing on other branches."""
    state, machine = survey.windows10, survey.machine
    if state is None:
        return
    for obstacle in windows10.obstacles(state, machine):
        evidence = {"build": machine.build, "join": state.join.title}
        yield KINDS[obstacle.code].found(obstacle.sentence, evidence, obstacle.remedy)
    for interference in interfering.interferences(state.settings, machine):
        yield KINDS[interference.code].found(
            interference.sentence,
            {**interference.evidence, "said_by": interference.said_by, "sure": interference.sure.value},
            "ask who sets it, and whether these machines can go without it",
        )
    if not state.allowed:
        yield WINDOWS10_OFF.found(
            "password reset at the log-on screen is not switched on yet",
            {"managed": state.managed, **state.values},
            "run the playbook `windows10-enable`, or `install`",
        )
    yield WINDOWS10_NOT_READABLE.found(
        f"{' and '.join(interfering.NOT_READABLE)} are known to interfere too, and cannot be read from the registry",
        interfering.NOT_READABLE,
    )
