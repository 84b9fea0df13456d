"""The program as people start it: `python -m orchestrator` in a process of its own, beside the test's lab."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from orchestrator.model.result import RunResult
from orchestrator.runs.result_file import read_result
from sspr_lab.packages import standin
from tests.lab_fixtures import Site
from tests.warned import warned

RESULT = "run/result.json"
PACKAGES = ("--msi", str(standin("x64")), "--msi", str(standin("x86")))


def sspr(folder: Path, *words: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Starts the program; its state is kept below `folder`, and our warnings are errors for it too."""
    return subprocess.Popen(
        warned("orchestrator", *words),
        env={**os.environ, "SSPR_STATE": str(folder / "state"), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


@contextmanager
def install_on(
    site: Site, *words: str, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """`sspr run install` on a lab, ended with the block if it has not ended by itself."""
    process = sspr(
        site.folder,
        *("run", "install", "--inventory", str(site.inventory), *PACKAGES, "--set", "reboot.delay_minutes=0"),
        *("--yes", "--folder", str(site.folder / "run"), *words),
        environment=environment,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def result_of(site: Site) -> RunResult:
    """What the last run wrote down."""
    return read_result(site.folder / RESULT)


def until(site: Site, process: subprocess.Popen[str], **wanted: str) -> None:
    """Waits until the run's log has a line with these entries."""
    log = site.folder / "run" / "log.jsonl"
    deadline = time.monotonic() + 60
    while not (log.exists() and any(wanted.items() <= line.items() for line in _lines(log))):
        assert process.poll() is None, "the program has ended"
        assert time.monotonic() < deadline, f"{wanted} never came"
        time.sleep(0.02)


def _lines(log: Path) -> Iterator[dict[str, str]]:
    """What the log holds; its last line may be half written."""
    return (json.loads(line) for line in log.read_text().splitlines(keepends=True) if line.endswith("\n"))
