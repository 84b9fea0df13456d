"""What hosts cost that wait for their maintenance window, and whether they wake in time in another process.

python -m benchmarks.waiting --hosts 2000 --minutes 6

A run asks each host for its time zone and waits; its process is killed, and the run is gone on with. Counted are the
connections that are held meanwhile, the memory of both processes, and how long after the opening hosts were done.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psutil
import yaml

from benchmarks.measuring import MIX, surroundings
from sspr_lab.process_of_its_own import lab_process

FORKS: Final = 32
"""What `sspr run` has unless somebody says otherwise."""
_PLAYBOOK: Final = r"""
name: colour
description: Sets a value that nobody needs.
steps:
  - registry_value: {key: HKLM\SOFTWARE\Contoso, name: Colour, type: REG_SZ, data: blue}
"""


@contextmanager
def _sspr(folder: Path, *words: str) -> Iterator[psutil.Popen]:
    process = psutil.Popen(
        [sys.executable, "-m", "orchestrator", *words, "--yes"],
        env={**os.environ, "SSPR_STATE": str(folder / "state")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "said").open("ab"),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _events(log: Path) -> Iterator[dict[str, Any]]:
    if log.exists():
        for line in log.read_text("utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                yield json.loads(line)


def _waiting(log: Path) -> int:
    return len({event["host"] for event in _events(log) if event["event"] == "host_waits"})


def _cost(process: psutil.Popen) -> str:
    held = [each for each in process.net_connections("tcp") if each.status == psutil.CONN_ESTABLISHED]
    memory, cpu = process.memory_info().rss / 2**20, process.cpu_times()
    return f"{len(held)} connections held, {memory:.0f} MB, {cpu.user + cpu.system:.1f} s of CPU so far"


def _closed_until(inventory: Path, opens: datetime) -> None:
    """Has all hosts wait until then; the lab's have no zone of their own but UTC."""
    document = yaml.safe_load(inventory.read_text("utf-8"))
    window = {"date": opens.date(), "from": f"{opens:%H:%M}", "to": f"{opens + timedelta(hours=1):%H:%M}"}
    document.setdefault("all", {})["maintenance"] = {"extra": [window], "needs_minutes": 1}
    inventory.write_text(yaml.safe_dump(document), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=2000)
    parser.add_argument("--minutes", type=int, default=6, help="until the window opens")
    parser.add_argument("--port", type=int, default=28_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sspr-waiting-") as made:
        folder = Path(made)
        inventory, log = folder / "lab.yaml", folder / "run" / "log.jsonl"
        (folder / "colour.yaml").write_text(_PLAYBOOK)
        with lab_process(inventory, hosts=given.hosts, port=given.port, mix=MIX):
            opens = (datetime.now(UTC) + timedelta(minutes=given.minutes)).replace(second=0, microsecond=0)
            _closed_until(inventory, opens)
            words = ("run", str(folder / "colour.yaml"), "-i", str(inventory), "--folder", str(log.parent))
            print(surroundings())
            began = time.monotonic()
            with _sspr(folder, *words, "--forks", str(FORKS)) as first:
                while (waiting := _waiting(log)) < given.hosts and datetime.now(UTC) < opens and first.poll() is None:
                    time.sleep(1)
                time.sleep(2)
                print(f"{waiting} of {given.hosts} hosts wait after {time.monotonic() - began:.0f} s: {_cost(first)}")
            with _sspr(folder, "runs", "resume", str(log.parent)) as second:
                while datetime.now(UTC) < opens - timedelta(seconds=3):
                    time.sleep(0.5)
                print(f"in another process, before the opening: {_cost(second)}")
                second.wait()
            ended = [
                (datetime.fromisoformat(event["timestamp"]) - opens).total_seconds()
                for event in _events(log)
                if event["event"] == "host_finished" and event["outcome"] == "changed"
            ]
        print(
            f"{len(ended)} hosts changed, the first {min(ended):.1f} s after the opening, half of them within ", end=""
        )
        print(f"{statistics.median(ended):.1f} s, the last after {max(ended):.1f} s")


if __name__ == "__main__":
    main()
