"""Several commands as one line, and its output as several replies."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orchestrator.windows.batch import LINE_LIMIT, Answers, Batch, compose, first_unaccepted
from orchestrator.windows.command import Command, Evidence, Reply, Sureness

MARKER = "0123abcd"
EVIDENCE = Evidence("a test", Sureness.DOCUMENTED)
OUTPUTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=60)
REPLIES = st.lists(st.builds(Reply, st.integers(0, 0xFFFFFFFF), OUTPUTS), min_size=1, max_size=8)


def command(line: str, accepts: frozenset[int] | None = frozenset({0})) -> Command:
    return Command(line, EVIDENCE, accepts)


def printed(replies: list[Reply], *, line_end: str = "\r\n") -> str:
    """What cmd.exe prints for commands with these replies; %errorlevel% is a signed number."""
    signed = [reply.exit_code - (1 << 32) if reply.exit_code >= 1 << 31 else reply.exit_code for reply in replies]
    numbered = enumerate(zip(replies, signed, strict=True), 1)
    text = "".join(f"{reply.output}{MARKER}.{number} {code}\n" for number, (reply, code) in numbered)
    return text.replace("\n", line_end)


@given(replies=REPLIES, line_end=st.sampled_from(["\n", "\r\n"]))
def test_any_replies_survive_the_round_trip(replies: list[Reply], line_end: str) -> None:
    """Whatever commands print and end with, each gets its own output and exit code back."""
    assume(not any(MARKER in reply.output for reply in replies))
    batch = Batch(tuple(command(f"c{number}") for number in range(len(replies))), MARKER)
    assert batch.answers(printed(replies, line_end=line_end)) == Answers(tuple(replies), "")


@given(replies=REPLIES, data=st.data())
def test_a_lost_marker_is_noticed(replies: list[Reply], data: st.DataObject) -> None:
    """Whichever marker is missing, its command has no reply, and no other command is given its output."""
    assume(not any(MARKER in reply.output for reply in replies))
    lost = data.draw(st.integers(0, len(replies) - 1))
    commands = tuple(command(f"c{number}") for number in range(len(replies)))
    output = re.sub(rf"{MARKER}\.{lost + 1} -?[0-9]+\n", "", printed(replies, line_end="\n"))
    answers = Batch(commands, MARKER).answers(output)
    assert answers.complete is None
    assert answers.replies[lost] is None
    assert [reply for reply in answers.replies if reply] == replies[:lost] + replies[lost + 2 :]
    assert answers.words == "".join(reply.output for reply in replies[lost : lost + 2])


@given(replies=REPLIES, data=st.data())
def test_how_far_a_line_has_come(replies: list[Reply], data: st.DataObject) -> None:
    """The command that was running when time was up is the one behind the last marker, or the line's last."""
    assume(not any(MARKER in reply.output for reply in replies))
    ended = data.draw(st.integers(0, len(replies)))
    commands = tuple(command(f"c{number}") for number in range(len(replies)))
    running = Batch(commands, MARKER).come_to(printed(replies[:ended]))
    assert running == commands[min(ended, len(commands) - 1)]


def test_output_without_a_last_line_end() -> None:
    """A command may end in the middle of a line; wmic ends its lines with two carriage returns."""
    batch = Batch((command("a"), command("b")), MARKER)
    assert batch.answers(f"yes{MARKER}.1 0\r\n\r\r\nA=1\r\r\n{MARKER}.2 1 \r\nfrom stderr") == Answers(
        (Reply(0, "yes"), Reply(1, "\n\nA=1\n\n")), "from stderr"
    )


@given(lengths=st.lists(st.integers(1, 400), max_size=30), limit=st.integers(440, 900))
def test_batches_keep_order_and_limit(lengths: list[int], limit: int) -> None:
    """All commands come, in order, in lines within the limit, and no line could have taken the next command too."""
    commands = [command("x" * length) for length in lengths]
    batches = list(compose(commands, MARKER, limit))
    assert [each for batch in batches for each in batch.commands] == commands
    assert all(len(batch.line) <= limit for batch in batches)
    for earlier, later in pairwise(batches):
        assert len(Batch((*earlier.commands, later.commands[0]), MARKER).line) + 1 > limit


def test_the_limit_is_below_cmd_exe_s_own() -> None:
    """Lines stay below 8,000 characters, as cmd.exe takes 8,191 with its own path in front; longer ones are refused."""
    many = [command("x" * 100) for _ in range(200)]
    assert max(len(batch.line) for batch in compose(many, MARKER)) <= LINE_LIMIT == 8000
    with pytest.raises(ValueError, match="8"):
        list(compose([command("x" * LINE_LIMIT)], MARKER))


def test_nothing_to_ask_is_no_line() -> None:
    """No commands, no batch."""
    assert list(compose([], MARKER)) == []


def test_the_first_refused_command_is_named() -> None:
    """Exit codes are judged by what each command accepts, and the first that is not accepted is told."""
    commands = [command("a", None), command("b", frozenset({0, 1})), command("c"), command("d")]
    replies = [Reply(9, ""), Reply(1, ""), Reply(2, "why"), Reply(3, "")]
    assert first_unaccepted(commands, replies) == (commands[2], replies[2])
    assert first_unaccepted(commands[:2], replies[:2]) is None


COMPLAINT = "The specified channel could not be found.\n"


@pytest.mark.parametrize(
    ("markers", "stderr", "said"),
    [
        ("@.1 0\n@.2 15007\n", COMPLAINT, ("", COMPLAINT)),
        ("@.1 0\nits own words\n@.2 15007\n", COMPLAINT, ("", "its own words\n")),
        ("@.1 7\n@.2 15007\n", COMPLAINT, (COMPLAINT, COMPLAINT)),
        ("@.1 0\n@.2 0\n", COMPLAINT, ("", "")),
    ],
    ids=["one failed", "it has said it itself", "whose it is cannot be told", "nothing failed"],
)
def test_what_stands_behind_the_last_marker_is_what_failed_commands_say(
    markers: str, stderr: str, said: tuple[str, str]
) -> None:
    """A program that complains on stderr is heard behind the whole line; the others' replies stay as they are."""
    answers = Batch((command("a"), command("b")), MARKER).answers((markers + stderr).replace("@", MARKER))
    assert tuple(reply and reply.output for reply in answers.replies) == said
