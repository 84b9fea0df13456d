"""Runs left to a worker, and what becomes of them: a lab, a state folder, and the processes that are at work there."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import RunResult
from orchestrator.runs.result_file import read_result
from sspr_lab.mix import Kind
from tests.e2e.program import PACKAGES, sspr
from tests.e2e.test_resume import INSTALLATION_BEGAN, STARTED, happened
from tests.lab_fixtures import Site, kind, site

SPEED = 60.0
PATIENCE = 100.0
INSTALL = ("install", *PACKAGES, "--set", "reboot.delay_minutes=0")


def awaited(what: Callable[[], object], told: Callable[[], object] = lambda: "") -> None:
    """Waits until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, told()
        time.sleep(0.02)


class Detached:
    """A lab, a state folder, and what becomes of runs there."""

    def __init__(self, lab: Site, environment: Mapping[str, str]) -> None:
        self.lab = lab
        self.state = lab.folder / "state"
        self.environment = environment
        self._starts = {name: lab.on(name, happened("System", STARTED)) for name in lab.hosts}

    def said(self, *words: str) -> tuple[int, str, str]:
        """What a command ends with, and says on both streams."""
        process = sspr(self.lab.folder, *words, environment=self.environment)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err

    def begun(self, *words: str) -> str:
        """Leaves a run to a worker, and gives its name."""
        code, out, err = self.said("run", "-i", str(self.lab.inventory), "--yes", "--detach", *words)
        assert code == 0, err
        return out.strip()

    def result(self, run: str) -> RunResult:
        return read_result(self.state / "runs" / run / "result.json")

    def await_end(self, run: str) -> RunResult:
        """What a run comes to, once no worker is to go on with it."""
        awaited(lambda: not (self.state / "handed-over" / f"{run}.json").exists(), self.log)
        return self.result(run)

    def await_line(self, run: str, **wanted: str) -> None:
        """Waits until the run's log has a line with these entries."""
        log = self.state / "runs" / run / "log.jsonl"

        def there() -> bool:
            lines = log.read_text().splitlines(keepends=True) if log.exists() else []
            return any(wanted.items() <= json.loads(line).items() for line in lines if line.endswith("\n"))

        awaited(there, self.log)

    def log(self) -> str:
        """What the workers have said so far."""
        return "".join(path.read_text() for path in sorted(self.state.glob("*.log")))

    def processes(self, kind: str) -> list[int]:
        """The numbers of those that were told of, the newest last: `worker` those of workers, `process` of runs."""
        return [int(number) for number in re.findall(rf"{kind} (\d+) goes on", self.log())]

    def end_everything(self) -> None:
        """Nothing of ours outlives a test: first the workers, which would start others."""
        for which in ("worker", "process"):
            for number in self.processes(which):
                if str(self.state).encode() in environment_of(number):
                    os.kill(number, signal.SIGKILL)

    def check_done_once(self, result: RunResult) -> None:
        """Every host has the add-in, by one installation and one restart."""
        assert result.state == "finished"
        ended = {name: host.outcome for name, host in self.lab.by_name(result).items()}
        assert ended == dict.fromkeys(self.lab.hosts, Outcome.CHANGED), result
        for name in self.lab.hosts:
            assert self.lab.on(name, happened("Application", INSTALLATION_BEGAN)) == 1
            assert self.lab.on(name, happened("System", STARTED)) == self._starts[name] + 1


def environment_of(process: int) -> bytes:
    """That of a process; nothing where it has ended."""
    try:
        return Path(f"/proc/{process}/environ").read_bytes()
    except OSError:
        return b""


class Unit:
    """`sspr worker` by the rule of the unit in docs/: whenever it has ended, it is started again."""

    def __init__(self, detached: Detached) -> None:
        self._detached = detached
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep)

    def __enter__(self) -> Self:
        self._start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._turn:
            process, self._process = self._process, None
        assert process is not None
        process.kill()
        self._thread.join()

    def _start(self) -> None:
        with (self._detached.state / "unit.log").open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "orchestrator", "worker"],
                env={**os.environ, **self._detached.environment, "SSPR_STATE": str(self._detached.state)},
                stdin=subprocess.DEVNULL,
                stderr=log,
            )

    def _keep(self) -> None:
        while (process := self._process) is not None:
            process.wait()
            with self._turn:
                if self._process is not None:
                    self._start()


@contextmanager
def detached(
    folder: Path, hosts: int = 2, environment: Mapping[str, str] | None = None, kinds: Mapping[str, Kind] | None = None
) -> Iterator[Detached]:
    """A lab of stock machines, or of those of these kinds; whatever is at work there ends with the block."""
    (folder / "state").mkdir()
    with site(folder, kinds or {f"{number}": kind() for number in range(hosts)}, speed=SPEED) as lab:
        here = Detached(lab, environment or {})
        try:
            yield here
        finally:
            here.end_everything()


def kill_run(here: Detached) -> None:
    os.kill(here.processes("process")[-1], signal.SIGKILL)


def kill_worker(here: Detached) -> None:
    os.kill(here.processes("worker")[-1], signal.SIGKILL)


def kill_both(here: Detached) -> None:
    kill_worker(here)
    kill_run(here)
