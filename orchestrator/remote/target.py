"""Target: one host, asked for facts and changed, over a connection that is made when it is needed.

Steps know a host only through this. Facts are batched into as few command lines as fit; what was answered a moment ago
is not asked again, until something is changed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar, overload

from orchestrator.model.errors import (
    AnotherMachine,
    ChangeUnsettled,
    CommandFailed,
    ConnectionLost,
    DeadlineExceeded,
    LeaseHeld,
    PassingFailure,
    RecordNotKept,
    UnexpectedOutput,
    WouldChange,
)
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord, Value
from orchestrator.model.result import StepResult
from orchestrator.model.showable import printable
from orchestrator.remote import asking
from orchestrator.remote.answers import Answers
from orchestrator.remote.reach import EXCHANGE_SECONDS, Reach
from orchestrator.windows import absence, batch, branches, computer_name, win32
from orchestrator.windows import lease as leases
from orchestrator.windows.batch import Batch
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import Change, Command, Fact, Reply, Unanswered, gather, would

A = TypeVar("A")
P = ParamSpec("P")

_NO_NAME = phrase("answer-no-computer-name")


@message("lost-in-a-change")
def _lost_in_a_change(change: Message) -> None: ...


@message("could-not")
def _could_not(change: Message) -> None: ...


@message("not-asked")
def _not_asked(command: str) -> None: ...


@message("with-exit-code")
def _with_code(reason: Message, code: int, words: str | None) -> None: ...


async def nobody_told(_: RegistryRecord) -> None:
    """Outside of a run nobody wants to know."""


@dataclass
class Target(Reach):
    """One host as the steps see it; used by one step at a time.

    Attributes:
        check: Under `--check` nothing is changed: see `stop_in_check_mode`.
        changed: What was changed in the registry, or begun to be, since whoever runs steps has last emptied it.
        changing: Told of it, and awaited, right before each change of the host; set by whoever runs steps. What it
            raises keeps the change from being made.
        carried: Bytes of files that have been brought there or home so far, those of broken attempts too.
    """

    check: bool = field(default=False, kw_only=True)
    changed: RegistryRecord = field(default_factory=RegistryRecord, kw_only=True)
    changing: Callable[[RegistryRecord], Awaitable[None]] = field(default=nobody_told, kw_only=True)
    carried: int = field(default=0, init=False)
    _answers: Answers = field(default_factory=Answers, init=False)
    _proved: bool = field(default=False, init=False)

    @overload
    async def observe(self, fact: Fact[A], /) -> A: ...
    @overload
    async def observe(self, build: Callable[P, A], /, *bare: P.args, **facts: P.kwargs) -> A: ...

    async def observe(self, what: Fact[Any] | Callable[..., Any], /, *bare: Any, **facts: Any) -> Any:
        """Asks for a fact; or for several in one exchange, and gives what is built of them, as in `gather`.

        seen = await target.observe(_Seen, machine=asked(branches.MACHINE), booted=asked(boot.BOOT))

        The first question on a connection also asks for the name of the machine; see `Host.meant`.

        Raises:
            AnotherMachine: Who answers is not the machine that is meant.
            TargetError: as the connection raises it, or UnexpectedOutput from a fact's parser.
        """
        fact = what if isinstance(what, Fact) else gather(what.__name__, what, *bare, **facts)
        await self._ask(self._answers.wanting(fact.commands), EXCHANGE_SECONDS, fact.open)
        # A line that was given up took its connection with it, and what was known of before.
        await self._ask(self._answers.missing(fact.commands), EXCHANGE_SECONDS, fact.open)
        answer = self._answers.to(fact)
        self._learn_machine()
        self._answers.forget_large()
        return answer

    async def watch(self, fact: Fact[A], seconds: float) -> A:
        """Asks for one fact whose commands wait on the host, up to `seconds`; never answered from before."""
        self._answers.forget()
        await self._ask(fact.commands, seconds + EXCHANGE_SECONDS)
        answer = self._answers.to(fact)
        self._answers.forget_large()
        return answer

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
            content: Standard input for the first command of the change, which reads it to its end; it may be asked for
                more than once.

        Raises:
            AnotherMachine: Who answers is not the machine that is meant; nothing was changed.
            LeaseHeld: Another run is at work on the host; nothing was changed.
            LeaseLost: The lease of this run was taken away.
            WouldChange: under --check, instead of changing anything.
            CommandFailed: when a command of the change ends with an exit code that it does not accept.
            ChangeUnsettled: when the connection was lost; whether the change took effect has to be looked at.
        """
        words, restart = would(change.summary), change.needs_restart
        self.stop_in_check_mode(StepResult(Outcome.CHANGED, words, reboot_required=restart, would_change=True))
        self._answers.forget()
        await self._known_by_name()
        questions = self._with_references(dict.fromkeys(then.commands) if then else ())
        before = self.changed
        if change.record:
            self.changed = before.followed_by(change.record)
        try:
            await self.changing(self.changed)
            async with self._settled(change.summary):
                made, seen = await self._carry_out(change.commands, questions, seconds, content)
        except (LeaseHeld, RecordNotKept):
            self.changed = before
            raise
        self._answers.forget()
        _check(lambda _: _could_not(change.summary), change.commands, made)
        await self._take(seen, seconds)
        answer = self._answers.to(then) if then else made
        self._answers.forget()
        return answer

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

    async def release(self) -> None:
        """Closes shell and connection, if there are any; the next question makes new ones, and is asked anew."""
        self._answers.forget()
        self._proved = False
        await super().release()

    async def _ask(self, commands: Iterable[Command], seconds: float, left_open: Collection[Command] = ()) -> None:
        if not (asked := list(commands)):
            return
        proved = self._proved or self.host.meant is None
        if not proved:
            asked = list(dict.fromkeys((*computer_name.ACTIVE.commands, *asked)))
        left_open = set(left_open).difference(() if proved else computer_name.ACTIVE.commands)
        connection = await self._connected()
        replies = await self._replies(self._with_references(asked), seconds, left_open)
        if not proved:
            self._prove(computer_name.ACTIVE.parse([replies[each] for each in computer_name.ACTIVE.commands]))
        if self.host.meant is not None and self._connection is not connection:
            again = await self._replies(computer_name.ACTIVE.commands, seconds)
            self._prove(computer_name.ACTIVE.parse([again[each] for each in computer_name.ACTIVE.commands]))
        await self._take(replies, seconds, left_open)

    def _with_references(self, commands: Iterable[Command]) -> list[Command]:
        """The commands, and what is needed besides to prove an absence that they may find."""
        asked = list(commands)
        needed = [each for each in absence.REFERENCES if each not in self._answers and each not in asked]
        return [*asked, *needed] if any(command.place for command in asked) else asked

    async def _take(
        self, replies: Mapping[Command, Reply], seconds: float, left_open: Collection[Command] = ()
    ) -> None:
        """Checks answers, and keeps them."""
        failed = {each: reply for each, reply in replies.items() if each in left_open and not each.satisfied_by(reply)}
        replies = {**replies, **_unanswered(failed)}
        _check(lambda command: _not_asked(asking.named(command)), list(replies), list(replies.values()))

        async def ask_for(listings: Sequence[Command]) -> Mapping[Command, Reply]:
            return await self._replies(listings, seconds)

        self._answers.keep({each: reply for each, reply in replies.items() if each in absence.REFERENCES})
        references = [self._answers[each] for each in absence.REFERENCES if each in self._answers]
        refused = await asking.not_proved(replies, references, ask_for)
        for command, reply in refused.items():
            if command not in left_open:
                raise asking.refusal(command, reply)
        self._answers.keep({**replies, **_unanswered(refused)})

    def _prove(self, own: Value | None) -> None:
        """Compares the machine's own name with that of the one that is meant, on each connection once.

        Between two connections an address may have gone to another machine.
        """
        meant, named = self.host.meant, self._connection is not None and self._connection.named
        if meant is not None and own is not None and not computer_name.same(meant, str(own.data)):
            raise AnotherMachine(printable(str(own.data)), meant)
        if own is None and not named:
            raise UnexpectedOutput(_NO_NAME())
        self._proved = True

    async def _known_by_name(self) -> None:
        """Makes sure, before anything is changed, that who answers is who was meant; mostly the log-on has told it."""
        connection = await self._connected()
        if not (self._proved or connection.named or self.host.meant is None):
            await self._ask(computer_name.ACTIVE.commands, EXCHANGE_SECONDS)

    async def _replies(
        self, commands: Sequence[Command], seconds: float, left_open: Collection[Command] = ()
    ) -> dict[Command, Reply]:
        async def send(part: Batch) -> str:
            return await self._let_through(part, seconds)

        return await asking.ask(send, self._lines(commands, leases.LONGEST_LOOK), left_open)

    async def _carry_out(
        self, changes: Sequence[Command], questions: Sequence[Command], seconds: float, content: Iterable[bytes] | None
    ) -> tuple[list[Reply], dict[Command, Reply]]:
        """The replies to changes, none of which is ever sent twice, and to questions behind them, which may be."""
        made: list[Reply] = []
        seen: dict[Command, Reply] = {}
        for part in self._lines([*changes, *questions], leases.LONGEST_OPENING):
            answers = part.answers(await self._let_through(part, seconds, content, changing=True))
            for command, reply in zip(part.commands, answers.replies, strict=True):
                if len(made) == len(changes):
                    seen |= {command: reply} if reply else {}
                elif reply is None:
                    raise asking.unanswered({command: answers.words})
                else:
                    made.append(reply)
            content = None
        left = [command for command in questions if command not in seen]
        return made, {**seen, **await self._replies(left, seconds)}

    def _learn_machine(self) -> None:
        """Takes up which Windows this is when that was among what was asked, be it as a part of something larger."""
        if self._machine is None and all(command in self._answers for command in branches.MACHINE.commands):
            self._respect(self._answers.to(branches.MACHINE))

    @asynccontextmanager
    async def _settled(self, summary: Message) -> AsyncIterator[None]:
        try:
            yield
        except (ConnectionLost, DeadlineExceeded) as error:
            await self.release()
            raise ChangeUnsettled(_lost_in_a_change(summary)) from error


def _unanswered(failed: Mapping[Command, Reply]) -> dict[Command, Reply]:
    return {command: Unanswered(1, reply.output) for command, reply in failed.items()}


def _check(what: Callable[[Command], Message], commands: Sequence[Command], replies: Sequence[Reply]) -> None:
    refused = batch.first_unaccepted(commands, replies)
    if refused is not None:
        command, reply = refused
        code = reply.exit_code
        kind = PassingFailure if win32.passes(code) else CommandFailed
        reason = _with_code(what(command), code, asking.in_words(reply.output))
        raise kind(reason, command=command.line, exit_code=code, output=reply.output)
