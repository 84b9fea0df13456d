"""`sspr logs capture` as people type it: ended by Enter, from another terminal, left by Ctrl-C, listed and swept."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestrator.runs.result_file import read_result
from tests.captures import has_task, install_on, logging
from tests.cli.conftest import Sspr
from tests.e2e.program import sspr as started
from tests.lab_fixtures import Site, kind, site
from tests.warned import warned

LONG = ("--for", "24h")
"""The lab lives faster than the program here, and a deadline that it meets would end what a test is to end."""
FINE, INTERRUPTED = 0, 130


@contextmanager
def capturing(lab: Site, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`sspr logs capture` on the way, ended with the block if it has not ended by itself."""
    inventory = ("-i", str(lab.inventory))
    process = started(lab.folder, "logs", "capture", *words, *inventory, *LONG, "--yes")
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(sspr: Sspr, *words: str) -> tuple[int, str]:
    """A command's exit code, and what it said."""
    ran = sspr("logs", *words)
    return ran.code, " ".join((ran.out + ran.err).split())


def told_to_try(process: subprocess.Popen[str]) -> str:
    """The line that says so, once it comes."""
    assert process.stderr is not None
    for line in process.stderr:
        if "try it now" in line:
            return line
    raise AssertionError("nobody was told to try it")


def test_from_another_terminal(sspr: Sspr, folder: Path) -> None:
    """Without a terminal of its own it waits; one host of two is ended alone, and the run goes on with the other."""
    with site(folder, {"first": kind(), "second": kind()}) as lab:
        install_on(lab, {"first": None, "second": 0})
        first, second = (lab.hosts[name] for name in ("first", "second"))
        with capturing(lab, first, second) as process:
            assert "on 2 machines" in told_to_try(process)
            assert [(logging(lab, name), has_task(lab, name)) for name in lab.hosts] == [(1, True), (1, True)]
            code, told = said(sspr, "captures")
            assert code == FINE
            assert told.count("waited for") == 2
            code, told = said(sspr, "capture", first, "--stop")
            assert (code, f"ends it now and brings the logs home: {first}" in told) == (FINE, True)
            while has_task(lab, "first"):
                time.sleep(0.1)
            assert (logging(lab, "first"), logging(lab, "second")) == (None, 1)
            assert said(sspr, "capture", second, "--stop", "-i", str(lab.inventory))[0] == FINE
            process.communicate(timeout=100)
            assert process.returncode == FINE
        assert [(logging(lab, name), has_task(lab, name)) for name in lab.hosts] == [(None, False), (0, False)]
        assert said(sspr, "captures") == (FINE, "no capture that was begun here is on")
        assert len(list(folder.glob("state/runs/*/hosts/*/collect/summary.txt"))) == 2


@pytest.mark.slow
def test_enter_ends_it(folder: Path) -> None:
    """At a terminal, whoever has tried it presses Enter."""
    with site(folder, {"PC": kind()}) as lab:
        install_on(lab, {"PC": 0})
        ours, theirs = pty.openpty()
        words = ("logs", "capture", lab.hosts["PC"], "-i", str(lab.inventory), *LONG, "--yes")
        with subprocess.Popen(warned("orchestrator", *words), stdin=theirs, stderr=theirs, stdout=theirs) as process:
            os.close(theirs)
            try:
                _read_until(ours, b"Enter ends it")
                assert (logging(lab, "PC"), has_task(lab, "PC")) == (1, True)
                os.write(ours, b"\n")
                _read_until(ours, b"finished after")
                assert process.wait() == FINE
            finally:
                process.kill()
                os.close(ours)
        assert (logging(lab, "PC"), has_task(lab, "PC")) == (0, False)


def _read_until(terminal: int, words: bytes) -> None:
    shown = b""
    while words not in shown:
        shown += os.read(terminal, 4096)


@pytest.mark.slow
def test_ctrl_c_leaves_it_to_the_machine(sspr: Sspr, folder: Path) -> None:
    """And says so; it is listed, and ended by whoever wants that, who need not know the inventory."""
    with site(folder, {"PC": kind()}) as lab:
        install_on(lab, {"PC": 0})
        host = lab.hosts["PC"]
        with capturing(lab, host) as process:
            told_to_try(process)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=100)
            assert process.returncode == INTERRUPTED
            assert "when the machine switches it back by itself" in " ".join(out.split())
        assert (logging(lab, "PC"), has_task(lab, "PC")) == (1, True)
        (result,) = folder.glob("state/runs/*/result.json")
        assert read_result(result).state == "interrupted"
        code, told = said(sspr, "captures")
        assert (code, host in told, " on" in told) == (FINE, True, True)
        code, told = said(sspr, "captures", "-i", str(lab.inventory))
        assert (code, host in told, "0 machines without a capture" in told) == (FINE, True, True)
        assert said(sspr, "sweep", "--yes") == (FINE, "note: no capture that was begun here is overdue")
        assert said(sspr, "capture", host, "--stop", "--yes")[0] == FINE
        assert (logging(lab, "PC"), has_task(lab, "PC")) == (0, False)
        assert said(sspr, "captures")[1] == "no capture that was begun here is on"


def test_where_nothing_is_known(sspr: Sspr, folder: Path) -> None:
    """What is to be stopped has to be known, or the machine has to be asked."""
    with site(folder, {"PC": kind()}) as lab:
        code, told = said(sspr, "capture", "PC-9", "--stop", "--yes")
        assert (code, "no capture is known on `PC-9`" in told) == (2, True)
        code, told = said(sspr, "capture", lab.hosts["PC"], "--for", "soon", "-i", str(lab.inventory))
        assert (code, "no span of time" in told) == (2, True)
        code, told = said(sspr, "sweep", "-i", str(lab.inventory), "--yes")
        assert (code, "no capture is on" in told) == (FINE, True)
