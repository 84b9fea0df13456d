"""A run that is left to a worker: handed over as it is, and taken up by the process that goes on with it."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.app.prepare import PreparedRun
from orchestrator.model.coordinator import own_failure
from orchestrator.model.errors import UsageError
from orchestrator.model.result import RunResult
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.handed_over import GONE_ON_WITH, HandedOver, hand_over, read_handed_over, take_back
from orchestrator.runs.store import known_of


def detach(prepared: PreparedRun, outputs: HandedOver) -> HandedOver:
    """Has a worker carry a run out, or go on with it; nothing of it is begun here.

    Args:
        prepared: The run, of a request that is `detached`.
        outputs: What is to be written at its end; the run itself is filled in.

    Raises:
        UsageError: Another run has the folder, or another person may write there; the database cannot be used.
        CoordinatorError: What a worker has to know cannot be written.
    """
    request, before = prepared.request, prepared.before
    if before is None:
        folder = prepared.keep()
    else:
        assert request.folder is not None, "a run that is gone on with has one"
        folder = RunFolder(request.folder, before.id)
    try:
        run = replace(
            outputs,
            run=folder.name,
            folder=folder.path.absolute(),
            forks=request.forks if before else None,
            new_password=request.new_password,
            notify=tuple(dict.fromkeys(each.reference for each in prepared.told)) if before else (),
            opening=prepared.opening(folder),
        )
        folder.enlist(run.run)
        if before:
            folder.reopen()
        hand_over(run)
    except OSError as error:
        raise own_failure(error, folder.path) from error
    return run


def taken_up(name: str) -> HandedOver:
    """What the process that goes on with a run has to know; of a new password it is told once.

    Raises:
        UsageError: The run is not handed over.
        OSError: What is told once cannot be noted.
    """
    run = read_handed_over(name)
    if run is None:
        raise UsageError(f"run {name} is not handed over to workers; `sspr runs resume {name} --detach` does that")
    if run.new_password:
        hand_over(replace(run, new_password=False))
    return run


def come_to(run: HandedOver) -> RunResult | None:
    """What a run came to whose process was killed before it had written all else; None of one that has not ended.

    Raises:
        DocumentError: Neither its result file nor its log can be read.
    """
    result = known_of(run.run_folder) if run.run_folder.ended else None
    return None if result is None or result.state in GONE_ON_WITH else result


def settle(run: HandedOver, result: RunResult) -> None:
    """Has no worker go on with a run that has ended, or that needs a person first. Raises OSError."""
    if result.state not in GONE_ON_WITH:
        take_back(run.run)
