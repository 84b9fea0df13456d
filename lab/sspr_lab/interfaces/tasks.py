"""The Task Scheduler as its clients see it, and what a registered task is."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal, Protocol

from sspr_lab.accounts import SERVICE_ACCOUNTS, Account
from sspr_lab.clock import Handle
from sspr_lab.interfaces.processes import RunningProcess
from sspr_lab.task_xml import Definition

State = Literal["Disabled", "Queued", "Ready", "Running"]

RUNNING: Final = 0x41301
HAS_NOT_RUN: Final = 0x41303
TERMINATED: Final = 0x41306
NOT_LOGGED_ON: Final = 0x800704DD
REFUSED: Final = 0x800710E0
DISABLED: Final = 0x80041326


class Task:
    """A registered task. `last_result` is the exit code or HRESULT of the last run, HAS_NOT_RUN before the first.

    Source: SCHED_S_TASK_RUNNING and SCHED_S_TASK_HAS_NOT_RUN of "Task Scheduler Error and Success Constants".
    """

    def __init__(self, path: str, definition: Definition, account: Account) -> None:
        self.path = path
        self.definition = definition
        self.account = account
        self.enabled = definition.settings.enabled
        self.last_result = HAS_NOT_RUN
        self.last_run: datetime | None = None
        self.queued = False
        self.instances: list[RunningProcess] = []
        self.timer: Handle | None = None

    @property
    def state(self) -> State:
        if self.instances:
            return "Running"
        if not self.enabled:
            return "Disabled"
        return "Queued" if self.queued else "Ready"

    @property
    def shown_result(self) -> int:
        """What is shown as the last result: while it runs, that it does."""
        return RUNNING if self.instances else self.last_result

    @property
    def needs_logged_on_user(self) -> bool:
        """The task runs only in the session of its user."""
        return self.definition.logon_type == "InteractiveToken" and self.account.sid not in SERVICE_ACCOUNTS


class Tasks(Protocol):
    """The tasks of a machine; see `tasks.TaskScheduler` for each method."""

    def __iter__(self) -> Iterator[Task]: ...

    def task(self, path: str) -> Task: ...

    def exists(self, path: str) -> bool: ...

    def register(self, path: str, xml: str, account: Account) -> Task: ...

    def delete(self, path: str) -> None: ...

    def run(self, path: str) -> None: ...

    def end(self, path: str) -> None: ...

    def enable(self, path: str, *, enabled: bool) -> None: ...

    def next_run(self, task: Task) -> datetime | None: ...
