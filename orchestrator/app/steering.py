"""A run paused or cancelled from outside: by an order to the process at work on it, or at once where there is none."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

from orchestrator.model.errors import UsageError
from orchestrator.model.events import RunFinished
from orchestrator.model.result import ENDED_STATES, RunResult
from orchestrator.runs import orders
from orchestrator.runs.durable_file import being_written
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.handed_over import is_left_to_workers
from orchestrator.runs.journal import Journal
from orchestrator.runs.orders import Order
from orchestrator.runs.result_file import write_result
from orchestrator.runs.store import known_of

_LOOK_SECONDS: Final = 0.2
_ENDED_BY: Final = {Order.PAUSE: "paused", Order.CANCEL: "cancelled"}


def give_order(folder: RunFolder, order: Order) -> bool:
    """Orders a run to pause, or to be over.

    Args:
        folder: The run's.
        order: Which of both.

    Returns:
        Whether a process is at work on it that has to be told; `taken` waits for that. Otherwise the run is what it
        was ordered to be.

    Raises:
        UsageError: It has ended already, it cannot be gone on with after a pause, or it is another person's.
        DocumentError: What is kept of it cannot be read.
        UntrustedPath: Another person may write it.
        OSError: It cannot be written.
    """
    orders.check_ours(folder)
    _check_of_use(folder, order)
    if order is Order.CANCEL or being_written(folder.journal):
        orders.give(folder, order)
    return being_written(folder.journal) is not False or not _settled(folder, order)


def taken(folder: RunFolder, order: Order) -> RunResult:
    """Waits until a run has heard an order, or has ended; what is known of it then."""
    while True:
        given = orders.standing(folder, order)
        if given is None or given.heard:
            return known_of(folder)
        if being_written(folder.journal) is False and _settled(folder, order):
            return known_of(folder)
        time.sleep(_LOOK_SECONDS)


def _check_of_use(folder: RunFolder, order: Order) -> None:
    state = known_of(folder).state
    if state == "finished":
        raise UsageError(f"run {folder.name} has finished; there is nothing to {order}")
    if orders.is_cancelled(folder) and (order is Order.PAUSE or state == "cancelled"):
        raise UsageError(f"run {folder.name} was cancelled already, and is over")
    if order is not Order.PAUSE:
        return
    if not folder.kept.is_file():
        raise UsageError(
            f"run {folder.name} keeps nothing by which it could be gone on with after a pause; "
            f"`sspr runs cancel {folder.reference}` stops it"
        )
    if state in ENDED_STATES and not is_left_to_workers(folder.name, state):
        raise UsageError(
            f"nobody is at work on run {folder.name}: {state}; `sspr runs resume {folder.reference}` goes on with it"
        )


def _settled(folder: RunFolder, order: Order) -> bool:
    """Writes what a run has come to on which nobody is at work; False where somebody is."""
    try:
        with Journal(folder.journal) as log:  # held, so that nobody goes on with it meanwhile
            known = known_of(folder, held=True)
            if known.state == "finished":
                orders.withdraw(folder, *Order)
                return True
            ended = replace(known, state=_ENDED_BY[order])
            log.notify(RunFinished(ended))
            write_result(replace(ended, log=log.end), folder.result)
            orders.withdraw(folder, Order.PAUSE)
    except BlockingIOError:
        return False
    return True
