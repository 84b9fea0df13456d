"""Several commands as one command line, and its output as several replies.

A stock Windows 7 lets a shell run 15 commands and every command costs three round trips, so we ask much at once. Each
command is followed by an `echo` of a marker with its number and its exit code. `%^errorlevel%` is no variable's name,
so cmd.exe leaves it standing on the first pass (outside batch files), loses the caret, and `call` expands what remains
when its turn comes; delayed expansion would need a second cmd.exe and a second level of quoting.

cmd.exe reads a line whole before it runs any of it: one command that it cannot read keeps all of them from running.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from orchestrator.windows.command import Command, Reply

LINE_LIMIT = 8000
"""Characters. cmd.exe takes 8,191 (learn.microsoft.com, "Command prompt line string limitation"); the service puts
the path of cmd.exe and ` /C ` in front of what we send."""


@dataclass(frozen=True)
class Answers:
    """What came of a command line.

    Attributes:
        replies: One a command, in order; None of those that cmd.exe did not come to the end of. The first of these is
            where it stopped, unless it could not read the line at all.
        words: What was printed that belongs to no reply, such as cmd.exe's complaint.
    """

    replies: tuple[Reply | None, ...]
    words: str

    @property
    def complete(self) -> list[Reply] | None:
        """The replies of all commands; None where one is missing."""
        replies = [reply for reply in self.replies if reply is not None]
        return replies if len(replies) == len(self.replies) else None


@dataclass(frozen=True)
class Batch:
    """One command line that runs `commands` in order; `marker` is a word that no output of theirs contains."""

    commands: tuple[Command, ...]
    marker: str

    @property
    def line(self) -> str:
        return "&".join(_stanza(command, self.marker, number) for number, command in enumerate(self.commands, 1))

    def answers(self, output: str) -> Answers:
        """The output of `line`, taken apart.

        A marker's number says whose it is. What stands behind a gap may be of either side, and is nobody's reply. What
        the line's commands write to stderr comes behind all they print, so that where one has failed without a word,
        what stands there is taken for its words.
        """
        text = output.replace("\r\n", "\n").replace("\r", "\n")
        found = re.split(self._ending, text)
        replies: dict[int, Reply] = {}
        words: list[str] = []
        last = 0
        for printed, digits, code in zip(found[0::3], found[1::3], found[2::3], strict=False):
            number = int(digits)
            if number == last + 1:
                replies[number] = Reply(int(code) & 0xFFFFFFFF, printed)
            else:
                words.append(printed)
            last = number
        words.append(found[-1])
        if len(replies) == len(self.commands) and found[-1].strip():
            for number, command in enumerate(self.commands, 1):
                if not command.satisfied_by(replies[number]) and not replies[number].output.strip():
                    replies[number] = replace(replies[number], output=found[-1])
        return Answers(tuple(replies.get(number) for number in range(1, len(self.commands) + 1)), "".join(words))

    def come_to(self, output: str) -> Command:
        """The command that was running when this was all that the line had printed, or the end of it."""
        numbers = [int(found[1]) for found in re.finditer(self._ending, output.replace("\r\n", "\n"))]
        return self.commands[min(max(numbers, default=0), len(self.commands) - 1)]

    @property
    def _ending(self) -> str:
        return rf"{self.marker}\.([0-9]{{1,4}}) (-?[0-9]{{1,10}}) *\n"


def compose(commands: Iterable[Command], marker: str, limit: int = LINE_LIMIT) -> Iterator[Batch]:
    """Commands in as few batches as the line limit allows, in order.

    Raises:
        ValueError: when a single command is longer than `limit`.
    """
    waiting: list[Command] = []
    length = 0
    for command in commands:
        needed = len(_stanza(command, marker, len(waiting) + 1)) + 1
        if needed > limit:
            raise ValueError(f"a command of {needed} characters does not fit a command line: {command.line[:80]}…")
        if length + needed > limit:
            yield Batch(tuple(waiting), marker)
            waiting, length = [], 0
            needed = len(_stanza(command, marker, 1)) + 1
        waiting.append(command)
        length += needed
    if waiting:
        yield Batch(tuple(waiting), marker)


def _stanza(command: Command, marker: str, number: int) -> str:
    return f"({command.line})&call echo {marker}.{number} %^errorlevel%"


def first_unaccepted(commands: Sequence[Command], replies: Sequence[Reply]) -> tuple[Command, Reply] | None:
    """The first command whose exit code is not among those it accepts, with its reply."""
    for command, reply in zip(commands, replies, strict=True):
        if not command.satisfied_by(reply):
            return command, reply
    return None
