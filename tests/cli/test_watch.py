"""`sspr runs watch`: that Ctrl-C ends it, wherever it comes."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import Any

import pytest

from orchestrator.runs.journal_lines import LINES
from tests.cli.conftest import Sspr
from tests.lab_fixtures import Site

INTERRUPTED = 130


class Losing:
    """Reads lines as pydantic may: what is raised while it asks Python for a type is lost."""

    def __init__(self, lines: Any) -> None:
        self._lines = lines

    def validate_json(self, text: bytes) -> Any:
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        return self._lines.validate_json(text)


def test_an_interrupt_that_a_library_loses(sspr: Sspr, lab: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends the watching all the same, and says that the run goes on."""
    assert sspr("check", "-i", str(lab.inventory), "--limit", lab.hosts["fit"]).code == 0
    monkeypatch.setattr("orchestrator.runs.following.LINES", Losing(LINES))
    watched = sspr("runs", "watch", "last")
    assert (watched.code, "goes on" in watched.err) == (INTERRUPTED, True)
