"""`sspr reboot`: restarts scheduled, verified, and cancelled, and whose turn it is where no two may come at once."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli import options
from orchestrator.model.errors import UsageError

app = typer.Typer(
    no_args_is_help=True,
    help="Restart hosts and verify that they did, or cancel such a restart.\n\n"
    "[dim]sspr reboot schedule -i inventory.yaml --limit branch-12 --at 22:30 --no-wait[/]",
)


@app.command("schedule")
def schedule(
    inventory: options.Inventory,
    limit: options.Limit = None,
    minutes: Annotated[int | None, typer.Option("--in", metavar="MINUTES", min=0, help="In so many minutes.")] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="HH:MM", help="At a time on the host's own clock.")] = None,
    message: Annotated[str | None, typer.Option("--message", help="What people at the host are told.")] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Schedule only; do not wait for the host.")] = False,
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
    """Restart hosts now, in some minutes or at a time, and wait until they are back.

    [dim]sspr reboot schedule -i inventory.yaml --limit branch-12 --at 22:30 --no-wait[/]
    """
    from orchestrator.app import Reboot, prepare
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs

    if minutes is not None and at is not None:
        raise UsageError("--in and --at exclude each other; give one of them")
    request = Reboot(
        inventory=inventory,
        limit=limit,
        forks=forks,
        check=check,
        folder=folder,
        lease_wait_minutes=lease_wait,
        ignore_windows=ignore_windows,
        new_password=new_password,
        delay_minutes=minutes or 0,
        at=at,
        message=message,
        wait=not no_wait,
    )
    launch(prepare(request), Outputs(json, report, csv, delimiter), yes=yes)


@app.command("cancel")
def cancel(
    inventory: options.Inventory,
    limit: options.Limit = None,
    check: options.Check = False,
    forks: options.Forks = options.FORKS,
    lease_wait: options.LeaseWait = options.LEASE_WAIT,
    json: options.Json = None,
    report: options.Report = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
    folder: options.Folder = None,
    new_password: options.NewPassword = False,
    yes: options.Yes = False,
) -> None:
    """Cancel restarts that this program has scheduled; those of others are left alone.

    [dim]sspr reboot cancel -i inventory.yaml --limit branch-12[/]

    A turn to restart (`anti_affinity`) that a run has left to a host is over with that, once the host is seen to be up.
    """
    from orchestrator.app import CancelReboot, prepare
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs

    request = CancelReboot(
        inventory=inventory,
        limit=limit,
        forks=forks,
        check=check,
        folder=folder,
        lease_wait_minutes=lease_wait,
        new_password=new_password,
    )
    launch(prepare(request), Outputs(json, report, csv, delimiter), yes=yes)


@app.command("turns")
def list_turns() -> None:
    """List the hosts whose turn it is to restart, where no two of the same `anti_affinity` may at once.

    [dim]sspr reboot turns[/]

    A turn ends when its run sees the host back, or else at the time that is shown. `sspr reboot cancel`, and the step
    `reboot` where none is needed, look at a host whose run was killed, and end its turn if no restart is set there.
    """
    from orchestrator.cli.outputs import Outputs
    from orchestrator.console.columns import print_columns
    from orchestrator.console.words import one_line
    from orchestrator.model.clock import Clock
    from orchestrator.model.result import shown
    from orchestrator.runs.restart_turns import RestartTurns

    turns = RestartTurns.kept(Clock()).turns()
    if not turns:
        typer.echo("no host has a turn to restart")
        return
    rows = [
        tuple(
            one_line(text)
            for text in (
                turn.group,
                turn.host,
                turn.run or "",
                "at work" if turn.is_of_a_run_at_work else "not at work",
                shown(turn.until.date),
            )
        )
        for turn in turns
    ]
    print_columns(Outputs().screen(), ("Anti-affinity", "Host", "Run", "State", "Until"), rows)


@app.command("free")
def free(
    host: Annotated[str, typer.Argument(metavar="HOST", help="The host whose turn it is; see `sspr reboot turns`.")],
    yes: options.Yes = False,
) -> None:
    """End the turn of a host to restart by your word, where no run will and nobody can look.

    [dim]sspr reboot free TILL-1204[/]

    The next host of its `anti_affinity` may restart then. Say so only of a host that is up with no restart set, or that
    never comes back; where it answers, `sspr reboot cancel` looks by itself. Refused while its run is at work.
    """
    from rich.console import Console

    from orchestrator.cli.exit_code import ExitCode
    from orchestrator.cli.launch import can_ask, confirmed
    from orchestrator.model.clock import Clock
    from orchestrator.runs.restart_turns import RestartTurns

    if not yes:
        if not can_ask(Console(stderr=True)):
            raise UsageError("nobody can be asked without a terminal: say --yes if no restart of the host can come")
        if not confirmed(f"Can no restart of {host} come any more?"):
            raise typer.Exit(ExitCode.NOTHING_BEGUN)
    turn = RestartTurns.kept(Clock()).free(host)
    typer.echo(f"the turn of {turn.host} is over; the next of `{turn.group}` may restart")
