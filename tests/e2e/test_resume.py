"""Runs that are stopped or killed are gone on with, as they were when they began."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestrator.app.verify_run import verify_run
from orchestrator.model.outcome import Outcome
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.kept import FORM
from orchestrator.runs.result_file import read_result
from sspr_lab.machine import Machine
from sspr_lab.packages import standin
from tests.e2e.program import PACKAGES, sspr
from tests.lab_fixtures import UNSIGNED, Site, kind, site
from tests.postgres import postgres

STARTED, INSTALLATION_BEGAN = 12, 1040
SPEED = 60.0
"""Host seconds in a real second: what a killed process has left open on a host is gone after three real ones."""
INTERRUPTED, NOTHING_BEGUN = 130, 2


class Rollout:
    """A run on a lab, in several processes one after the other."""

    def __init__(self, lab: Site, environment: Mapping[str, str]) -> None:
        self.lab = lab
        self.state = lab.folder / "state"
        self._environment = environment
        self._starts = {name: lab.on(name, happened("System", STARTED)) for name in lab.hosts}

    @contextmanager
    def begun(self, *words: str, packages: tuple[str, ...] = PACKAGES) -> Iterator[subprocess.Popen[str]]:
        install = ("run", "install", "-i", str(self.lab.inventory), "--set", "reboot.delay_minutes=0", "--yes")
        with self._running(*install, *packages, *words) as process:
            yield process

    def resumed(self, *words: str) -> tuple[int, str]:
        """Goes on with it to its end; the exit code, and what was said on the standard error."""
        with self._running("runs", "resume", "last", "--yes", *words) as process:
            _, said = process.communicate(timeout=120)
            return process.returncode, said

    @contextmanager
    def resuming(self) -> Iterator[subprocess.Popen[str]]:
        with self._running("runs", "resume", "last", "--yes") as process:
            yield process

    @contextmanager
    def shown(self) -> Iterator[subprocess.Popen[str]]:
        with self._running("runs", "show", "last") as process:
            yield process

    def until(self, process: subprocess.Popen[str], **wanted: str | int) -> None:
        """Waits until the log has a line with these entries."""
        deadline = time.monotonic() + 200
        while not any(wanted.items() <= line.items() for line in self.log()):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, f"{wanted} never came"
            time.sleep(0.02)

    def log(self) -> list[dict[str, str | int]]:
        logs = self.state.glob("runs/*/log.jsonl")
        lines = [line for log in logs for line in log.read_text().splitlines(keepends=True)]
        return [json.loads(line) for line in lines if line.endswith("\n")]

    @property
    def folder(self) -> Path:
        """Where it is kept: it is one run, however many processes there were."""
        (folder,) = self.state.glob("runs/*")
        return folder

    def check_done_once(self) -> None:
        """Every host has the add-in, by one installation and one restart; the log is one chain that says so."""
        assert verify_run(RunFolder(self.folder)).problems == ()
        run = read_result(self.folder / "result.json")
        assert run.state == "finished"
        ended = {name: host.outcome for name, host in self.lab.by_name(run).items()}
        assert ended == dict.fromkeys(self.lab.hosts, Outcome.CHANGED), run
        for name in self.lab.hosts:
            assert self.lab.on(name, happened("Application", INSTALLATION_BEGAN)) == 1
            assert self.lab.on(name, happened("System", STARTED)) == self._starts[name] + 1

    @contextmanager
    def _running(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        process = sspr(self.lab.folder, *words, environment=self._environment)
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def happened(log: str, event: int) -> Callable[[Machine], int]:
    """How often a machine has noted an event."""
    return lambda machine: sum(record.event_id == event for record in machine.events.query(log))


@contextmanager
def rollout(folder: Path, hosts: int = 3, environment: Mapping[str, str] | None = None) -> Iterator[Rollout]:
    with site(folder, {f"{number}": kind() for number in range(hosts)}, speed=SPEED) as lab:
        yield Rollout(lab, environment or {})


MOMENTS = (
    {"event": "step_finished", "step": "preflight"},
    {"event": "step_started", "step": "msi"},
    {"event": "step_finished", "step": "reboot"},
)


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_killed_again_and_again(tmp_path: Path) -> None:
    """Killed at three moments and gone on with each time: what was done stays done, and what was awaited is."""
    with rollout(tmp_path) as run:
        with run.begun() as process:
            run.until(process, **MOMENTS[0])
            process.kill()
            process.communicate()
        with run.shown() as process:
            _, said = process.communicate(timeout=120)
            assert f"gone on with by `sspr runs resume {run.folder.name}`" in said
        for moment in MOMENTS[1:]:
            with run.resuming() as process:
                run.until(process, **moment)
        code, said = run.resumed()
        assert code == 0, said
        assert f"run {run.folder.name}" in said
        run.check_done_once()
        assert read_result(run.folder / "result.json").id == run.folder.name


@pytest.mark.slow
def test_interrupted(tmp_path: Path) -> None:
    """After Ctrl-C the program says how to go on, and the run then ends as if nothing had been."""
    with rollout(tmp_path) as run:
        with run.begun("--forks", "1") as process:
            run.until(process, event="step_started", step="msi")
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=120)
        assert process.returncode == INTERRUPTED
        assert f"gone on with by `sspr runs resume {run.folder.name}`" in said
        stopped = read_result(run.folder / "result.json")
        assert {host.outcome for host in stopped.hosts} == {Outcome.CANCELLED}
        code, said = run.resumed("--forks", "3")
        assert code == 0, said
        run.check_done_once()


@pytest.mark.slow
def test_as_it_was_when_it_began(tmp_path: Path) -> None:
    """Whatever becomes of inventory and packages: hosts and packages are those of the beginning."""
    package = tmp_path / "mine.msi"
    shutil.copy(standin("x64"), package)
    with rollout(tmp_path, hosts=2) as run:
        with run.begun(packages=("--msi", str(package), "--set", UNSIGNED)) as process:
            run.until(process, **MOMENTS[0])
            process.kill()
            process.communicate()
        package.write_bytes(b"another")
        run.lab.inventory.write_text("hosts: {}\n")
        code, said = run.resumed()
        assert code == 0, said
        run.check_done_once()


@pytest.mark.slow
def test_what_is_over_is_left_alone(tmp_path: Path) -> None:
    """A run that has finished is not gone on with: nothing is asked of any host, and nothing written."""
    with rollout(tmp_path, hosts=2) as run:
        with run.begun() as process:
            process.communicate(timeout=120)
        before, result = run.lab.requests(), read_result(run.folder / "result.json")
        log = (run.folder / "log.jsonl").read_bytes()
        code, said = run.resumed()
        assert (code, "has finished, and there is nothing to go on with" in said) == (NOTHING_BEGUN, True)
        assert run.lab.requests() == before
        assert read_result(run.folder / "result.json") == result
        assert (run.folder / "log.jsonl").read_bytes() == log


def broken(run: Rollout) -> None:
    """A run that was killed before it had done anything."""
    with run.begun() as process:
        run.until(process, event="step_started")


def of_another_form(run: Rollout) -> str:
    kept = run.folder / "kept.json"
    kept.write_text(json.dumps(json.loads(kept.read_text()) | {"form": FORM + 1, "new": True}))
    return "written by another version of sspr"


def damaged(run: Rollout) -> str:
    (run.folder / "kept.json").write_text('{"form": 1}')
    return "not what a run keeps of itself"


def copy_changed(run: Rollout) -> str:
    next(run.state.glob("inputs/*/*.x64.msi")).write_bytes(b"another")
    return "has been changed"


def copy_gone(run: Rollout) -> str:
    shutil.rmtree(run.state / "inputs")
    return "cannot be read"


def anybody_s(run: Rollout) -> str:
    (run.folder / "kept.json").chmod(0o666)
    return "everybody may write it"


def test_what_cannot_be_gone_on_with(tmp_path: Path) -> None:
    """It is said why, before any host is touched."""
    whole = tmp_path / "whole"
    with rollout(tmp_path, hosts=1) as run:
        broken(run)
        shutil.copytree(run.state, whole)
        before = run.lab.requests()
        for spoil in (of_another_form, damaged, copy_changed, copy_gone, anybody_s):
            reason = spoil(run)
            code, said = run.resumed()
            assert (code, reason in said) == (NOTHING_BEGUN, True), said
            shutil.rmtree(run.state)
            shutil.copytree(whole, run.state)
        assert run.lab.requests() == before


@pytest.mark.slow
def test_a_database_that_is_away(tmp_path: Path) -> None:
    """What a run had come to stays its result, where it cannot be gone on with for want of its database."""
    with rollout(tmp_path, hosts=1) as run:
        with run.begun("--forks", "1") as process:
            run.until(process, event="step_started")
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=120)
        before = (run.folder / "result.json").read_bytes()
        kept = run.folder / "kept.json"
        away = json.loads(kept.read_text()) | {"state": "postgresql://nobody@127.0.0.1:1/none"}
        kept.write_text(json.dumps(away))
        code, said = run.resumed()
        assert (code, "cannot be used" in said) == (NOTHING_BEGUN, True), said
        assert (run.folder / "result.json").read_bytes() == before


def test_an_ephemeral_run(tmp_path: Path) -> None:
    """It keeps nothing by which it could be gone on with, and says so."""
    with rollout(tmp_path, hosts=1) as run:
        with run.begun("--ephemeral") as process:
            run.until(process, event="step_started")
        code, said = run.resumed()
        assert (code, "was to end with its process" in said) == (NOTHING_BEGUN, True)
        assert not (run.state / "progress.sqlite3").exists()


@pytest.mark.slow
def test_one_that_is_at_work(tmp_path: Path) -> None:
    """Two processes never work on one run."""
    with rollout(tmp_path, hosts=1) as run, run.begun() as process:
        run.until(process, event="step_started")
        code, said = run.resumed()
        assert (code, "is at work" in said) == (NOTHING_BEGUN, True)


@pytest.mark.slow
def test_passwords_of_databases_are_not_said(tmp_path: Path) -> None:
    """An address with a password is refused on the command line, and not repeated."""
    with rollout(tmp_path, hosts=1) as run:
        for address in ("postgresql://me:s3cret@127.0.0.1/sspr", "postgresql://me@/sspr?password=s3cret"):
            with run.begun("--state", address) as process:
                _, said = process.communicate(timeout=120)
            assert (process.returncode, "env:NAME" in said, "s3cret" in said) == (NOTHING_BEGUN, True, False)


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_progress_in_postgresql(tmp_path: Path) -> None:
    """The same in a real PostgreSQL, whose server is restarted while the run is at work, and while it is not.

    Its password is nowhere in the state folder.
    """
    with postgres() as server, rollout(tmp_path, environment={"SSPR_DATABASE": server.address}) as run:
        with run.begun("--state", "env:SSPR_DATABASE") as process:
            run.until(process, **MOMENTS[0])
            process.kill()
            process.communicate()
        server.stop()
        server.start()
        with run.resuming() as process:
            run.until(process, **MOMENTS[2])
        with run.resuming() as process:
            run.until(process, event="step_started", step="reboot-return")
            server.stop()
            server.start()
            _, said = process.communicate(timeout=120)
            assert process.returncode == 0, said
        run.check_done_once()
        files = [path for path in run.state.rglob("*") if path.is_file()]
        assert not [path for path in files if server.password.encode() in path.read_bytes()]
        assert not (run.state / "progress.sqlite3").exists()


def test_files_are_ours_alone(tmp_path: Path) -> None:
    """What is kept of a run is for its owner, whatever the umask."""
    before = os.umask(0)
    try:
        with rollout(tmp_path, hosts=1) as run:
            broken(run)
            kept = [path for path in run.state.rglob("*") if path.is_file()]
            assert {path.name for path in kept} >= {"kept.json", "progress.sqlite3", "log.jsonl"}
            assert {oct(path.stat().st_mode & 0o077) for path in kept} == {"0o0"}
    finally:
        os.umask(before)
