"""A run's folder: one run's own, whoever else would have it, and said with the run that has it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrator.model.errors import UsageError
from orchestrator.model.events import RunStarted
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.journal import Journal

RUN = "20261122-130501-9f3c"


def journal(run: str) -> Callable[[Path], None]:
    """Leaves the journal of a run."""

    def leave(folder: Path) -> None:
        with Journal(folder / "log.jsonl") as log:
            log.notify(RunStarted(run, "install", ["A"], check=False))

    return leave


def file(folder: Path) -> None:
    """Puts a file in the folder's place."""
    folder.rmdir()
    folder.touch()


TAKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "a run": (journal(RUN), f"another run ({RUN}) has this folder already"),
    "a run of an odd name": (journal("r\x1b[31m"), "another run has this folder already"),
    "a run that has not begun": (lambda folder: (folder / "log.jsonl").touch(), "another run has this folder already"),
    "no log at all": (
        lambda folder: (folder / "log.jsonl").write_bytes(b"[" * 100_000),
        "another run has this folder already",
    ),
    "a result": (lambda folder: (folder / "result.json").touch(), "another run has this folder already"),
    "what came home": (lambda folder: (folder / "hosts").mkdir(), "another run has this folder already"),
    "a file": (file, "is a file; give a folder"),
}


@pytest.mark.parametrize("case", TAKEN)
def test_a_folder_that_is_taken(tmp_path: Path, case: str) -> None:
    """It is refused with its name and, where it tells, that of the run; what is in it stays as it is."""
    leave, told = TAKEN[case]
    folder = RunFolder(tmp_path / "ticket")
    folder.path.mkdir()
    leave(folder.path)
    before = [(path, path.stat()) for path in sorted(folder.path.rglob("*"))]
    for take in (folder.check, folder.claim):
        with pytest.raises(UsageError) as refused:
            take()
        assert str(refused.value).startswith(f"{folder.path}: {told}")
    assert [(path, path.stat()) for path in sorted(folder.path.rglob("*"))] == before


def test_a_folder_with_things_of_its_owner(tmp_path: Path) -> None:
    """An inventory or a report in it is no run."""
    (tmp_path / "inventory.yaml").touch()
    RunFolder(tmp_path).claim()
    assert (tmp_path / "log.jsonl").read_bytes() == b""


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no POSIX modes")
def test_one_of_many_gets_it(tmp_path: Path) -> None:
    """Of runs that begin at the same moment, one has the folder, for its owner alone."""

    def claim(_: int) -> bool:
        try:
            RunFolder(tmp_path / "ticket").claim()
        except UsageError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(64))) == 1
    assert [(tmp_path / "ticket" / name).stat().st_mode & 0o777 for name in (".", "log.jsonl")] == [0o700, 0o600]
