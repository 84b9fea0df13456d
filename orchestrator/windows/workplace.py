"""Workplaces: folders on a host that a run works in without a task; those of one owner lie in a folder of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from orchestrator.model.message import phrase
from orchestrator.windows import job
from orchestrator.windows.command import Change, Fact
from orchestrator.windows.job import Job

_REMOVE_FOLDER = phrase("change-remove-folder")


@dataclass(frozen=True)
class Workplace(Job):
    """The folder of one run; `owner` is 8 to 32 letters and digits that all runs have who may tidy up after it."""

    owner: str

    @property
    def above(self) -> tuple[str, ...]:
        """The folder of its owner's workplaces, and those above."""
        return (rf"{job.ROOT}\work-{self.owner}", *super().above)


def beside(place: Workplace) -> Fact[tuple[Workplace, ...]]:
    """The workplaces that there are of the same owner."""
    return job.present("workplaces", place.above[0], lambda token: Workplace(token, place.owner))


def remove(*places: Workplace) -> Change:
    """Removes workplaces, and the folders above them when they are empty; that one is gone is no failure."""
    return Change(_REMOVE_FOLDER(), tuple(chain.from_iterable(map(job.remove_folder, places))))
