"""A run paused, cancelled and watched from a second terminal, each in a process of its own."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import RunResult
from orchestrator.runs.result_file import read_result
from tests.e2e.program import sspr
from tests.lab_fixtures import Site, kind, site

INTERRUPTED, NOTHING_BEGUN = 130, 2
AWAITED = ("run", "reboot", "--yes", "--set", "reboot.delay_minutes=55", "--set", "reboot.when=always")


class Desk:
    """Somebody with several terminals, and hosts that restart in 55 minutes, for which their run waits."""

    def __init__(self, lab: Site, open_ones: ExitStack) -> None:
        self.lab = lab
        self._open = open_ones

    def start(self, *words: str) -> subprocess.Popen[str]:
        process = sspr(self.lab.folder, *words)
        self._open.callback(process.communicate)
        self._open.callback(process.kill)
        return process

    def say(self, *words: str) -> tuple[int, str]:
        """What a command ends with, and all that it prints."""
        process = self.start(*words)
        printed, aside = process.communicate(timeout=120)
        return process.returncode, " ".join((printed + aside).split())

    def begun(self) -> subprocess.Popen[str]:
        """A run that waits for restarts."""
        process = self.start(*AWAITED, "-i", str(self.lab.inventory))
        self.hear(process, "run ")
        until_waiting(self.folder / "log.jsonl", process, len(self.lab.hosts))
        return process

    def hear(self, process: subprocess.Popen[str], words: str) -> str:
        """The line of the standard error with these words, and not before it comes."""
        assert process.stderr is not None
        for line in process.stderr:
            if words in line:
                return line
        raise AssertionError(f"`{words}` never came")

    @property
    def folder(self) -> Path:
        (folder,) = (self.lab.folder / "state" / "runs").iterdir()
        return folder

    @property
    def result(self) -> RunResult:
        return read_result(self.folder / "result.json")


def until_waiting(log: Path, process: subprocess.Popen[str], hosts: int) -> None:
    """Returns when so many hosts have been asked to restart."""
    while log.read_text("utf-8").count('"step": "reboot", "seconds"') < hosts:
        assert process.poll() is None, process.communicate()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with site(tmp_path, {"first": kind(), "second": kind()}) as lab, ExitStack() as open_ones:
        yield Desk(lab, open_ones)


@pytest.mark.slow
def test_paused_then_cancelled(desk: Desk) -> None:
    """What waits is cut short, what still comes is said; paused it could be gone on with, cancelled it is over."""
    process = desk.begun()
    run = desk.folder.name
    code, said = desk.say("runs", "pause", run[:-2])
    assert code == 0
    assert f"run {run} " in said
    assert "2 machines restart all the same, unless `sspr reboot cancel` stops that: LAB-0001 (" in said
    process.communicate(timeout=120)
    assert process.returncode == INTERRUPTED
    assert desk.result.state == "paused"
    assert {host.outcome for host in desk.result.hosts} == {Outcome.CANCELLED}
    code, said = desk.say("runs", "cancel", "last")
    assert (code, f"run {run} is cancelled" in said) == (0, True)
    assert "2 machines restart all the same, unless `sspr reboot cancel` stops that: LAB-0001 (" in said
    assert desk.result.state == "cancelled"
    code, said = desk.say("runs", "resume", "last", "--yes")
    assert (code, f"`sspr runs retry {run}`" in said) == (NOTHING_BEGUN, True)
    assert desk.say("runs", "verify", "last")[0] == 0


@pytest.mark.slow
def test_cancelled_while_it_is_paused(desk: Desk) -> None:
    """A run at work that is cancelled ends as such, whatever it was told before; one that is killed can still be."""
    process = desk.begun()
    process.kill()
    process.communicate()
    code, said = desk.say("runs", "pause", "last")
    assert (code, "nobody is at work on run" in said) == (0, True)
    assert desk.result.state == "paused"
    resumed = desk.start("runs", "resume", "last", "--yes")
    desk.hear(resumed, "run ")
    code, said = desk.say("runs", "cancel", "last")
    assert code == 0
    resumed.communicate(timeout=120)
    assert (resumed.returncode, desk.result.state) == (INTERRUPTED, "cancelled")


@pytest.mark.slow
def test_watched_over_two_processes(desk: Desk) -> None:
    """Whoever joins in the middle sees all of it, waits while nobody is at work on it, and sees how it ends."""
    process = desk.begun()
    left = desk.start("runs", "watch", "last")
    desk.hear(left, "2 machines, run ")
    left.send_signal(signal.SIGINT)
    assert "goes on" in left.communicate(timeout=120)[1]
    assert (left.returncode, process.poll()) == (INTERRUPTED, None)
    watching = desk.start("runs", "watch", desk.folder.name)
    desk.hear(watching, "2 machines, run ")
    process.kill()
    process.communicate()
    desk.hear(watching, "nobody is at work on the run")
    resumed = desk.start("runs", "resume", "last", "--yes")
    desk.hear(watching, "2 machines, run ")
    assert desk.say("runs", "pause", "last")[0] == 0
    printed, aside = watching.communicate(timeout=120)
    assert watching.returncode == INTERRUPTED
    assert "[2/2] LAB-000" in aside
    assert ": paused after " in printed
    resumed.communicate(timeout=120)
    assert resumed.returncode == INTERRUPTED
