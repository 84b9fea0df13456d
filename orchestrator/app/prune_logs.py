"""Logs that were brought home long ago removed: what is as it came, and nothing that somebody else put there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from orchestrator.app.verify_logs import VerifiedLogs, verify_logs
from orchestrator.harvest.bundle import read_manifest
from orchestrator.harvest.layout import COLLECTED, MANIFEST, ZIP
from orchestrator.model.errors import UsageError
from orchestrator.runs.durable_file import being_written
from orchestrator.runs.folders import run_folders


@dataclass(frozen=True)
class LogPruning:
    """What would go.

    Attributes:
        logs: Each a host's, of one run.
        spared: Logs that may be old enough and stay, each with the reason.
    """

    logs: Sequence[VerifiedLogs]
    spared: Sequence[tuple[Path, str]]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(each.bytes for each in self.logs)


def logs_to_prune(now: datetime, older_than: timedelta, folder: Path | None = None) -> LogPruning:
    """What would go, and nothing is done yet. What is not as it was brought home stays.

    Args:
        now: This moment.
        older_than: How long ago logs have to have been brought home.
        folder: Where they are; None for those of all runs that are known.

    Raises:
        UsageError: There are none in the folder, or the state folder is none.
        OSError: It cannot be read.
    """
    going: list[VerifiedLogs] = []
    spared: list[tuple[Path, str]] = []
    for found in verify_logs(folder) if folder else _of_all_runs(spared):
        if found.problems:
            spared.append((found.folder, "; ".join(found.problems)))
        elif found.copy_of is not None:
            spared.append((found.folder, "it is a redacted copy, and was not brought home"))
        elif found.taken is not None and found.taken < now - older_than:
            going.append(found)
    return LogPruning(going, spared)


def _of_all_runs(spared: list[tuple[Path, str]]) -> Iterator[VerifiedLogs]:
    for run in run_folders():
        if not run.ended or not run.hosts.is_dir() or being_written(run.journal):
            continue
        try:
            yield from verify_logs(run.path)
        except (UsageError, OSError) as error:
            if any(run.hosts.glob(f"*/*/{MANIFEST}")) or any(run.hosts.glob(f"*/*{ZIP}")):
                spared.append((run.path, str(error)))


def prune_logs(logs: Sequence[VerifiedLogs]) -> list[tuple[Path, str]]:
    """Removes logs: of a folder the files that its manifest lists, one by one, and folders that are empty then.

    Returns:
        Those that could not be removed, each with the reason.
    """
    left = []
    for each in logs:
        try:
            _remove(each.folder)
        except OSError as error:
            left.append((each.folder, f"{error.filename or each.folder}: {error.strerror}"))
    return left


def _remove(place: Path) -> None:
    """Raises OSError, also where something has been put there meanwhile, which stays."""
    if not place.is_dir():
        place.unlink()
        return
    for entry in read_manifest(place).files:
        (place / entry.name).unlink(missing_ok=True)
    (place / COLLECTED).rmdir()
    (place / MANIFEST).unlink()
    place.rmdir()
