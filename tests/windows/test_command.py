"""Facts out of facts: each answer goes where its keyword says, and a checker of types sees that it fits there."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from orchestrator.windows import registry
from orchestrator.windows.command import Command, Evidence, Fact, Reply, Sureness, all_of, asked, gather, known

NONE = Evidence("made up for a test", Sureness.INFERRED)


def text(line: str) -> Fact[str]:
    return Fact(line, (Command(line, NONE),), lambda replies: replies[0].output)


def pair(first: str, second: str) -> Fact[tuple[str, ...]]:
    commands = (Command(first, NONE), Command(second, NONE))
    return Fact("pair", commands, lambda replies: tuple(reply.output for reply in replies))


@dataclass(frozen=True)
class Seen:
    name: str
    both: tuple[str, ...]
    more: dict[int, str]
    known: int


def test_answers_go_where_their_keywords_say() -> None:
    """In whatever order they are asked, and however many commands each has."""
    fact = gather(
        "seen",
        Seen,
        both=asked(pair("b", "c")),
        known=asked(known("seven", 7)),
        more=asked(all_of("more", {2: text("d"), 1: text("e")})),
        name=asked(text("a")),
    )
    assert [command.line for command in fact.commands] == ["b", "c", "d", "e", "a"]
    replies = [Reply(0, command.line.upper()) for command in fact.commands]
    assert fact.parse(replies) == Seen(name="A", both=("B", "C"), more={2: "D", 1: "E"}, known=7)


def test_a_swap_is_seen_before_anything_runs() -> None:
    """mypy complains of each of these lines, and would complain of the comment if it did not any more."""
    key, default = registry.key("key", "HKLM\\A"), registry.default_value("default", "HKLM\\A")

    def build(key: registry.Key | None, default: str | None) -> bool:
        return key is None and default is None

    gather("right", build, key=asked(key), default=asked(default))
    gather("swapped", build, key=asked(default), default=asked(key))  # type: ignore[arg-type]
    gather("one missing", build, key=asked(key))  # type: ignore[call-arg]
    gather("another name", build, key=asked(key), value=asked(default))  # type: ignore[call-arg]


def test_facts_have_keywords() -> None:
    """By their places alone, two of the same type could be swapped."""
    with pytest.raises(TypeError, match="by keyword"):
        gather("places", max, asked(text("a")), asked(text("b")))


def test_what_lasts_is_said_of_commands() -> None:
    """A fact lasts when all that it is made of does."""
    lasting = registry.key("a", "HKLM\\A", lasting=True)
    passing = registry.key("b", "HKLM\\B")
    assert lasting.lasting
    assert not all_of("both", {1: lasting, 2: passing}).lasting
    assert all_of("twice", {1: lasting, 2: lasting}).lasting
