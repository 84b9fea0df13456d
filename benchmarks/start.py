"""What it takes until a command is there: `sspr --help` and other quick ones, of an older commit and of this tree.

python -m benchmarks.start --commit aaa34d0
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.measuring import ROOT, checkout, surroundings

_INVENTORY: Final = "all:\n  credential: {username: admin, password: env:NOWHERE}\nhosts:\n  PC-[001:100]:\n"
_PROGRAM: Final = "from orchestrator.cli import main\n\nmain()\n"
COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "sspr --help": ("--help",),
    "sspr inventory list": ("inventory", "list", "-i", "inventory.yaml"),
    "Tab after `sspr ru`": (),
    "Tab after `sspr run inst`": (),
}
"""What follows `sspr`; for the last ones the shell asks by its environment."""


def cpu(source: Path, command: str, folder: Path) -> float:
    """Seconds of CPU that a command takes from the files in `source`; its children's clock is the kernel's."""
    environment = {**os.environ, "PYTHONPATH": str(source), "SSPR_STATE": str(folder)}
    if command.startswith("Tab"):
        words = command.split("`")[1]
        environment |= {"_SSPR_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    process = subprocess.Popen(
        [sys.executable, "sspr", *COMMANDS[command]],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command} of {source} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def measure(sources: Sequence[Path], rounds: int) -> dict[str, list[float]]:
    """The median for each command, a source each; sources take turns, so that other work meets all of them."""
    with tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as name:
        folder = Path(name)
        (folder / "inventory.yaml").write_text(_INVENTORY, encoding="utf-8")
        (folder / "sspr").write_text(_PROGRAM, encoding="utf-8")
        figures = {}
        for command in COMMANDS:
            for source in sources:
                cpu(source, command, folder)  # a first start compiles
            seen = [[cpu(source, command, folder) for source in sources] for _ in range(rounds)]
            figures[command] = [median(column) for column in zip(*seen, strict=True)]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commit", default="aaa34d0", help="what is compared with (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="how often; the median counts (default: %(default)s)")
    asked = parser.parse_args()
    before = surroundings()
    with checkout(asked.commit) as older:
        figures = measure((older, ROOT), asked.rounds)
    table = Table("Command", box=box.MARKDOWN, title="CPU ms of a start", title_justify="left")
    for heading in (asked.commit, "this tree", "ratio"):
        table.add_column(heading, justify="right")
    for command, (was, now) in figures.items():
        table.add_row(command, f"{was * 1000:,.0f}", f"{now * 1000:,.0f}", f"{now / was:.2f}")
    print(f"{before}\n{asked.rounds} rounds\n")
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
