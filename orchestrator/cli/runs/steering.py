"""`sspr runs pause`, `cancel` and `approve`: a run told by another terminal to begin nothing new, or a wave."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli import completion
from orchestrator.cli.streams import note
from orchestrator.model.result import ENDED_STATES
from orchestrator.runs.orders import Order

_Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run of yours: its identifier or the beginning of it, or its folder; `last` is the newest.",
        autocompletion=completion.runs,
    ),
]


def pause(run: _Run) -> None:
    """Have a run begin nothing new and end, so that it can be gone on with later.

    [dim]sspr runs pause last[/]

    What is being done on hosts is brought to its end there, as after Ctrl-C, and waits are cut short. The process at
    work on the run takes the order within a second or so, which is waited for. `sspr runs resume` goes on with it.
    """
    _order(run, Order.PAUSE)


def cancel(run: _Run) -> None:
    """Have a run begin nothing new and be over: it cannot be gone on with.

    [dim]sspr runs cancel last[/]

    What is being done on hosts is brought to its end there, as after Ctrl-C, and nothing is taken back. A run that
    nobody is at work on is cancelled at once. `sspr runs retry` begins a new one on the hosts that are not fine.
    """
    _order(run, Order.CANCEL)


def approve(
    run: _Run,
    wave: Annotated[
        int | None, typer.Option("--wave", metavar="N", min=2, help="Which; the one that waits, unless said.")
    ] = None,
) -> None:
    """Let the next wave of a run begin, whose playbook wants that of a person (`strategy.approval`).

    [dim]sspr runs approve last[/]

    Look at how the waves before have ended first: `sspr runs show last`. The run's log says who has approved it.
    """
    from orchestrator.console.words import machines
    from orchestrator.runs.approvals import approve as let_begin
    from orchestrator.runs.store import find_folder

    folder = find_folder(run)
    number, hosts = let_begin(folder, wave)
    typer.echo(f"wave {number} of run {folder.name} may begin: {machines(hosts)}")


def _order(reference: str, order: Order) -> None:
    from orchestrator.app.steering import give_order, taken
    from orchestrator.cli.outputs import tell_aside, tell_how_to_go_on
    from orchestrator.console.still_to_come import still_to_come
    from orchestrator.runs.store import can_be_gone_on_with, find_folder, known_of

    folder = find_folder(reference)
    if give_order(folder, order):
        note(f"waiting for the process that is at work on run {folder.name}; the order stands if you do not wait")
        known = taken(folder, order)
    else:
        note(f"nobody is at work on run {folder.name}")
        known = known_of(folder, tell_aside)
    ended = known.state in ENDED_STATES
    typer.echo(f"run {folder.name} {'is' if ended else 'begins nothing new, and will be'} {_said(order, known.state)}")
    for each in still_to_come(known):
        note(each)
    if ended and order is Order.CANCEL:
        _tell_turns(folder.name)
    if can_be_gone_on_with(known):
        tell_how_to_go_on(folder.name, known.state)
    elif not ended:
        note(f"`sspr runs watch {folder.reference}` shows its end")


def _tell_turns(run: str) -> None:
    """Says which hosts keep others from restarting for a run that will not see them back."""
    from orchestrator.console.words import one_line
    from orchestrator.model.clock import Clock
    from orchestrator.model.result import shown
    from orchestrator.runs.restart_turns import RestartTurns

    for turn in RestartTurns.kept(Clock()).turns():
        if turn.run == run:
            note(
                f"{one_line(turn.host)} keeps others of `{one_line(turn.group)}` from restarting until "
                f"{shown(turn.until.date)}: `sspr reboot cancel` looks at it and ends that, `sspr reboot free` does "
                "without looking"
            )


def _said(order: Order, state: str) -> str:
    """The state that a run has come to, or will."""
    return state if state in ENDED_STATES else {Order.PAUSE: "paused", Order.CANCEL: "cancelled"}[order]
