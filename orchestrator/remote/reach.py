"""Reach: the way to one host, which is made when it is needed, and let through only as the host's lease allows."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from orchestrator.connect.connection import Completed, Connection, Connector
from orchestrator.model.clock import Clock, Deadline
from orchestrator.model.errors import ConnectionLost, DeadlineExceeded, OrchestratorError, Retry, TargetError
from orchestrator.model.host import Host
from orchestrator.remote import asking
from orchestrator.remote.leasing import Leasing
from orchestrator.remote.pushing import AtOnce, Pushing
from orchestrator.windows import batch
from orchestrator.windows.batch import Batch
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import Command, Reply

EXCHANGE_SECONDS = 180.0
"""How long one command line may take, unless the step's own deadline is sooner or a wait is asked for."""
GIVE_BACK_SECONDS = 20.0
"""How long giving a lease back may take; what is not given back runs out."""
_GIVE_BACK_ATTEMPTS = 2
"""A line may break over it, and where shells of a run that was killed use up the host's quota, ours has to go first."""
_MARKER_BYTES = 3
"""Of chance in a marker, which is new for every exchange."""


@dataclass
class Reach:
    """The connection to one host, and the lease on it.

    Attributes:
        host: Which host.
        connector: Makes its connection.
        deadline: The running step's; set by whoever runs steps.
        waited: Seconds that log-ons and throttled messages have waited for their turn so far; the deadline is later by
            them.
        pushing: The host's turn to be sent files; set by whoever runs steps.
        leasing: The host's lease as this run keeps it; None in a run that needs none, as it changes no host.
        clock: The run's, by which the host's clock is known.
        seen: When the host last answered, by our clock.
    """

    host: Host
    connector: Connector
    deadline: Deadline = field(default_factory=Deadline.never, kw_only=True)
    waited: float = field(default=0.0, kw_only=True)
    pushing: Pushing = field(default_factory=AtOnce, kw_only=True)
    leasing: Leasing | None = field(default=None, kw_only=True)
    clock: Clock = field(default_factory=Clock, kw_only=True)
    seen: datetime | None = field(default=None, init=False)
    _ahead: timedelta = field(default=timedelta(0), init=False)
    _connection: Connection | None = field(default=None, init=False)
    _machine: Machine | None = field(default=None, init=False)

    @property
    def clock_ahead(self) -> timedelta | None:
        """How far the host's clock was ahead of ours when it last answered; None without a connection."""
        return self._connection.clock_ahead if self._connection else None

    async def release(self) -> None:
        """Closes shell and connection, if there are any; the next question makes new ones."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def ask_alone(self, command: Command, seconds: float = EXCHANGE_SECONDS) -> Reply:
        """Asks one command in a line of its own, without a marker, and takes its exit code from WinRM.

        For the doctor: it works where lines of several commands do not.

        Raises:
            TargetError: as the connection raises it.
        """
        connection = await self._connected()
        try:
            completed = await connection.run(command.line, self.deadline.within(seconds))
        except (ConnectionLost, DeadlineExceeded):
            await self.release()
            raise
        return Reply(completed.exit_code, _text(completed))

    async def keep_lease(self, seconds: float) -> None:
        """Has this run's lease, if it needs one, outlast so many seconds in which the host may not answer.

        To be called before the change that makes it so, which writes it down.
        """
        if self.leasing:
            await self._connected()
            self.leasing.keep_for(seconds, self.host_time)

    async def rest(self, seconds: float) -> None:
        """Lets go of what need not be kept while nothing is done for so long: the connection, and perhaps the lease.

        A connection that outlived a rest could be found dead amid a change, and answers be of before another run's.
        """
        if self.leasing and not self.leasing.outlasts(seconds, self.host_time):
            await self.give_back_lease()
        await self.release()

    async def let_go(self) -> None:
        """Lets go of all of it, lease and connection: nobody knows for how long nothing will be done."""
        await self.give_back_lease()
        await self.release()

    async def part(self) -> None:
        """Lets go of a host that is not there: a lease of this run runs out by itself, and is taken anew later."""
        if self.leasing:
            self.leasing.left()
        await self.release()

    async def give_back_lease(self) -> None:
        """Gives the host's lease back, if this run has it and the host answers; else it runs out.

        So goes one of no use that was found there, as after a run that died when it had done everything.
        """
        leasing = self.leasing
        if leasing is None or not (commands := leasing.leaving()):
            return
        self.deadline = Deadline.after(GIVE_BACK_SECONDS)
        (part,) = batch.compose(commands, secrets.token_hex(_MARKER_BYTES))
        with suppress(OrchestratorError):
            for _ in range(_GIVE_BACK_ATTEMPTS):
                try:
                    await (await self._connected()).run(part.line, self.deadline)
                except TargetError as error:
                    if error.retry is Retry.NEVER:
                        return
                    await self.release()
                else:
                    leasing.left()
                    return

    def _lines(self, commands: Sequence[Command], opening: int) -> Iterator[Batch]:
        limit = batch.LINE_LIMIT - (opening if self.leasing else 0)
        return batch.compose(commands, secrets.token_hex(_MARKER_BYTES), limit)

    async def _let_through(
        self, part: Batch, seconds: float, content: Iterable[bytes] | None = None, *, changing: bool = False
    ) -> str:
        """The output of a part, which is carried out if the host's lease allows it."""
        leasing, marker = self.leasing, part.marker
        while True:
            connection = await self._connected()
            deadline = self.deadline.within(seconds)  # which a log-on may have put off
            throttle = self.pushing.throttle if content is not None else None
            held = deadline.later(self.pushing.longest_wait) if throttle else deadline
            opening = leasing.opening(changing, self.host_time, held, marker) if leasing else ""
            waited = connection.waited
            try:
                try:
                    completed = await connection.run(opening + part.line, deadline, content, throttle)
                finally:
                    self._postpone(connection.waited - waited)
            except ConnectionLost:
                await self.release()
                raise
            except DeadlineExceeded as error:
                await self.release()
                raise asking.held_up(part, error) from error
            self.seen = self.clock.now()
            output = _text(completed)
            if leasing is None or leasing.passed(output, changing, self.host_time, marker):
                return output

    @property
    def host_time(self) -> datetime:
        """The host's own clock, UTC, by its last answer; ours where none has told it."""
        ahead = self.clock_ahead
        self._ahead = self._ahead if ahead is None else ahead
        return self.clock.now() + self._ahead

    async def _connected(self) -> Connection:
        if self._connection is None:
            try:
                self._connection = await self.connector.connect(self.host, self.deadline.within(EXCHANGE_SECONDS))
            except TargetError as error:
                self._postpone(error.waited)
                raise
            self._postpone(self._connection.waited)
            self.seen = self.clock.now()
            if self._machine:
                self._respect(self._machine)
        return self._connection

    def _postpone(self, waited: float) -> None:
        """A deadline begins when a host is served."""
        self.waited += waited
        self.deadline = Deadline(self.deadline.moment + waited)

    def _respect(self, machine: Machine) -> None:
        """Tells the connection what this branch of Windows allows."""
        self._machine = machine
        if self._connection is not None:
            self._connection.learn_quotas(machine.branch.quotas)


def _text(completed: Completed) -> str:
    output = completed.stdout + completed.stderr
    return output.decode("utf-8", "replace").replace("\r\n", "\n")
