"""Runs that are left to a worker: they go on whatever becomes of terminals and processes, and nobody types anything."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.model.outcome import Outcome
from orchestrator.runs.result_file import read_result
from orchestrator.runs.worker_lock import WorkerLock
from orchestrator.sentences import say
from tests.e2e.detached import (
    INSTALL,
    PATIENCE,
    Detached,
    Unit,
    awaited,
    detached,
    environment_of,
    kill_both,
    kill_run,
    kill_worker,
)
from tests.e2e.test_resume import MOMENTS, NOTHING_BEGUN
from tests.postgres import postgres
from tests.receivers import closed_port, web

ON_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, sys.argv[1:])
"""
"""The terminal that is its input becomes the one that it belongs to, as a shell's programs have it."""


@dataclass(frozen=True)
class Terminal:
    """Somebody at a terminal, by its other end."""

    other_end: int

    def answer(self, question: bytes, answer: bytes) -> None:
        """Waits for a question, and types the answer."""
        shown = b""
        while question not in shown:
            shown += os.read(self.other_end, 4096)
        os.write(self.other_end, answer)


@contextmanager
def at_a_terminal(here: Detached, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], Terminal]]:
    """The program at a terminal of its own, which is closed behind the block; its standard output is piped on."""
    other_end, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, sys.executable, "-m", "orchestrator", *words],
        env={**os.environ, **here.environment, "SSPR_STATE": str(here.state), "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=here.lab.folder,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    try:
        yield process, Terminal(other_end)
    finally:
        os.close(other_end)
        process.kill()
        process.communicate()


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_the_terminal_is_closed(tmp_path: Path) -> None:
    """Begun at a terminal, with a yes, which is closed at once: all is done, and written where it was wanted.

    The password is in no command line, no environment, no log and nothing that is kept.
    """
    with detached(tmp_path) as here:
        secret = Path(f"{here.lab.inventory}.secret").read_text().strip().encode()
        wanted = ("--report", "end.html", "--csv", "end.csv")
        words = ("run", *INSTALL, "-i", str(here.lab.inventory), "--detach", *wanted)
        with at_a_terminal(here, *words) as (process, terminal):
            terminal.answer(b"Run it on 2 machines?", b"y\n")
            out, _ = process.communicate(timeout=PATIENCE)
        run = out.decode().strip()
        assert process.returncode == 0
        here.await_line(run, event="step_finished", step="preflight")
        (worker,), (child,) = here.processes("worker"), here.processes("process")
        for number in (worker, child):
            assert b"SSPR_STATE" in environment_of(number)
            assert secret not in environment_of(number)
            assert secret not in Path(f"/proc/{number}/cmdline").read_bytes()
            assert os.getsid(number) not in {os.getsid(0), process.pid}
        here.check_done_once(here.await_end(run))
        assert run in (tmp_path / "end.html").read_text()
        code, said, _ = here.said("runs", "verify", run)
        assert (code, "without a terminal" in said, "left to a worker by" in said) == (0, True, True)
        assert "at a terminal" in said.partition("left to a worker")[2]
        assert f"inventory: {here.lab.inventory}, SHA-256" in said
        assert len((tmp_path / "end.csv").read_text().splitlines()) == 3
        kept = [path for path in here.state.rglob("*") if path.is_file()]
        assert [path for path in kept if secret in path.read_bytes()] == []
        assert {oct(path.stat().st_mode & 0o077) for path in kept} == {"0o0"}
        awaited(lambda: "no run is left" in here.log(), here.log)


def end_worker(here: Detached) -> None:
    os.kill(here.processes("worker")[-1], signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_killed_and_brought_back(tmp_path: Path) -> None:
    """The run's process, the worker, and both are killed one after the other, and the unit's rule is all that helps."""
    with detached(tmp_path) as here, Unit(here):
        run = here.begun(*INSTALL)
        for moment, kill in zip(MOMENTS, (kill_run, kill_both, kill_worker), strict=True):
            here.await_line(run, **moment)
            kill(here)
        here.check_done_once(here.await_end(run))
        began = re.findall(rf"run {run}: process \d+ goes on", here.log())
        assert len(began) == 3, "the worker that was killed alone left the run's process at work"


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_the_worker_is_ended(tmp_path: Path) -> None:
    """With SIGTERM it ends after the process of its run, which is gone on with by the next one."""
    with detached(tmp_path) as here, Unit(here):
        run = here.begun(*INSTALL)
        here.await_line(run, **MOMENTS[1])
        end_worker(here)
        here.check_done_once(here.await_end(run))
        said = here.log()
        assert said.index("ending: one run is given 90 s") < said.index("the next worker goes on with it")
        assert len(here.processes("worker")) == len(here.processes("process")) == 2


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ending_a_worker_is_nobodys_business(tmp_path: Path) -> None:
    """Nobody is told of it, and lists say who goes on; the end is told, and whom that did not reach is shown."""
    with web() as chat:
        addresses = {"CHAT": chat.port, "GONE": closed_port()}
        environment = {name: f"json://127.0.0.1:{port}" for name, port in addresses.items()}
        with detached(tmp_path, hosts=1, environment=environment) as here:
            run = here.begun(*INSTALL, "--notify", "env:CHAT", "--notify", "env:GONE")
            here.await_line(run, **MOMENTS[1])
            end_worker(here)
            awaited(lambda: "the next worker goes on with it" in here.log(), here.log)
            for words, marked in ((("list",), "interrupted, handed over"), (("show", run), "interrupted after")):
                _, out, err = here.said("runs", *words)
                assert marked in out
                assert "`sspr worker` goes on with it when it is started again" in err
                assert "runs resume" not in err
            assert chat.posts == []
            with Unit(here):
                here.check_done_once(here.await_end(run))
            assert [json.loads(body)["title"] for _, body in chat.posts] == ["sspr: install: finished"]
            _, _, err = here.said("runs", "show", run)
            assert "env:GONE) was not told that the run has ended: the connection failed" in err
            assert here.said("runs", "verify", run)[0] == 0


@pytest.mark.slow
@pytest.mark.timeout(250)
def test_on_postgresql(tmp_path: Path) -> None:
    """The same with a database whose server is restarted meanwhile; its password is nowhere in the state folder."""
    with (
        postgres() as server,
        detached(tmp_path, environment={"SSPR_DATABASE": server.address}) as here,
        Unit(here),
    ):
        run = here.begun(*INSTALL, "--state", "env:SSPR_DATABASE")
        here.await_line(run, **MOMENTS[0])
        server.stop()
        kill_both(here)
        server.start()
        here.await_line(run, **MOMENTS[2])
        kill_run(here)
        here.check_done_once(here.await_end(run))
        kept = [path for path in here.state.rglob("*") if path.is_file()]
        assert [path for path in kept if server.password.encode() in path.read_bytes()] == []
        assert not (here.state / "progress.sqlite3").exists()


@pytest.mark.slow
def test_two_workers(tmp_path: Path) -> None:
    """One has the runs, the other waits for its end; and whoever has them, a run is begun once."""
    with detached(tmp_path, hosts=1) as here, Unit(here):
        awaited(lambda: here.processes("worker"))
        with Unit(here):
            awaited(lambda: "another worker has the runs" in here.log(), here.log)
            run = here.begun("preflight")
            assert here.await_end(run).state == "finished"
            kill_worker(here)
            awaited(lambda: len(here.processes("worker")) > 1, here.log)
            other = here.begun("preflight")
            assert here.await_end(other).state == "finished"
        assert len(here.processes("process")) == 2


@contextmanager
def no_worker(here: Detached, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Inside, the state folder has a worker that begins nothing: the test itself."""
    monkeypatch.setenv("SSPR_STATE", str(here.state))
    lock = WorkerLock()
    assert lock.take(stays=True)
    yield
    lock.leave()


@pytest.mark.slow
def test_paused_where_a_secret_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No host is asked for anything, and the run says why; once the secret is there, it is gone on with."""
    with detached(tmp_path, hosts=1) as here:
        with no_worker(here, monkeypatch):
            run = here.begun("preflight")
            secret = Path(f"{here.lab.inventory}.secret")
            away = secret.rename(secret.with_suffix(".away"))
        with Unit(here):
            paused = here.await_end(run)
            assert paused.state == "paused"
            assert [host.outcome for host in paused.hosts] == [Outcome.CANCELLED]
            assert "the run is paused, since a secret cannot be had" in say(paused.hosts[0].reason)
            assert not any(here.lab.requests().values())
            assert "paused" in here.said("runs", "list")[1]
            code, _, said = here.said("runs", "resume", run, "--detach", "--yes")
            assert (code, "cannot be read" in said) == (NOTHING_BEGUN, True)
            assert here.result(run).state == "paused"
            away.rename(secret)
            end = tmp_path / "end.json"
            code, out, said = here.said("runs", "resume", run, "--detach", "--yes", "--json", str(end))
            assert (code, out.strip()) == (0, run), said
            assert here.await_end(run).state == "finished"
            assert read_result(end) == here.result(run)


@pytest.mark.slow
def test_paused_for_a_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker has nobody to ask: the run pauses, and goes on at a terminal, where somebody is asked."""
    with detached(tmp_path, hosts=1) as here:
        with no_worker(here, monkeypatch):
            run = here.begun("preflight")
            kept = here.state / "runs" / run / "kept.json"
            kept.write_text(re.sub(r'"password":"file:[^"]*"', '"password":"prompt:u"', kept.read_text()))
        with Unit(here):
            assert here.await_end(run).state == "paused"
        assert not any(here.lab.requests().values())
        code, _, said = here.said("runs", "resume", run, "--detach", "--yes")
        assert (code, "a worker has nobody to ask" in said) == (NOTHING_BEGUN, True)
        with at_a_terminal(here, "runs", "resume", run, "--yes") as (process, terminal):
            terminal.answer(b"Password for u:", Path(f"{here.lab.inventory}.secret").read_bytes().strip() + b"\n")
            process.communicate(timeout=PATIENCE)
        assert here.result(run).state == "finished"
