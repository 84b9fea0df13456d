"""Runs of long ago removed: their folders, the files that were kept for them alone, and their rows of the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from orchestrator.app.state import state_database
from orchestrator.app.undo import changed_anything
from orchestrator.model.errors import CoordinatorError, UsageError
from orchestrator.model.result import RunResult
from orchestrator.runs.durable_file import being_written
from orchestrator.runs.folders import RunFolder, progress_file, run_folders
from orchestrator.runs.kept import References, references
from orchestrator.runs.kept_files import remove_copies, unnamed_files
from orchestrator.runs.removal import empty_bin, remove_run, size_of
from orchestrator.runs.store import is_resumable, known_of
from orchestrator.sentences import say


@dataclass(frozen=True)
class Old:
    """A run that may go.

    Attributes:
        folder: Where it is kept.
        run: What is known of it.
        refers_to: What it refers to outside its folder; None where it was not kept.
        size: Bytes of its folder, where that goes.
    """

    folder: RunFolder
    run: RunResult
    refers_to: References | None
    size: int

    @property
    def undoes(self) -> bool:
        """Whether an undo needs it."""
        return changed_anything(self.run)


@dataclass(frozen=True)
class Pruning:
    """What would go.

    Attributes:
        runs: Newest first.
        copies: Kept files that no other run names.
        copies_size: Their bytes.
        spared: Runs that are old enough and stay, each with the reason.
    """

    runs: Sequence[Old]
    copies: Sequence[Path]
    copies_size: int
    spared: Sequence[tuple[str, str]]

    @property
    def size(self) -> int:
        """Bytes, without those of the database."""
        return sum(old.size for old in self.runs) + self.copies_size


@dataclass(frozen=True)
class Pruned:
    """What went.

    Attributes:
        runs: Names of those runs.
        size: Bytes.
        left: Runs that could not be removed, each with the reason.
    """

    runs: Sequence[str]
    size: int
    left: Sequence[tuple[str, str]]


def to_prune(now: datetime, *, older_than: timedelta, newest: int = 0, resumable: bool = False) -> Pruning:
    """What would go, and nothing is done yet.

    Args:
        now: This moment.
        older_than: Since when a run has to have ended.
        newest: How many of the newest runs stay, however old they are.
        resumable: Whether runs may go that can be gone on with.

    Raises:
        UsageError: The state folder is none.
        OSError: It cannot be read.
    """
    runs: list[Old] = []
    spared: list[tuple[str, str]] = []
    named: set[str] = set()
    certain = True
    for place, folder in enumerate(run_folders()):
        try:
            refers_to = references(folder)
            old = _old(folder, refers_to, now - older_than, resumable=resumable) if place >= newest else None
        except UsageError as error:
            spared.append((folder.name, str(error)))
            refers_to, old, certain = None, None, False
        if isinstance(old, Old):
            runs.append(old)
            continue
        if old is not None:
            spared.append((folder.name, old))
        named |= set(refers_to["files"].values() if refers_to else ())
    copies = unnamed_files(named, now) if certain else []
    return Pruning(runs, copies, sum(map(size_of, copies)), spared)


def _old(folder: RunFolder, refers_to: References | None, before: datetime, *, resumable: bool) -> Old | str | None:
    """A run that may go; why it stays although it is old enough; None where it is not. Raises UsageError."""
    if folder.began is not None and folder.began > before:
        return None
    at_work = being_written(folder.journal)
    if at_work or (at_work is None and not folder.ended):
        return "is at work"
    run = known_of(folder)
    if run.finished > before:
        return None
    if not resumable and is_resumable(folder, run.state):
        return f"{run.state}, and can be gone on with (--resumable takes it, too)"
    return Old(folder, run, refers_to, 0 if folder.listed_by else size_of(folder.path))


def prune(pruning: Pruning) -> Pruned:
    """Removes runs, whole or not at all, and then what was kept for them alone.

    Raises:
        OSError: Something else than a run cannot be removed.
    """
    empty_bin()
    before = _progress_size()
    gone: list[Old] = []
    left: list[tuple[str, str]] = []
    for old in pruning.runs:
        try:
            _forget(old)
            remove_run(old.folder)
        except BlockingIOError:
            left.append((old.folder.name, "somebody has begun to work on it"))
        except UsageError as error:
            left.append((old.folder.name, str(error)))
        except CoordinatorError as error:
            left.append((old.folder.name, say(error.reason)))
        except OSError as error:
            left.append((old.folder.name, f"{error.filename}: {error.strerror}"))
        else:
            gone.append(old)
    if progress_file().is_file():
        state_database(None).give_back_space()
    size = sum(old.size for old in gone) + max(0, before - _progress_size())
    if not left:
        remove_copies(pruning.copies)
        size += pruning.copies_size
    return Pruned([old.folder.name for old in gone], size, left)


def _forget(old: Old) -> None:
    """Removes the rows of a run. Raises UsageError, CoordinatorError, OSError."""
    if old.refers_to is None or (old.refers_to["state"] is None and not progress_file().is_file()):
        return
    from orchestrator.engine.forgetting import forget  # noqa: PLC0415 - slow to load

    forget(state_database(old.refers_to["state"]), [old.folder.name])


def _progress_size() -> int:
    return sum(path.stat().st_size for path in _progress_files())


def _progress_files() -> Iterator[Path]:
    file = progress_file()
    yield from (path for path in (file, file.with_name(f"{file.name}-wal")) if path.is_file())
