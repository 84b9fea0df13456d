"""Logs are untrusted: whatever the bytes, the reader comes to an end, holds little, and shows what stands there."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.harvest import msi_lines, msi_log
from orchestrator.model.showable import printable
from orchestrator.sentences import say
from tests.harvest.msi_cases import cases

LINES = sorted({line for case in cases() for line in case.lines})
MOST_SHOWN = 9

pieces = st.one_of(
    st.sampled_from(LINES),
    st.text(max_size=60),
    st.sampled_from(
        ["MSI (s) (64:F0) [20:27:49:266]: ", "Action ended 20:27:50: ", "=== ", " -- Error 1", "3.", "\0" * 9]
    ),
    st.builds(lambda number: f"MSI (s) (64:F0) [20:27:49:266]: Note: 1: {number} 2: x 3: 5 ", st.integers(0, 99_999)),
    st.builds(lambda number: f"MSI (c) (64:F0) [20:27:49:266]: MainEngineThread is returning {number}", st.integers()),
    st.builds(lambda letter, count: letter * count, st.sampled_from("x. :30(\r\u3002\ud55c"), st.integers(0, 5_000)),
)
logs = st.lists(st.tuples(pieces, st.sampled_from(["\r\n", "\n", "", "\r", "\u2028"])), max_size=25).map(
    lambda parts: "".join(piece + end for piece, end in parts)
)
encodings = st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "utf-8", "cp932", "cp1252"])
FUZZED = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def encoded(text: str, encoding: str) -> bytes:
    return text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")


@FUZZED
@given(logs, encodings, st.binary(max_size=40), st.integers(0, 10_000))
def test_any_log_has_a_verdict(text: str, encoding: str, rubbish: bytes, at: int) -> None:
    """Lines as Windows writes them, mixed up, cut short and with rubbish in the middle."""
    data = encoded(text, encoding)
    data = data[:at] + rubbish + data[at:]
    verdict = msi_log.analyse(BytesIO(data))
    assert say(verdict.cause)
    assert verdict.remedy is None or say(verdict.remedy)
    numbers = [line.number for line in verdict.evidence]
    assert numbers == sorted(set(numbers))
    assert len(numbers) <= MOST_SHOWN
    assert all(line.text.isprintable() and len(line.text) <= 400 for line in verdict.evidence)


@FUZZED
@given(logs)
def test_evidence_stands_in_the_line_that_it_names(text: str) -> None:
    """A person who opens the log at that number finds it."""
    verdict = msi_log.analyse(BytesIO(encoded(text, "utf-8")))
    lines = encoded(text, "utf-8").decode("utf-8", "replace").replace("\0", "").replace("\ufeff", "").split("\n")
    for shown in verdict.evidence:
        assert printable(lines[shown.number - 1])[:400] == shown.text


@FUZZED
@given(logs, st.integers(1, 300))
def test_portions_change_nothing(text: str, size: int) -> None:
    """Where a portion ends does not matter, be it within a letter."""
    data = encoded(text, "utf-16")
    assert msi_log.analyse(Dripping(data, size)) == msi_log.analyse(BytesIO(data))


class Dripping(BytesIO):
    """A file that gives no more than so many bytes at a time."""

    def __init__(self, data: bytes, most: int) -> None:
        super().__init__(data)
        self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(size if size == msi_lines.SAMPLE else self._most)


def measured(write: Callable[[int], bytes]) -> int:
    """The letters of the largest block that the reader holds of a file of two megabytes."""
    return max((sum(map(len, lines)) for _, lines in msi_lines.blocks(BytesIO(write(2_000_000)))), default=0)


def test_no_file_makes_the_reader_hold_more_than_a_portion() -> None:
    """One line without an end, lines of nothing, and zeros alone."""
    for write in (lambda size: b"x" * size, lambda size: b"\n" * size, bytes, lambda size: b"\xff\xfe" + b"x\0" * size):
        assert measured(write) <= msi_lines.PORTION + 2 * msi_lines.LONGEST
