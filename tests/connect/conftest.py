"""What tests of the carrier share."""

from pathlib import Path

import pytest

from orchestrator.connect import pywinrm
from tests.lab.winrm_hosts import PASSWORD


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly any pause before a Receive, for tests that run many commands and care for other things."""
    monkeypatch.setattr(pywinrm, "FIRST_PAUSE", 0.005)
    monkeypatch.setattr(pywinrm, "LONGEST_PAUSE", 0.05)


@pytest.fixture
def short_of_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a second more than the deadline for peers that say nothing, where users have fifteen."""
    monkeypatch.setattr(pywinrm, "GRACE_SECONDS", 1)


@pytest.fixture(autouse=True)
def ntlm_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whom the sealing peers know: pyspnego's acceptor reads them from a file."""
    users = tmp_path / "ntlm_users"
    users.write_text(f":Administrator:{PASSWORD}\n", encoding="utf-8")
    monkeypatch.setenv("NTLM_USER_FILE", str(users))
