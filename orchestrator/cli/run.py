"""`sspr run`: a playbook on the hosts of an inventory, or what an earlier run changed put back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli import completion, options
from orchestrator.model.errors import PackageUnproven, UsageError
from orchestrator.model.result import RunResult

NAMES_SHOWN = 8


def run(
    inventory: options.Inventory,
    playbook: Annotated[
        str | None,
        typer.Argument(
            metavar="PLAYBOOK",
            help="A shipped playbook by name (see `sspr playbooks`), or a file by its path.",
            autocompletion=completion.playbooks,
        ),
    ] = None,
    undo_run: Annotated[
        str | None,
        typer.Option(
            "--undo",
            metavar="RUN",
            help="Put back what that run changed in registries, instead of running a playbook. RUN is its identifier, "
            "its folder, its result file or, when it was killed, its log; `last` is the newest that changed something "
            "and was no undo itself.",
            autocompletion=completion.runs,
        ),
    ] = None,
    limit: options.Limit = None,
    check: options.Check = False,
    msi: options.Msi = None,
    settings: options.Settings = None,
    forks: options.Forks = options.FORKS,
    json: options.Json = None,
    report: options.Report = None,
    csv: options.Csv = None,
    folder: options.Folder = None,
    yes: options.Yes = False,
) -> None:
    """Run a playbook, or undo an earlier run; --check shows what would change.

    [dim]sspr run install -i inventory.yaml --msi SsprWindowsLogon.PROD.msi --report install.html[/]

    `sspr run --undo RUN -i inventory.yaml` puts back what an earlier run changed in registries, value by value.

    Exit codes: 0 every host is fine, 1 some host is not or a file asked for could not be written, 2 nothing was begun
    (wrong usage, or the answer was no), 3 stopped by a guard, 130 interrupted.
    """
    from orchestrator.app import RunPlaybook, UndoRun, load_playbook, prepare, undo
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs
    from orchestrator.runs.store import find_run

    if (playbook is None) is (undo_run is None):
        raise UsageError("give either a playbook (see `sspr playbooks`) or --undo with a run (see `sspr runs list`)")
    outputs = Outputs(json, report, csv)
    if undo_run is not None:
        outputs.check([Path(undo_run)])
        if msi or settings:
            raise UsageError("--msi and --set belong to playbooks; --undo goes by what the run recorded")
        earlier = find_run(
            undo_run,
            lambda result: result.playbook != undo.NAME and undo.changed_anything(result),
            "changed anything that can be undone",
        )
        prepared = prepare(
            UndoRun(inventory=inventory, limit=limit, forks=forks, check=check, folder=folder, run=earlier)
        )
        _tell_missing(earlier, undo.changed_but_not_in(prepared.inventory, earlier))
    else:
        loaded = load_playbook(playbook or "")
        if msi:
            loaded = loaded.with_packages(msi)
        loaded = loaded.overridden(settings or [])
        request = RunPlaybook(
            inventory=inventory, limit=limit, forks=forks, check=check, folder=folder, playbook=loaded
        )
        try:
            prepared = prepare(request)
        except PackageUnproven as unproven:
            if yes or not _trusted(unproven):
                raise
            prepared = prepare(replace(request, playbook=loaded.with_unproven()))
    launch(prepared, outputs, yes=yes)


def _trusted(unproven: PackageUnproven) -> bool:
    """Whether a person says that a package is to be installed of which nobody can tell beforehand what it is."""
    from rich.console import Console

    from orchestrator.cli.launch import can_ask, confirmed

    aside = Console(stderr=True)
    if not can_ask(aside):
        return False
    aside.print(str(unproven), markup=False, highlight=False, soft_wrap=True)
    return confirmed("Install it all the same?")


def _tell_missing(earlier: RunResult, missing: list[str]) -> None:
    """Machines of that run that have left the inventory cannot be reached, and must not be forgotten silently."""
    from rich.console import Console

    from orchestrator.console.words import machines, names, one_line

    if not missing:
        return
    listed = one_line(names(missing, NAMES_SHOWN))
    Console(stderr=True, soft_wrap=True).print(
        f"run {earlier.id} also changed {machines(len(missing))} that this inventory does not have, and nothing is "
        f"put back there: {listed}",
        markup=False,
        highlight=False,
    )
