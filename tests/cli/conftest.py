"""The command as a user types it: `sspr` in a folder of its own, with what it printed and its exit code."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from orchestrator.cli import app, main
from orchestrator.cli.lazy import LazyCommand
from tests.lab_fixtures import Site, kind, site


@dataclass(frozen=True)
class Ran:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """What it complains of, without line breaks and frames."""
        return " ".join(self.err.replace("│", " ").split())


Sspr = Callable[..., Ran]


def whole_command() -> Any:
    """`sspr` with everything below it, none of it still to be loaded."""
    root: Any = typer.main.get_command(app)
    for name, command in root.commands.items():
        root.commands[name] = command.loaded() if isinstance(command, LazyCommand) else command
    return root


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, and the state beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SSPR_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def sspr(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Sspr:
    """Runs `sspr` with these words, from its console script on."""
    assert folder.is_dir()

    def run(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["sspr", *words])
        with Path(os.devnull).open(encoding="utf-8") as nothing:
            monkeypatch.setattr(sys, "stdin", nothing)
            with pytest.raises(SystemExit) as left:
                main()
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return Ran(left.value.code if isinstance(left.value.code, int) else 0, printed.out, printed.err)

    return run


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A stock Windows 7, and one on which TLS 1.2 is set up already."""
    kinds = {"stock": kind(), "fit": kind(traits=["schannel_explicit", "winhttp_a80"])}
    with site(tmp_path_factory.mktemp("lab"), kinds) as up:
        yield up
