"""A disk of the coordinator that is really full: a small tmpfs that only the program itself sees mounted."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from orchestrator.cli.exit_code import ExitCode
from orchestrator.model.outcome import Outcome
from orchestrator.runs.result_file import read_result
from tests.e2e.program import PACKAGES
from tests.lab_fixtures import Site, kind, site
from tests.warned import warned


def mounting(folder: Path, size: str) -> list[str]:
    """The beginning of a command line whose rest finds a disk of this size at a folder."""
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare here")
    folder.mkdir(exist_ok=True)
    words = ["unshare", "-m" if os.geteuid() == 0 else "-rm", "sh", "-c"]
    words += [f'mount -t tmpfs -o size={size} tmpfs "$0" && exec "$@"', str(folder)]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("nothing may be mounted here")
    return words


def run_on(lab: Site, size: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs the program with its runs on such a disk; its result also goes elsewhere."""
    return subprocess.run(
        [
            *mounting(lab.folder / "disk", size),
            *warned("orchestrator", *words, "-i", str(lab.inventory), "--forks", "1"),
            *("--folder", str(lab.folder / "disk" / "run")),
        ],
        env={**os.environ, "SSPR_STATE": str(lab.folder / "state")},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=120,
        check=False,
    )


def test_nothing_is_changed_that_is_not_written_down(tmp_path: Path) -> None:
    """The host says why, the others are not begun, and the result is printed and written where there is room."""
    elsewhere = tmp_path / "result.json"
    with site(tmp_path, {"first": kind(), "second": kind()}) as lab:
        before = lab.snapshots()
        ran = run_on(lab, "12k", "run", "install", *PACKAGES, "--yes", "--json", str(elsewhere))
        assert not any(lab.changes(before).values())
        hosts = lab.by_name(read_result(elsewhere))
    assert ran.returncode == ExitCode.COORDINATOR, ran.stderr
    assert "Traceback" not in ran.stderr
    assert (hosts["first"].outcome, hosts["first"].reason.code) == (Outcome.FAILED, "own-record-not-kept")
    assert (hosts["second"].outcome, hosts["second"].reason.code) == (Outcome.CANCELLED, "run-record-not-kept")
    assert "No space left on device" in ran.stdout
    assert read_result(elsewhere).state == "failed"


@pytest.mark.slow
def test_a_run_that_cannot_be_written_down_is_not_begun(tmp_path: Path) -> None:
    """It ends with the path and what to do, and no host is asked anything."""
    with site(tmp_path, {"host": kind()}) as lab:
        asked = lab.requests()
        words = mounting(tmp_path / "disk", "4k")
        words[-2] = words[-2].replace("&& exec", '&& head -c 4096 /dev/zero > "$0/fill" && exec')
        ran = subprocess.run(
            [
                *words,
                *warned("orchestrator", "check", "-i", str(lab.inventory), "--folder", str(tmp_path / "disk/run")),
            ],
            env={**os.environ, "SSPR_STATE": str(tmp_path / "state")},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=120,
            check=False,
        )
        assert lab.requests() == asked
    assert ran.returncode == ExitCode.COORDINATOR, ran.stderr
    assert "log.jsonl: No space left on device" in " ".join(ran.stderr.split())


@pytest.mark.slow
def test_logs_that_find_no_room(tmp_path: Path) -> None:
    """Every host is failed for this computer's sake, and the summary says so once."""
    with site(tmp_path, {"first": kind(), "second": kind()}) as lab:
        ran = run_on(lab, "20k", "logs", "collect")
    assert ran.returncode == ExitCode.COORDINATOR, ran.stderr
    assert "failed: 2 machines" in ran.stdout
    assert "this computer, not the host" in ran.stdout
    assert "No space left on device" in ran.stdout
