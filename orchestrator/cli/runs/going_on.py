"""`sspr runs resume` and `retry`: an earlier run gone on with, or done again where it did not end well."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli import completion, options

_ForksAsBefore = Annotated[
    int | None,
    typer.Option("--forks", "--at-once", "-f", metavar="N", min=1, max=512, help="As before, unless said."),
]


def resume(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run that was stopped or killed: its identifier or the beginning of it, or its folder; `last` is "
            "the newest.",
            autocompletion=completion.runs,
        ),
    ],
    forks: _ForksAsBefore = None,
    json: options.Json = None,
    report: options.Report = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
    prometheus: options.Prometheus = None,
    notify: options.Notify = None,
    new_password: options.NewPassword = False,
    until: options.Until = None,
    detach: options.Detach = False,
    yes: options.Yes = False,
) -> None:
    """Go on with a run that was stopped or paused, or whose process was killed, as it was when it began.

    [dim]sspr runs resume last[/]

    Hosts, steps, packages and policies are those of its beginning, whatever has changed in their files since. Hosts
    that are through stay as they are; passwords are asked for, or looked up, anew. Without --detach it is no worker's
    any more. Exit codes are those of `sspr run`.
    """
    from orchestrator.app import resume as prepare_again
    from orchestrator.cli.detach import leave_to_a_worker
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs
    from orchestrator.runs.orders import Order, withdraw
    from orchestrator.runs.store import find_folder

    folder = find_folder(run)
    prepared = prepare_again(
        folder, forks=forks, new_password=new_password, notify=notify or (), until=until, detached=detach
    )
    withdraw(folder, Order.PAUSE)
    begin = leave_to_a_worker if detach else launch
    begin(prepared, Outputs(json, report, csv, delimiter, prometheus), yes=yes)


def retry(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run that has ended: its identifier or the beginning of it, or its folder; `last` is the newest.",
            autocompletion=completion.runs,
        ),
    ],
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            metavar="OUTCOME",
            help="Only the hosts that ended so, rather than all that are not fine: failed, unreachable and so on, "
            "several with commas between.",
            autocompletion=completion.endings,
        ),
    ] = None,
    limit: options.LimitOfRun = None,
    forks: _ForksAsBefore = None,
    json: options.Json = None,
    report: options.Report = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
    prometheus: options.Prometheus = None,
    notify: options.Notify = None,
    folder: options.Folder = None,
    new_password: options.NewPassword = False,
    yes: options.Yes = False,
) -> None:
    """Do again what a run was to do, on those of its hosts that are not fine, and on no others.

    [dim]sspr runs retry last --only failed,unreachable[/]

    It is a new run, of the playbook, settings, packages and policies that the earlier one has kept, whatever has
    changed in their files since; passwords are asked for, or looked up, anew. Exit codes are those of `sspr run`.
    """
    from orchestrator.app import retry as prepare_retry
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs
    from orchestrator.runs.past_hosts import NOT_OK
    from orchestrator.runs.store import find_folder

    prepared = prepare_retry(
        find_folder(run),
        [ending.strip() for ending in (only or NOT_OK).split(",")],
        limit=limit,
        forks=forks,
        into=folder,
        new_password=new_password,
        notify=notify or (),
    )
    launch(prepared, Outputs(json, report, csv, delimiter, prometheus), yes=yes)
