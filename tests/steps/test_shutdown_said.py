"""What shutdown.exe answers is a claim: it counts where the host's System log bears it out."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.model.codec import encode
from orchestrator.model.errors import PassingFailure
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord, StepResult
from orchestrator.remote.target import Target
from orchestrator.sentences import say
from orchestrator.steps.await_reboot import Awaiting, await_reboot
from orchestrator.steps.cancel_reboot import cancel_reboot
from orchestrator.steps.reboot import schedule_reboot
from orchestrator.steps.restarting import RebootDetail, RebootParameters
from orchestrator.windows import boot
from sspr_lab import power
from sspr_lab.faults import fault
from tests.connect.reach import shorten_pauses
from tests.details import detail_of
from tests.remote.targets import commands_run
from tests.steps.one_step import context, to_end
from tests.steps.restarts import AT_ONCE, HALF_AN_HOUR, OURS, a_host, asked, minutes_left


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly any pause before a Receive."""
    shorten_pauses(monkeypatch)


async def pieces(reached: Target, folder: Path) -> AsyncIterator[StepResult | Rest]:
    """What scheduling ends with, call by call."""
    now = context(folder)
    while True:
        end = await schedule_reboot(reached, HALF_AN_HOUR, now)
        yield end
        if not isinstance(end, Rest):
            return
        now = replace(now, state=end.state, continuing=True)


class Late:
    """The host's log, in which what is said of requests appears when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._held: list[Callable[[], None]] = []
        for name in ("write_request", "write_abort"):
            write = getattr(power, name)
            monkeypatch.setattr(power, name, lambda *a, _write=write, **k: self._held.append(lambda: _write(*a, **k)))

    def appear(self) -> None:
        for write in self._held:
            write()


@pytest.mark.parametrize("code", [0, 1726])
async def test_what_shutdown_does_not_do_is_not_told_as_scheduled(code: int, tmp_path: Path) -> None:
    """It ends with success, or with a call that failed, and the log shows nothing however often it is asked."""
    async with a_host(code, 9) as (host, reached):
        result = await to_end(schedule_reboot, reached, HALF_AN_HOUR, context(tmp_path))
        assert result.outcome is Outcome.FAILED, say(result.reason)
        assert detail_of(result, RebootDetail).due is None
        assert result.remedy is not None
        assert host.machine.registry.get(OURS, boot.SCHEDULED) is None


@pytest.mark.parametrize("code", [0, 1726])
async def test_what_shutdown_has_not_done_is_asked_for_again(code: int, tmp_path: Path) -> None:
    """Once the second request is carried out, it is scheduled."""
    async with a_host(code) as (host, reached):
        result = await to_end(schedule_reboot, reached, HALF_AN_HOUR, context(tmp_path))
        assert result.outcome is Outcome.REBOOT_PENDING, say(result.reason)
        assert minutes_left(host) > 20


@pytest.mark.parametrize("code", [0, 1726])
@pytest.mark.parametrize("appears", [True, False], ids=["late record", "no record"])
async def test_what_shutdown_has_done_is_told_as_scheduled(
    code: int, appears: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a record that Windows writes a moment later; or by 1190, with which it refuses a second request."""
    late = Late(monkeypatch)
    async with a_host(code) as (host, reached):
        calls = pieces(reached, tmp_path)
        assert isinstance(await anext(calls), Rest)
        host.machine.power.initiate(after_seconds=1800, reason=boot.REASON)
        if appears:
            late.appear()
        result = await anext(calls)
        assert isinstance(result, StepResult)
        assert result.outcome is Outcome.REBOOT_PENDING, say(result.reason)
        assert (commands_run(host) == 3) is appears


async def test_what_somebody_cancels_meanwhile_is_not_asked_for_again(tmp_path: Path) -> None:
    """Between two looks as well, the host's people have the last word."""
    async with a_host(1726) as (host, reached):
        calls = pieces(reached, tmp_path)
        assert isinstance(await anext(calls), Rest)
        host.machine.power.initiate(after_seconds=1800, reason=boot.REASON)
        host.machine.power.abort()
        result = await anext(calls)
        assert isinstance(result, StepResult)
        assert (result.outcome, host.machine.power.pending) == (Outcome.BLOCKED, None)
        assert detail_of(result, RebootDetail).due is None


async def test_a_log_that_tells_of_no_start_is_no_proof(tmp_path: Path) -> None:
    """Where it was cleared, what shutdown says is told, and that nothing could prove it."""
    async with a_host(0, 9) as (host, reached):
        host.machine.events.clear("System")
        result = await to_end(schedule_reboot, reached, HALF_AN_HOUR, context(tmp_path))
        assert result.outcome is Outcome.REBOOT_PENDING
        assert "could not prove it" in say(result.reason)


async def test_the_proof_costs_no_exchange(tmp_path: Path) -> None:
    """One line looks, one asks and proves."""
    async with a_host() as (host, reached):
        await schedule_reboot(reached, HALF_AN_HOUR, context(tmp_path))
        assert commands_run(host) == 2


@pytest.mark.parametrize("wait", [True, False])
async def test_a_host_that_goes_down_already_is_told_so(wait: bool, tmp_path: Path) -> None:
    """By the meaning of 1115, be it for another restart or for a power-off, and nobody calls it a line that broke."""
    asking = RebootParameters(when="always", wait=wait)
    async with a_host(1115) as (_, reached):
        result = await to_end(schedule_reboot, reached, asking, context(tmp_path))
        assert "a shutdown is in progress" in say(result.reason)
        assert result.outcome is (Outcome.CHANGED if wait else Outcome.REBOOT_PENDING)
        begun = replace(context(tmp_path), earlier=(StepRecord("reboot", result, 1.0),))
        moment = begun.clock.after(-1)
        looking = replace(begun, state=encode(Awaiting(moment, begun.clock.after(600))), continuing=True)
        assert isinstance(await await_reboot(reached, asking, looking), Rest)
        late = replace(begun, state=encode(Awaiting(moment, moment, answered=True)), continuing=True)
        ended = await await_reboot(reached, asking, late)
        assert isinstance(ended, StepResult)
        assert "the host was going down already (1115)" in say(ended.reason)


async def test_a_pending_power_off_is_told_as_one(tmp_path: Path) -> None:
    """In the host's own word for it, and with who asked for it; a machine that is off does not come back by itself."""
    async with a_host() as (host, reached):
        host.machine.power.initiate(after_seconds=86_400, reboot=False)
        result = await to_end(schedule_reboot, reached, AT_ONCE, context(tmp_path))
        assert result.outcome is Outcome.BLOCKED
        assert "power off, asked for by" in say(result.reason)
        assert result.remedy is not None
        assert "After a power-off" in say(result.remedy)


@pytest.mark.parametrize(
    ("code", "times", "outcome"), [(0, 9, Outcome.FAILED), (0, 1, Outcome.CHANGED), (1115, 1, Outcome.FAILED)]
)
async def test_what_shutdown_does_not_cancel_is_not_told_as_cancelled(
    code: int, times: int, outcome: Outcome, tmp_path: Path
) -> None:
    """Success is believed of shutdown /a when the log bears it out."""
    async with a_host() as (host, reached):
        await asked(reached, host, tmp_path)
        host.machine.faults.add(fault("shutdown_refused", code=code, times=times))
        result = await to_end(cancel_reboot, reached, HALF_AN_HOUR, context(tmp_path))
        assert result.outcome is outcome, say(result.reason)
        assert (host.machine.power.pending is None) is (outcome is Outcome.CHANGED)


async def test_a_cancelling_is_proved_by_a_second_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows refuses it with 1116, where the record of the first is late."""
    async with a_host() as (host, reached):
        await asked(reached, host, tmp_path)
        Late(monkeypatch)
        result = await to_end(cancel_reboot, reached, HALF_AN_HOUR, context(tmp_path))
        assert result.outcome is Outcome.CHANGED, say(result.reason)
        assert host.machine.power.pending is None


async def test_a_cancelling_that_may_have_been_done_is_looked_for(tmp_path: Path) -> None:
    """After 1726 the step is tried again, and looks first."""
    async with a_host() as (host, reached):
        await asked(reached, host, tmp_path)
        host.machine.faults.add(fault("shutdown_refused", code=1726))
        with pytest.raises(PassingFailure):
            await cancel_reboot(reached, HALF_AN_HOUR, context(tmp_path))
        again = await to_end(cancel_reboot, reached, HALF_AN_HOUR, context(tmp_path))
        assert again.outcome is Outcome.CHANGED
