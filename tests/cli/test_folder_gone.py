"""What a run needs on this computer goes while it is under way: it is named, and the summary is printed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.console.plain import PlainProgress
from orchestrator.model.events import Event, StepStarted
from orchestrator.windows import transfer
from sspr_lab.packages import standin
from tests.cli.conftest import Sspr
from tests.lab_fixtures import Site, kind, site


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Site]:
    """Its hosts may be changed by a case."""
    (tmp_path / "lab").mkdir()
    with site(tmp_path / "lab", {"stock": kind(), "other": kind()}, speed=20) as up:
        yield up


def gone(path: str) -> Callable[[], None]:
    def remove() -> None:
        shutil.rmtree(path) if Path(path).is_dir() else Path(path).unlink()

    return remove


def in_the_way(path: str) -> Callable[[], None]:
    """A file where the folder was."""

    def replace() -> None:
        shutil.rmtree(path)
        Path(path).touch()

    return replace


def too_large(path: str, size: int) -> Callable[[], None]:
    """More in a file than is taken."""
    return lambda: os.truncate(path, size)


@dataclass(frozen=True)
class Case:
    """What happens when the first host begins a step, and what is said of it."""

    words: tuple[str, ...]
    happens: Callable[[], None]
    said: tuple[str, ...]
    step: str = "preflight"
    summary: str = "2 machines"


INSTALL = ("run", "install", "--set", "msi.allow_unsigned=true")
LOG_GONE = "run/log.jsonl: could not be written: it was removed while the run wrote it"
CASES = {
    "the run's folder, of a look": Case(("check",), gone("run"), (LOG_GONE,)),
    "the run's folder, of a harvest": Case(("logs", "collect"), gone("run"), (LOG_GONE,), "collect"),
    "the run's folder, of a change": Case(
        ("run", "enable-tls12", "--yes"),
        gone("run"),
        ("not changed: what was to be changed could not be written down", LOG_GONE),
        "tls12",
    ),
    "a file for the run's folder": Case(("check",), in_the_way("run"), ("run/result.json: could not be written",)),
    "a file for what comes home": Case(
        ("logs", "collect"), in_the_way("run"), ("run/result.json: could not be written: Not a directory",), "collect"
    ),
    "a file for an output's folder": Case(
        ("check", "--json", "out/r.json", "--report", "out/r.html", "--csv", "out/r.csv"),
        in_the_way("out"),
        tuple(f"out/r.{ending}: could not be written: Not a directory" for ending in ("json", "html", "csv")),
    ),
    "a package": Case(
        (*INSTALL, "--msi", "add-in.msi", "--yes", "--set", "reboot.when=never", "--ephemeral"),
        gone("add-in.msi"),
        ("this computer, not the host, could not use what it was given:", "add-in.msi: No such file or directory"),
    ),
    "a file to be copied": Case(
        ("run", "copy.yaml", "--yes", "--ephemeral"),
        gone("settings.bin"),
        ("this computer, not the host, could not use", "settings.bin: No such file or directory"),
        "copy",
    ),
    "the bound of a file to be copied": Case(
        ("run", "copy.yaml", "--yes", "--ephemeral"),
        too_large("settings.bin", transfer.ENCODE_LIMIT + 1),
        ("this computer, not the host, could not use", "settings.bin: it holds more than"),
        "copy",
    ),
}
COPY = """\
name: copy
description: Puts settings.
steps:
  - copy: {source: settings.bin, destination: 'C:\\ProgramData\\settings.bin'}
"""


class Disturbing(PlainProgress):
    """A display by which something happens, once."""

    case: Case
    happened = False

    def notify(self, event: Event) -> None:
        super().notify(event)
        if isinstance(event, StepStarted) and event.step == self.case.step and not self.happened:
            self.happened = True
            self.case.happens()


@pytest.mark.parametrize("name", CASES)
def test_what_a_run_needs_goes_meanwhile(
    sspr: Sspr, folder: Path, lab: Site, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Exit code 4, each path that failed, and the summary; a host is not changed without a record."""
    case = CASES[name]
    (folder / "out").mkdir()
    (folder / "settings.bin").write_bytes(b"content")
    (folder / "copy.yaml").write_text(COPY, encoding="utf-8")
    shutil.copy(standin("x64"), folder / "add-in.msi")
    displays: list[Disturbing] = []

    def display(console: Any) -> Disturbing:
        displays.append(Disturbing(console))
        displays[-1].case = case
        return displays[-1]

    monkeypatch.setattr("orchestrator.cli.launch.progress_on", display)
    before = lab.snapshots()
    ran = sspr(*case.words, "-i", str(lab.inventory), "--forks", "1", "--folder", "run")
    assert displays, ran
    assert displays[0].happened
    assert (ran.code, case.summary in ran.out) == (4, True), ran
    everything = " ".join((ran.out + ran.err).split())
    assert [text for text in case.said if text not in everything] == []
    if case.words[0] == "run" and "run" in name:
        assert not any(lab.changes(before).values())
