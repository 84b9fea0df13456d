"""The coordinator of a round: `sspr run` as a real process, under whatever its machine is short of, and watched."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from orchestrator.model.errors import DocumentError
from orchestrator.model.result import RunResult
from orchestrator.runs.journal_reader import read_journal
from orchestrator.runs.result_file import read_result
from tests.warned import warned

_DIES_WITH_US = ("env", "--default-signal=HUP", "setpriv", "--pdeathsig", "KILL")
"""Hangs up when it is told to, also where the suite was started by nohup."""


@dataclass(frozen=True)
class Command:
    """How the program is started.

    Attributes:
        words: Its arguments, but for the folder.
        folder: The run's own.
        environment: What is added to ours.
        under: The programs that start it, outermost first; each takes a command line as its last arguments.
        kept: Where the folder's files are found afterwards, when `folder` is gone by then.
    """

    words: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    under: tuple[str, ...] = ()
    kept: Path | None = None

    def wrapped(self, *programs: str) -> Command:
        """The same, started by another program."""
        return replace(self, under=(*self.under, *programs))


class Coordinator:
    """One process of `sspr run`.

    Attributes:
        command: How it was started.
        peak: The most memory that it has been seen to hold, in bytes.
    """

    def __init__(self, command: Command) -> None:
        self.command = command
        self.peak = 0
        self._said = command.folder.with_name(f"{command.folder.name}.said")
        with self._said.open("wb") as said:
            self._process = psutil.Popen(
                [
                    *_DIES_WITH_US,
                    *command.under,
                    *warned("orchestrator", *command.words, "--folder", str(command.folder)),
                ],
                env={**os.environ, **command.environment},
                stdout=said,
                stderr=said,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def program(self) -> psutil.Process | None:
        """The program itself, behind what started it; None when it is not, or no more, there."""
        with suppress(psutil.Error):
            for process in (self._process, *self._process.children(recursive=True)):
                if _is_program(process):
                    return process
        return None

    @property
    def code(self) -> int | None:
        """Its exit code, negative for a signal; None as long as it runs."""
        code: int | None = self._process.poll()
        return code

    def signal(self, number: int) -> bool:
        """Sends it a signal; whether it was there to get it."""
        program = self.program
        if program is None:
            return False
        with suppress(psutil.NoSuchProcess):
            program.send_signal(number)
            return True
        return False

    def measure(self) -> None:
        """Looks how much memory it has held at most so far (VmHWM, which begins anew with a program)."""
        program = self.program
        if program is None:
            return
        with suppress(OSError, ValueError):
            status = Path(f"/proc/{program.pid}/status").read_text("ascii")
            line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
            self.peak = max(self.peak, int(line.split()[1]) * 1024)

    def end(self) -> None:
        """Ends it and whatever started it, if they are still there."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    @property
    def said(self) -> str:
        """What it has printed."""
        return self._said.read_text("utf-8", "replace")

    @property
    def folder(self) -> Path:
        """Where its files are now."""
        return self.command.kept or self.command.folder

    @property
    def result(self) -> RunResult | None:
        """What it has written down as its result; None when there is nothing to be read."""
        try:
            return read_result(self.folder / "result.json")
        except DocumentError:
            return None

    @property
    def journal(self) -> RunResult | None:
        """What its log tells of it; None when that cannot be read."""
        try:
            return read_journal(self.folder / "log.jsonl")
        except DocumentError:
            return None

    @property
    def has_begun(self) -> bool:
        """Whether its log tells of a step that has begun on some host."""
        with suppress(OSError):
            return '"step_started"' in (self.folder / "log.jsonl").read_text("utf-8", "replace")
        return False


def _is_program(process: psutil.Process) -> bool:
    words = process.cmdline()
    return "orchestrator" in words and "run" in words and Path(words[0]).name.startswith("python")
