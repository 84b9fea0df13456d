"""A worker and the processes of its runs, which are any programs here: begun, ended, tried again later and later."""

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from orchestrator.app import worker as module
from orchestrator.app.worker import Worker
from orchestrator.model.message import Message
from orchestrator.runs.durable_file import DurableFile
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.handed_over import HandedOver, hand_over, handed_over, take_back
from orchestrator.sentences import say

FIRST, SECOND = "20261122-130501-9f3c21", "20261122-130502-9f3c21"
FAILS = "import sys; print('error: away', file=sys.stderr); sys.exit(4)"
DIES = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
STAYS = "import signal; signal.pause()"
STUBBORN = """
import os, pathlib, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(os.environ["SSPR_STATE"], "there").touch()
signal.pause()
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SSPR_STATE", str(tmp_path))
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.02)
    return tmp_path


def handed(name: str, *, kept: bool = True) -> RunFolder:
    """A run that is handed over."""
    folder = RunFolder(Path(os.environ["SSPR_STATE"]) / "runs" / name)
    folder.path.mkdir(parents=True)
    folder.journal.touch(mode=0o600)
    if kept:
        folder.kept.touch()
    hand_over(HandedOver(run=name, folder=folder.path))
    return folder


async def worked(
    program: str, until: Callable[[list[str]], bool], *, grace: float = 60.0, runs: int = 4, stays: bool = True
) -> list[str]:
    """What a worker says whose processes are these, and which is stopped when something is so."""
    said: list[str] = []

    def tell(message: Message) -> None:
        said.append(say(message))

    def command(name: str) -> Sequence[str]:
        return [sys.executable, "-c", program, name]

    async def stop() -> None:
        while not until(said):  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)
        at_work.stop()

    at_work = Worker(command, tell, runs, stays=stays, grace_seconds=grace)
    stopping = asyncio.create_task(stop())
    await asyncio.wait_for(at_work.work(os.getpid(), "here"), 60)
    stopping.cancel()
    return said


def count(word: str, times: int) -> Callable[[list[str]], bool]:
    return lambda said: sum(word in line for line in said) >= times


async def test_a_process_that_fails_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Later each time, with what it has said last; up to a limit."""
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.5)
    monkeypatch.setattr(module, "_LONGEST_PAUSE", 1.0)
    handed(FIRST)
    said = await worked(FAILS, count("another one in", 3))
    assert f"run {FIRST}: error: away" in said
    again = [line.partition("before the run did; ")[2] for line in said if "another one in" in line]
    assert again == ["another one in 0 s", "another one in 1 s", "another one in 1 s"]
    assert "ended with exit code 4" in " ".join(said)


async def test_a_process_that_is_killed_is_told_so() -> None:
    """By the signal's name."""
    handed(FIRST)
    assert any("ended by SIGKILL before" in line for line in await worked(DIES, count("another one in", 1)))


async def test_no_more_at_once_than_allowed() -> None:
    """The next has its turn when one has ended; oldest first."""
    handed(SECOND)
    handed(FIRST)
    said = await worked(FAILS, count(SECOND, 1), runs=1)
    begun = [line for line in said if "goes on with it" in line]
    assert FIRST in begun[0]


@pytest.mark.parametrize(("others", "runs"), [((), 4), ((SECOND,), 1)], ids=["room", "no room"])
async def test_where_another_process_has_the_run(
    others: tuple[str, ...], runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is left alone, as one whose worker was killed alone, and takes room; once it has ended, another goes on."""
    folder, looks = handed(FIRST), 0
    for other in others:
        handed(other)

    def looked() -> list[str]:
        nonlocal looks
        looks += 1
        if looks == 5:
            journal.close()
        return handed_over()

    monkeypatch.setattr(module, "handed_over", looked)
    journal = DurableFile(folder.journal)
    said = await worked(STAYS, count("goes on with it", 1), runs=runs)
    assert looks >= 5
    assert FIRST in next(line for line in said if "goes on with it" in line)


async def test_it_ends_its_processes() -> None:
    """What has not ended after some time is killed."""
    handed(FIRST)
    said = await worked(STAYS, count("goes on with it", 1))
    assert "ended by SIGTERM; the next worker goes on with it" in said[-1]


async def test_a_process_that_does_not_end(state: Path) -> None:
    """It is killed when its time is over."""
    handed(FIRST)
    said = await worked(STUBBORN, lambda _: (state / "there").exists(), grace=0.1)
    assert said[-1].endswith("ended by SIGKILL; the next worker goes on with it")


async def test_a_worker_that_does_not_stay() -> None:
    """It ends when nothing is left, and does not wait for what nobody can go on with."""
    handed(FIRST, kept=False)
    handed(SECOND)
    (Path(os.environ["SSPR_STATE"]) / "handed-over" / f"{SECOND}.json").write_text("{}")
    said = await worked(FAILS, lambda said: False, stays=False)
    assert said[-1] == "no run is left to be gone on with"
    assert sum("cannot be gone on with" in line for line in said) == 2
    assert len(handed_over()) == 2


async def test_what_has_ended_is_told() -> None:
    """A run that its process has taken back is done with."""
    handed(FIRST)
    program = "import os, sys; os.unlink(os.path.join(os.environ['SSPR_STATE'], 'handed-over', sys.argv[1] + '.json'))"
    said = await worked(program, lambda said: False, stays=False)
    assert said[-2].startswith(f"run {FIRST}: ")
    assert handed_over() == []
    take_back(FIRST)


async def test_a_process_that_cannot_be_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this computer is short of something, the worker waits as well, and its other runs are not disturbed."""
    handed(FIRST)
    monkeypatch.setattr(sys, "executable", "/nowhere/at/all")
    said = await worked(FAILS, count("cannot be begun", 2))
    assert f"run {FIRST}: its process cannot be begun (No such file or directory)" in said[1]
