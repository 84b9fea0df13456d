"""The help of every command, found by walking the commands themselves."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.cli.conftest import Sspr, whole_command

ROOT = whole_command()


def commands(command: Any, *path: str) -> Iterator[str]:
    """The command itself, "" for `sspr`, and all below it."""
    yield " ".join(path)
    for name, each in getattr(command, "commands", {}).items():
        yield from commands(each, *path, name)


def example_of(help_text: str, command: str) -> list[str]:
    """The words of the example in a help text, up to a redirection."""
    called = f"sspr {command}".strip()
    found = re.search(rf"\n *({called}(?: [^\n]+)?(?:\n +\S[^\n]*)*?) *\n *\n", help_text)
    assert found, f"the help of `{called}` shows no example"
    return shlex.split(found[1].partition(">")[0])[1:]


@pytest.mark.parametrize("command", list(commands(ROOT)))
def test_every_command_shows_an_example_that_it_understands(sspr: Sspr, command: str) -> None:
    """The help of `sspr`, of each group and each command ends with 0, with an example that their own parser takes."""
    shown = sspr(*command.split(), "--help")
    assert shown.code == 0
    assert shown.err == ""
    words = example_of(shown.out, command)
    parser, context = ROOT, None
    while hasattr(parser, "commands"):
        context = parser.context_class(parser, parent=context)
        parser = parser.commands[words.pop(0)]
    parser.make_context("sspr", words, parent=context)  # parses, and raises where it does not understand


@pytest.mark.parametrize("command", list(commands(ROOT)))
def test_a_paragraph_of_help_fills_its_lines(sspr: Sspr, command: str) -> None:
    """Lines end where the terminal does, not where the source's lines do."""
    shown = sspr(*command.split(), "--help").out
    prose = shown.partition("╭")[0].splitlines()
    for line, following in pairwise(prose):
        if line.strip() and following.strip():
            assert len(line.rstrip()) + 1 + len(following.split()[0]) > 98, line


def test_without_a_command_the_help_is_shown(sspr: Sspr) -> None:
    """Somebody who types `sspr` alone sees every command with what it is for."""
    shown = sspr().out
    for command in ROOT.commands:
        assert re.search(rf"│ {command} +[A-Z]\w+ ", shown), command
