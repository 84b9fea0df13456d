"""Target: one host, asked for facts and changed, over a connection that is made when it is needed.

Steps know a host only through this. Facts are batched into as few command lines as fit; what was answered a moment ago
is not asked again, until something is changed.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar, overload

from orchestrator.connect.connection import Completed, Connection, Connector
from orchestrator.model.clock import Deadline, uptime
from orchestrator.model.errors import (
    ChangeUnsettled,
    CommandFailed,
    ConnectionLost,
    DeadlineExceeded,
    WouldChange,
)
from orchestrator.model.host import Host
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import StepResult
from orchestrator.windows import batch, branches
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import Change, Command, Fact, Reply, gather, would

A = TypeVar("A")
P = ParamSpec("P")

_UNANSWERED = phrase("not-asked")
FRESH_SECONDS = 30.0
"""How long an answer counts as just given."""
EXCHANGE_SECONDS = 180.0
"""How long one command line may take, unless the step's own deadline is sooner or a wait is asked for."""


@message("lost-in-a-change")
def _lost_in_a_change(change: Message) -> None: ...


@message("could-not")
def _could_not(change: Message) -> None: ...


@message("with-exit-code")
def _with_code(reason: Message, code: int) -> None: ...


async def _nobody_told(_: RegistryRecord) -> None:
    """Outside of a run nobody wants to know."""


@dataclass
class Target:
    """One host as the steps see it; used by one step at a time.

    Attributes:
        host: Which host.
        connector: Makes its connection.
        check: Under `--check` nothing is changed: see `stop_in_check_mode`.
        deadline: The running step's; set by whoever runs steps.
        changed: What was changed in the registry, or begun to be, since whoever runs steps has last emptied it.
        changing: Told of it, and awaited, right before each change of the registry; set by whoever runs steps.
        carried: Bytes of files that have been brought there or home so far, those of broken attempts too.
    """

    host: Host
    connector: Connector
    check: bool = False
    deadline: Deadline = field(default_factory=Deadline.never)
    changed: RegistryRecord = field(default_factory=RegistryRecord)
    changing: Callable[[RegistryRecord], Awaitable[None]] = field(default=_nobody_told)
    carried: int = 0
    _connection: Connection | None = None
    _answers: dict[Command, tuple[float, Reply]] = field(default_factory=dict)
    _machine: Machine | None = None

    @overload
    async def observe(self, fact: Fact[A], /) -> A: ...
    @overload
    async def observe(self, build: Callable[P, A], /, *bare: P.args, **facts: P.kwargs) -> A: ...

    async def observe(self, what: Fact[Any] | Callable[..., Any], /, *bare: Any, **facts: Any) -> Any:
        """Asks for a fact; or for several in one exchange, and gives what is built of them, as in `gather`.

        seen = await target.observe(_Seen, machine=asked(branches.MACHINE), booted=asked(boot.BOOT))

        Raises:
            TargetError: as the connection raises it, or UnexpectedOutput from a fact's parser.
        """
        fact = what if isinstance(what, Fact) else gather(what.__name__, what, *bare, **facts)
        unanswered = [command for command in dict.fromkeys(fact.commands) if not self._just_answered(command)]
        await self._ask(unanswered, EXCHANGE_SECONDS)
        answer = self._answer(fact)
        self._learn_machine()
        return answer

    async def watch(self, fact: Fact[A], seconds: float) -> A:
        """Asks for one fact whose commands wait on the host, up to `seconds`; never answered from before."""
        self._forget()
        await self._ask(fact.commands, seconds + EXCHANGE_SECONDS)
        return self._answer(fact)

    @overload
    async def apply(
        self, change: Change, /, *, seconds: float = ..., content: Iterable[bytes] | None = ...
    ) -> list[Reply]: ...
    @overload
    async def apply(
        self, change: Change, then: Fact[A], /, *, seconds: float = ..., content: Iterable[bytes] | None = ...
    ) -> A: ...

    async def apply(
        self,
        change: Change,
        then: Fact[Any] | None = None,
        /,
        *,
        seconds: float = EXCHANGE_SECONDS,
        content: Iterable[bytes] | None = None,
    ) -> Any:
        """Changes the host; with `then`, also asks for a fact in the same exchange and gives its answer.

        Args:
            change: What to change.
            then: What to look at right afterwards.
            seconds: How long all of it may take, within the step's deadline.
            content: Standard input for the first command of the change, which reads it to its end.

        Raises:
            WouldChange: under --check, instead of changing anything.
            CommandFailed: when a command of the change ends with an exit code that it does not accept.
            ChangeUnsettled: when the connection was lost; whether the change took effect has to be looked at.
        """
        words, restart = would(change.summary), change.needs_restart
        self.stop_in_check_mode(StepResult(Outcome.CHANGED, words, reboot_required=restart, would_change=True))
        self._forget()
        questions = then.commands if then else ()
        await self._connected()
        if change.record:
            self.changed = self.changed.followed_by(change.record)
            await self.changing(self.changed)
        async with self._settled(change.summary):
            replies = await self._exchange([*change.commands, *questions], seconds, content)
        self._forget()
        made, seen = replies[: len(change.commands)], replies[len(change.commands) :]
        _check(_could_not(change.summary), change.commands, made)
        _check(_UNANSWERED(), questions, seen)
        return then.parse(seen) if then else made

    def stop_in_check_mode(self, result: StepResult) -> None:
        """Stands where a step begins to change the host: under --check, the step ends here with this result.

        Every change does this by itself; a step that has more to tell than the change's summary says it before.

        Raises:
            WouldChange: under --check.
        """
        if self.check:
            raise WouldChange(result)

    async def machine(self) -> Machine:
        """Which Windows this is; asked once."""
        return await self.observe(branches.MACHINE)

    @property
    def known_machine(self) -> Machine | None:
        """Which Windows this is, if it was asked already."""
        return self._machine

    @property
    def clock_ahead(self) -> timedelta | None:
        """How far the host's clock was ahead of ours when it last answered; None without a connection."""
        return self._connection.clock_ahead if self._connection else None

    async def release(self) -> None:
        """Closes shell and connection, if there are any; the next question makes new ones."""
        self._forget()
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _ask(self, commands: Sequence[Command], seconds: float) -> None:
        replies = await self._exchange(commands, seconds)
        _check(_UNANSWERED(), commands, replies)
        now = uptime()
        self._answers.update({command: (now, reply) for command, reply in zip(commands, replies, strict=True)})

    async def _exchange(
        self, commands: Sequence[Command], seconds: float, content: Iterable[bytes] | None = None
    ) -> list[Reply]:
        replies: list[Reply] = []
        for part in batch.compose(commands, marker=secrets.token_hex(4)):
            connection = await self._connected()
            try:
                completed = await connection.run(part.line, self.deadline.within(seconds), stdin=content)
            except (ConnectionLost, DeadlineExceeded):
                await self.release()
                raise
            replies += part.replies(_text(completed))
            content = None
        return replies

    async def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = await self.connector.connect(self.host, self.deadline.within(EXCHANGE_SECONDS))
            if self._machine:
                self._respect(self._machine)
        return self._connection

    def _learn_machine(self) -> None:
        """Takes up which Windows this is when that was among what was asked, be it as a part of something larger."""
        if self._machine is None and all(command in self._answers for command in branches.MACHINE.commands):
            self._machine = self._answer(branches.MACHINE)
            self._respect(self._machine)

    def _respect(self, machine: Machine) -> None:
        """Tells the connection what this branch of Windows allows."""
        if self._connection is not None:
            self._connection.learn_quotas(machine.branch.quotas)

    def _just_answered(self, command: Command) -> bool:
        if command not in self._answers:
            return False
        moment, _ = self._answers[command]
        return command.lasting or uptime() - moment < FRESH_SECONDS

    def _answer(self, fact: Fact[A]) -> A:
        return fact.parse([self._answers[command][1] for command in fact.commands])

    def _forget(self) -> None:
        """Lets all answers go; those that last stay for whoever takes an answer of any age."""
        lasting = {command: reply for command, (_, reply) in self._answers.items() if command.lasting}
        self._answers = {command: (float("-inf"), reply) for command, reply in lasting.items()}

    @asynccontextmanager
    async def _settled(self, summary: Message) -> AsyncIterator[None]:
        try:
            yield
        except (ConnectionLost, DeadlineExceeded) as error:
            await self.release()
            raise ChangeUnsettled(_lost_in_a_change(summary)) from error


def _text(completed: Completed) -> str:
    output = completed.stdout + completed.stderr
    return output.decode("utf-8", "replace").replace("\r\n", "\n")


def _check(what: Message, commands: Sequence[Command], replies: Sequence[Reply]) -> None:
    refused = batch.first_unaccepted(commands, replies)
    if refused is not None:
        command, reply = refused
        code = reply.exit_code
        raise CommandFailed(_with_code(what, code), command=command.line, exit_code=code, output=reply.output)
