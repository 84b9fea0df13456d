"""`sspr doctor`: does a real machine do what this program believes of Windows?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli import completion, options
from orchestrator.cli.launch import Order, launch
from orchestrator.console.csv_file import doctor_table
from orchestrator.console.doctor_page import print_doctor_page
from orchestrator.playbook.plan import Condition, PlannedStep, Playbook
from orchestrator.steps.doctor import KIND, DoctorParameters


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
    folder: options.Folder = None,
) -> None:
    """Run what this program believes of Windows against one real machine, and print what differs.

    [dim]sspr doctor PC-0042 -i inventory.yaml > findings.md[/]

    Nothing is changed without --changes; with it, what was made is removed again.
    """
    parameters = DoctorParameters(changes=changes)
    step = PlannedStep(KIND, KIND.name, parameters, Condition(), 60.0 * parameters.allowed_minutes)
    playbook = Playbook("doctor", "Tests what is believed of Windows.", (step,), Path())
    show = print_doctor_page
    launch(Order(playbook, inventory, host, 1, False, json, None, folder, True, show, csv, doctor_table))
