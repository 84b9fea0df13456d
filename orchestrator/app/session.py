"""Session: one run under way; it can be stopped, and whatever happens leaves a result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from orchestrator.connect import self_test
from orchestrator.fleet.run import Run
from orchestrator.fleet.stop import StoppedBy
from orchestrator.model.events import Interrupted, Listener
from orchestrator.model.message import phrase
from orchestrator.model.result import RunResult
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.journal import Journal
from orchestrator.runs.result_file import write_result
from orchestrator.windows.egress import Endpoint

_INTERRUPTED = phrase("run-interrupted")


class Session:
    """A run from its beginning to its result, made by `PreparedRun.begin`.

    Everything is called on the thread of the event loop that executes it.

    Attributes:
        folder: Where the run keeps its journal, its result and what comes home.
        stopping: Whether somebody asked it to stop.
        result: What it came to, from its end on; there also when it could not be written.
    """

    def __init__(
        self, run: Run, folder: RunFolder, listeners: list[Listener], close: Callable[[], None], tried: Endpoint | None
    ) -> None:
        self.folder = folder
        self.stopping = False
        self.result: RunResult | None = None
        self._run = run
        self._listeners = listeners
        self._close = close
        self._tried = tried

    @property
    def id(self) -> str:
        """The run's own name, unique on this computer."""
        return self._run.id

    async def execute(self) -> RunResult:
        """Runs to the end or until stopped, once. The result has every host exactly once, and lies in the folder.

        Raises:
            OSError: The journal or the result file cannot be written.
        """
        tested = asyncio.create_task(asyncio.to_thread(self_test.ask, self._tried)) if self._tried else None
        with Journal(self.folder.journal) as journal:
            self._listeners.insert(0, journal)
            try:
                self.result = result = await self._run.execute()
            finally:
                self._close()
        if tested:
            self.result = result = replace(result, self_test=await tested)
        write_result(result, self.folder.result)
        return result

    def stop(self) -> None:
        """Begins nothing new; what is under way on hosts is brought to its end, and `execute` then returns."""
        self.stopping = True
        self._run.stop.set(StoppedBy.OPERATOR, _INTERRUPTED())
        self._run.notify(Interrupted())

    def abandon(self) -> RunResult:
        """Writes and gives the result as things stand, for a process that has to end at this moment.

        Hosts at work are `unknown` in it: what is being changed there is not waited for.

        Raises:
            OSError: The result file cannot be written.
        """
        self.result = result = self._run.as_things_stand()
        write_result(result, self.folder.result)
        return result
