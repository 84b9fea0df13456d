"""A restart that is waited for: what a host may say that starts, and a shutdown.exe that cannot yet."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lab.tests.winrm_hosts import WinRMHost, faulty, winrm_host
from orchestrator.model.clock import Deadline
from orchestrator.model.codec import decode, encode
from orchestrator.model.errors import LogonRefused, PassingFailure, Retry
from orchestrator.model.host import JumpHost
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord, StepResult
from orchestrator.remote.target import Target
from orchestrator.sentences import say
from orchestrator.steps.await_reboot import Awaiting, await_reboot
from orchestrator.steps.cancel_reboot import cancel_reboot
from orchestrator.steps.declaration import StepContext
from orchestrator.steps.reboot import schedule_reboot
from orchestrator.steps.restarting import RebootDetail, RebootParameters
from sspr_lab.faults import fault
from sspr_lab.winrm import namespaces as ns
from sspr_lab.winrm.faults import FaultKind, WsmanFault
from sspr_lab.winrm.service import Caller
from sspr_lab.winrm.soap import Message
from tests.connect.reach import at, connector
from tests.connect.tunnels import closed_port
from tests.remote.targets import target
from tests.sshd import make_key
from tests.steps.one_step import context, one, to_end

OURS = r"HKLM\SOFTWARE\SsprOrchestrator"


def refusing(host: WinRMHost, code: int) -> None:
    """Every Create is answered by a fault of that code."""
    usual: Callable[[Message, Caller], Awaitable[str]] = host.server._site.service.handle

    async def handle(message: Message, caller: Caller) -> str:
        if message.action == ns.CREATE:
            raise WsmanFault(FaultKind(code, "Receiver", "w:InternalError", "access_denied"))
        return await usual(message, caller)

    setattr(host.server._site.service, "handle", handle)  # noqa: B010 - a method is replaced on purpose


def waiting(folder: Path) -> StepContext:
    """In the middle of the wait for a restart that was due a moment ago."""
    begun = context(folder)
    moment = begun.clock.after(-5)
    scheduled = RebootDetail("7@long-ago", (), (), moment.date, moment=moment)
    record = StepRecord("reboot", StepResult(Outcome.CHANGED, verbatim("scheduled"), scheduled), 1.0)
    state = encode(Awaiting(moment, begun.clock.after(600)))
    return replace(begun, earlier=[record], state=state, continuing=True)


@pytest.mark.parametrize("back", [False, True], ids=["not seen yet", "log-on screen awaited"])
@pytest.mark.parametrize(
    "code", [2150850000, 0x800703FA, 1018, 0x80070005 ^ 0x100, 2150858793, 5, 0x80070005, 0x80338041, 2150858806, 1722]
)
async def test_no_fault_ends_the_wait(code: int, back: bool, tmp_path: Path) -> None:
    """It is as good as no answer until the time is up, and then told; the account has just run `shutdown` there."""
    begun = waiting(tmp_path)
    awaiting = begun.recall(Awaiting)
    assert awaiting is not None
    begun = replace(begun, state=encode(replace(awaiting, returned=back)))
    async with one() as (host, reached):
        refusing(host, code)
        rest = await await_reboot(reached, RebootParameters(), begun)
        assert isinstance(rest, Rest)
        trouble = decode(Awaiting, rest.state).trouble
        assert trouble is not None
        if not back:
            late = replace(decode(Awaiting, rest.state), ending=begun.clock.after(-1))
            result = await await_reboot(reached, RebootParameters(), replace(begun, state=encode(late)))
            assert isinstance(result, StepResult)
            assert f"at the last look: {say(trouble)}" in say(result.reason)


async def test_a_wait_in_vain_says_what_the_last_look_ended_with(tmp_path: Path) -> None:
    """Where it is the way there that was closed, what to do is about that way; a machine is not blamed for it."""
    make_key(tmp_path / "id")
    known = tmp_path / "known_hosts"
    known.write_text("", encoding="ascii")
    gate = JumpHost("gate", "127.0.0.1", closed_port(), "nobody", known, key=tmp_path / "id")
    begun = waiting(tmp_path)
    async with connector() as made:
        hidden = Target(replace(at(5985), via=(gate,)), made, check=False, deadline=Deadline.after(20))
        rest = await await_reboot(hidden, RebootParameters(), begun)
        assert isinstance(rest, Rest)
        late = replace(decode(Awaiting, rest.state), ending=begun.clock.after(-1))
        result = await await_reboot(hidden, RebootParameters(), replace(begun, state=encode(late)))
    assert isinstance(result, StepResult)
    assert "did not come back" in say(result.reason)
    assert "at the last look: the jump host `gate`" in say(result.reason)
    assert result.remedy is not None
    assert "its SSH server" in say(result.remedy)


async def test_who_is_looked_for_late_is_looked_for(tmp_path: Path) -> None:
    """Where nobody looked in time, as others were at work or the coordinator was off, the host is back all the same."""
    begun = waiting(tmp_path)
    awaiting = begun.recall(Awaiting)
    assert awaiting is not None
    begun = replace(begun, state=encode(replace(awaiting, ending=begun.clock.after(-3600))))
    async with one() as (_, reached):
        result = await await_reboot(reached, RebootParameters(), begun)
    assert isinstance(result, StepResult)
    assert result.outcome is Outcome.CHANGED, say(result.reason)


async def test_a_refused_logon_ends_the_wait(tmp_path: Path) -> None:
    """Nothing changes it, and others may be locked out."""
    async with winrm_host() as host, target(host.server.port, username="nobody") as reached:
        with pytest.raises(LogonRefused):
            await await_reboot(reached, RebootParameters(), waiting(tmp_path))


@pytest.mark.parametrize("code", [1722, 21, 0x800706BA])
async def test_a_shutdown_that_cannot_yet(code: int, tmp_path: Path) -> None:
    """The step is worth another attempt, and what was noted for it is gone; then it does what was asked."""
    asking = RebootParameters(when="always", delay_minutes=30, wait=False)
    async with one(faults=faulty("shutdown_refused", code=code)) as (host, reached):
        with pytest.raises(PassingFailure) as caught:
            await schedule_reboot(reached, asking, context(tmp_path))
        assert caught.value.retry is Retry.BACK_OFF
        assert host.machine.registry.get(OURS, "RestartScheduledIn") is None
        result = await to_end(schedule_reboot, reached, asking, context(tmp_path))
        assert result.outcome is Outcome.REBOOT_PENDING
        assert host.machine.power.pending is not None
        host.machine.faults.add(fault("shutdown_refused", code=code))
        with pytest.raises(PassingFailure):
            await cancel_reboot(reached, RebootParameters(), context(tmp_path))
        cancelled = await to_end(cancel_reboot, reached, RebootParameters(), context(tmp_path))
        assert cancelled.outcome is Outcome.CHANGED
        assert host.machine.power.pending is None


@pytest.mark.parametrize(("outcome", "restarts"), [(Outcome.OK, False), (Outcome.CHANGED, True)])
async def test_what_another_run_has_restarted_for_is_not_restarted_again(
    outcome: Outcome, restarts: bool, tmp_path: Path
) -> None:
    """A step that found a change of before, which waited for a restart, counts by what is noted now; our own counts."""
    record = StepRecord("tls12", StepResult(outcome, verbatim("takes effect later"), reboot_required=True), 1.0)
    async with one() as (host, reached):
        begun = replace(context(tmp_path), earlier=[record])
        await to_end(schedule_reboot, reached, RebootParameters(when="required", wait=False), begun)
        assert (host.machine.power.pending is not None) is restarts


async def test_a_shutdown_that_does_not_know_its_words(tmp_path: Path) -> None:
    """Any other code is the end of it."""
    async with one(faults=faulty("shutdown_refused", code=87)) as (_, reached):
        result = await to_end(schedule_reboot, reached, RebootParameters(when="always"), context(tmp_path))
    assert result.outcome is Outcome.FAILED
