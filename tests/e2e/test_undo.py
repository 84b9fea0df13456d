"""`sspr run --undo` as people start it: fifty machines as they were, and a run that was ended at once."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from pathlib import Path

import pytest

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import RunResult
from orchestrator.runs.result_file import read_result
from sspr_lab.faults import fault
from sspr_lab.mix import Kind
from tests.e2e.program import install_on, result_of, sspr, until
from tests.lab_fixtures import Site, kind, site
from tests.leftovers import is_installed, left_over, traces

SCHANNEL = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2"
KINDS: Mapping[str, Kind] = {
    "7 x64": kind(),
    "7 x86": kind(architecture="x86"),
    "8 x64": kind(branch="windows8"),
    "8.1 x64": kind(branch="windows8.1"),
    "8.1 x86": kind(branch="windows8.1", architecture="x86"),
    "10 x64": kind(branch="windows10", traits=["azure_ad_joined"]),
    "7 x64, Schannel set": kind(traits=["schannel_explicit"]),
    "7 x64, all set": kind(traits=["schannel_explicit", "winhttp_a80"]),
    "7 x64, WinHTTP 0xa0": kind(traits=["winhttp_a0"]),
    "7 x86, WinHTTP 0xa0": kind(architecture="x86", traits=["winhttp_a0"]),
    "8.1 x64, Schannel set": kind(branch="windows8.1", traits=["schannel_explicit"]),
    "7 x64, Korean": kind(language="ko-KR"),
    "7 x64, German": kind(language="de-DE"),
}
"""What fifty machines are dealt from."""


def undo(lab: Site, run: str, *words: str) -> str:
    """What an undo said that ended well."""
    process = sspr(lab.folder, "run", "--undo", run, "--inventory", str(lab.inventory), "--yes", *words)
    said, complained = process.communicate(timeout=300)
    assert process.returncode == 0, complained
    return said


def installed(lab: Site, *words: str) -> RunResult:
    """The result of the main job, which went well everywhere."""
    with install_on(lab, *words) as process:
        process.communicate(timeout=400)
    assert process.returncode == 0
    return result_of(lab)


def dealt(number: int) -> Iterator[tuple[str, Kind]]:
    for turn, (name, each) in enumerate(islice(cycle(KINDS.items()), number), 1):
        yield f"{turn:02d}: {name}", each


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_fifty_mixed_machines_are_as_they_were(tmp_path: Path) -> None:
    """After install and undo the registries of 50 machines are as before, but for what the package itself owns."""
    fleet = dict(dealt(50))
    by_hand = {f"{name} by hand": each for name, each in KINDS.items() if not name.startswith("10")}
    with site(tmp_path, {**fleet, **by_hand}) as lab:
        packages = {name: traces(lab, f"{name} by hand") for name in KINDS if not name.startswith("10")}
        chosen = ",".join(lab.hosts[name] for name in fleet)
        before = lab.snapshots()
        run = installed(lab, "--limit", chosen, "--forks", "25")
        assert len(run.hosts) == 50
        undo(lab, str(lab.folder / "run"), "--limit", chosen, "--forks", "25")
        changes = lab.changes(before)
    for name in fleet:
        package = packages.get(name.partition(": ")[2], frozenset())
        assert left_over(changes[name], package) == (), name
        assert is_installed(changes[name], package) is bool(package), name
        ours = {line for line in changes[name] if "SCHANNEL" in line or "WinHttp" in line or "AzureAD" in line}
        assert ours == set(), name


@pytest.mark.slow
@pytest.mark.parametrize("killed", [False, True], ids=["Ctrl-C twice", "killed"])
def test_what_a_run_that_was_ended_at_once_had_begun(tmp_path: Path, killed: bool) -> None:
    """Ended while a change is on its way: the result, or else the log, has what was begun; the undo puts it back."""
    with site(tmp_path, {"host": kind()}) as lab:
        before = lab.snapshots()
        run = lab.folder / "run"
        words = ("run", "enable-tls12", "-i", str(lab.inventory), "--yes", "--folder", str(run))
        process = sspr(lab.folder, *words)
        try:
            while not lab.on("host", lambda machine: machine.registry.exists(SCHANNEL)):
                assert process.poll() is None
            lab.on("host", lambda machine: machine.faults.add(fault("slow", seconds=30)))
            if not killed:
                process.send_signal(signal.SIGINT)
                until(lab, process, event="interrupted")
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=100)
        finally:
            process.kill()
            process.communicate()
        if killed:
            assert not (run / "result.json").exists()
        else:
            (host,) = read_result(run / "result.json").hosts
            assert (host.outcome, host.steps[-1].name) == (Outcome.UNKNOWN, "tls12")
        assert "lost sight" in undo(lab, str(run / "log.jsonl" if killed else run))
        changes = lab.changes(before)["host"]
        assert [line for line in changes if not line.startswith("+ shell")] == []
