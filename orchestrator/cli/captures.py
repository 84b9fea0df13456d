"""`sspr logs capture`, `captures` and `sweep`: verbose logging for a while, behind a dead-man's switch on the host."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from orchestrator.cli import completion, options
from orchestrator.cli.exit_code import ExitCode
from orchestrator.model.errors import UsageError

if TYPE_CHECKING:
    from orchestrator.app.captures import Known
    from orchestrator.cli.outputs import Outputs
    from orchestrator.console.captures import Row

_HOSTS: Final = typer.Argument(
    metavar="HOST...",
    help="Names, groups and globs, as --limit takes them; ! leaves out, & narrows down.",
    autocompletion=completion.host,
)
_HOSTS_OR_ALL: Final = typer.Argument(
    metavar="[HOST]...", help="Only these hosts: names, or globs.", autocompletion=completion.host
)


def capture(
    hosts: Annotated[list[str], _HOSTS],
    inventory: options.InventoryUnlessPast = None,
    minutes: options.ForMinutes = "15m",  # type: ignore[assignment]  # typer parses a default as well
    stop: Annotated[
        bool, typer.Option("--stop", help="End captures now: whoever waits brings the logs home; else this does.")
    ] = False,
    days: Annotated[int, typer.Option(metavar="N", min=1, help="How far back installer and restart events go.")] = 30,
    check: options.Check = False,
    forks: options.Forks = options.FORKS,
    lease_wait: options.LeaseWait = options.LEASE_WAIT,
    ignore_windows: options.IgnoreWindows = False,
    json: options.Json = None,
    report: options.Report = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
    folder: options.Folder = None,
    new_password: options.NewPassword = False,
    yes: options.Yes = False,
) -> None:
    """Switch verbose logging on for a while, wait until somebody has tried it, bring the logs home, and switch back.

    [dim]sspr logs capture PC-0042 --for 15m -i inventory.yaml[/]

    The machine switches back by itself at the end of that time, whatever becomes of this program, the network or a
    restart in between. Where a capture is on already, this one joins it. On Windows 10, and where verbose logging was
    on before, nothing is switched.
    """
    from orchestrator.app import CaptureLogs, EndCapture, prepare
    from orchestrator.cli.capture_prompt import CapturePrompt
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs
    from orchestrator.model.spreadsheet import USUAL

    limit = ",".join(hosts)
    outputs = Outputs(json, report, csv, delimiter)
    if stop:
        left = _told_to_end(hosts, inventory)
        if not left:
            raise typer.Exit(ExitCode.FINE)
        inventory, limit = left
    if inventory is None:
        raise UsageError("which hosts, and how to log on there, is in an inventory: give it by -i")
    asked = CaptureLogs(
        inventory=inventory,
        limit=limit,
        forks=forks,
        check=check,
        folder=folder,
        lease_wait_minutes=lease_wait,
        ignore_windows=ignore_windows,
        new_password=new_password,
        days=days,
        delimiter=delimiter or USUAL,
        minutes=minutes,
    )
    if stop:
        launch(prepare(EndCapture.of(asked)), outputs, yes=yes)
    prepared = prepare(asked)
    names = [host.name for host in prepared.hosts]
    launch(prepared, outputs, beside=lambda aside: [CapturePrompt(names, aside)], yes=yes)


def _told_to_end(hosts: Sequence[str], inventory: Path | None) -> tuple[Path, str] | None:
    """Tells whoever waits to end captures; the others, by their inventory and a pattern, are for the caller to end."""
    from orchestrator.app.captures import known, names_in, tell_to_end
    from orchestrator.cli.streams import note

    limit = ",".join(hosts)
    found = known().in_inventory(inventory, limit) if inventory else known().of(hosts)
    tell_to_end(found.waited_for)
    for run in dict.fromkeys(each.run for each in found.waited_for):
        names = ", ".join(each.host for each in found.waited_for if each.run == run)
        note(f"run {run}, which waits, ends it now and brings the logs home: {names}")
    told = {each.host for each in found.waited_for}
    if inventory:
        names_left = sorted(names_in(inventory, limit) - told)
        return (inventory, ",".join(names_left)) if names_left else None
    return _of_one_inventory(found)


def _of_one_inventory(found: Known) -> tuple[Path, str] | None:
    inventories = {each.inventory for each in found.left}
    if len(inventories) > 1:
        raise UsageError("these hosts are of several inventories; give one of them by -i")
    if not inventories:
        return None
    return inventories.pop(), ",".join(sorted({each.host for each in found.left}))


def captures(
    hosts: Annotated[list[str] | None, _HOSTS_OR_ALL] = None,
    inventory: options.InventoryUnlessPast = None,
    forks: options.Forks = options.FORKS,
    json: options.Json = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
    folder: options.Folder = None,
) -> None:
    """List the captures that are on: since when, until when, and what is overdue; changes nothing.

    [dim]sspr logs captures[/]

    Without an inventory, those that were begun on this computer; with one (-i), the machines themselves are asked, so
    that captures of others are found too.
    """
    from orchestrator.cli.outputs import Outputs

    outputs = Outputs(json, csv=csv, delimiter=delimiter)
    if inventory is None:
        if json or folder:
            raise UsageError("--json and --folder are for what machines are asked; give the inventory (-i), too")
        _list_known(hosts or (), outputs)
    from orchestrator.app import ListCaptures, prepare
    from orchestrator.cli.launch import launch
    from orchestrator.console.captures import print_told, told_table

    request = ListCaptures(inventory=inventory, limit=",".join(hosts or ()) or None, forks=forks, folder=folder)
    launch(prepare(request), outputs, show=print_told, table=told_table)


def _list_known(hosts: Sequence[str], outputs: Outputs) -> NoReturn:
    from orchestrator.app.captures import known
    from orchestrator.console.captures import captures_table, print_rows

    outputs.check()
    rows = _rows(known().of(hosts))
    console = outputs.screen()
    print_rows(rows, console)
    if not rows:
        console.print("no capture that was begun here is on")
    raise typer.Exit(outputs.write(captures_table(rows)))


def _rows(found: Known) -> list[Row]:
    from orchestrator.console.captures import Row

    overdue = set(found.overdue)
    rows = [
        Row(each.host, f"run {each.run}", each.begun, each.until, each.there, "waited for") for each in found.waited_for
    ]
    for each in found.left:
        state = "overdue" if each in overdue else "on"
        rows.append(Row(each.host, f"run {each.run}", each.begun, each.until, each.there, state))
    return sorted(rows, key=lambda row: (row.since.timestamp() if row.since else 0.0, row.host))


def sweep(
    hosts: Annotated[list[str] | None, _HOSTS_OR_ALL] = None,
    inventory: options.InventoryUnlessPast = None,
    check: options.Check = False,
    forks: options.Forks = options.FORKS,
    lease_wait: options.LeaseWait = options.LEASE_WAIT,
    json: options.Json = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
    folder: options.Folder = None,
    new_password: options.NewPassword = False,
    yes: options.Yes = False,
) -> None:
    """Settle captures that should have ended: put back what was there before, take the task away, and prove both.

    [dim]sspr logs sweep --yes[/]

    Without an inventory, on hosts where captures were begun on this computer, are overdue and were not seen to end;
    with one (-i), on all of these hosts. A capture that is on and in time is left alone.
    """
    from orchestrator.app import SweepCaptures, prepare
    from orchestrator.app.captures import known
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs
    from orchestrator.cli.streams import note

    limit = ",".join(hosts or ()) or None
    if inventory is None:
        found = known().of(hosts or ())
        overdue = found.overdue
        if not overdue:
            note("no capture that was begun here is overdue")
            raise typer.Exit(ExitCode.FINE)
        inventory = overdue[0].inventory
        limit = ",".join(sorted({each.host for each in overdue if each.inventory == inventory}))
        for other in sorted({each.inventory for each in overdue} - {inventory}):
            note(f"others are overdue as well: run `sspr logs sweep -i {other}` next")
    request = SweepCaptures(
        inventory=inventory,
        limit=limit,
        forks=forks,
        check=check,
        folder=folder,
        lease_wait_minutes=lease_wait,
        new_password=new_password,
    )
    launch(prepare(request), Outputs(json, csv=csv, delimiter=delimiter), yes=yes)
