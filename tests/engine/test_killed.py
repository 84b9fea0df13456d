"""Records lost on purpose: processes that are killed after every return and before every record, until one is through.

What they do is done once, nothing of it is forgotten, and it can be undone.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.app.undo import undoing
from orchestrator.fleet.stop import StopSignal
from orchestrator.model.codec import encode
from orchestrator.model.outcome import Outcome
from orchestrator.runs.result_file import read_result
from sspr_lab.machine import Machine
from sspr_lab.packages import standin
from sspr_lab.registry import Value
from tests.engine.careful_work import BLIND, PLAN, CarefulDetail, CarefulWork
from tests.engine.dying import RESULT, Settings
from tests.lab_fixtures import kind, site
from tests.playbook.written import playbook
from tests.warned import warned

CHANGED = Outcome.CHANGED
SWIFTLY = 120.0
"""Host seconds in a real second at which shells that dead processes have left are gone after a second and a half."""
INSTALLATION_BEGAN, STARTED = 1040, 12


def carried_through(settings: Settings) -> list[str]:
    """Runs it in as many processes as it takes; gives the boundaries at which one died."""
    ended = subprocess.run(
        warned("tests.engine.dying", encode(settings)),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return settings.deaths.read_text().splitlines()


@pytest.mark.timeout(150)
@pytest.mark.parametrize("durable", [pytest.param(False, marks=pytest.mark.slow), True], ids=["journal", "durable"])
@pytest.mark.parametrize("hosts", [("pc",), pytest.param(("pc-1", "pc-2", "pc-3"), marks=pytest.mark.slow)])
async def test_what_was_done_is_done_once_and_remembered(tmp_path: Path, hosts: tuple[str, ...], durable: bool) -> None:
    """Whatever a process died before writing down: each host is changed once, and each record says what was before."""
    settings = Settings(tmp_path, hosts, durable=durable)
    deaths = carried_through(settings)
    kinds = {death.rpartition(": ")[2] for death in deaths}
    written = ("kept", "rests", "ended", *(("is called", "through") if durable else ()))
    assert {f"{what} 1, {how}" for what in written for how in ("not written", "written")} <= kinds
    work = CarefulWork(tmp_path / "hosts.db")
    await settings.engine.run(hosts, work, 2, StopSignal())
    for host in hosts:
        *seen, blind = work.concluded[host]
        assert [(record.name, record.result.outcome, record.result.detail) for record in seen] == [
            (name, CHANGED, CarefulDetail(0)) for name in PLAN if name != BLIND
        ]
        assert [work.changes(host, step) for step in range(len(seen))] == [1] * len(seen)
        assert (blind.result.outcome, work.changes(host, len(seen))) == (Outcome.UNKNOWN, 0)


CONTOSO = r"HKLM\SOFTWARE\Contoso"
MARK = r"C:\Windows\Temp\mark.txt"
REGISTRY = ("+ key HKLM", "+ value HKLM", "- key HKLM", "- value HKLM", "~ value HKLM")
NAMES = ("registry_value", "tls12", "msi", "reboot", "reboot-return", "command", "uninstall")
STEPS = (
    r"registry_value: {key: HKLM\SOFTWARE\Contoso, name: Colour, type: REG_SZ, data: blue}",
    "tls12: {remediate: true}",
    "msi: {allow_unsigned: true}",
    "reboot: {delay_minutes: 0}",
    r"command: {run: 'echo done>>C:\Windows\Temp\mark.txt', always: true, detached: true}",
    "uninstall: {}",
)


@pytest.mark.timeout(150)
@pytest.mark.slow
@pytest.mark.parametrize("durable", [False, True], ids=["journal", "durable"])
async def test_a_host_is_served_once(tmp_path: Path, durable: bool) -> None:
    """A value, TLS 1.2, a package, a restart, a command, a removal: each happens once, whatever was lost on our side.

    Undone by what the last process has in its result, the registry is as it was before the first.
    """
    playbook(tmp_path, *STEPS)
    with site(tmp_path, {"host": kind()}, speed=SWIFTLY) as lab:
        lab.on("host", lambda machine: machine.registry.set(CONTOSO, "Colour", Value("REG_SZ", "red")))
        before, starts = lab.snapshots(), lab.on("host", happened("System", STARTED))
        kept = tmp_path / "kept"
        kept.mkdir()
        settings = Settings(
            kept, (), lab.inventory, tmp_path / "written.yaml", (standin("x64"), standin("x86")), durable
        )
        deaths = carried_through(settings)
        result = read_result(kept / RESULT)
        (host,) = result.hosts
        assert {step.name: step.result.outcome for step in host.steps} == dict.fromkeys(NAMES, CHANGED), host
        assert lab.on("host", happened("Application", INSTALLATION_BEGAN)) == 2
        assert lab.on("host", happened("System", STARTED)) == starts + 1
        assert lab.on("host", lambda machine: machine.files.read(MARK)) == b"done\r\n"
        assert lab.value("host", CONTOSO, "Colour") == "blue"
        assert len(deaths) > 2 * len(NAMES)
        undone = await lab.run(undoing(result))
        assert undone["host"].outcome is not Outcome.FAILED
        assert lab.value("host", CONTOSO, "Colour") == "red"
        left = [line for line in lab.changes(before)["host"] if line.startswith(REGISTRY)]
        assert left == []


def happened(log: str, event: int) -> Callable[[Machine], int]:
    """How often a machine has noted an event."""
    return lambda machine: sum(record.event_id == event for record in machine.events.query(log))
