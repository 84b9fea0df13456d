"""The prompt of `sspr logs capture`: that it is time to try it, and Enter, which says that it was tried."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from rich.console import Console

from orchestrator.app.captures import end_waiting
from orchestrator.cli.launch import can_ask
from orchestrator.console.captures import try_it_now
from orchestrator.model.capture import CaptureDetail
from orchestrator.model.events import Event, HostFinished, RunFinished, RunStarted, StepFinished
from orchestrator.steps.capture import KIND

_LONGEST_LINE: Final = 4096


class CapturePrompt:
    """Tells whoever began a capture that it is time to try it, and hears Enter; a listener of the run."""

    def __init__(self, hosts: Sequence[str], console: Console) -> None:
        self._console = console
        self._left = set(hosts)
        self._run = ""
        self._ready: list[tuple[str, CaptureDetail]] = []
        self._told = False

    def notify(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._run = event.id
        elif isinstance(event, RunFinished):
            self._deaf()
        elif isinstance(event, HostFinished):
            self._left.discard(event.result.name)
        elif isinstance(event, StepFinished) and event.record.name == KIND.name:
            self._left.discard(event.host)
            told = event.record.result.detail
            if isinstance(told, CaptureDetail) and told.moment:
                self._ready.append((event.host, told))
        if not self._left and not self._told:
            self._told = True
            self._tell()

    def _tell(self) -> None:
        hears = can_ask(self._console) and self._listen()
        if text := try_it_now(self._ready, ended_by_enter=hears):
            with suppress(Exception, SystemExit):  # rich's answer to a closed pipe, which must not end the run
                self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _listen(self) -> bool:
        """Whether Enter is heard, from now on; Windows' event loop hears no terminal."""
        try:
            import termios

            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)  # what was typed before it was time
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._heard)
        except (ImportError, NotImplementedError, OSError, ValueError):
            return False
        return True

    def _heard(self) -> None:
        line = os.read(sys.stdin.fileno(), _LONGEST_LINE)
        if line:
            end_waiting(self._run)
        self._deaf()

    def _deaf(self) -> None:
        with suppress(NotImplementedError, OSError, ValueError, RuntimeError):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
