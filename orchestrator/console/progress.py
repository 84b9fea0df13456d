"""The progress display that suits a console."""

from __future__ import annotations

from rich.console import Console

from orchestrator.console.live import LiveProgress
from orchestrator.console.plain import PlainProgress


def progress_on(console: Console) -> LiveProgress | PlainProgress:
    """A live frame on a terminal, plain lines elsewhere and on `TERM=dumb`; `NO_COLOR` takes the colours from both.

    Use it as a context manager around the run, as the run's listener.
    """
    return LiveProgress(console) if console.is_interactive else PlainProgress(console)
