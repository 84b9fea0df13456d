"""Tasks that Task Scheduler takes and never starts: said as what they are, taken back, and asked for once more."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.tests.winrm_hosts import WinRMHost, faulty, until
from orchestrator.model.errors import ConnectionLost, TaskNeverStarted
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepResult
from orchestrator.sentences import say
from orchestrator.steps.command import CommandParameters, run_command
from orchestrator.steps.msi import MsiParameters, install
from sspr_lab.faults import fault
from sspr_lab.packages import standin
from sspr_lab.winrm import namespaces as ns
from tests.lab_fixtures import install as install_playbook
from tests.lab_fixtures import kind, site
from tests.remote.targets import target
from tests.steps.one_step import context, one, to_end

MARK = r"C:\Windows\Temp\mark.txt"
Step = Callable[..., Awaitable[StepResult | Rest]]
STEPS: dict[str, tuple[Step, Any]] = {
    "msi": (install, MsiParameters(packages=(standin("x64"),))),
    "command": (run_command, CommandParameters(run=f"echo x>>{MARK}", always=True)),
}
EACH = pytest.mark.parametrize("name", STEPS)


def left(host: WinRMHost) -> list[str]:
    """What is there of ours: tasks, and the folder."""
    tasks = [task.path for task in host.machine.tasks]
    folder = r"C:\Windows\SsprOrchestrator"
    return [*tasks, *([folder] if host.machine.files.exists(folder) else [])]


def waits(host: WinRMHost) -> list[int]:
    """How many seconds the host was asked to wait for a job, look by look."""
    lines = "".join(host.envelopes(ns.COMMAND))
    return [int(seconds) for seconds in re.findall(r"in \(1,1,([0-9]+)\)", lines)]


async def killed(step: Step, host: WinRMHost, parameters: Any, folder: Path) -> None:
    """A run that is killed as soon as Task Scheduler has taken its task."""
    async with target(host.server.port) as reached:
        doing = asyncio.create_task(to_end(step, reached, parameters, context(folder, "killed")))
        await until(lambda: any(task.queued for task in host.machine.tasks))
        doing.cancel()
        with suppress(asyncio.CancelledError):
            await doing


@EACH
async def test_it_is_asked_for_once_more(tmp_path: Path, name: str) -> None:
    """The second time it starts: the step ends as if nothing had been, and nothing is left."""
    step, parameters = STEPS[name]
    async with one(faults=faulty("task_never_starts")) as (host, reached):
        result = await to_end(step, reached, parameters, context(tmp_path))
        assert result.outcome is Outcome.CHANGED, say(result.reason)
        assert left(host) == []


@EACH
async def test_it_is_said_within_two_minutes(tmp_path: Path, name: str) -> None:
    """Twice never started is an error of its own, which is not tried again; task and folder are gone.

    Counted in what the host is asked to wait: how fast the test's own machine computes in between is not the host's.
    """
    step, parameters = STEPS[name]
    async with one(faults=faulty("task_never_starts", times=2)) as (host, reached):
        with pytest.raises(TaskNeverStarted, match="task-never-started"):
            await to_end(step, reached, parameters, context(tmp_path))
        assert left(host) == []
        assert not host.machine.files.exists(MARK)
        assert sum(waits(host)) <= 110


async def test_a_run_says_it_as_such(tmp_path: Path) -> None:
    """Not as an installation that was left running; the next run, whose task starts, does not wait for the ghost."""
    with site(tmp_path, {"host": kind(fault("task_never_starts", times=2))}) as lab:
        result = (await lab.run(install_playbook("reboot.when=never")))["host"]
        assert result.outcome is Outcome.FAILED
        assert "never started it" in say(result.deciding.reason)
        assert (await lab.run(install_playbook("reboot.when=never")))["host"].outcome is Outcome.REBOOT_PENDING


@EACH
async def test_what_an_earlier_run_has_left_unstarted_is_not_waited_for(tmp_path: Path, name: str) -> None:
    """A ghost of a run that was killed is judged by the host's clock and taken back at once."""
    step, parameters = STEPS[name]
    async with one(faults=faulty("task_never_starts")) as (host, reached):
        await killed(step, host, parameters, tmp_path)
        assert len(left(host)) == 2
        await host.machine.clock.sleep(60)
        before = len(waits(host))
        result = await to_end(step, reached, parameters, context(tmp_path, "second"))
        assert result.outcome is Outcome.CHANGED, say(result.reason)
        assert waits(host)[before] == 0, "the ghost is looked at without a wait"
        assert left(host) == []


@EACH
async def test_a_second_request_that_was_never_made(tmp_path: Path, name: str) -> None:
    """The line breaks after a ghost was taken back and before the task is asked for again: it is asked for then."""
    step, parameters = STEPS[name]
    kept: list[str] = []

    async def breaks(state: str | None) -> None:
        if state and '"taken_back":{' in state:
            kept.append(state)
            raise ConnectionLost(verbatim("the line breaks"))

    async with one(faults=faulty("task_never_starts")) as (host, reached):
        await killed(step, host, parameters, tmp_path)
        await host.machine.clock.sleep(60)
        first = replace(context(tmp_path, "second"), write=breaks)
        with pytest.raises(ConnectionLost):
            await to_end(step, reached, parameters, first)
        again = replace(context(tmp_path, "second", attempt=2), state=kept[-1])
        result = await to_end(step, reached, parameters, again)
        assert result.outcome is Outcome.CHANGED, say(result.reason)
        assert left(host) == []
