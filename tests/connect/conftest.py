"""What tests of the carrier share."""

from pathlib import Path

import pytest

from orchestrator.connect import pywinrm
from tests.connect.reach import shorten_pauses
from tests.lab.winrm_hosts import PASSWORD


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly any pause before a Receive."""
    shorten_pauses(monkeypatch)


@pytest.fixture
def short_of_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly more than the deadline for peers that say nothing, where users have fifteen seconds."""
    monkeypatch.setattr(pywinrm, "GRACE_SECONDS", 0.2)


@pytest.fixture(autouse=True)
def ntlm_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whom the sealing peers know: pyspnego's acceptor reads them from a file."""
    users = tmp_path / "ntlm_users"
    users.write_text(f":Administrator:{PASSWORD}\n", encoding="utf-8")
    monkeypatch.setenv("NTLM_USER_FILE", str(users))
