"""Findings about restarts: what waits for one, and whether the host would come back from it."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding
from orchestrator.windows import sessions
from orchestrator.windows.readiness.kinds import FILE_RENAMES, LOGGED_ON, RESTART_PENDING, WINRM_START
from orchestrator.windows.readiness.survey import Survey


def findings(survey: Survey) -> Iterator[Finding]:
    """What an admin should know before the host is restarted."""
    if survey.restart.waiting:
        yield RESTART_PENDING.found(
            "; ".join(survey.restart.waiting),
            {"waiting": list(survey.restart.waiting)},
            "restart the host when it suits its users",
        )
    if survey.restart.renames:
        yield FILE_RENAMES.found(
            "files wait to be replaced at the next start (printer drivers and virus scanners often leave such)",
            {"names": survey.restart.renames},
        )
    if not survey.restart.comes_back:
        yield WINRM_START.found(
            "WinRM does not start by itself; the host will not be restarted, as it would not be reachable afterwards",
            {"Start": survey.restart.winrm_start},
            "set the service WinRM to start automatically (sc config WinRM start= delayed-auto)",
        )
    if users := sessions.users(survey.sessions):
        yield LOGGED_ON.found(
            f"{sessions.sentence(users)}; a restart would interrupt their work",
            {"users": users},
        )
