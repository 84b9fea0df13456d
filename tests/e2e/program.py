"""The program as people start it: `python -m orchestrator` in a process of its own, beside the test's lab."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from orchestrator.app.verify_run import verify_run
from orchestrator.model.result import RunResult
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.result_file import read_result
from sspr_lab.packages import standin
from tests.lab_fixtures import UNSIGNED, Site
from tests.warned import warned

PACKAGES = ("--msi", str(standin("x64")), "--msi", str(standin("x86")), "--set", UNSIGNED)


def sspr(
    folder: Path, *words: str, environment: Mapping[str, str] | None = None, terminal: int = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    """Starts the program; its state is kept below `folder`, and our warnings are errors for it too.

    A terminal, by its descriptor, becomes its input; it never sees that of whoever runs the tests.
    """
    return subprocess.Popen(
        warned("orchestrator", *words),
        env={**os.environ, "SSPR_STATE": str(folder / "state"), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=terminal,
        start_new_session=terminal != subprocess.DEVNULL,
        text=True,
    )


@contextmanager
def install_on(
    site: Site, *words: str, environment: Mapping[str, str] | None = None, terminal: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[str]]:
    """`sspr run install` on a lab, ended with the block if it has not ended by itself."""
    process = sspr(
        site.folder,
        *("run", "install", "--inventory", str(site.inventory), *PACKAGES, "--set", "reboot.delay_minutes=0"),
        *("--yes", "--folder", str(_next_folder(site)), *words),
        environment=environment,
        terminal=terminal,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def result_of(site: Site) -> RunResult:
    """What the last run wrote down, and its log bears out."""
    folder = RunFolder(_folders(site)[-1])
    assert verify_run(folder).problems == ()
    return read_result(folder.result)


def _folders(site: Site) -> list[Path]:
    """Those of the runs so far, in their order: `run`, `run-2` and so on."""
    return sorted(site.folder.glob("run*"), key=lambda path: (len(path.name), path.name))


def _next_folder(site: Site) -> Path:
    there = len(_folders(site))
    return site.folder / (f"run-{there + 1}" if there else "run")


def until(site: Site, process: subprocess.Popen[str], **wanted: str) -> None:
    """Waits until the run's log has a line with these entries."""
    deadline = time.monotonic() + 200
    while not any(wanted.items() <= line.items() for folder in _folders(site)[-1:] for line in _lines(folder)):
        assert process.poll() is None, "the program has ended"
        assert time.monotonic() < deadline, f"{wanted} never came"
        time.sleep(0.02)


def _lines(folder: Path) -> Iterator[dict[str, str]]:
    """What the log holds, if there is one yet; its last line may be half written."""
    log = folder / "log.jsonl"
    if not log.exists():
        return iter(())
    return (json.loads(line) for line in log.read_text().splitlines(keepends=True) if line.endswith("\n"))
