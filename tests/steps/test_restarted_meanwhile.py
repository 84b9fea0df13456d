"""Another run, or a person, restarts a host between a change and the step that would restart it: once is enough."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lab.tests.winrm_hosts import winrm_host
from orchestrator.model.events import Event, StepFinished
from orchestrator.model.outcome import Outcome
from orchestrator.sentences import say
from orchestrator.steps.msi import MsiParameters
from orchestrator.steps.msi import install as install_step
from sspr_lab.machine import Machine
from sspr_lab.packages import standin
from tests.lab_fixtures import Site, install, kind, site
from tests.remote.targets import target
from tests.remote.test_effects import restarted
from tests.steps.one_step import context, to_end
from tests.steps.restarts import OURS

STARTED = 12


def starts(machine: Machine) -> int:
    """How often a machine has noted that it started."""
    return sum(record.event_id == STARTED for record in machine.events.query("System"))


@dataclass
class AnotherRun:
    """A listener that restarts the host when a step has ended, waits for it, and takes the note away."""

    lab: Site
    after: str

    def notify(self, event: Event) -> None:
        if not (isinstance(event, StepFinished) and event.record.name == self.after):
            return
        before = self.lab.on("host", starts)
        assert self.lab.on("host", lambda machine: machine.power.initiate(0, force=True)) == 0
        until = time.monotonic() + 200
        while self.lab.on("host", starts) == before or not self.lab.on("host", lambda machine: machine.powered):
            assert time.monotonic() < until, "the host does not start"
            time.sleep(0.02)
        self.lab.on("host", lambda machine: machine.registry.delete_key(OURS))


@pytest.mark.parametrize("after", [pytest.param("tls12", marks=pytest.mark.slow), "msi"])
async def test_a_restart_of_another_run_counts(tmp_path: Path, after: str) -> None:
    """What waited for a restart has had it; only what was changed after that still waits."""
    with site(tmp_path, {"host": kind()}) as lab:
        before = lab.on("host", starts)
        results = await lab.run(install("msi.allow_unsigned=true"), listeners=[AnotherRun(lab, after)])
        restarts = lab.on("host", starts) - before
    host = results["host"]
    ended = {step.name: step.result for step in host.steps}
    assert host.outcome is Outcome.CHANGED, say(host.reason)
    assert restarts == (1 if after == "msi" else 2)
    assert (ended["reboot"].outcome is Outcome.OK) == (after == "msi")
    assert ended["verify"].outcome is Outcome.OK


@pytest.mark.parametrize("since", [False, pytest.param(True, marks=pytest.mark.slow)])
async def test_an_attempt_that_nobody_saw_to_its_end(tmp_path: Path, since: bool) -> None:
    """Lost after Windows Installer's success: it has installed, and says whether that still waits for a restart."""
    parameters = MsiParameters(packages=(standin("x64"),))
    kept: list[str | None] = []

    async def write(state: str | None) -> None:
        kept.append(state)

    async with winrm_host() as host, target(host.server.port) as reached:
        first = replace(context(tmp_path), write=write)
        assert (await to_end(install_step, reached, parameters, first)).reboot_required
        if since:
            await restarted(host)
            host.machine.registry.delete_key(OURS)
        await reached.release()
        again = replace(context(tmp_path, attempt=2), state=kept[-1])
        result = await to_end(install_step, reached, parameters, again)
    assert result.outcome is Outcome.CHANGED
    assert result.reboot_required is not since
    assert ("the host has restarted since" in say(result.reason)) is since
