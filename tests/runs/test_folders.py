"""A run's folder: one run's own, whoever else would have it, and said with the run that has it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.model.errors import UsageError
from orchestrator.model.events import RunStarted
from orchestrator.model.result import HostResult
from orchestrator.runs.folders import RunFolder, new_run_id
from orchestrator.runs.journal import Journal
from orchestrator.runs.origin import Opening, Origin

RUN = "20261122-130501-9f3c"


def journal(run: str, limit: str | None = None) -> Callable[[Path], None]:
    """Leaves the journal of a run."""

    def leave(folder: Path) -> None:
        with Journal(folder / "log.jsonl", Opening(Origin.here(), limit)) as log:
            log.notify(RunStarted(run, "install", [HostResult("A", "A")], check=False))

    return leave


def file(folder: Path) -> None:
    """Puts a file in the folder's place."""
    folder.rmdir()
    folder.touch()


TAKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "a run": (journal(RUN), f"another run ({RUN}) has this folder already"),
    "a run of many": (journal(RUN, "PC-0815," * 5_000), f"another run ({RUN}) has this folder already"),
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
    before = all_in(folder.path)
    for take in (folder.check, folder.claim):
        with pytest.raises(UsageError) as refused:
            take()
        assert str(refused.value).startswith(f"{folder.path}: {told}")
    assert all_in(folder.path) == before


def test_a_folder_that_is_free_is_named(tmp_path: Path) -> None:
    """Whoever collects a second time is told that nothing was begun, and which folder would do."""
    for name in ("ticket", "ticket-2"):
        RunFolder(tmp_path / name).claim()
    with pytest.raises(UsageError, match=r"so nothing was begun; .* such as .*/ticket-3$"):
        RunFolder(tmp_path / "ticket").check()
    assert not (tmp_path / "ticket-3").exists()


def all_in(folder: Path) -> list[tuple[Path, int, int, int]]:
    """What is there, which files they are, and when they were written."""
    found = ((path, path.stat()) for path in sorted(folder.rglob("*")))
    return [(path, stat.st_ino, stat.st_size, stat.st_mtime_ns) for path, stat in found]


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


def test_names_of_runs_sort_by_time() -> None:
    """Also within a second, so that `last` is the last; those of one moment differ."""
    moment = datetime(2026, 11, 29, 13, 5, 1, tzinfo=UTC)
    names = [new_run_id(moment + timedelta(milliseconds=4 * number)) for number in range(500)]
    assert names == sorted(names)
    assert names[0].startswith("20261129-130501-00")
    assert new_run_id(moment) != new_run_id(moment)
