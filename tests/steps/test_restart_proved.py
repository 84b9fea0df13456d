"""A restart is proved on the host before anybody waits for it: that one was noted, or asked for once, is not enough."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab.tests.winrm_hosts import WinRMHost
from orchestrator.model.clock import Clock
from orchestrator.model.codec import encode
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord, StepResult, shown
from orchestrator.remote.target import Target
from orchestrator.sentences import say
from orchestrator.steps.await_reboot import await_reboot
from orchestrator.steps.cancel_reboot import cancel_reboot
from orchestrator.steps.reboot import Asked, Restarting, schedule_reboot
from orchestrator.steps.restarting import RebootDetail, RebootParameters
from orchestrator.windows import boot
from tests.connect.reach import shorten_pauses
from tests.details import detail_of
from tests.steps.one_step import context, to_end
from tests.steps.restarts import AT_ONCE, HALF_AN_HOUR, OURS, a_host, asked, minutes_left

Event = Callable[[Target, WinRMHost, Path], Awaitable[None]]


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly any pause before a Receive."""
    shorten_pauses(monkeypatch)


async def noted(reached: Target, _: WinRMHost, __: Path) -> None:
    """The line of an earlier run broke between its note and the request."""
    booted = await reached.observe(boot.BOOT)
    due = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
    await reached.apply(boot.note_scheduled(booted, due, waited_for=False))


async def called_off(reached: Target, host: WinRMHost, folder: Path) -> None:
    """Somebody at the host has cancelled what an earlier run has scheduled."""
    await asked(reached, host, folder)
    host.machine.power.abort()


async def replaced(reached: Target, host: WinRMHost, folder: Path) -> None:
    """Somebody at the host has cancelled it, and asked for one of their own."""
    await called_off(reached, host, folder)
    host.machine.power.initiate(after_seconds=86_400)


@pytest.mark.parametrize("before", [noted, called_off])
async def test_one_that_is_not_pending_is_asked_for(tmp_path: Path, before: Event) -> None:
    """With the time that this run wants, not the one that was noted."""
    async with a_host() as (host, reached):
        await before(reached, host, tmp_path)
        result = await to_end(schedule_reboot, reached, AT_ONCE, context(tmp_path))
        assert result.outcome is Outcome.REBOOT_PENDING
        assert minutes_left(host) < 1
        due = detail_of(result, RebootDetail).due
        assert due is not None
        assert due - host.machine.clock.now() < timedelta(minutes=1)


async def test_one_that_is_pending_is_taken_over(tmp_path: Path) -> None:
    """It is neither asked for again nor brought forward, and its time is told."""
    async with a_host() as (host, reached):
        await asked(reached, host, tmp_path)
        result = await to_end(schedule_reboot, reached, AT_ONCE, context(tmp_path))
        assert minutes_left(host) > 20
        due = detail_of(result, RebootDetail).due
        assert due is not None
        assert due - host.machine.clock.now() > timedelta(minutes=20)
        assert f"a restart is set already, for {shown(due)}, which is another time" in say(result.reason)
        assert "`sspr reboot cancel` first" in say(result.reason)


async def test_one_that_is_due_when_it_is_wanted_is_taken_over(tmp_path: Path) -> None:
    """The same asked for once more is nothing that anybody has to cancel."""
    async with a_host() as (host, reached):
        await asked(reached, host, tmp_path)
        theirs = host.machine.power.pending
        result = await to_end(schedule_reboot, reached, HALF_AN_HOUR, context(tmp_path))
        assert host.machine.power.pending is theirs
        assert say(result.reason).startswith("a restart is scheduled")


async def test_one_that_an_earlier_attempt_asked_for_is_the_one_that_is_wanted(tmp_path: Path) -> None:
    """However long the line was away in between."""
    async with a_host() as (_, reached):
        first = context(tmp_path)
        asked_for = detail_of(await to_end(schedule_reboot, reached, HALF_AN_HOUR, first), RebootDetail)
        later = replace(first, attempt=2, state=encode(Restarting(Asked(asked_for))))
        result = await to_end(schedule_reboot, reached, AT_ONCE, later)
        assert say(result.reason).startswith("a restart is scheduled")


async def test_one_that_somebody_has_cancelled_while_the_line_was_away(tmp_path: Path) -> None:
    """The host's people have the last word, also where our line broke over its answer."""
    async with a_host() as (host, reached):
        booted = await reached.observe(boot.BOOT)
        moment = Clock().after(1800)
        detail = RebootDetail(booted.marker, (), (), moment.date, moment=moment)
        host.machine.power.initiate(after_seconds=1800, reason=boot.REASON)
        host.machine.power.abort()
        again = replace(context(tmp_path, attempt=2), state=encode(Restarting(Asked(detail, before=None))))
        result = await to_end(schedule_reboot, reached, HALF_AN_HOUR, again)
        assert (result.outcome, host.machine.power.pending) == (Outcome.BLOCKED, None), say(result.reason)
        assert "somebody has cancelled the restart" in say(result.reason)


async def test_one_that_arrives_late_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that the line has left carries out what it was sent: between our look and our request, say."""
    async with a_host() as (host, reached):
        await noted(reached, host, tmp_path)
        before = host.machine.registry.get(OURS, boot.SCHEDULED)
        apply = reached.apply

        async def late(*arguments: object, **options: object) -> object:
            monkeypatch.undo()
            host.machine.power.initiate(after_seconds=1800, reason=boot.REASON)
            return await apply(*arguments, **options)  # type: ignore[call-overload]

        monkeypatch.setattr(reached, "apply", late)
        result = await to_end(schedule_reboot, reached, AT_ONCE, context(tmp_path))
        assert result.outcome is Outcome.REBOOT_PENDING, say(result.reason)
        assert minutes_left(host) > 20
        assert host.machine.registry.get(OURS, boot.SCHEDULED) == before


async def test_one_that_was_replaced_is_somebody_s(tmp_path: Path) -> None:
    """What somebody else has asked for is not ours because we had noted one."""
    async with a_host() as (host, reached):
        await replaced(reached, host, tmp_path)
        theirs = host.machine.power.pending
        result = await to_end(schedule_reboot, reached, AT_ONCE, context(tmp_path))
        assert result.outcome is Outcome.BLOCKED
        assert host.machine.power.pending is theirs
        assert host.machine.registry.get(OURS, boot.SCHEDULED) is None


@pytest.mark.parametrize(
    ("before", "outcome", "pending"),
    [
        (asked, Outcome.CHANGED, False),
        (noted, Outcome.OK, False),
        (called_off, Outcome.OK, False),
        (replaced, Outcome.OK, True),
    ],
)
async def test_ours_alone_is_cancelled(tmp_path: Path, before: Event, outcome: Outcome, pending: bool) -> None:
    """Somebody else's stays, whatever we have noted; the note goes."""
    async with a_host() as (host, reached):
        await before(reached, host, tmp_path)
        result = await to_end(cancel_reboot, reached, HALF_AN_HOUR, context(tmp_path))
        assert result.outcome is outcome, say(result.reason)
        assert (host.machine.power.pending is not None) is pending
        assert host.machine.registry.get(OURS, boot.SCHEDULED) is None


@pytest.mark.parametrize(
    ("before", "words"), [(noted, "the restart was not asked for"), (called_off, "somebody has cancelled the restart")]
)
async def test_nobody_waits_for_one_that_is_not_pending(tmp_path: Path, before: Event, words: str) -> None:
    """Once it is due and the old boot answers, the host's own word ends the wait."""
    async with a_host() as (host, reached):
        await before(reached, host, tmp_path)
        booted = await reached.observe(boot.BOOT)
        moment = Clock().after(0)
        detail = RebootDetail(booted.marker, (), (), moment.date, moment=moment)
        record = StepRecord("reboot", StepResult(Outcome.CHANGED, verbatim("scheduled"), detail), 1.0)
        waiting = replace(context(tmp_path), earlier=(record,))
        result = await to_end(await_reboot, reached, RebootParameters(), waiting)
        assert result.outcome is Outcome.BLOCKED
        assert say(result.reason).startswith(words)
        assert result.remedy is not None


async def test_one_that_is_pending_is_waited_for(tmp_path: Path) -> None:
    """A host that takes its time, or whose clock is behind, is asked again."""
    async with a_host() as (host, reached):
        await asked(reached, host, tmp_path)
        booted = await reached.observe(boot.BOOT)
        moment = Clock().after(0)
        detail = RebootDetail(booted.marker, (), (), moment.date, moment=moment)
        record = StepRecord("reboot", StepResult(Outcome.CHANGED, verbatim("scheduled"), detail), 1.0)
        waiting = replace(context(tmp_path), earlier=(record,))
        rest = await await_reboot(reached, RebootParameters(), waiting)
        assert isinstance(rest, Rest)
        looked = await await_reboot(reached, RebootParameters(), replace(waiting, state=rest.state, continuing=True))
        assert isinstance(looked, Rest)
