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
            "its folder, its result file or its log; `last` is the newest that changed something and was no undo "
            "itself, be it killed.",
            autocompletion=completion.runs,
        ),
    ] = None,
    limit: options.Limit = None,
    check: options.Check = False,
    msi: options.Msi = None,
    settings: options.Settings = None,
    forks: options.Forks = options.FORKS,
    lease_wait: options.LeaseWait = options.LEASE_WAIT,
    ignore_windows: options.IgnoreWindows = False,
    json: options.Json = None,
    report: options.Report = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
    prometheus: options.Prometheus = None,
    notify: options.Notify = None,
    folder: options.Folder = None,
    new_password: options.NewPassword = False,
    until: options.Until = None,
    ephemeral: options.Ephemeral = False,
    state: options.State = None,
    detach: options.Detach = False,
    yes: options.Yes = False,
) -> None:
    """Run a playbook, or undo an earlier run; --check shows what would change.

    [dim]sspr run install -i inventory.yaml --msi SsprWindowsLogon.PROD.msi --report install.html[/]

    A run that was stopped or killed is gone on with by `sspr runs resume`, as it was when it began. With --detach it
    is a worker's from the start, and outlives this terminal.

    `sspr run --undo RUN -i inventory.yaml` puts back what an earlier run changed in registries, value by value.

    Exit codes: 0 every host is fine, 1 some host is not, 2 nothing was begun (wrong usage, or the answer was no), 3
    an account was kept from being locked, 4 this computer could not do its part, 130 interrupted (docs/exit-codes.md).
    """
    from orchestrator.app import RunPlaybook, UndoRun, load_playbook, prepare, undo
    from orchestrator.cli.detach import leave_to_a_worker
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs, tell_aside, tell_broken_off, tell_unended
    from orchestrator.runs.store import broken_off_before, find_run

    if (playbook is None) is (undo_run is None):
        raise UsageError("give either a playbook (see `sspr playbooks`) or --undo with a run (see `sspr runs list`)")
    _check_keeping(ephemeral=ephemeral, state=state, detach=detach)
    outputs = Outputs(json, report, csv, delimiter, prometheus)
    if undo_run is not None:
        outputs.check([Path(undo_run)])
        if msi or settings:
            raise UsageError("--msi and --set belong to playbooks; --undo goes by what the run recorded")
        earlier = find_run(
            undo_run,
            lambda result: result.playbook != undo.NAME and (undo.changed_anything(result) or _may_change(result)),
            "changed anything that can be undone",
            tell_unended,
            tell_aside,
        )
        if _may_change(earlier):
            raise UsageError(
                f"{earlier.title} is still at work; wait for its end, stop it, or name another run (see "
                "`sspr runs list`)"
            )
        tell_unended(earlier)
        for before in broken_off_before(earlier, undo.changed_anything):
            tell_broken_off(before)
        prepared = prepare(
            UndoRun(
                inventory=inventory,
                limit=limit,
                forks=forks,
                check=check,
                folder=folder,
                lease_wait_minutes=lease_wait,
                ignore_windows=ignore_windows,
                new_password=new_password,
                durable=not ephemeral,
                state=state,
                notify=tuple(notify or ()),
                until=until,
                detached=detach,
                run=earlier,
            )
        )
        _tell_missing(earlier, undo.changed_but_not_in(prepared.inventory, earlier))
    else:
        loaded = load_playbook(playbook or "")
        if msi:
            loaded = loaded.with_packages(msi)
        loaded = loaded.overridden(settings or [])
        request = RunPlaybook(
            inventory=inventory,
            limit=limit,
            forks=forks,
            check=check,
            folder=folder,
            lease_wait_minutes=lease_wait,
            ignore_windows=ignore_windows,
            new_password=new_password,
            durable=not ephemeral,
            state=state,
            notify=tuple(notify or ()),
            until=until,
            detached=detach,
            playbook=loaded,
        )
        try:
            prepared = prepare(request)
        except PackageUnproven as unproven:
            if yes or not _trusted(unproven):
                raise
            prepared = prepare(replace(request, playbook=loaded.with_unproven()))
    begin = leave_to_a_worker if detach else launch
    begin(prepared, outputs, yes=yes)


def _check_keeping(*, ephemeral: bool, state: str | None, detach: bool) -> None:
    """What is said of where the run is kept has to go together. Raises UsageError."""
    if ephemeral and state is not None:
        raise UsageError("--state says where a run is kept that --ephemeral does not keep; leave out one of them")
    if ephemeral and detach:
        raise UsageError("--detach leaves the run to another process, and --ephemeral ends it with this; choose one")


def _may_change(result: RunResult) -> bool:
    """Whether that run is at work and may change hosts yet."""
    from orchestrator.runs.store import AT_WORK

    return result.state == AT_WORK and not result.check


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
