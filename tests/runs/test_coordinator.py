"""The coordinator: one identifier, and runs that are known to have ended once their process has."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.runs.coordinator import Coordinator
from orchestrator.windows.lease import Holder, Lease

HOLDING = """
from orchestrator.runs.coordinator import Coordinator
with Coordinator.here().alive("run"):
    print("alive", flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSPR_STATE", str(tmp_path))


def lease_of(holder: Holder) -> Lease:
    return Lease(holder.mark, holder.account, holder.computer)


@contextmanager
def another_process() -> Iterator[subprocess.Popen[str]]:
    """A process in which the run is alive."""
    words = [sys.executable, "-c", HOLDING]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "alive\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_run_has_ended_when_its_process_has(tmp_path: Path) -> None:
    """However it ended; one that is alive has not, and nothing stays of one that has."""
    here = Coordinator.here()
    found = lease_of(here.holder("run"))
    with another_process() as process:
        assert not here.has_ended(found)
        process.kill()
        process.wait()
        assert here.has_ended(found)
    assert here.has_ended(found)
    with here.alive("run"):
        assert not here.has_ended(found)
    assert here.has_ended(found)
    assert list((tmp_path / "alive").iterdir()) == []


def test_runs_of_others_have_never_ended() -> None:
    """Of another coordinator, or another computer with the same state, nothing is known; nor of odd marks."""
    here = Coordinator.here()
    with here.alive("other"):
        ours = lease_of(here.holder("run"))
        assert here.has_ended(ours)
        for mark in (f"{'f' * 16}.run", f"{here.id}...", "anything", None):
            assert not here.has_ended(replace(ours, mark=mark))
        assert not here.has_ended(replace(ours, computer="elsewhere"))


def test_it_is_the_same_every_time_and_nobody_else_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its identifier is its state folder's; what is no identifier is replaced."""
    first = Coordinator.here()
    assert Coordinator.here() == first
    assert [path.name for path in tmp_path.iterdir()] == ["coordinator"]
    (tmp_path / "coordinator").write_text("")
    assert Coordinator.here().id != first.id
    monkeypatch.setenv("SSPR_STATE", str(tmp_path / "other"))
    assert Coordinator.here().id != first.id


def test_which_runs_are_at_work(tmp_path: Path) -> None:
    """Those of living processes, this one's among them; where nothing can be told, that is said."""
    here = Coordinator.here()
    assert replace(here, folder=tmp_path / "none").at_work() is None
    with here.alive("mine"):
        with another_process() as process:
            assert here.at_work() == frozenset({"mine", "run"})
            process.kill()
            process.wait()
            assert here.at_work() == frozenset({"mine"})
        assert [path.name for path in (tmp_path / "alive").iterdir()] == ["mine"]
