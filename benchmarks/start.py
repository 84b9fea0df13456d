"""What it takes until a command is there: `sspr --help` and other quick ones, of an older commit and of this tree.

python -m benchmarks.start --commit aaa34d0
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.comparing import compare
from benchmarks.measuring import cpu_of_program, in_turns

_INVENTORY: Final = "all:\n  credential: {username: admin, password: env:NOWHERE}\nhosts:\n  PC-[001:100]:\n"
COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "sspr --help": ("--help",),
    "sspr inventory list": ("inventory", "list", "-i", "inventory.yaml"),
    "Tab after `sspr ru`": (),
    "Tab after `sspr run inst`": (),
}
"""What follows `sspr`; for the last ones the shell asks by its environment."""


def cpu(command: str, folder: Path, source: Path) -> float:
    """Seconds of CPU that a command takes from the files in `source`."""
    asked = {}
    if command.startswith("Tab"):
        words = command.split("`")[1]
        asked = {"_SSPR_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    return cpu_of_program(source, folder, COMMANDS[command], asked)


def measure(sources: Sequence[Path], rounds: int) -> dict[str, list[float]]:
    """The median for each command in milliseconds, a source each."""
    figures = {}
    with tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as name:
        folder = Path(name)
        (folder / "inventory.yaml").write_text(_INVENTORY, encoding="utf-8")
        for command in COMMANDS:
            seconds = in_turns(sources, rounds, partial(cpu, command, folder))
            figures[command] = [1000 * each for each in seconds]
    return figures


def main() -> None:
    compare(__doc__, "aaa34d0", 7, measure, heading="Command", title="CPU ms of a start", shown="{:,.0f}")


if __name__ == "__main__":
    main()
