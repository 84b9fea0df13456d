"""What a large fleet costs before any host is asked: `sspr inventory list`, of an older commit and of this tree.

python -m benchmarks.large --commit 0a07f4c
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.comparing import compare
from benchmarks.measuring import cpu_of_program, in_turns

SIZES: Final = (5_000, 10_000, 20_000)
LIST: Final = ("inventory", "list", "-i", "inventory.yaml")
GROUP = 500
"""Hosts of a group."""


def inventory(hosts: int) -> str:
    """Hosts with an address and a port each, in groups."""
    names = [f"PC-{number:06}" for number in range(hosts)]
    lines = ["all: {credential: {username: admin, password: env:NOWHERE}}", "groups:"]
    for start in range(0, hosts, GROUP):
        lines += [f"  site{start}:", "    hosts:", *(f"      - {name}" for name in names[start : start + GROUP])]
    lines.append("hosts:")
    for number, name in enumerate(names):
        lines += [f"  {name}:", f"    address: 10.{number >> 16}.{number >> 8 & 255}.{number & 255}", "    port: 5985"]
    return "\n".join((*lines, ""))


def measure(sources: Sequence[Path], rounds: int, sizes: Sequence[int] = SIZES) -> dict[str, list[float]]:
    """The median for each number of hosts, a source each."""
    figures = {}
    with tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as name:
        folder = Path(name)
        for hosts in sizes:
            (folder / "inventory.yaml").write_text(inventory(hosts), encoding="utf-8")
            figures[f"{hosts:,}"] = in_turns(sources, rounds, lambda source: cpu_of_program(source, folder, LIST))
    return figures


def main() -> None:
    compare(__doc__, "0a07f4c", 3, measure, heading="Hosts", title="CPU s of `sspr inventory list`", shown="{:,.2f}")


if __name__ == "__main__":
    main()
