"""Copies of the files that runs need, beside the runs: one folder for each SHA-256, so that runs share them."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from orchestrator.model.errors import UsageError
from orchestrator.model.private_file import write_private
from orchestrator.playbook.plan import PlannedStep
from orchestrator.runs.folders import state_folder
from orchestrator.steps.declaration import Parameters

_PIECE: Final = 1024 * 1024
_YOUNG_SECONDS: Final = 24 * 3600


def with_kept_files(steps: Sequence[PlannedStep]) -> tuple[tuple[PlannedStep, ...], dict[str, str]]:
    """The steps with a copy of our own of each file that they name, and the SHA-256 of each copy.

    Raises:
        OSError: A file cannot be read, or its copy not be written.
        UsageError: It is being changed.
    """
    copies: dict[Path, Path] = {}
    files: dict[str, str] = {}

    def kept(path: Path) -> Path:
        if path not in copies:
            copy, digest = _copied(path)
            copies[path], files[str(copy)] = copy, digest
        return copies[path]

    return tuple(replace(step, parameters=_with_paths(step.parameters, kept)) for step in steps), files


def unnamed_files(digests: Collection[str], now: datetime) -> list[Path]:
    """The folders of copies that no run names, but for what has just been copied for one.

    Args:
        digests: SHA-256 of those that runs name.
        now: By which folders are old enough.
    """
    above = inputs_folder()
    there = [path for path in above.iterdir() if path.name not in digests] if above.is_dir() else []
    return sorted(path for path in there if now.timestamp() - path.stat().st_mtime > _YOUNG_SECONDS)


def remove_copies(folders: Iterable[Path]) -> None:
    """Removes folders that `unnamed_files` gives. Raises OSError."""
    for folder in folders:
        shutil.rmtree(folder)


def inputs_folder() -> Path:
    """Where the copies lie."""
    return state_folder() / "inputs"


def check_kept_files(files: Mapping[str, str]) -> None:
    """Looks whether copies are as they were.

    Raises:
        UsageError: One is not.
    """
    for path, digest in files.items():
        try:
            found = sha256_of(Path(path))
        except OSError as error:
            said = f"the run's own copy {path} cannot be read ({error.strerror}); run the same again"
            raise UsageError(said) from error
        if found != digest:
            raise UsageError(f"the run's own copy {path} has been changed; run the same again")


def sha256_of(path: Path) -> str:
    """Of a file's content, 64 hex digits. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _with_paths(parameters: Parameters, kept: Callable[[Path], Path]) -> Parameters:
    changed: dict[str, object] = {}
    for name, value in parameters:
        if isinstance(value, Path):
            changed[name] = kept(value)
        elif isinstance(value, tuple) and any(isinstance(each, Path) for each in value):
            changed[name] = tuple(kept(each) if isinstance(each, Path) else each for each in value)
    return parameters.model_copy(update=changed)


def _copied(path: Path) -> tuple[Path, str]:
    digest = sha256_of(path)
    copy = inputs_folder() / digest / path.name
    if copy.is_file():
        copy.parent.touch()  # so that nobody removes it before the run is known that names it
    else:
        with path.open("rb") as source:
            write_private(copy, _pieces(source))
    if sha256_of(copy) != digest:
        copy.unlink()
        raise UsageError(f"{path} is being changed at this moment; begin again when that has ended")
    return copy, digest


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    while piece := source.read(_PIECE):
        yield piece
