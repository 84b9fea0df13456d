"""What tests of the connection share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.tests.winrm_hosts import PASSWORD
from orchestrator.connect import pywinrm
from tests.connect.authentication import Given
from tests.connect.reach import shorten_pauses
from tests.kdc import Realm, needs_kdc, realm


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


@pytest.fixture(scope="session")
def kdc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    """A realm with two computers and Jane. Where its packages are missing a test is skipped, but never in CI."""
    needs_kdc()
    if not os.environ.get("CI"):
        pytest.importorskip("krb5", reason="needs the extra kerberos")
    with realm(tmp_path_factory.mktemp("realm"), ["PC-01", "PC-02"], ["jane"]) as up:
        yield up


@pytest.fixture
def given(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Given:
    """What there is to log on with; with a realm for tests of Kerberos, where the session has a ticket of Jane."""
    if request.node.get_closest_marker("kerberos") is None:
        return Given(tmp_path, None)
    up: Realm = request.getfixturevalue("kdc")
    for name, value in up.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{up.ticket_of('jane')}")
    return Given(tmp_path, up)
