"""`sspr run`: a playbook on the hosts of an inventory."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli import options
from orchestrator.cli.launch import Order, launch
from orchestrator.playbook.load import load_playbook


def run(
    playbook: Annotated[str, typer.Argument(help="A shipped playbook by name (see `sspr playbooks`), or a file.")],
    inventory: options.Inventory,
    limit: options.Limit = None,
    check: options.Check = False,
    msi: options.Msi = None,
    settings: options.Settings = None,
    at_once: options.AtOnce = options.AT_ONCE,
    json: options.Json = None,
    report: options.Report = None,
    folder: options.Folder = None,
    yes: options.Yes = False,
) -> None:
    """Run a playbook.

    [dim]sspr run install -i inventory.yaml --msi SsprWindowsLogon.PROD.msi --report install.html[/]

    Exit codes: 0 every host is fine, 1 some host is not, 2 wrong usage, 3 stopped by a guard, 130 interrupted.
    """
    loaded = load_playbook(playbook)
    if msi:
        loaded = loaded.with_packages(msi)
    loaded = loaded.overridden(settings or [])
    launch(Order(loaded, inventory, limit, at_once, check, json, report, folder, yes))
