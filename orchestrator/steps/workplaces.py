"""Where a step works on a host that leaves nothing there: a folder of its run's, which goes when the step ends."""

from __future__ import annotations

import platform
from pathlib import Path

from orchestrator.remote.target import Target
from orchestrator.steps.declaration import StepContext
from orchestrator.steps.detached import job_for
from orchestrator.windows import workplace
from orchestrator.windows.workplace import Workplace


def own(what: str, context: StepContext) -> Workplace:
    """The folder in which this run does a step.

    Another run has another, as both may be at work at once. It lies in one of computer, user and step; see `leave`.
    """
    owner = job_for(what, platform.node(), str(Path.home()), context.name)
    return Workplace(job_for(context.run_id).token, owner.token)


async def leave(target: Target, place: Workplace, context: StepContext) -> None:
    """Removes a workplace, and those of its owner's runs that have certainly ended without removing theirs."""
    others = await target.apply(workplace.remove(place), workplace.beside(place))
    at_work = context.others.at_work() if others else None
    if at_work is None:
        return
    tokens = {job_for(run).token for run in at_work}
    if dead := [each for each in others if each.token not in tokens]:
        await target.apply(workplace.remove(*dead))
