"""`sspr doctor`: does a real machine do what this program believes of Windows?"""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli import completion, options


def doctor(
    host: Annotated[
        str,
        typer.Argument(metavar="HOST", help="The host, by its name in the inventory.", autocompletion=completion.host),
    ],
    inventory: options.Inventory,
    changes: Annotated[
        bool, typer.Option("--changes", help="Also try what needs a folder, a task and a registry key on the host.")
    ] = False,
    json: options.Json = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
    folder: options.Folder = None,
    new_password: options.NewPassword = False,
) -> None:
    """Test on one real machine what this program assumes about Windows, and print what differs.

    [dim]sspr doctor PC-0042 -i inventory.yaml > findings.md[/]

    Nothing is changed without --changes; with it, what was made is removed again.
    """
    from orchestrator.app import Doctor, prepare
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs
    from orchestrator.console.csv_file import doctor_table
    from orchestrator.console.doctor_page import print_doctor_page

    request = Doctor(
        inventory=inventory, limit=host, forks=1, folder=folder, new_password=new_password, changes=changes
    )
    launch(prepare(request), Outputs(json, csv=csv, delimiter=delimiter), show=print_doctor_page, table=doctor_table)
