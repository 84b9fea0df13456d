"""Session: one run under way; it can be stopped, and whatever happens leaves a result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import Final

from orchestrator.app.heeding import heed
from orchestrator.app.notification import Receiver, tell
from orchestrator.connect import self_test
from orchestrator.console.notice import GoesOn
from orchestrator.fleet.run import Run
from orchestrator.fleet.stop import StoppedBy
from orchestrator.model import threads
from orchestrator.model.errors import RecordNotKept
from orchestrator.model.events import Interrupted, Untold
from orchestrator.model.message import Message, phrase
from orchestrator.model.result import RunResult
from orchestrator.runs import orders
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.handed_over import GONE_ON_WITH
from orchestrator.runs.journal import Journal
from orchestrator.runs.orders import Order
from orchestrator.runs.result_file import write_result
from orchestrator.windows.egress import Endpoint

_INTERRUPTED = phrase("run-interrupted")
_PAUSED = phrase("run-paused")
_CANCELLED = phrase("run-cancelled")
_DEFAULT_THREADS: Final = 8
"""For reading and writing files beside the event loop."""


class Session:
    """A run from its beginning to its result, made by `PreparedRun.begin`.

    Everything is called on the thread of the event loop that executes it.

    Attributes:
        folder: Where the run keeps its journal, its result and what comes home.
        stopping: Whether somebody asked it to stop.
        result: What it came to, from its end on; there also when it could not be written.
        notes: What a person should know of it beforehand.
        durable: Whether it can be gone on with when it is stopped, or killed.
        untold: Who was to be told of its end and could not be, from its end on.
    """

    def __init__(
        self,
        run: Run,
        folder: RunFolder,
        journal: Journal,
        close: Callable[[], None],
        tried: Endpoint | None,
        alive: AbstractContextManager[None],
        notes: Sequence[Message] = (),
        *,
        durable: bool = False,
        unattended: bool = False,
        told: Sequence[Receiver] = (),
        untold: Sequence[Message] = (),
    ) -> None:
        self.folder = folder
        self.stopping = False
        self.durable = durable
        self.result: RunResult | None = None
        self.untold: Sequence[Message] = tuple(untold)
        self._unattended = unattended
        self._run = run
        self._journal = journal
        self._close = close
        self._tried = tried
        self.notes = tuple(notes)
        self._alive = alive
        self._told = told
        self._final: RunResult | None = None

    @property
    def id(self) -> str:
        """The run's own name, unique on this computer."""
        return self._run.id

    async def execute(self) -> RunResult:
        """Runs to the end or until stopped, once. The result has every host exactly once, and lies in the folder.

        Raises:
            OSError: Result file or log cannot be written, or were removed meanwhile; `result` is there all the same.
            CoordinatorError: This computer cannot do what a run needs; no host was touched.
        """
        try:
            return await self._executed()
        finally:
            self._journal.close()

    async def _executed(self) -> RunResult:
        try:
            asyncio.get_running_loop().set_default_executor(threads.started(_DEFAULT_THREADS, "aside"))
            with self._alive:
                tested = asyncio.create_task(asyncio.to_thread(self_test.ask, self._tried)) if self._tried else None
                heeding = asyncio.create_task(heed(self.folder, {Order.PAUSE: self._pause, Order.CANCEL: self._cancel}))
                try:
                    self.result = result = await self._run.execute()
                finally:
                    heeding.cancel()
        finally:
            self._close()
        with suppress(RecordNotKept):  # what the journal's failure tells
            await self._journal.commit()
        self.result = result = replace(result, log=self._journal.end)
        if tested:
            self.result = result = replace(result, self_test=await tested)
        self._final = result
        try:
            write_result(result, self.folder.result)
            orders.withdraw(self.folder, Order.PAUSE, *([Order.CANCEL] if result.state == "finished" else []))
        finally:
            self.result = result = await self._telling(result)
            self._journal.close()
        if lost := self._journal.failure:
            raise lost
        return result

    async def _telling(self, result: RunResult) -> RunResult:
        """Tells people of the run's end, and the log of whom that did not reach; the result that fits the log.

        That a worker's process was to end, as where its unit is started again, is nothing that a person has to know.

        Raises:
            OSError: The result file cannot be written.
        """
        if self._unattended and result.state == "interrupted":
            return result
        self.untold = (*self.untold, *await tell(self._told, result, self._goes_on(result.state)))
        if not self.untold:
            return result
        for why in self.untold:
            self._journal.notify(Untold(why))
        self._final = result = replace(result, log=self._journal.end)
        write_result(result, self.folder.result)
        return result

    def _goes_on(self, state: str) -> GoesOn:
        if not self.durable or state in {"finished", "cancelled"}:
            return GoesOn.NOT
        if not self._unattended:
            return GoesOn.BY_RESUME
        return GoesOn.BY_WORKER if state in GONE_ON_WITH else GoesOn.BY_RESUME_DETACHED

    def stop(self) -> None:
        """Begins nothing new; what is under way on hosts is brought to its end, and `execute` then returns.

        Of a run that has ended there is nothing to stop but, by `abandon`, telling people of it.
        """
        self._stop(StoppedBy.OPERATOR, _INTERRUPTED())

    def abandon(self) -> RunResult:
        """Writes and gives the result as things stand, for a process that has to end at this moment.

        Hosts at work are `unknown` in it: what is being changed there is not waited for, and nobody is told of the end.
        A run that has ended keeps the result that it has.

        Raises:
            OSError: The result file cannot be written.
        """
        self.result = result = self._final or replace(self._run.as_things_stand(), log=self._journal.end)
        write_result(result, self.folder.result)
        return result

    def _stop(self, by: StoppedBy, reason: Message) -> None:
        self.stopping = True
        if self._final is None:
            self._run.stop.set(by, reason)
            self._run.notify(Interrupted())

    def _pause(self) -> None:
        self._stop(StoppedBy.PAUSE, _PAUSED())

    def _cancel(self) -> None:
        self._stop(StoppedBy.CANCEL, _CANCELLED())
