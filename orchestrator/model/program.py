"""This program itself: which version of it is at work."""

from __future__ import annotations

import importlib.metadata


def version() -> str:
    """As pip shows it."""
    return importlib.metadata.version("sspr-orchestrator")
