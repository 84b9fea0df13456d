"""What one way of working costs: requests and bytes by the lab's count, CPU and wall-clock time by our own."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Final, Generic, TypeVar

from orchestrator.inventory.credentials import SecretResolver
from orchestrator.inventory.load import load_inventory
from orchestrator.model.host import Host
from sspr_lab.process_of_its_own import lab_process

T = TypeVar("T")

ROOT = Path(__file__).parents[1]
MIX = Path(__file__).with_name("windows7.yaml")
"""Every host alike, so that all ways meet the same."""


@dataclass(frozen=True)
class Cost(Generic[T]):
    """What a way of working took on a number of hosts, one after the other.

    Attributes:
        way: Its name.
        answers: What it came back with, a host each.
        requests: HTTP requests a host.
        bytes_up: Bytes to a host, HTTP headers and bodies.
        bytes_down: Bytes from a host, likewise.
        cpu: Seconds a host that this process computed; the lab computes in another one.
        wall: Seconds a host by the clock.
    """

    way: str
    answers: Sequence[T]
    requests: float
    bytes_up: float
    bytes_down: float
    cpu: float
    wall: float

    def scaled(self, factor: float, way: str) -> Cost[T]:
        """The cost of `factor` times the same work."""
        return Cost(
            way,
            self.answers,
            self.requests * factor,
            self.bytes_up * factor,
            self.bytes_down * factor,
            self.cpu * factor,
            self.wall * factor,
        )


@dataclass(frozen=True)
class Lab:
    """Where hosts are to be measured.

    Attributes:
        port: TCP port of all hosts.
        speed: Host seconds in a real second.
    """

    port: int
    speed: float = 1.0

    def measure(self, way: str, hosts: int, work: Callable[[Sequence[Host], SecretResolver], Sequence[T]]) -> Cost[T]:
        """Runs `work` on fresh lab hosts, once on a single one to warm up and then on all the others, measured."""
        with tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as folder:
            inventory, counters = Path(folder) / "lab.yaml", Path(folder) / "counters.json"
            up = lab_process(inventory, hosts=hosts + 1, port=self.port, speed=self.speed, mix=MIX, counters=counters)
            with up:
                chosen = load_inventory(inventory).hosts
                passwords = SecretResolver(inventory.parent)
                work(chosen[:1], passwords)
                wall, cpu = time.perf_counter(), _cpu()
                answers = work(chosen[1:], passwords)
                wall, cpu = time.perf_counter() - wall, _cpu() - cpu
            counted = json.loads(counters.read_text(encoding="utf-8"))
        totals = {
            key: sum(counted[host.name][key] for host in chosen[1:]) for key in ("requests", "bytes_in", "bytes_out")
        }
        return Cost(
            way=way,
            answers=answers,
            requests=totals["requests"] / hosts,
            bytes_up=totals["bytes_in"] / hosts,
            bytes_down=totals["bytes_out"] / hosts,
            cpu=cpu / hosts,
            wall=wall / hosts,
        )


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """The files of a commit in a folder of their own. Raises CalledProcessError when there is no such commit."""
    with tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as folder:
        archive = subprocess.run(
            ["git", "-C", str(ROOT), "archive", commit],
            check=True,
            capture_output=True,
        )
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        yield Path(folder)


def install(folder: Path, packages: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Python with packages of PyPI in a folder of its own, and what stands in the way of those that cannot be had."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    missing = {}
    for package in packages:
        words = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
        if ran.returncode:
            lines = ran.stderr.strip().splitlines() or [f"pip ended with {ran.returncode}"]
            missing[package] = lines[-1]
    return python, missing


PROGRAM: Final = "import sys; sys.argv[0] = 'sspr'; from orchestrator.cli import main; main()"
"""Completion goes by the name of the program."""


def cpu_of_program(
    source: Path, folder: Path, words: Sequence[str], environment: Mapping[str, str] | None = None
) -> float:
    """Seconds of CPU that `sspr` takes with these words, from the files in `source`; the kernel counts them.

    Args:
        source: A tree of this project.
        folder: Where it is run and keeps its state.
        words: What follows `sspr`.
        environment: What it finds in its environment besides ours.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(source), "SSPR_STATE": str(folder), **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"sspr {' '.join(words)} of {source} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def in_turns(sources: Sequence[Path], rounds: int, cpu: Callable[[Path], float]) -> list[float]:
    """The median of what each source takes; sources take turns, so that other work meets all of them.

    A first time, which compiles, does not count.
    """
    for source in sources:
        cpu(source)
    seen = [[cpu(source) for source in sources] for _ in range(rounds)]
    return [median(column) for column in zip(*seen, strict=True)]


def _cpu() -> float:
    """Seconds that this process has computed, all of its threads and the kernel's work for it included."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def surroundings() -> str:
    """What was measured on."""
    load = " ".join(f"{average:.2f}" for average in os.getloadavg())
    return (
        f"Python {platform.python_version()}, pywinrm {version('pywinrm')}, pyspnego {version('pyspnego')}, "
        f"{os.cpu_count()} cores of {platform.machine()}, load {load}"
    )
