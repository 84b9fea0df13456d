"""The turn of a host to restart: taken with the request, and ended where the restart does not come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from lab.tests.winrm_hosts import faulty, winrm_host
from orchestrator.model.clock import Clock
from orchestrator.model.errors import ConnectionLost, Unreachable
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord, StepResult
from orchestrator.remote.target import Target
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.journal import Journal
from orchestrator.runs.restart_turns import RestartTurns
from orchestrator.sentences import say
from orchestrator.steps.await_reboot import await_reboot
from orchestrator.steps.cancel_reboot import cancel_reboot
from orchestrator.steps.declaration import StepContext
from orchestrator.steps.reboot import schedule_reboot
from orchestrator.steps.restarting import RebootParameters
from tests.remote.targets import target
from tests.steps.one_step import context, in_check_mode, one, to_end

SOON = RebootParameters(when="always", delay_minutes=30)
REQUIRED = RebootParameters(when="required")
GROUP = "cluster"
Step = Callable[[Target, RebootParameters, StepContext], Awaitable[StepResult | Rest]]


def in_group(target: Target) -> None:
    target.host = replace(target.host, anti_affinity=GROUP)


@pytest.fixture
def begun(tmp_path: Path) -> StepContext:
    return replace(context(tmp_path), turns=RestartTurns(tmp_path / "restarts", Clock()))


async def test_it_is_taken_with_the_request(begun: StepContext) -> None:
    """Whoever comes after waits, and asks the host for nothing while it does."""
    async with one() as (host, reached):
        in_group(reached)
        result = await to_end(schedule_reboot, reached, SOON, begun)
        assert result.outcome is Outcome.CHANGED
        assert begun.turns.before(GROUP, "another") == reached.host.name
    async with one() as (host, reached):
        in_group(reached)
        reached.host = replace(reached.host, name="another")
        rest = await schedule_reboot(reached, SOON, begun)
        assert isinstance(rest, Rest)
        assert not rest.counts
        assert host.machine.power.pending is None
        asked = host.server.counters.requests
        again = await schedule_reboot(reached, SOON, replace(begun, state=rest.state, continuing=True))
        assert isinstance(again, Rest)
        assert host.server.counters.requests == asked


async def test_a_refused_request_ends_it(begun: StepContext) -> None:
    async with one(faults=faulty("shutdown_refused", code=87)) as (_, reached):
        in_group(reached)
        result = await to_end(schedule_reboot, reached, SOON, begun)
        assert result.outcome is Outcome.FAILED
        assert begun.turns.before(GROUP, "another") is None


async def test_a_restart_that_is_called_off_ends_it(begun: StepContext) -> None:
    """Nobody waits for what does not come."""
    async with one() as (host, reached):
        in_group(reached)
        scheduled = await to_end(schedule_reboot, reached, SOON, begun)
        host.machine.power.abort()
        await reached.release()
        following = replace(begun, earlier=[StepRecord("reboot", scheduled)])
        rest = await await_reboot(reached, SOON, following)
        assert isinstance(rest, Rest)
        assert begun.turns.before(GROUP, "another") is not None
        result = await await_reboot(reached, SOON, replace(following, state=rest.state, continuing=True))
        assert isinstance(result, StepResult)
        assert result.outcome is Outcome.BLOCKED
        assert begun.turns.before(GROUP, "another") is None


async def test_check_mode_takes_none(begun: StepContext) -> None:
    async with one(check=True) as (_, reached):
        in_group(reached)
        await in_check_mode(schedule_reboot(reached, SOON, begun))
        assert begun.turns.before(GROUP, "another") is None


@pytest.fixture
def killed(begun: StepContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StepContext:
    """A step of a run on which no process is at work."""
    monkeypatch.setattr("orchestrator.runs.restart_turns.SETTLED_SECONDS", -1.0)
    run = RunFolder(tmp_path / "20261122-130501-9f3c21")
    Journal(run.journal).close()
    return replace(begun, turns=RestartTurns(tmp_path / "restarts", Clock(), run))


async def test_what_a_killed_run_left_is_looked_at(begun: StepContext, killed: StepContext) -> None:
    """While its restart is set, the turn stays; once that is taken back, it is over. Those who wait are told of it."""
    async with one() as (host, reached), one() as (_, other):
        in_group(reached)
        in_group(other)
        other.host = replace(other.host, name="another")
        await to_end(schedule_reboot, reached, SOON, killed)
        rest = await schedule_reboot(other, SOON, begun)
        assert isinstance(rest, Rest)
        assert rest.wait is not None
        assert "; run 20261122-130501-9f3c21, which had it restart, is not at work" in say(rest.wait.what)
        assert (await to_end(schedule_reboot, reached, REQUIRED, begun)).outcome is Outcome.OK
        assert begun.turns.before(GROUP, "another") == reached.host.name
        assert host.machine.power.pending is not None
        assert (await to_end(cancel_reboot, reached, REQUIRED, begun)).outcome is Outcome.CHANGED
        assert begun.turns.before(GROUP, "another") is None


@pytest.mark.parametrize("step", [schedule_reboot, cancel_reboot])
async def test_a_restart_that_nobody_saw(begun: StepContext, killed: StepContext, step: Step) -> None:
    """Another run that looks at the host finds it up, with its log-on screen and nothing set: the turn is over."""
    async with winrm_host(speed=100) as host, target(host.server.port) as reached:
        in_group(reached)
        booted = host.machine.power.boot_time
        await to_end(schedule_reboot, reached, RebootParameters(when="always"), killed)
        until = time.monotonic() + 200
        while host.machine.power.boot_time == booted or not host.machine.powered:
            assert time.monotonic() < until, "the host does not start"
            await asyncio.sleep(0.02)
        assert begun.turns.before(GROUP, "another") == reached.host.name
        while begun.turns.before(GROUP, "another"):
            assert time.monotonic() < until, "no look ends it"
            await reached.release()
            with suppress(Unreachable, ConnectionLost):  # of services that are still starting
                assert (await to_end(step, reached, REQUIRED, begun)).outcome is Outcome.OK


async def test_somebody_elses_restart_keeps_the_turn(begun: StepContext, killed: StepContext) -> None:
    """The host goes down all the same, if not by our word."""
    async with one() as (host, reached):
        in_group(reached)
        await to_end(schedule_reboot, reached, SOON, killed)
        host.machine.power.abort()
        host.machine.power.initiate(after_seconds=86_400)
        await reached.release()
        assert (await to_end(cancel_reboot, reached, REQUIRED, begun)).outcome is Outcome.OK
        assert begun.turns.before(GROUP, "another") == reached.host.name
