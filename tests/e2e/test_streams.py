"""What the program prints to goes away: a terminal that is closed, a reader that has enough, a disk that is full."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.cli.exit_code import ExitCode
from orchestrator.model.outcome import Outcome
from orchestrator.runs.result_file import read_result
from sspr_lab.faults import fault
from tests.e2e.program import until
from tests.lab_fixtures import kind, site
from tests.warned import warned

ON_THIS_TERMINAL = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGHUP, signal.SIG_DFL)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_a_terminal_that_is_closed(tmp_path: Path) -> None:
    """It ends the run as Ctrl-C does: what is under way ends, the result is written, and the code says so."""
    kinds = {f"{number}": kind(fault("slow", seconds=3)) for number in range(3)}
    with site(tmp_path, kinds) as lab:
        master, slave = pty.openpty()
        words = warned("orchestrator", "check", "-i", str(lab.inventory), "--forks", "1", "--folder", f"{tmp_path}/run")
        process = subprocess.Popen(
            [sys.executable, "-c", ON_THIS_TERMINAL, *words],
            env={**os.environ, "SSPR_STATE": str(tmp_path / "state"), "TERM": "xterm"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            text=True,
        )
        os.close(slave)
        until(lab, process, event="step_started")
        os.close(master)
        assert process.wait(60) == ExitCode.INTERRUPTED
        result = read_result(tmp_path / "run" / "result.json")
    assert result.state == "interrupted"
    assert {host.outcome for host in result.hosts} >= {Outcome.CANCELLED}
    assert len(result.hosts) == 3


@pytest.mark.parametrize(
    ("stream", "code", "said"),
    [("closed pipe", ExitCode.FINE, ""), ("/dev/full", ExitCode.COORDINATOR, "No space left on device")],
)
def test_a_standard_output_that_takes_nothing(tmp_path: Path, stream: str, code: ExitCode, said: str) -> None:
    """A reader that has seen enough is nobody's failure; a disk that is full is, and is told."""
    if stream == "/dev/full":
        if not Path(stream).exists():
            pytest.skip("this system has no /dev/full")
        output = os.open(stream, os.O_WRONLY)
    else:
        reading, output = os.pipe()
        os.close(reading)
    ran = subprocess.run(
        warned("orchestrator", "playbooks"),
        env={**os.environ, "SSPR_STATE": str(tmp_path)},
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(output)
    assert (ran.returncode, said in ran.stderr) == (code, True), ran.stderr
    assert (ran.stderr == "") is (said == "")
