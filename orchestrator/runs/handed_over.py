"""Runs that are handed over to workers: a file each in the state folder, for as long as a worker is to go on with them.

The file is there from the moment at which the run can be gone on with until it has ended, has been paused, or somebody
goes on with it at a terminal. Its run is kept in the run's own folder (`runs/kept.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.model import trust
from orchestrator.model.codec import decode, encode
from orchestrator.model.errors import DocumentError
from orchestrator.model.private_file import write_private
from orchestrator.model.result import ENDED_STATES
from orchestrator.model.spreadsheet import Delimiter
from orchestrator.runs.folders import RunFolder, state_folder
from orchestrator.runs.origin import Opening

GONE_ON_WITH: Final = frozenset({"interrupted", "failed"})
"""How runs have ended that a worker goes on with: the process was to end, or this computer could not do its part."""
_SUFFIX: Final = ".json"


@dataclass(frozen=True, kw_only=True)
class HandedOver:
    """What a worker has to know of a run.

    Attributes:
        run: Its name.
        folder: Where it is kept; absolute, as are the paths below.
        forks: How many of its hosts are at work at once, where that is to be another number than it was begun with.
        new_password: Whether passwords are new since, whose refused log-ons do not count then; that holds once.
        json: Where its result file is written at its end, besides its folder.
        report: Where its HTML report is written then.
        csv: Where its table is written then.
        delimiter: What separates the table's cells.
        prometheus: Where its metrics are written meanwhile and then.
        opening: What the process that hands it over tells of itself, for the run's log.
        notify: Who is told of its end, where that is to be others than those that it was begun with.
    """

    run: str
    folder: Path
    forks: int | None = None
    new_password: bool = False
    json: Path | None = None
    report: Path | None = None
    csv: Path | None = None
    delimiter: Delimiter | None = None
    prometheus: Path | None = None
    notify: tuple[str, ...] = ()
    opening: Opening | None = None

    @property
    def run_folder(self) -> RunFolder:
        return RunFolder(self.folder, self.run)


def hand_over(run: HandedOver) -> None:
    """Has a worker go on with a run from now on; a worker finds it within a second or two.

    Raises:
        OSError: The file cannot be written.
    """
    write_private(_file(run.run), encode(run).encode() + b"\n")


def handed_over() -> list[str]:
    """The names of the runs that workers are to go on with, oldest first. Raises OSError."""
    try:
        return sorted(file.stem for file in _above().iterdir() if file.suffix == _SUFFIX and file.stem[:1] != ".")
    except FileNotFoundError:
        return []


def is_left_to_workers(run: str, state: str) -> bool:
    """Whether a worker is to go on with a run that has come to this state. Raises OSError."""
    return (state in GONE_ON_WITH or state not in ENDED_STATES) and _file(run).is_file()


def read_handed_over(run: str) -> HandedOver | None:
    """What a worker has to know of a run; None where it is handed over no more.

    Raises:
        DocumentError: The file cannot be used.
        UntrustedPath: Another person may write it.
    """
    try:
        return decode(HandedOver, trust.read(_file(run)).decode())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DocumentError(_file(run), None, f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        problem = f"is not what a worker is told of a run; hand it over again: `sspr runs resume {run} --detach`"
        raise DocumentError(_file(run), None, problem) from error


def take_back(run: str) -> None:
    """Has no worker go on with a run any more; one that is at work on it is not disturbed. Raises OSError."""
    _file(run).unlink(missing_ok=True)


def _above() -> Path:
    return state_folder() / "handed-over"


def _file(run: str) -> Path:
    return _above() / f"{run}{_SUFFIX}"
