"""A pytest plugin that vouches for which copy of the product is tested: the one below pytest's own root."""

from pathlib import Path

import pytest

import orchestrator

OTHER_PRODUCT = 99
"""pytest's exit code where it is not so."""


def pytest_sessionstart(session: pytest.Session) -> None:
    """Ends the session before any test where `orchestrator`, and so every module of it, comes from elsewhere."""
    if not Path(orchestrator.__file__).is_relative_to(session.config.rootpath):
        pytest.exit(f"this is another copy of the product: {orchestrator.__file__}", returncode=OTHER_PRODUCT)
