"""`keyring:` references, with a key ring of the test's own behind the library."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from orchestrator.inventory.credentials import SecretResolver
from orchestrator.model.errors import SecretUnavailable
from orchestrator.model.secret import Secret


class Ring(KeyringBackend):
    """A key ring in memory; `fails` is what it raises instead of giving anything."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.fails: Exception | None = None
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        if self.fails is not None:
            raise self.fails
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def ring() -> Iterator[Ring]:
    """The key ring that is asked during a test."""
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_a_service_and_a_name_lead_to_a_password(ring: Ring, tmp_path: Path) -> None:
    """As `keyring set SERVICE NAME` put it there; a name may hold slashes."""
    keyring.set_password("sspr", "ops", "pass:word ")
    keyring.set_password("sspr", "CORP/ops", "other")
    resolver = SecretResolver(tmp_path)
    assert resolver.resolve("keyring:sspr/ops") == Secret("pass:word ")
    assert resolver.resolve("keyring:sspr/CORP/ops") == Secret("other")


def test_what_is_not_there_is_told_with_what_puts_it_there(ring: Ring, tmp_path: Path) -> None:
    """The reference, and the command of the library."""
    with pytest.raises(SecretUnavailable, match=r"`keyring:sspr/ops` is not in the key ring.*`keyring set sspr ops`"):
        SecretResolver(tmp_path).resolve("keyring:sspr/ops")


@pytest.mark.parametrize(
    "fails", [KeyringLocked("hunter2 is in here"), RuntimeError("hunter2"), ImportError("hunter2")]
)
def test_a_key_ring_that_cannot_be_read_is_told_without_its_words(ring: Ring, tmp_path: Path, fails: Exception) -> None:
    """A plug-in raises what it likes, and its words may hold anything; the kind of error is enough."""
    ring.fails = fails
    problem = rf"cannot be read \({type(fails).__name__}\); unlock it"
    with pytest.raises(SecretUnavailable, match=problem) as caught:
        SecretResolver(tmp_path).resolve("keyring:sspr/ops")
    assert "hunter2" not in str(caught.value)


def test_without_the_package_the_command_that_installs_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra brings it."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SecretUnavailable, match=r"pip install 'sspr-orchestrator\[keyring\]'"):
        SecretResolver(tmp_path).resolve("keyring:sspr/ops")
