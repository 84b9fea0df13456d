"""Questions to one host: what a command line leaves unanswered is asked again, and absence is proved.

cmd.exe does not come to the end of a line that holds a command which it cannot read, or one that ends the line. Such a
command is not to cost the answers to all others: what is missing is asked again in halves, until it stands alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

from orchestrator.model.errors import CommandFailed, CommandUnanswered, DeadlineExceeded, EndlessOutput
from orchestrator.model.message import message
from orchestrator.model.showable import printable
from orchestrator.windows import absence
from orchestrator.windows.batch import Batch
from orchestrator.windows.command import LONGEST_WORDS, Command, Place, Reply, Unanswered

Send = Callable[[Batch], Awaitable[str]]
"""Sends a command line, and gives what it printed."""
Ask = Callable[[Sequence[Command]], Awaitable[Mapping[Command, Reply]]]
"""Asks, and gives the reply to each command."""

MOST_ODD = 3
"""After so many commands that the host does not come to the end of, it is the host, and no more are tried."""
_COMMAND_SHOWN = 160
_WORDS_KEPT = 2000


@message("answer-unanswered")
def _unanswered(command: str, words: str | None) -> None: ...


@message("answer-not-proved")
def _not_proved(place: str, words: str | None) -> None: ...


@message("winrm-command-held-up")
def _held_up(command: str) -> None: ...


async def ask(send: Send, batches: Iterable[Batch], left_open: Collection[Command] = ()) -> dict[Command, Reply]:
    """The replies to all commands of these lines; `Unanswered` to those that may stay open, and do.

    Raises:
        CommandUnanswered: The host does not come to the end of a command, even where it is asked alone.
        EndlessOutput: One prints without end, even alone.
        DeadlineExceeded: One has no end in time.
    """
    replies: dict[Command, Reply] = {}
    odd: dict[Command, str] = {}
    late: DeadlineExceeded | None = None
    waiting = deque(batches)
    while waiting and len(odd) < MOST_ODD:
        batch = waiting.popleft()
        try:
            answers = batch.answers(await send(batch))
        except EndlessOutput:
            if len(batch.commands) > 1:
                waiting.extendleft(reversed(_halves(batch.commands, batch.marker)))
            elif batch.commands[0] in left_open:
                odd[batch.commands[0]] = ""
            else:
                raise
            continue
        except DeadlineExceeded as error:
            printed = error.evidence.get("output")
            if not isinstance(printed, str):
                raise late or error from None
            if (hanging := batch.come_to(printed)) not in left_open:
                raise
            late, odd[hanging] = error, ""
            # Only the end of a long output is there, so that the first reply may lack its beginning.
            came = list(zip(batch.commands, batch.answers(printed).replies, strict=True))[1:]
            replies |= {each: reply for each, reply in came if reply is not None}
            left = tuple(each for each in batch.commands if each not in replies and each != hanging)
            waiting.extendleft([Batch(left, batch.marker)] if left else [])
            continue
        pairs = list(zip(batch.commands, answers.replies, strict=True))
        replies |= {command: reply for command, reply in pairs if reply is not None}
        missing = [command for command, reply in pairs if reply is None]
        if missing and len(pairs) == 1:
            odd[missing[0]] = answers.words
        else:
            waiting.extendleft(reversed(_halves(missing, batch.marker)))
    needed = {command: words for command, words in odd.items() if command not in left_open}
    if needed or len(odd) >= MOST_ODD:
        raise unanswered(needed or odd)
    return {**replies, **{command: Unanswered(1, words) for command, words in odd.items()}}


def _halves(commands: Sequence[Command], marker: str) -> list[Batch]:
    middle = len(commands) // 2
    return [Batch(tuple(half), marker) for half in (commands[:middle], commands[middle:]) if half]


def unanswered(odd: Mapping[Command, str]) -> CommandUnanswered:
    """The error for commands that the host does not come to the end of, with what it said of each."""
    command, words = next(iter(odd.items()))
    return CommandUnanswered(
        _unanswered(named(command), in_words(words)),
        unanswered=[each.line for each in odd],
        output="\n".join(odd.values())[-_WORDS_KEPT:],
    )


def held_up(batch: Batch, error: DeadlineExceeded) -> DeadlineExceeded:
    """The error that names the command which a line had come to when time was up, where that is known."""
    printed = error.evidence.get("output")
    if not isinstance(printed, str):
        return error
    command = batch.come_to(printed)
    return DeadlineExceeded(_held_up(named(command)), command=command.line, output=printed)


async def not_proved(
    replies: Mapping[Command, Reply], references: Iterable[Reply], ask_for: Ask
) -> dict[Command, Reply]:
    """Those to which reg.exe's exit code 1 does not mean that nothing is there; asks no more where its words say so.

    Args:
        replies: To any commands; those with a place count.
        references: The replies to `absence.REFERENCES`.
        ask_for: Asks for the keys above.

    Returns:
        Where something is there, or may be, that reg.exe would not show.
    """
    refused: dict[Command, Reply] = {}
    words = absence.words(references)

    def doubtful(reply: Reply) -> bool:
        if isinstance(reply, Unanswered):
            return False
        return reply.exit_code == 1 and reply.output.strip() not in words

    doubts = {command: command.place for command, reply in replies.items() if command.place and doubtful(reply)}
    while doubts:
        above = {place: absence.above(place) for place in doubts.values()}
        listings = {place: absence.listing(higher) for place, higher in above.items() if higher}
        seen = await ask_for(list(dict.fromkeys(listings.values())))
        left: dict[Command, Place] = {}
        for command, place in doubts.items():
            higher = above[place]
            shown = seen[listings[place]] if higher else None
            if shown is None or higher is None or (shown.exit_code == 0 and absence.names(shown, place)):
                refused[command] = replies[command]
            elif shown.exit_code != 0 and doubtful(shown):
                left[command] = higher
        doubts = left
    return refused


def refusal(command: Command, reply: Reply) -> CommandFailed:
    """The error for a place of the registry that the host does not show, with what it said."""
    place = command.place.key if command.place else command.line
    reason = _not_proved(place, in_words(reply.output))
    return CommandFailed(reason, command=command.line, exit_code=reply.exit_code, output=reply.output)


def named(command: Command) -> str:
    """A command as it stands in a sentence."""
    return _shown(command.line, _COMMAND_SHOWN)


def in_words(output: str) -> str | None:
    """What a host said, as it stands in a sentence; None where it said nothing."""
    return _shown(output, LONGEST_WORDS) or None


def _shown(text: str, length: int) -> str:
    """As it stands in a sentence: on one line, printable, and not too long."""
    line = printable(text)
    return line if len(line) <= length else f"{line[: length - 1]}…"
