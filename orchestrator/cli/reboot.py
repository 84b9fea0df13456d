"""`sspr reboot`: restarts scheduled, proved, and cancelled."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated

import typer

from orchestrator.cli import options
from orchestrator.cli.launch import Order, launch
from orchestrator.model.errors import UsageError
from orchestrator.playbook.load import load_playbook
from orchestrator.steps.reboot import CANCEL, KIND

app = typer.Typer(
    no_args_is_help=True,
    help="Restart hosts and prove that they did, or cancel such a restart.\n\n"
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
    at_once: options.AtOnce = options.AT_ONCE,
    json_file: options.Json = None,
    csv: options.Csv = None,
    yes: options.Yes = False,
) -> None:
    """Restart hosts now, in some minutes or at a time, and wait until they are back.

    [dim]sspr reboot schedule -i inventory.yaml --limit branch-12 --at 22:30 --no-wait[/]
    """
    if minutes is not None and at is not None:
        raise UsageError("--in and --at exclude each other; give one of them")
    settings: dict[str, object] = {}
    if at is not None:
        settings["at"] = at
    if message is not None:
        settings["message"] = message
    if no_wait:
        settings["wait"] = False
    # JSON is YAML in which no text is taken for anything else.
    playbook = (
        load_playbook("reboot")
        .overridden([f"reboot.delay_minutes={minutes or 0}"])
        .overridden([f"reboot.{key}={json.dumps(value, ensure_ascii=False)}" for key, value in settings.items()])
    )
    launch(Order(playbook, inventory, limit, at_once, check, json_file, csv=csv, yes=yes))


@app.command("cancel")
def cancel(
    inventory: options.Inventory,
    limit: options.Limit = None,
    check: options.Check = False,
    at_once: options.AtOnce = options.AT_ONCE,
    json_file: options.Json = None,
    csv: options.Csv = None,
    yes: options.Yes = False,
) -> None:
    """Cancel restarts that this program has scheduled; those of others are left alone.

    [dim]sspr reboot cancel -i inventory.yaml --limit branch-12[/]
    """
    playbook = load_playbook("reboot")
    (step,) = (step for step in playbook.steps if step.kind is KIND)
    cancelling = replace(
        playbook,
        name="cancel-reboot",
        description="Cancels restarts that this program has scheduled.",
        steps=(replace(step, kind=CANCEL, name="cancel-reboot"),),
    )
    launch(Order(cancelling, inventory, limit, at_once, check, json_file, csv=csv, yes=yes))
