"""Options that recur, each declared once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestrator.cli import completion

_INVENTORY = typer.Option("--inventory", "-i", metavar="FILE", help="The inventory: which hosts, and how to log on.")
Inventory = Annotated[Path, _INVENTORY]
InventoryUnlessPast = Annotated[Path | None, _INVENTORY]
"""Where an earlier run may stand in for one."""


def _limit(complete: Callable[[typer.Context, str], list[str]]) -> Any:
    return typer.Option(
        "--limit",
        metavar="PATTERN",
        help="Only these hosts: names, groups and globs, with commas between; ! leaves out, & narrows down.",
        autocompletion=complete,
    )


Limit = Annotated[str | None, _limit(completion.pattern)]
LimitOfRun = Annotated[str | None, _limit(completion.pattern_of_run)]
Check = Annotated[bool, typer.Option("--check", help="Change nothing; say what would be changed.")]
Forks = Annotated[
    int,
    typer.Option("--forks", "--at-once", "-f", metavar="N", min=1, max=512, help="How many hosts at once."),
]
Msi = Annotated[
    list[Path] | None,
    typer.Option("--msi", metavar="FILE", help="The MSI file; once for x64, once for x86. Each host gets what fits."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="STEP.KEY=VALUE",
        help="Set a parameter of a step for this run, as in reboot.delay_minutes=60.",
    ),
]
Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the result file here.")]
Csv = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the table here, for a spreadsheet.")]
Report = Annotated[Path | None, typer.Option("--report", metavar="FILE.html", help="Write the HTML report here.")]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        metavar="DIR",
        help="Where the run's log, its result and what comes home from hosts are kept, a folder that no other run has; "
        "else below ~/.local/state/sspr (on Windows %LOCALAPPDATA%\\sspr), or below the folder that the variable "
        "SSPR_STATE names.",
    ),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes",
        "-y",
        help="Do not ask before changing hosts. Without a terminal, as in a scheduled job, nobody is asked either.",
    ),
]
FORKS = 32
