"""`sspr demo --crash`: a coordinator that is killed amid its work goes on, and the machines count what was done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console

from orchestrator.model.errors import UsageError
from orchestrator.runs.result_file import read_result
from sspr_lab.demo_fleet import HOSTS, LAB, PACKAGES, RETURN_MINUTES, as_they_should
from sspr_lab.process_of_its_own import lab_process

INSTALLING: Final = 6
"""So many machines are to be at their installation when the coordinator is killed."""
_LONGEST: Final = 120.0
_LOOK_SECONDS: Final = 0.05


def crash_demo(folder: Path, port: int, console: Console) -> bool:
    """Shows it; whether every machine ended as it should, with one installation and one restart at most.

    Raises:
        UsageError: The lab, or the coordinator, did not come so far.
    """
    run, counters, inventory = folder / "run", folder / "counters.json", folder / "lab.yaml"
    console.print(f"starting {HOSTS} lab machines on this computer", highlight=False)
    with lab_process(inventory, port=port, counters=counters, **LAB):
        console.print("they are up; a coordinator in a process of its own installs the add-in on them\n")
        with _coordinator(folder, "run", "install", *_words(inventory, run)) as first:
            at_work = _killed_at_work(first, run / "log.jsonl")
        console.show_cursor()
        console.print(
            f"\n[bold]killed (SIGKILL)[/] while {at_work} machines were at their installation; going on with "
            f"`sspr runs resume {run}`\n",
            highlight=False,
            soft_wrap=True,
        )
        with _coordinator(folder, "runs", "resume", str(run), "--report", str(folder / "report.html")) as second:
            second.wait()
    result = read_result(run / "result.json")
    console.print(f"report: {(folder / 'report.html').resolve()}", highlight=False, soft_wrap=True)
    console.print(f"whether the log is whole: `SSPR_STATE={folder / 'state'} sspr runs verify {run}`\n", soft_wrap=True)
    return as_they_should(result, console) & _counted(json.loads(counters.read_text("utf-8")), console)


def _words(inventory: Path, run: Path) -> Iterator[str]:
    yield from ("-i", str(inventory), "--folder", str(run), "--forks", str(HOSTS))
    for package in PACKAGES:
        yield from ("--msi", str(package))
    for setting in ("msi.allow_unsigned=true", "reboot.delay_minutes=0", f"reboot.return_minutes={RETURN_MINUTES}"):
        yield from ("--set", setting)


@contextmanager
def _coordinator(folder: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """`sspr` with a state folder of the demo's own; it does not outlive the block."""
    command = [sys.executable, "-m", "orchestrator", *words, "--yes"]
    process = subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.DEVNULL, env={**os.environ, "SSPR_STATE": str(folder / "state")}
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _killed_at_work(process: subprocess.Popen[bytes], log: Path) -> int:
    """Kills it as soon as so many machines are at their installation, and says how many were."""
    until = time.monotonic() + _LONGEST
    while (at_work := _installing(log)) < INSTALLING:
        if process.poll() is not None or time.monotonic() > until:
            raise UsageError("the coordinator did not come to its installations; see what it said above")
        time.sleep(_LOOK_SECONDS)
    process.send_signal(signal.SIGKILL)
    return at_work


def _installing(log: Path) -> int:
    """How many machines a run's log tells of that have begun their installation and not ended it."""
    if not log.exists():
        return 0
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines(keepends=True) if line.endswith("\n")]
    told = [(line["event"], line["host"]) for line in lines if line.get("step") == "msi"]
    begun, ended = ({host for event, host in told if event == wanted} for wanted in ("step_started", "step_finished"))
    return len(begun - ended)


def _counted(machines: dict[str, dict[str, dict[str, int]]], console: Console) -> bool:
    """Tells what the machines themselves have counted; whether nothing was done twice."""
    installed = Counter(each["befell"].get("installed", 0) for each in machines.values())
    started = Counter(each["befell"].get("started", 0) for each in machines.values())
    console.print("what the machines have counted:", highlight=False)
    for what, counts in (("installed", installed), ("restarted", started)):
        said = [f"{counts[1]} once", f"{counts[0]} never", f"{sum(counts.values()) - counts[0] - counts[1]} more often"]
        console.print(f"  {what}: {', '.join(said)}", highlight=False)
    return max(installed) <= 1 and max(started) <= 1
