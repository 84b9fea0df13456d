"""Answers: what one host has said, for as long as that counts as just said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from orchestrator.model.clock import uptime
from orchestrator.windows.command import Command, Fact, Reply, Unanswered

A = TypeVar("A")

FRESH_SECONDS = 30.0
"""How long an answer counts as just given."""
KEPT_CHARACTERS = 256 * 1024
"""Of a host's answers together, for as long as they count as just given."""
_LONGEST_SHARED = 16 * 1024
_LONG_AGO = float("-inf")


@lru_cache(maxsize=256)
def _shared(reply: Reply) -> Reply:
    """The same for all hosts that answer alike, as those of one time zone do."""
    return reply


@dataclass
class Answers:
    """The replies to commands, each with when it came; to those that last, of any age."""

    _kept: dict[Command, tuple[float, Reply]] = field(default_factory=dict)

    def __contains__(self, command: Command) -> bool:
        return command in self._kept

    def __getitem__(self, command: Command) -> Reply:
        return self._kept[command][1]

    def to(self, fact: Fact[A]) -> A:
        """What a fact comes to, all of whose commands were answered. Raises UnexpectedOutput."""
        return fact.parse([self[command] for command in fact.commands])

    def wanting(self, commands: Iterable[Command]) -> list[Command]:
        """Those that were not answered a moment ago, each once; what has stayed open may be answered now."""
        return [command for command in dict.fromkeys(commands) if not self._just_given(command)]

    def missing(self, commands: Iterable[Command]) -> list[Command]:
        """Those to which there is no answer of any age."""
        return [command for command in dict.fromkeys(commands) if command not in self]

    def keep(self, replies: Mapping[Command, Reply]) -> None:
        now = uptime()
        self._kept.update({command: (now, reply) for command, reply in replies.items()})

    def forget(self) -> None:
        """Lets all go; those that last stay for whoever takes an answer of any age."""
        lasting = {command: reply for command, (_, reply) in self._kept.items() if command.lasting}
        self._kept = {
            command: (_LONG_AGO, _shared(reply) if len(reply.output) <= _LONGEST_SHARED else reply)
            for command, reply in lasting.items()
        }

    def forget_large(self) -> None:
        """What a host has said is kept for as long as the run goes on, so it must not be much."""
        if sum(len(reply.output) for _, reply in self._kept.values()) > KEPT_CHARACTERS:
            short = KEPT_CHARACTERS // 16
            self._kept = {each: kept for each, kept in self._kept.items() if len(kept[1].output) <= short}

    def _just_given(self, command: Command) -> bool:
        if command not in self._kept:
            return False
        moment, reply = self._kept[command]
        if isinstance(reply, Unanswered):
            return False
        return command.lasting or uptime() - moment < FRESH_SECONDS
