"""The Task Scheduler of one machine: registered tasks, their instances, and the triggers that start them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, Protocol

from sspr_lab import task_store
from sspr_lab.accounts import SERVICE_ACCOUNTS, Account
from sspr_lab.clock import Handle
from sspr_lab.errors import ACCESS_DENIED, FILE_NOT_FOUND, WindowsError
from sspr_lab.interfaces.platform import Platform
from sspr_lab.interfaces.processes import RunningProcess, Spawner
from sspr_lab.interfaces.tasks import DISABLED, NOT_LOGGED_ON, REFUSED, TERMINATED, Task
from sspr_lab.logon import default_environment, log_on
from sspr_lab.task_xml import Definition, Exec, parse

_MISSED_START: Final = 600.0  # StartWhenAvailable waits ten minutes: [MS-TSCH], TaskSettings.StartWhenAvailable


class TasksMachine(Platform, Spawner, Protocol):
    """What the scheduler needs of its machine."""

    @property
    def powered(self) -> bool: ...


class TaskScheduler:
    r"""The tasks of one machine. Names are full paths (\Folder\Task), compared without regard to case."""

    def __init__(self, machine: TasksMachine) -> None:
        self._machine = machine
        self._tasks: dict[str, Task] = {}
        self._stopped = machine.clock.now()

    def __iter__(self) -> Iterator[Task]:
        return iter(self._tasks.values())

    def task(self, path: str) -> Task:
        """The task of that name. Raises WindowsError (2)."""
        if (found := self._tasks.get(_key(path))) is None:
            raise WindowsError(FILE_NOT_FOUND, path)
        return found

    def exists(self, path: str) -> bool:
        return _key(path) in self._tasks

    def register(self, path: str, xml: str, account: Account) -> Task:
        """Create the task, or put it in the place of the one of that name; `account` is who registers it.

        Raises:
            TaskXmlError: the XML is no task.
            WindowsError: 5 when the account may not, 1326 when the task's user does not exist.
        """
        newest = "1.3" if self._machine.profile.branch == "windows7" else "1.4"
        definition = parse(xml, newest_version=newest, utc_offset=self._utc_offset)
        runs_as = self._principal(definition, account)
        if not account.elevated and (definition.highest or runs_as.sid != account.sid):
            raise WindowsError(ACCESS_DENIED, path)
        if self.exists(path):
            self.delete(path)
        task = Task(_full(path), definition, runs_as)
        self._tasks[_key(path)] = task
        task_store.put(self._machine, task.path, task.definition.xml)
        self._arm(task)
        return task

    def delete(self, path: str) -> None:
        """Remove the task; instances that run go on. Raises WindowsError (2)."""
        task = self.task(path)
        self._disarm(task)
        del self._tasks[_key(path)]
        task_store.remove(self._machine, task.path)

    def run(self, path: str) -> None:
        """Start the task on demand.

        Raises:
            WindowsError: 2 no such task; DISABLED; REFUSED when its settings do not allow it.
        """
        task = self.task(path)
        if not task.enabled:
            raise WindowsError(DISABLED, path)
        if not task.definition.settings.allow_start_on_demand:
            raise WindowsError(REFUSED, path)
        self._start(task)

    def end(self, path: str) -> None:
        """Stop every instance of the task. Raises WindowsError (2)."""
        task = self.task(path)
        task.queued = False
        for process in task.instances:
            process.terminate(TERMINATED)

    def enable(self, path: str, *, enabled: bool) -> None:
        """Switch the task on or off. Raises WindowsError (2)."""
        task = self.task(path)
        task.enabled = enabled
        self._arm(task)

    def next_run(self, task: Task) -> datetime | None:
        """When a trigger starts the task next, local; None when no clock decides it."""
        now = self._now()
        times = [time for trigger in task.definition.triggers if (time := trigger.next_after(now)) is not None]
        return min(times, default=None) if task.enabled else None

    def shut_down(self) -> None:
        """The service stops: no timer fires any more. The processes are the machine's to end."""
        self._stopped = self._machine.clock.now()
        for task in self:
            task.queued = False
            self._disarm(task)

    def boot(self) -> None:
        """The service starts: boot triggers, starts that were missed since it stopped, and the clock again."""
        now = self._now()
        for task in self:
            triggers = [trigger for trigger in task.definition.triggers if trigger.enabled and task.enabled]
            for trigger in triggers:
                if trigger.kind == "boot" and trigger.is_active(now):
                    self._later(task, trigger.delay.total_seconds())
                missed = trigger.next_after(self._local(self._stopped))
                if missed and missed <= now and task.definition.settings.start_when_available:
                    self._later(task, _MISSED_START)
            self._arm(task)

    def _start(self, task: Task) -> None:
        settings = task.definition.settings
        if self._machine.faults.take("task_never_starts") is not None:
            task.queued = True  # that such a task is queued and has not run yet is what nobody has seen [mem]
            return
        if settings.no_start_on_batteries and self._machine.profile.has("on_battery"):
            task.queued = True
            return
        if task.needs_logged_on_user and not self._is_logged_on(task.account):
            task.last_result = NOT_LOGGED_ON
            return
        if task.instances and settings.multiple_instances == "IgnoreNew":
            return
        if task.instances and settings.multiple_instances == "Queue":
            task.queued = True
            return
        if settings.multiple_instances == "StopExisting":
            self.end(task.path)
        task.queued = False
        self._machine.clock.call_later(0, lambda: self._run_actions(task))

    async def _run_actions(self, task: Task) -> None:
        task.last_run = self._machine.clock.now()
        self._machine.ledger.note("task ran", task.last_run, task.path)
        for action in task.definition.actions:
            if not self._machine.powered:
                return
            await self._run_action(task, action)
        if task.queued:
            self._start(task)

    async def _run_action(self, task: Task, action: Exec) -> None:
        try:
            process = self._spawn(task, action)
        except WindowsError as error:
            task.last_result = 0x80070000 | error.code
            return
        task.instances.append(process)
        limit = self._limit(task, process)
        try:
            task.last_result = await process.wait()
        finally:
            task.instances.remove(process)
            if limit is not None:
                limit.cancel()

    def _spawn(self, task: Task, action: Exec) -> RunningProcess:
        environment = default_environment(self._machine, task.account)
        command, arguments = environment.expand(action.command).strip('"'), environment.expand(action.arguments)
        return self._machine.spawn(
            f'"{command}" {arguments}'.rstrip() if " " in command else f"{command} {arguments}".rstrip(),
            account=task.account,
            directory=environment.expand(action.directory).strip('"') or r"C:\Windows\system32",
            environment=environment,
        )

    def _limit(self, task: Task, process: RunningProcess) -> Handle | None:
        limit = task.definition.settings.time_limit
        if not limit:
            return None

        async def stop() -> None:
            process.terminate(TERMINATED)

        return self._machine.clock.call_later(limit.total_seconds(), stop)

    def _arm(self, task: Task) -> None:
        """Wait for the task's next time, and for its removal when it has expired."""
        self._disarm(task)
        now = self._now()
        following = self.next_run(task)
        if following is not None:
            task.timer = self._machine.clock.call_later((following - now).total_seconds(), lambda: self._fire(task))
            return
        expires = self._expiry(task)
        if expires is not None:
            wait = max(0.0, (expires - now).total_seconds())
            task.timer = self._machine.clock.call_later(wait, lambda: self._expire(task))

    def _disarm(self, task: Task) -> None:
        if task.timer is not None:
            task.timer.cancel()
            task.timer = None

    async def _fire(self, task: Task) -> None:
        task.timer = None
        if self._machine.powered:
            self._start(task)
            self._arm(task)

    async def _expire(self, task: Task) -> None:
        task.timer = None
        if self._machine.powered and self._tasks.get(_key(task.path)) is task:
            self.delete(task.path)

    def _later(self, task: Task, seconds: float) -> None:
        async def start() -> None:
            if self._machine.powered and task.enabled and self._tasks.get(_key(task.path)) is task:
                self._start(task)

        self._machine.clock.call_later(seconds, start)

    def _expiry(self, task: Task) -> datetime | None:
        after = task.definition.settings.delete_expired_after
        ends = [trigger.end for trigger in task.definition.triggers if trigger.end is not None]
        return max(ends) + after if after is not None and ends else None

    def _principal(self, definition: Definition, registrar: Account) -> Account:
        user = definition.user.rpartition("\\")[2]
        if not user:
            return registrar
        for sid, account in SERVICE_ACCOUNTS.items():
            if user.upper() in (sid, account.name):
                return account
        if user in (registrar.sid, registrar.name):
            return registrar
        return log_on(self._machine, definition.user, network=False)

    def _is_logged_on(self, account: Account) -> bool:
        profile = self._machine.profile
        return profile.has("user_logged_on") and account.name in profile.users[:1]

    @property
    def _utc_offset(self) -> timedelta:
        return timedelta(minutes=self._machine.profile.utc_offset_minutes)

    def _local(self, moment: datetime) -> datetime:
        return (moment + self._utc_offset).replace(tzinfo=None)

    def _now(self) -> datetime:
        return self._local(self._machine.clock.now())


def _full(path: str) -> str:
    return "\\" + path.strip("\\")


def _key(path: str) -> str:
    return _full(path).lower()
