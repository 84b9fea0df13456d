"""Findings about restarts: what waits for one, and whether the host would come back from it."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding, Severity
from orchestrator.model.message import Message
from orchestrator.windows import boot, computer_name, numbers, sessions
from orchestrator.windows.command import Evidence, Sureness
from orchestrator.windows.readiness.finding import Policy, finding
from orchestrator.windows.readiness.survey import Survey


@finding(
    "restart_pending",
    Severity.WARN,
    where=rf"{boot.WINDOWS_UPDATE}; {boot.CBS}\RebootPending; {computer_name.KEY}; {boot.NETLOGON}; "
    rf"{boot.UPDATES}; {boot.UPDATES_WOW64}",
    source=boot.RESTART_SIGNS,
    rests_on=(boot.RESTART,),
    numbers=numbers.UPDATE_PACKAGE,
)
def restart_pending(waiting: tuple[Message, ...]) -> None:
    """Something waits for a restart."""


@finding(
    "file_renames",
    Severity.INFO,
    where=rf"{boot.SESSION_MANAGER}: PendingFileRenameOperations, PendingFileRenameOperations2",
    source=boot.RESTART_SIGNS,
    remedy=False,
)
def file_renames() -> None:
    """Files wait to be replaced at the next start."""


@finding(
    "winrm_start",
    Severity.WARN,
    where=rf"{boot.WINRM_SERVICE}: Start",
    source=Evidence("MicrosoftDocs/win32, winsvc ChangeServiceConfig (dwStartType)", Sureness.DOCUMENTED),
    numbers=numbers.WINRM_START,
)
def winrm_start() -> None:
    """WinRM does not start by itself."""


@finding(
    "logged_on",
    Severity.INFO,
    where="the sessions of the host (quser)",
    source=Evidence(
        "learn.microsoft.com/windows-server/administration/windows-commands/shutdown (/f)", Sureness.DOCUMENTED
    ),
    asked=lambda survey: survey.sessions is not None,
    remedy=False,
)
def logged_on(people: Message) -> None:
    """Somebody is logged on, whom a restart would interrupt."""


def findings(survey: Survey, _: Policy) -> Iterator[Finding]:
    """What an admin should know before the host is restarted."""
    if survey.restart.waiting:
        waiting = survey.restart.waiting
        yield restart_pending.found({"waiting": [each.code for each in waiting]}, waiting)
    if survey.restart.renames:
        yield file_renames.found({"names": survey.restart.renames})
    if not survey.restart.comes_back:
        yield winrm_start.found({"Start": survey.read(numbers.WINRM_START, survey.restart.winrm_start)})
    if users := sessions.users(survey.sessions):
        yield logged_on.found({"users": users}, sessions.logged_on(len(users)))
