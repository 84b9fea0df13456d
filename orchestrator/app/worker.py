"""The worker: goes on with the runs that are handed over to it, each in a process of its own, until they have ended.

Nothing that it knows has to outlive it. Which runs there are to go on with is in files (`runs/handed_over.py`), who is
at work on one is told by locks, and where a run has come to is in its database.
"""

from __future__ import annotations

import asyncio
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from orchestrator.model.clock import uptime
from orchestrator.model.errors import UsageError
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.showable import printable
from orchestrator.runs.durable_file import being_written
from orchestrator.runs.handed_over import HandedOver, handed_over, read_handed_over
from orchestrator.runs.store import known_of
from orchestrator.runs.worker_lock import WorkerLock

RUNS_AT_ONCE: Final = 4
GRACE_SECONDS: Final = 90.0
"""How long the processes of runs may take to end with the worker; whatever they are cut off in is gone on with."""
_LOOK_SECONDS: Final = 1.0
"""Between two looks for runs that have been handed over."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 600.0
"""Seconds before a run is tried again whose process has ended, and not the run: twice as many each time."""
_LASTED_SECONDS: Final = 300.0
"""A process that has lasted so long has not failed at once."""
_TAIL: Final = 4000
_LINES_TOLD: Final = 3


@message("worker-begins")
def _begins(process: int, state: str) -> None: ...


@message("worker-run-begun")
def _begun(run: str, process: int) -> None: ...


@message("worker-run-not-begun")
def _not_begun(run: str, problem: str, seconds: int) -> None: ...


@message("worker-run-ended")
def _ended(run: str, process: int, state: str) -> None: ...


@message("worker-run-again")
def _again(run: str, process: int, how: Message, seconds: int) -> None: ...


@message("worker-run-stopped")
def _stopped(run: str, process: int, how: Message) -> None: ...


@message("worker-run-said")
def _said(run: str, text: str) -> None: ...


@message("worker-run-unusable")
def _unusable(run: str, problem: str) -> None: ...


@message("worker-run-gone")
def _gone(run: str, folder: str) -> None: ...


@message("ended-by-signal")
def _by_signal(name: str) -> None: ...


@message("ended-with-code")
def _with_code(code: int) -> None: ...


@message("worker-ends")
def _ends(runs: int, seconds: int) -> None: ...


_WAITS = phrase("worker-waits")
_NOTHING_LEFT = phrase("worker-nothing-left")
_LOOKS_AGAIN = phrase("worker-looks-again")


@dataclass
class _Attempts:
    """How often a run's process has ended too early in a row, and when the next may begin, in seconds of `uptime`."""

    failed: int = 0
    next: float = 0.0

    def put_off(self, lasted: float) -> float:
        """Notes one more that has lasted so many seconds; how many until the next."""
        self.failed = 1 if lasted > _LASTED_SECONDS else self.failed + 1
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(self.failed - 1, 30))
        self.next = uptime() + pause
        return pause


@dataclass
class Worker:
    """One worker; a state folder has one at a time, and a second one waits for its end.

    Attributes:
        command: The command line that goes on with a run in a process of its own, by the run's name.
        tell: Told what it does, for its log.
        runs_at_once: How many runs are at work at the same moment.
        stays: Whether it waits for more when all have ended; if not it also ends where there is another worker.
        grace_seconds: How long processes may take to end with it.
    """

    command: Callable[[str], Sequence[str]]
    tell: Callable[[Message], None]
    runs_at_once: int = RUNS_AT_ONCE
    stays: bool = True
    grace_seconds: float = GRACE_SECONDS
    _processes: dict[str, Process] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _attempts: dict[str, _Attempts] = field(default_factory=dict)
    _unusable: dict[str, Message] = field(default_factory=dict)
    _stopping: bool = False
    _hurrying: bool = False
    _awake: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self, process: int, state: str) -> None:
        """Works until it is stopped or, unless it stays, nothing is left to be gone on with.

        Args:
            process: This process' number, for the log.
            state: The state folder, for the log.

        Raises:
            OSError: The state folder cannot be used.
        """
        lock = WorkerLock()
        while await self._becomes_the_worker(lock):
            try:
                self.tell(_begins(process, state))
                await self._serve()
            finally:
                await self._end_processes()
                lock.leave()
            if self._stopping or not self._left(handed_over()):  # whoever hands one over now finds the lock free
                return

    def stop(self) -> None:
        """Begins nothing more and has the runs' processes end; a second time, at once."""
        if self._stopping:
            self._hurrying = True
        self._stopping = True
        self._awake.set()

    def look_again(self) -> None:
        """Tries at once what was put off."""
        self.tell(_LOOKS_AGAIN())
        self._attempts.clear()
        self._awake.set()

    async def _becomes_the_worker(self, lock: WorkerLock) -> bool:
        waiting = False
        while not self._stopping:
            if await asyncio.to_thread(lock.take, stays=self.stays):
                return True
            if not self.stays:
                return False
            if not waiting:
                self.tell(_WAITS())
            waiting = True
            await self._pause()
        return False

    async def _serve(self) -> None:
        while not self._stopping:
            names = handed_over()
            await self._begin(names)
            if not (self.stays or self._processes or self._left(names)):
                self.tell(_NOTHING_LEFT())
                return
            await self._pause()

    def _left(self, names: Sequence[str]) -> bool:
        """Whether there are runs to be gone on with, of those that are handed over."""
        return any(name not in self._unusable for name in names)

    async def _begin(self, names: Sequence[str]) -> None:
        """Begins with one, if there is room; a run that another process is at work on takes room as well."""
        runs = [run for run in map(self._usable, names) if run is not None]
        elsewhere = {
            run.run for run in runs if run.run not in self._processes and being_written(run.run_folder.journal)
        }
        if len(self._processes) + len(elsewhere) >= self.runs_at_once:
            return
        for run in runs:
            if run.run in self._processes or run.run in elsewhere:
                continue
            if self._attempts.setdefault(run.run, _Attempts()).next <= uptime():
                await self._spawn(run)
                self._awake.set()  # for the next one
                return

    def _usable(self, name: str) -> HandedOver | None:
        """A run that is handed over; None where it cannot be gone on with, which is told once."""
        try:
            run = read_handed_over(name)
            problem = None if run is None or run.run_folder.kept.is_file() else _gone(name, str(run.folder))
        except UsageError as error:
            run, problem = None, _unusable(name, str(error))
        if problem is None:
            self._unusable.pop(name, None)
            return run
        if self._unusable.get(name) != problem:
            self._unusable[name] = problem
            self.tell(problem)
        return None

    async def _spawn(self, run: HandedOver) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                *self.command(run.run), stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, start_new_session=True
            )
        except OSError as error:  # of a computer that is short of processes or memory, say
            pause = self._attempts[run.run].put_off(0.0)
            self.tell(_not_begun(run.run, error.strerror or str(error), round(pause)))
            return
        self._processes[run.run] = process
        self.tell(_begun(run.run, process.pid))
        task = asyncio.create_task(self._look_after(run, process))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_after(self, run: HandedOver, process: Process) -> None:
        began, name = uptime(), run.run
        try:
            said = await _last_lines(process)
            how = _how(await process.wait())
        finally:
            del self._processes[name]
            self._awake.set()
        if name not in handed_over():
            self._attempts.pop(name, None)
            self.tell(_ended(name, process.pid, _state(run)))
            return
        if self._stopping:
            self.tell(_stopped(name, process.pid, how))
            return
        for line in said:
            self.tell(_said(name, line))
        pause = self._attempts.setdefault(name, _Attempts()).put_off(uptime() - began)
        self.tell(_again(name, process.pid, how, round(pause)))

    async def _end_processes(self) -> None:
        """Has the runs' processes end, and waits for that; those that take too long are killed."""
        if self._processes:
            self.tell(_ends(len(self._processes), round(self.grace_seconds)))
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                process.terminate()
        patient_until = uptime() + self.grace_seconds
        while self._processes and uptime() < patient_until and not self._hurrying:
            await self._pause()
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                process.kill()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._awake.wait()
        self._awake.clear()


async def _last_lines(process: Process) -> list[str]:
    """The last that a process says on its standard error, once it has closed that."""
    assert process.stderr is not None, "it was given a pipe"
    tail = b""
    while piece := await process.stderr.read(_TAIL):
        tail = (tail + piece)[-_TAIL:]
    lines = (printable(line).strip() for line in tail.decode("utf-8", "replace").splitlines())
    return [line for line in lines if line][-_LINES_TOLD:]


def _how(code: int) -> Message:
    """How a process has ended, by what `wait` gives."""
    if code >= 0:
        return _with_code(code)
    try:
        return _by_signal(signal.Signals(-code).name)
    except ValueError:
        return _by_signal(str(-code))


def _state(run: HandedOver) -> str:
    """What a run has come to."""
    try:
        return known_of(run.run_folder).state
    except UsageError:
        return "?"
