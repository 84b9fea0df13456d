"""The units for systemd in docs/: systemd takes them, and what they start starts."""

import configparser
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))


def settings(unit: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, comment_prefixes=("#",), delimiters=("=",), strict=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(unit.read_text("utf-8"))
    return parser


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_it_is_always_brought_back(unit: Path) -> None:
    """However it ends; and the worker has the time that it gives its runs."""
    service = settings(unit)["Service"]
    assert (service["Restart"], service["KillMode"]) == ("always", "mixed")
    assert settings(unit)["Unit"]["StartLimitIntervalSec"] == "0"
    assert float(service["TimeoutStopSec"]) > 90


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_takes_it(unit: Path, tmp_path: Path) -> None:
    """Every key is one that it knows, in its section."""
    program, *_ = shlex.split(settings(unit)["Service"]["ExecStart"])
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text("utf-8").replace(program, sys.executable), "utf-8")
    ran = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
    )
    about = [line for line in ran.stderr.splitlines() if unit.stem in line]
    assert about == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_what_it_starts(unit: Path, tmp_path: Path) -> None:
    """A worker, which ends with 0 when systemd ends it; what the unit says of its environment is of use."""
    service = settings(unit)["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert program.endswith("/bin/sspr")
    name, _, _ = service.get("Environment", "SSPR_STATE=").partition("=")
    worker = subprocess.Popen(
        [sys.executable, "-m", "orchestrator", *words],
        env={**os.environ, name: str(tmp_path)},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stderr is not None
    try:
        assert (
            f"worker {worker.pid} goes on with the runs that are handed over in {tmp_path}" in worker.stderr.readline()
        )
        worker.send_signal(signal.SIGHUP)
        assert "looking at once" in worker.stderr.readline()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=120) == 0
    finally:
        worker.kill()
        worker.communicate()
