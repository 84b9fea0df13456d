"""What Monday's question costs: `sspr hosts` over many runs of a large fleet, each with the log of a real preflight.

python -m benchmarks.hosts --hosts 4000 --runs 200
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.measuring import MIX, surroundings
from orchestrator.app import CheckHosts, perform
from orchestrator.runs.folders import RunFolder, run_folders
from sspr_lab.process_of_its_own import lab_process

BEGAN: Final = datetime(2026, 5, 4, 18, tzinfo=UTC)


def looked_at(folder: Path) -> RunFolder:
    """A run that has looked at one lab host."""
    inventory = folder / "lab.yaml"
    with lab_process(inventory, hosts=1, mix=MIX):
        asyncio.run(perform(CheckHosts(inventory=inventory)))
    return run_folders()[0]


def multiply(run: RunFolder, above: Path, hosts: int, runs: int) -> None:
    """Writes so many runs that looked at so many hosts each, an evening apart."""
    log = [json.loads(line) for line in run.journal.read_text("utf-8").splitlines()]
    result = json.loads(run.result.read_text("utf-8"))
    for number in range(runs):
        began = BEGAN + timedelta(days=number)
        folder = RunFolder(above / f"{began:%Y%m%d-%H%M%S}-9f3c21")
        folder.path.mkdir(parents=True, mode=0o700)
        times = {"timestamp": began.isoformat(), "run": folder.name}
        with folder.journal.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps({**line, **times}) + "\n" for line in _lines(log, hosts))
        host = result["hosts"][0]
        result["run"] |= {"id": folder.name, "started": began.isoformat(), "finished": began.isoformat()}
        result["summary"] = {host["outcome"]: hosts}
        named = [{**host, "name": name} for name in _names(hosts)]
        folder.result.write_text(json.dumps({**result, "hosts": named}), "utf-8")
        for path in (folder.journal, folder.result):
            path.chmod(0o600)


def _names(hosts: int) -> list[str]:
    return [f"PC-{number:05}" for number in range(hosts)]


def _lines(log: list[dict[str, Any]], hosts: int) -> Iterator[dict[str, Any]]:
    for line in log:
        if line["event"] == "run_hosts":
            yield {**line, "hosts": [{**line["hosts"][0], "name": name} for name in _names(hosts)]}
        elif "host" in line:
            yield from ({**line, "host": name} for name in _names(hosts))
        else:
            yield line


def asked(folder: Path) -> str:
    """What the program takes to answer."""
    program = [sys.executable, "-m", "orchestrator", "hosts", "--csv", str(folder / "hosts.csv")]
    environment = {**os.environ, "SSPR_STATE": str(folder / "state")}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(program, env=environment, check=True, stdout=subprocess.DEVNULL)
    took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{took:.1f} s, {used:.1f} s of CPU, up to {after.ru_maxrss / 1e3:.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=4000)
    parser.add_argument("--runs", type=int, default=200)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as name:
        folder = Path(name)
        os.environ["SSPR_STATE"] = str(folder / "template")
        run = looked_at(folder)
        multiply(run, folder / "state" / "runs", wanted.hosts, wanted.runs)
        size = sum(path.stat().st_size for path in (folder / "state").rglob("*.json*"))
        print(f"{wanted.hosts:,} hosts, {wanted.runs:,} runs, {size / 1e9:.1f} GB; {surroundings()}")
        for time_of_asking in ("the first time", "the second time"):
            print(f"{time_of_asking}: {asked(folder)}")


if __name__ == "__main__":
    main()
