"""The chain of a log: whatever becomes of a line is found, at that line, and what goes on is in the same chain."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.events import Interrupted, Progress, RunStarted
from orchestrator.model.message import verbatim
from orchestrator.model.private_file import write_private
from orchestrator.model.result import HostResult
from orchestrator.runs.chain import Break, ChainCheck, ChainedFile, Wrong
from orchestrator.runs.durable_file import DurableFile
from orchestrator.runs.journal import Journal
from tests.cli.test_pages import blocks

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"
STARTED = RunStarted("r1", "install", [HostResult("PC-1", "PC-1")], check=False)
OLD = b'{"run": "r1", "event": "run_started"}\n{"run": "r1", "event": "progress"}\n'


def written(path: Path, more: int = 6) -> list[bytes]:
    """The lines of a log; one that was there goes on."""
    with Journal(path) as journal:
        journal.notify(STARTED)
        for number in range(more):
            journal.notify(Progress("PC-1", "msi", verbatim(f"uploading {number} %")))
    return path.read_bytes().splitlines(keepends=True)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return written(tmp_path_factory.mktemp("log") / "log.jsonl")


def checked(lines: list[bytes], sought: str | None = None) -> ChainCheck:
    chain = ChainCheck(sought)
    for line in lines:
        chain.take(line)
    return chain


def broken(lines: list[bytes]) -> Break | None:
    return checked(lines).broken


def test_a_log_as_it_was_written(log: list[bytes]) -> None:
    """It is intact; the hash of any line is found, at that line."""
    chain = checked(log)
    hashes = [json.loads(line)["sha256"] for line in log]
    assert (chain.broken, chain.unchained) == (None, 0)
    assert chain.end is not None
    assert (chain.end.lines, chain.end.sha256) == (len(log), hashes[-1])
    assert [json.loads(line)["seq"] for line in log] == [*range(1, len(log) + 1)]
    assert [checked(log, each).found for each in (*hashes, "0" * 64)] == [*range(1, len(log) + 1), None]


@given(data=st.data())
def test_a_byte_that_is_another_one(log: list[bytes], data: st.DataObject) -> None:
    """Wherever it is, the line is found in which it is."""
    content = b"".join(log)
    place = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]))
    damaged = content[:place] + bytes([other]) + content[place + 1 :]
    found = broken(BytesIO(damaged).readlines())
    assert found is not None
    assert found.line == content[:place].count(b"\n") + 1


DAMAGES: dict[str, tuple[Callable[[list[bytes]], list[bytes]], Break]] = {
    "the first is gone": (lambda log: log[1:], Break(1, Wrong.MISSING)),
    "one is gone": (lambda log: log[:3] + log[4:], Break(4, Wrong.MISSING)),
    "three are gone": (lambda log: log[:2] + log[5:], Break(3, Wrong.MISSING, 3)),
    "all but the last are gone": (lambda log: log[-1:], Break(1, Wrong.MISSING, 7)),
    "two have changed places": (lambda log: [*log[:3], log[4], log[3], *log[5:]], Break(4, Wrong.INSERTED)),
    "one is there twice": (lambda log: log[:4] + log[1:2] + log[4:], Break(5, Wrong.INSERTED)),
    "two of another's": (lambda log: [*log[:4], b"{}\n", b"\n", *log[4:]], Break(5, Wrong.INSERTED, 2)),
    "one of another's at the end": (lambda log: [*log, b"{}\n"], Break(9, Wrong.CHANGED)),
    "the last is half": (lambda log: [*log[:-1], log[-1][:50]], Break(8, Wrong.CUT)),
    "the last lacks its newline": (lambda log: [*log[:-1], log[-1][:-1]], Break(8, Wrong.CUT)),
    "the first is half": (lambda log: [log[0][:50]], Break(1, Wrong.CUT)),
    "other words": (lambda log: [*log[:5], log[5].replace(b"3 %", b"4 %"), *log[6:]], Break(6, Wrong.CHANGED)),
    "another number": (
        lambda log: [*log[:5], log[5].replace(b'"seq": 6', b'"seq": 8'), *log[6:]],
        Break(6, Wrong.CHANGED),
    ),
    "a line without a hash": (lambda log: [*log[:5], b'{"run": "r1"}\n', *log[6:]], Break(6, Wrong.CHANGED)),
    "the first without a hash": (lambda log: [b'{"run": "r1"}\n', *log[1:]], Break(1, Wrong.CHANGED, 2)),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_damage(log: list[bytes], case: str) -> None:
    """The first line that is not as it was, and what is wrong with it."""
    damage, expected = DAMAGES[case]
    assert broken(damage(log)) == expected


def test_what_no_chain_shows(log: list[bytes]) -> None:
    """Whole lines that were cut off its end leave a chain; who knows the hash of the end finds it missing."""
    end = json.loads(log[-1])["sha256"]
    chain = checked(log[:-2], end)
    assert (chain.broken, chain.found) == (None, None)


WITHOUT_NEWLINE = b'{"run": "r1", "seq": 9, "sha256": "' + b"0" * 64 + b'"}'


@pytest.mark.parametrize("half", [b"", b'{"run": "r1", "ev', WITHOUT_NEWLINE], ids=["none", "half", "no newline"])
def test_another_process_goes_on(tmp_path: Path, half: bytes) -> None:
    """In the same chain; half a line is cut off, and the next one tells of how many bytes."""
    path = tmp_path / "log.jsonl"
    before = written(path)
    with path.open("ab") as file:
        file.write(half)
    lines = written(path)
    assert broken(lines) is None
    assert len(lines) == 2 * len(before)
    assert json.loads(lines[len(before)]).get("cut_off_bytes", 0) == len(half)
    assert "cut_off_bytes" not in json.loads(lines[0])


def test_a_line_of_somebody_else_before_it_goes_on(tmp_path: Path) -> None:
    """It is no part of the chain for what follows either: it stays the first that is not as it was written."""
    path = tmp_path / "log.jsonl"
    before = written(path)
    with path.open("ab") as file:
        file.write(b"{}\n")
    assert broken(written(path)) == Break(len(before) + 1, Wrong.CHANGED)


def test_a_log_of_the_version_before(tmp_path: Path) -> None:
    """It has no chain; where it goes on, the first hash is of all that was there, and a change of that is found."""
    assert broken(OLD.splitlines(keepends=True)) is None
    assert checked(OLD.splitlines(keepends=True)).end is None
    write_private(tmp_path / "log.jsonl", OLD)
    lines = written(tmp_path / "log.jsonl")
    chain = checked(lines)
    assert (chain.broken, chain.unchained, json.loads(lines[2])["seq"]) == (None, 2, 3)
    assert broken([lines[0], lines[1].replace(b"progress", b"nothing "), *lines[2:]]) == Break(1, Wrong.CHANGED, 3)
    assert broken(lines[1:]) == Break(1, Wrong.CHANGED, 2)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_line_that_was_not_written_is_none_of_it() -> None:
    """The chain goes on from the last that is there."""
    file = DurableFile(Path("/dev/full"))
    chained = ChainedFile(file)
    before = chained.end
    with pytest.raises(OSError, match="No space"):
        chained.write("{}\n")
    assert chained.end == before
    file.close()


KILLED_OVER_A_LINE = """
import os, signal, sys
from pathlib import Path
from orchestrator.runs.journal import Journal
from tests.runs.test_chain import STARTED, Progress, verbatim

journal = Journal(Path(sys.argv[1]))
journal.notify(STARTED)
journal.notify(Progress("PC-1", "msi", verbatim("uploading")))
whole = os.write

def half(descriptor, content):
    whole(descriptor, content[: len(content) // 2])
    os.kill(os.getpid(), signal.SIGKILL)

os.write = half
journal.notify(Progress("PC-1", "msi", verbatim("still uploading")))
"""


def test_a_process_that_is_killed_over_a_line(tmp_path: Path) -> None:
    """SIGKILL in the middle of writing: half a line is found as such, and gone on behind the last whole one."""
    path = tmp_path / "log.jsonl"
    died = subprocess.run([sys.executable, "-c", KILLED_OVER_A_LINE, str(path)], check=False)
    assert died.returncode == -signal.SIGKILL
    lines = path.read_bytes().splitlines(keepends=True)
    assert broken(lines) == Break(4, Wrong.CUT)
    with Journal(path) as journal:
        journal.notify(STARTED)
        journal.notify(Interrupted())
    after = path.read_bytes().splitlines(keepends=True)
    assert broken(after) is None
    assert after[:3] == lines[:3]
    assert json.loads(after[3])["cut_off_bytes"] == len(lines[3])
    assert json.loads(after[-1])["event"] == "interrupted"


def by_the_page(path: Path) -> tuple[int, str]:
    """What the page's own program says: its exit code, and its output with what it complains of."""
    (program,) = blocks(PAGE, "python")
    ran = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", program, str(path)], capture_output=True, text=True, check=False
    )
    return ran.returncode, (ran.stdout + ran.stderr).strip()


def test_the_program_of_the_page(tmp_path: Path, log: list[bytes]) -> None:
    """An auditor's ten lines come to the same hash, and stop at the same line as we do."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join(log))
    assert by_the_page(path) == (0, json.loads(log[-1])["sha256"])
    for case in ("one is gone", "other words", "another number", "the last is half"):
        damage, found = DAMAGES[case]
        path.write_bytes(b"".join(damage(log)))
        assert by_the_page(path) == (1, f"line {found.line} is not as it was written")
