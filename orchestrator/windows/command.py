"""The vocabulary of everything that is asked of a host or changed on it: Command, Fact and Change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import reduce
from itertools import islice
from typing import Any, Generic, ParamSpec, TypeVar, cast

from orchestrator.model.message import Message, message
from orchestrator.model.registry import RegistryRecord, ValueChange

P = ParamSpec("P")
T = TypeVar("T")
U = TypeVar("U")
T_co = TypeVar("T_co", covariant=True)
K = TypeVar("K")

LONGEST_WORDS = 300
"""Characters of what a host says that stand in a sentence."""


class Sureness(StrEnum):
    """How sure we are that Windows does what we rely on."""

    DOCUMENTED = "documented"
    """Read in a primary source: Microsoft's documents or a protocol specification."""
    REPORTED = "reported"
    """Seen in other people's reports or code; consistent, but no primary source."""
    INFERRED = "inferred"
    """Follows from documented or reported facts."""
    REMEMBERED = "remembered"
    """Known from experience and seen in no source; the first to doubt when something is off."""


@dataclass(frozen=True)
class Evidence:
    """Where the belief behind a command comes from, and how sure it is."""

    source: str
    sureness: Sureness


@dataclass(frozen=True)
class Place:
    r"""A key of the registry, `HKLM\...`, or a value of one."""

    key: str
    value: str | None = None


@dataclass(frozen=True)
class Command:
    """One command line of cmd.exe, complete with its redirections.

    Attributes:
        line: What cmd.exe is to run. It may be followed by other commands in the same line, so a `for` or an `if`
            needs no care (each command is put in parentheses), but a lone parenthesis outside quotes does.
        evidence: Why we believe that it does what we expect.
        accepts: Exit codes that are no failure; None accepts all, for commands whose exit code is the answer.
        lasting: True when whoever asks may take an answer of any age (version, architecture).
        place: What reg.exe is asked for, where its exit code 1 is to mean that this is not there: it says 1 of all that
            goes wrong, so `windows/absence.py` wants a proof.
    """

    line: str
    evidence: Evidence
    accepts: frozenset[int] | None = frozenset({0})
    lasting: bool = field(default=False, compare=False)
    place: Place | None = field(default=None, compare=False)

    def satisfied_by(self, reply: Reply) -> bool:
        """Whether the exit code is one that it accepts, or it was left open."""
        return self.accepts is None or reply.exit_code in self.accepts or isinstance(reply, Unanswered)


def line_of_there(path: str) -> str:
    """A command line that answers yes where there is something at a path, and nothing where there is not.

    Without an `else`: where an `if` before it in the same line was not fulfilled, Wine's cmd.exe takes both ways of a
    later one (8.0, seen).
    """
    return f'if exist "{path}" (echo yes)'


@dataclass(frozen=True, slots=True)
class Reply:
    r"""What a command answered: its exit code (unsigned, 32 bits) and its output with `\n` line ends."""

    exit_code: int
    output: str

    @property
    def lines(self) -> list[str]:
        """Split at line feeds alone: data may hold the other characters at which `str.splitlines` splits."""
        return self.output.removesuffix("\n").split("\n") if self.output else []


@dataclass(frozen=True, slots=True)
class Unanswered(Reply):
    """In place of the reply to a command that the host refused or did not come to the end of.

    Its output is what the host said instead. Facts get it only for what they leave open; see `attempted`.
    """


@dataclass(frozen=True)
class Unknown:
    """A question that has stayed open, and what the host said of it."""

    command: Command
    words: str

    @property
    def about(self) -> str:
        """The key of the registry that was asked for, or the command line."""
        return self.command.place.key if self.command.place else self.command.line


@dataclass(frozen=True)
class Fact(Generic[T_co]):
    """Something that can be asked of a host without changing it: commands, and a parser from their replies to `T_co`.

    Attributes:
        name: Dotted and unique, as in `schannel.client`; shown in evidence and in errors.
        commands: What to run.
        parse: Gets one reply per command; raises `UnexpectedOutput` on what it does not know.
        open: Those of the commands to which it need have no answer.
    """

    name: str
    commands: tuple[Command, ...]
    parse: Callable[[Sequence[Reply]], T_co]
    open: frozenset[Command] = frozenset()

    @property
    def lasting(self) -> bool:
        """Whether all of the answer stays what it is."""
        return all(command.lasting for command in self.commands)


def known(name: str, answer: T) -> Fact[T]:
    """A fact whose answer needs no asking, where one is expected."""
    return Fact(name, (), lambda _: answer)


def all_of(name: str, facts: Mapping[K, Fact[T]]) -> Fact[dict[K, T]]:
    """One fact out of several alike: asks all their commands, and gives the answers by the same keys."""

    def parse(replies: Sequence[Reply]) -> dict[K, T]:
        following = iter(replies)
        return {key: fact.parse(list(islice(following, len(fact.commands)))) for key, fact in facts.items()}

    commands = tuple(command for fact in facts.values() for command in fact.commands)
    needed = {command for fact in facts.values() for command in fact.commands if command not in fact.open}
    return Fact(name, commands, parse, frozenset(commands) - needed)


def gather(name: str, build: Callable[P, T], /, *bare: P.args, **facts: P.kwargs) -> Fact[T]:
    """One fact out of several: asks all their commands, and calls `build` with the answers.

    Each fact is given by the keyword that its answer goes to, in the form `asked(fact)`. So no two can be mistaken for
    each other, and the type checker sees that each answer is of the type that `build` takes, and that none is missing:

        gather("provider", Provider, key=asked(registry.key(...)), dll=asked(registry.default_value(...)))

    Raises:
        TypeError: when a fact is given without a keyword.
    """
    if bare:
        raise TypeError(f"{name}: facts are gathered by keyword")
    given: Mapping[str, Any] = facts  # facts indeed: `asked` gives them another type for the checker alone
    answers: Fact[dict[str, Any]] = all_of(name, given)
    whole: Callable[..., T] = build
    return Fact(name, answers.commands, lambda replies: whole(**answers.parse(replies)), answers.open)


def asked(fact: Fact[T]) -> T:
    """Stands for the answer to a fact where `gather` takes one; it is the fact, and has the answer's type for checkers.

    In the manner of `dataclasses.field`, whose type is that of the field.
    """
    return cast(T, fact)


def attempted(fact: Fact[T]) -> Fact[T]:
    """The same fact, where a question that stays open is no error: what it asks for counts as not being there.

    For facts whose parser takes exit code 1 without output as that. Whoever needs to know the difference
    builds `with_unknown`.
    """

    def parse(replies: Sequence[Reply]) -> T:
        return fact.parse([Reply(1, "") if isinstance(reply, Unanswered) else reply for reply in replies])

    return Fact(fact.name, fact.commands, parse, frozenset(fact.commands))


def with_unknown(fact: Fact[T], build: Callable[[T, tuple[Unknown, ...]], U]) -> Fact[U]:
    """The same questions; what is built of the answer, and of those that have stayed open, each once."""

    def parse(replies: Sequence[Reply]) -> U:
        answers = dict(zip(fact.commands, replies, strict=True))
        left_open = tuple(
            Unknown(command, reply.output) for command, reply in answers.items() if isinstance(reply, Unanswered)
        )
        return build(fact.parse(replies), left_open)

    return Fact(fact.name, fact.commands, parse, fact.open)


@dataclass(frozen=True)
class Change:
    """Something that makes a host different.

    Attributes:
        summary: What it does, completing "would …" and "did …": `set TLS 1.2 Client Enabled=1`.
        commands: What makes it so. They are independent of each other: all run, and each exit code is judged.
        needs_restart: Whether it takes effect only after a restart.
        values: Values of the registry that it sets or deletes and that an undo is to put back, with what stood before.
        created_keys: Keys of the registry that it makes, from the top downwards.
        whole_keys: Keys that it has a program of Windows make and fill; see `RegistryRecord`.
    """

    summary: Message
    commands: tuple[Command, ...]
    needs_restart: bool = False
    values: tuple[ValueChange, ...] = ()
    created_keys: tuple[str, ...] = ()
    whole_keys: tuple[str, ...] = ()

    @property
    def record(self) -> RegistryRecord:
        """What an undo needs to know of it."""
        made = RegistryRecord(self.values, self.created_keys, self.needs_restart, self.whole_keys)
        return RegistryRecord().followed_by(made)


@message("would")
def would(change: Message) -> None:
    """What a change would do, in check mode."""


def together(summary: Message, *changes: Change) -> Change:
    """Several changes as one."""
    record = reduce(RegistryRecord.followed_by, (change.record for change in changes), RegistryRecord())
    return Change(
        summary,
        tuple(command for change in changes for command in change.commands),
        any(change.needs_restart for change in changes),
        record.values,
        record.created_keys,
        record.whole_keys,
    )
