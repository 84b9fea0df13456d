"""Who is not at a terminal has to say that hosts are to be changed."""

from pathlib import Path

import pytest

from tests.cli.conftest import Sspr


@pytest.mark.parametrize(
    "words",
    [
        ("run", "enable-tls12"),
        ("run", "reboot"),
        ("logs", "on"),
        ("logs", "off"),
        ("logs", "capture", "PC-1"),
        ("logs", "sweep"),
        ("reboot", "schedule"),
        ("reboot", "cancel"),
        ("leases", "break", "PC-1"),
    ],
    ids=" ".join,
)
def test_nobody_is_changed_unasked(
    sspr: Sspr, folder: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal to ask at, a change has to be meant: before any host is touched, and with what to say."""
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setattr("orchestrator.fleet.retry.UNREACHABLE_ATTEMPTS", 1)
    (folder / "i.yaml").write_text("all: {credential: {username: u, password: 'env:SECRET'}}\nhosts: {PC-1: }\n")
    ran = sspr(*words, "-i", "i.yaml")
    assert (ran.code, "say --yes" in ran.error, "would change 1 machine" in ran.error) == (2, True, True)
    assert sspr(*words, "-i", "i.yaml", "--check").code != 2


def test_what_is_done_again_cannot_be_looked_at_first(
    sspr: Sspr, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No option is advised that `runs retry` and `runs resume` lack."""
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setattr("orchestrator.fleet.retry.UNREACHABLE_ATTEMPTS", 1)
    (folder / "i.yaml").write_text(
        "all: {credential: {username: u, password: 'env:SECRET'}, port: 9}\nhosts: {PC-1: {address: 127.0.0.1}}\n"
    )
    assert sspr("run", "enable-tls12", "-i", "i.yaml", "--yes").code == 1
    ran = sspr("runs", "retry", "last")
    assert (ran.code, "say --yes" in ran.error, "--check" in ran.error) == (2, True, False)


def test_what_only_reads_needs_no_yes(sspr: Sspr, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking and collecting go ahead."""
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setattr("orchestrator.fleet.retry.UNREACHABLE_ATTEMPTS", 1)
    (folder / "i.yaml").write_text(
        "all: {credential: {username: u, password: 'env:SECRET'}, port: 9}\nhosts: {PC-1: {address: 127.0.0.1}}\n"
    )
    for words in (("check",), ("run", "preflight"), ("run", "collect-logs"), ("logs", "collect"), ("leases", "list")):
        assert sspr(*words, "-i", "i.yaml").code == 1, words
