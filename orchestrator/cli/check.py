"""`sspr check`: is every host fit for the add-in? Changes nothing."""

from __future__ import annotations

from orchestrator.cli import options
from orchestrator.cli.launch import Order, launch
from orchestrator.console.check_table import print_check_table
from orchestrator.console.csv_file import check_table
from orchestrator.playbook.load import load_playbook


def check(
    inventory: options.Inventory,
    limit: options.Limit = None,
    at_once: options.AtOnce = options.AT_ONCE,
    json: options.Json = None,
    report: options.Report = None,
    csv: options.Csv = None,
    folder: options.Folder = None,
) -> None:
    """Look whether hosts are fit for the add-in: Windows, TLS 1.2, pending restarts, what may be in the way.

    [dim]sspr check -i inventory.yaml --limit seoul[/]
    """
    playbook = load_playbook("preflight")
    show = print_check_table
    launch(Order(playbook, inventory, limit, at_once, False, json, report, folder, True, show, csv, check_table))
