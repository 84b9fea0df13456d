"""Several commands as one command line, and its output as several replies.

A stock Windows 7 lets a shell run 15 commands and every command costs three round trips, so we ask much at once. Each
command is followed by an `echo` of a marker with its exit code. `%^errorlevel%` is no variable's name, so cmd.exe
leaves it standing on the first pass (outside batch files), loses the caret, and `call` expands what remains when its
turn comes; delayed expansion would need a second cmd.exe and a second level of quoting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import message
from orchestrator.windows.command import Command, Reply

LINE_LIMIT = 8000
"""Characters. cmd.exe takes 8,191 (learn.microsoft.com, "Command prompt line string limitation"); the service puts
the path of cmd.exe and ` /C ` in front of what we send."""


@message("answer-incomplete")
def _incomplete(answered: int, asked: int) -> None: ...


@dataclass(frozen=True)
class Batch:
    """One command line that runs `commands` in order; `marker` is a word that no output of theirs contains."""

    commands: tuple[Command, ...]
    marker: str

    @property
    def line(self) -> str:
        return "&".join(_stanza(command, self.marker) for command in self.commands)

    def replies(self, output: str) -> list[Reply]:
        """The output of `line`, taken apart.

        Raises:
            UnexpectedOutput: when a marker is missing, that is when cmd.exe did not run all of the line.
        """
        pieces = re.split(rf"@{self.marker} (-?[0-9]{{1,10}}) *\n", output.replace("\r\n", "\n").replace("\r", "\n"))
        outputs, exit_codes = pieces[0::2], pieces[1::2]
        if len(exit_codes) != len(self.commands):
            raise UnexpectedOutput(
                _incomplete(len(exit_codes), len(self.commands)),
                unanswered=self.commands[min(len(exit_codes), len(self.commands) - 1)].line,
                output=output[-2000:],
            )
        return [Reply(int(code) & 0xFFFFFFFF, text) for code, text in zip(exit_codes, outputs, strict=False)]


def compose(commands: Iterable[Command], marker: str, limit: int = LINE_LIMIT) -> Iterator[Batch]:
    """Commands in as few batches as the line limit allows, in order.

    Raises:
        ValueError: when a single command is longer than `limit`.
    """
    waiting: list[Command] = []
    length = 0
    for command in commands:
        needed = len(_stanza(command, marker)) + 1
        if needed > limit:
            raise ValueError(f"a command of {needed} characters does not fit a command line: {command.line[:80]}…")
        if length + needed > limit:
            yield Batch(tuple(waiting), marker)
            waiting, length = [], 0
        waiting.append(command)
        length += needed
    if waiting:
        yield Batch(tuple(waiting), marker)


def _stanza(command: Command, marker: str) -> str:
    return f"({command.line})&call echo @{marker} %^errorlevel%"


def first_unaccepted(commands: Sequence[Command], replies: Sequence[Reply]) -> tuple[Command, Reply] | None:
    """The first command whose exit code is not among those it accepts, with its reply."""
    for command, reply in zip(commands, replies, strict=True):
        if command.accepts is not None and reply.exit_code not in command.accepts:
            return command, reply
    return None
