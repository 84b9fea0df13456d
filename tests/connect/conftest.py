"""What tests of the carrier share."""

import pytest

from orchestrator.connect import pywinrm


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly any pause before a Receive, for tests that run many commands and care for other things."""
    monkeypatch.setattr(pywinrm, "FIRST_PAUSE", 0.005)
    monkeypatch.setattr(pywinrm, "LONGEST_PAUSE", 0.05)
