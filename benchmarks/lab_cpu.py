"""What the lab itself computes for a preflight: the lab of an older commit against this tree's, with one client.

python -m benchmarks.lab_cpu --commit aaa34d0 --hosts 40 140
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.measuring import MIX, ROOT, checkout, surroundings

_TICK = os.sysconf("SC_CLK_TCK")
_UP = "password:"
"""The lab's last line before it serves."""


@dataclass(frozen=True)
class Usage:
    """What a lab process has used up to a moment.

    Attributes:
        cpu: Seconds, those of the kernel for it included.
        memory: Resident bytes.
    """

    cpu: float
    memory: int


@dataclass(frozen=True)
class Sample:
    """One lab with some hosts, each of which had one preflight: when all of them were up, and after the last one."""

    hosts: int
    up: Usage
    asked: Usage


@dataclass(frozen=True)
class PerHost:
    """What a further host of a fleet adds: seconds of the lab's CPU, and bytes of its memory.

    Attributes:
        start: To have it up.
        preflight: For a preflight of it.
        memory: Of the lab when the host is up.
    """

    start: float
    preflight: float
    memory: float

    @classmethod
    def between(cls, small: Sample, large: Sample) -> PerHost:
        """Of two fleets of one lab: what it takes once in the life of a process falls out."""
        further = large.hosts - small.hosts
        return cls(
            (large.up.cpu - small.up.cpu) / further,
            ((large.asked.cpu - large.up.cpu) - (small.asked.cpu - small.up.cpu)) / further,
            (large.up.memory - small.up.memory) / further,
        )

    @classmethod
    def middle(cls, rounds: list[PerHost]) -> PerHost:
        """The median of each figure."""
        return cls(
            median(one.start for one in rounds),
            median(one.preflight for one in rounds),
            median(one.memory for one in rounds),
        )


def sample(source: Path, hosts: int, port: int, mix: Path) -> Sample:
    """Starts the lab whose source is there, and lets this tree's `sspr check` ask each of its hosts once."""
    with tempfile.TemporaryDirectory(prefix="sspr-lab-cpu-") as folder:
        inventory = Path(folder) / "lab.yaml"
        options = {"--inventory": inventory, "--hosts": hosts, "--port": port, "--mix": mix}
        words = [str(word) for option in options.items() for word in option]
        lab = subprocess.Popen(
            [sys.executable, "-m", "orchestrator", "lab", "up", "--until-eof", *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(source), str(source / "lab")))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert lab.stdout is not None, "it is a pipe"
        try:
            if not any(line.startswith(_UP) for line in lab.stdout):
                raise SystemExit(f"the lab of {source} did not start")
            up = _usage(lab.pid)
            _check(inventory, Path(folder))
            asked = _usage(lab.pid)
        finally:
            lab.communicate()
    return Sample(hosts, up, asked)


def _check(inventory: Path, state: Path) -> None:
    """A preflight of every host. That the machines are not fit is no failure of ours, exit code 2 and above is."""
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator", "check", "-i", str(inventory)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(state)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"sspr check ended with {done.returncode}: {done.stderr[-500:]}")


def _usage(pid: int) -> Usage:
    """What Linux knows of a process (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    user, system, pages = int(fields[11]), int(fields[12]), int(fields[21])
    return Usage((user + system) / _TICK, pages * os.sysconf("SC_PAGE_SIZE"))


def measure(labs: dict[str, Path], hosts: tuple[int, int], rounds: int, port: int, mix: Path) -> dict[str, PerHost]:
    """Every lab in turn, round after round, so that whatever else the computer does meets all of them."""
    for source in labs.values():
        sample(source, 1, port, mix)  # a first start compiles
    seen: dict[str, list[PerHost]] = {name: [] for name in labs}
    for _ in range(rounds):
        for name, source in labs.items():
            small, large = (sample(source, number, port, mix) for number in hosts)
            seen[name].append(PerHost.between(small, large))
    return {name: PerHost.middle(figures) for name, figures in seen.items()}


def print_figures(title: str, figures: dict[str, PerHost]) -> None:
    """Prints a table; the last lab is compared with those before it."""
    last = list(figures.values())[-1]
    table = Table("Lab", box=box.MARKDOWN, title=title, title_justify="left")
    for heading in ("Start CPU ms", "Preflight CPU ms", "KB"):
        table.add_column(heading, justify="right")
    for name, one in figures.items():
        table.add_row(
            name,
            _cell(one.start * 1000, last.start * 1000),
            _cell(one.preflight * 1000, last.preflight * 1000),
            _cell(one.memory / 1000, last.memory / 1000),
        )
    Console(width=110).print(table)


def _cell(own: float, compared: float) -> str:
    return f"{own:,.1f}" if own == compared or compared <= 0 else f"{own:,.1f} ({own / compared:.1f}x)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commit", default="aaa34d0", help="whose lab is compared (default: %(default)s)")
    parser.add_argument("--hosts", type=int, nargs=2, default=(40, 140), help="two sizes of fleets (default: 40 140)")
    parser.add_argument("--rounds", type=int, default=3, help="how often; the median counts (default: %(default)s)")
    parser.add_argument("--mix", type=Path, default=MIX, help="kinds of machines (default: Windows 7, all alike)")
    parser.add_argument("--port", type=int, default=15989, help="TCP port of the labs (default: %(default)s)")
    asked = parser.parse_args()
    small, large = asked.hosts
    if not 0 < small < large:
        parser.error("--hosts takes a smaller and a larger number")
    before = surroundings()
    with checkout(asked.commit) as older:
        labs = {asked.commit: older, "this tree": ROOT}
        figures = measure(labs, (small, large), asked.rounds, asked.port, asked.mix.resolve())
    print(f"{before}\nfleets of {small} and {large} hosts, {asked.rounds} rounds; figures are a further host's\n")
    print_figures("The lab's own cost of a host", figures)


if __name__ == "__main__":
    main()
