"""The lease of a host: one run at a time changes it, and who has lost it changes nothing more."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from lab.tests.winrm_hosts import WinRMHost, winrm_host
from orchestrator.model.errors import CommandFailed, LeaseHeld, LeaseLost, Retry
from orchestrator.model.outcome import Outcome
from orchestrator.remote.leasing import Leasing, NothingKnown
from orchestrator.remote.target import Target
from orchestrator.sentences import say
from orchestrator.windows import lease
from orchestrator.windows.lease import FOLDER, LEASE_SECONDS, OWNERLESS_SECONDS, Holder, Lease
from orchestrator.windows.quoting import speakable
from tests.remote.targets import change, commands_run, fact, target

PLACE = FOLDER.replace("%SystemRoot%", "C:\\Windows")
ROOT = PLACE.rpartition("\\")[0]
LOOK = fact("look", "type C:\\log.txt 2>nul", accepts=None)


def holder(run: str, coordinator: str = "0" * 16) -> Holder:
    return Holder(coordinator, run, "CONTOSO\\zoë & co", "admin-pc")


@dataclass
class Known(NothingKnown):
    """That one run has ended is known, and nothing else."""

    ended: str | None

    def has_ended(self, lease: Lease) -> bool:
        return self.ended is not None and lease.run == self.ended


async def runs(stack: AsyncExitStack, host: WinRMHost, *names: str, ended: str | None = None) -> list[Target]:
    """Targets of several runs at one host."""
    reached = [await stack.enter_async_context(target(host.server.port)) for _ in names]
    for name, each in zip(names, reached, strict=True):
        each.leasing = Leasing(holder(name), Known(ended))
    return reached


async def test_the_first_change_takes_it_in_its_own_exchange() -> None:
    """No command line more than without, and nothing stays once it is given back."""
    async with winrm_host() as host, AsyncExitStack() as stack:
        (one,) = await runs(stack, host, "one")
        assert await one.apply(change("echo new>C:\\log.txt"), LOOK) == "new"
        assert await one.apply(change("echo more>>C:\\log.txt"), LOOK) == "new\nmore"
        assert commands_run(host) == 2
        await one.give_back_lease()
        assert not host.machine.files.exists(ROOT)


async def test_it_is_given_back_where_shells_of_killed_runs_use_up_the_quota() -> None:
    """Fifteen operations are all that Windows 7 allows an account; those of our own shell go with it."""
    async with winrm_host() as host, AsyncExitStack() as stack:
        one, killed, another = await runs(stack, host, "one", "killed", "another")
        await one.apply(change("echo one>C:\\log.txt"))
        for shell, commands in ((killed, 12), (another, 2)):
            shell.leasing = None
            for number in range(commands):
                await shell.observe(fact(f"look {number}", f"echo {number}"))
        assert commands_run(host) == 15
        await one.give_back_lease()
        assert not host.machine.files.exists(ROOT)


async def test_others_are_told_who_has_it_and_change_nothing() -> None:
    """Neither by a change, be it an upload, nor by what they would conclude from a look; until it is given back."""
    async with winrm_host() as host, AsyncExitStack() as stack:
        one, other = await runs(stack, host, "one", "other")
        await one.apply(change("echo one>C:\\log.txt"))
        for refused in (
            other.apply(change("echo other>C:\\log.txt")),
            other.apply(change('findstr "^" >C:\\log.txt'), content=[b"other\r\n" * 50_000]),
            other.observe(LOOK),
        ):
            with pytest.raises(LeaseHeld) as caught:
                await refused
            assert "run one of CONTOSO\\zoë & co on admin-pc" in say(caught.value.reason)
            assert (caught.value.retry, caught.value.outcome) == (Retry.WAIT, Outcome.BLOCKED)
        assert host.machine.files.read("C:\\log.txt") == b"one\r\n"
        await one.give_back_lease()
        assert await other.apply(change("echo other>C:\\log.txt"), LOOK) == "other"


async def test_of_many_that_want_it_at_once_one_gets_it() -> None:
    """`md` makes a folder once, whoever else tries at the same moment."""
    async with winrm_host() as host, AsyncExitStack() as stack:
        names = [f"run-{number}" for number in range(4)]
        many = await runs(stack, host, *names)
        ends = await asyncio.gather(
            *(each.apply(change(f"echo {name}>>C:\\log.txt")) for name, each in zip(names, many, strict=True)),
            return_exceptions=True,
        )
        assert [type(end) for end in ends if isinstance(end, Exception)] == [LeaseHeld] * 3
        assert len(host.machine.files.read("C:\\log.txt").splitlines()) == 1


async def test_who_has_lost_it_changes_nothing_more() -> None:
    """Somebody broke it: the next change finds out in its own exchange, and so does the one after that."""
    async with winrm_host() as host, AsyncExitStack() as stack:
        one, other = await runs(stack, host, "one", "other")
        await one.apply(change("echo one>C:\\log.txt"))
        await other_breaks(host, other)
        for _ in range(2):
            with pytest.raises(LeaseLost) as caught:
                await one.apply(change("echo late>C:\\log.txt"))
            assert (caught.value.retry, caught.value.outcome) == (Retry.NEVER, Outcome.UNKNOWN)
        await other.apply(change("echo other>C:\\log.txt"))
        with pytest.raises(LeaseLost) as caught:
            await one.apply(change("echo late>C:\\log.txt"))
        assert "run other of" in say(caught.value.reason)
        await one.give_back_lease()
        assert host.machine.files.exists(f"{PLACE}\\{holder('other').mark}")


async def other_breaks(host: WinRMHost, other: Target) -> None:
    leasing, other.leasing = other.leasing, None
    found = await other.observe(lease.STANDING)
    assert found is not None
    assert await other.apply(lease.broken(found), lease.STANDING) is None
    other.leasing = leasing
    assert not host.machine.files.exists(ROOT)


@pytest.mark.parametrize("why", ["ran out", "ended"])
async def test_a_lease_of_no_use_is_taken_over(why: str) -> None:
    """At once where its run has provably ended, else when it has run out by the host's clock; by one of several."""
    async with winrm_host() as host, AsyncExitStack() as stack:
        ended = why == "ended"
        one, *others = await runs(stack, host, "one", "second", "third", ended="one" if ended else None)
        await one.apply(change("echo one>C:\\log.txt"))
        if not ended:
            later(host, 2 * LEASE_SECONDS)
        assert await others[0].observe(LOOK) == "one"
        ends = await asyncio.gather(
            *(each.apply(change('findstr "^" >>C:\\log.txt'), content=[b"x\r\n"]) for each in others),
            return_exceptions=True,
        )
        assert [type(end) for end in ends if isinstance(end, Exception)] == [LeaseHeld]
        assert host.machine.files.read("C:\\log.txt") == b"one\r\nx\r\n"
        with pytest.raises(LeaseLost):
            await one.apply(change("echo late>C:\\log.txt"))


@pytest.mark.parametrize("inside", [True, False], ids=["with a mark", "without"])
async def test_a_lease_of_no_use_does_not_stay_where_nothing_is_changed(inside: bool) -> None:
    """A run that died had done all that there was to do; the next one only looks, and takes its lease away."""
    async with winrm_host() as host, AsyncExitStack() as stack:
        one, second = await runs(stack, host, "one", "second", ended="one")
        if inside:
            await one.apply(change("echo one>C:\\log.txt"))
        else:
            host.machine.files.mkdir(ROOT)
            host.machine.files.mkdir(PLACE)
            with pytest.raises(LeaseHeld):
                await second.observe(LOOK)
            later(host, OWNERLESS_SECONDS + 2)
        await second.observe(LOOK)
        await second.give_back_lease()
        assert not host.machine.files.exists(ROOT)


async def test_a_lease_of_no_use_that_another_has_taken_stays() -> None:
    """Of two runs that found it, one has taken it over: it is that one's, whatever the other saw before."""
    async with winrm_host() as host, AsyncExitStack() as stack:
        one, second, third = await runs(stack, host, "one", "second", "third", ended="one")
        await one.apply(change("echo one>C:\\log.txt"))
        await second.observe(LOOK)
        await third.apply(change("echo third>C:\\log.txt"))
        await second.give_back_lease()
        assert (await standing(host)).mark == holder("third").mark


@pytest.mark.parametrize("inside", [None, "somebody"])
async def test_a_lease_without_an_owner_is_left_alone_for_two_minutes(inside: str | None) -> None:
    """Whoever takes one says so in the same command line, so that it is one whose taker died there."""
    async with winrm_host() as host, AsyncExitStack() as stack:
        (one,) = await runs(stack, host, "one")
        for folder in (ROOT, PLACE, *([f"{PLACE}\\{inside}"] if inside else [])):
            host.machine.files.mkdir(folder)
        with pytest.raises(LeaseHeld) as caught:
            await one.apply(change("echo one>C:\\log.txt"))
        assert "not said which" in say(caught.value.reason)
        later(host, OWNERLESS_SECONDS + 2)  # what shows it is to the second
        assert await one.apply(change("echo one>C:\\log.txt"), LOOK) == "one"
        assert [entry.name for entry in host.machine.files.listdir(PLACE)] == [holder("one").mark]


async def test_where_none_can_be_taken_nothing_is_changed() -> None:
    """A file stands in its place, say: that is told, and is no run to be waited for."""
    async with winrm_host() as host, AsyncExitStack() as stack:
        (one,) = await runs(stack, host, "one")
        host.machine.files.mkdir(ROOT)
        host.machine.files.write(PLACE, b"")
        with pytest.raises(CommandFailed):
            await one.apply(change("echo one>C:\\log.txt"))
        assert not host.machine.files.exists("C:\\log.txt")


async def test_it_is_renewed_with_questions_too() -> None:
    """A step that only looks for long, at an installation say, keeps it."""
    async with winrm_host() as host, AsyncExitStack() as stack:
        (one,) = await runs(stack, host, "one")
        await one.apply(change("echo one>C:\\log.txt"))
        first = await standing(host)
        later(host, LEASE_SECONDS / 2)
        await one.observe(LOOK)
        await one.watch(LOOK, 0)
        second = await standing(host)
        assert (second.since, second.mark) == (first.since, first.mark)
        assert first.until
        assert second.until
        assert second.until > first.until


def later(host: WinRMHost, seconds: float) -> None:
    """Sets the host's clock, by which all this goes, ahead."""
    host.machine.clock.offset += timedelta(seconds=seconds)


async def standing(host: WinRMHost) -> Lease:
    """The lease that somebody finds who needs none."""
    async with target(host.server.port) as reached:
        found = await reached.observe(lease.STANDING)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "account", ["alice", "CONTOSO\\zoë", 'a & b | c > d ^ %PATH% "e" (f)', "x" * 200, "", "名" * 40]
)
def test_what_people_are_called_is_no_command(account: str) -> None:
    """Names stand in a command line, and come back as they were as far as they fit."""
    moment = datetime(2026, 1, 31, 7, tzinfo=UTC)
    line = lease.held(Holder("0" * 16, "run", account, "pc"), moment, moment, "marker").line
    spoken = line.partition("echo ")[2].partition("&(if")[0]
    assert speakable(spoken)
    assert not set(spoken) & set('&|<>^%"()!')
    read = lease.refusal(f"@m refused\nlease\n{'0' * 16}.run\n{spoken}\n@m shown\n", "m")
    assert read is not None
    assert read.lease is not None
    assert read.lease.account is not None
    assert (account or "-").startswith(read.lease.account.rstrip("=\ufffd")) or len(account) > 30


async def test_what_was_seen_before_a_rest_is_looked_at_anew() -> None:
    """A moment ago is no moment ago where another run may have had the host meanwhile."""
    async with winrm_host() as host, AsyncExitStack() as stack:
        one, other = await runs(stack, host, "one", "other")
        host.machine.files.write("C:\\log.txt", b"before")
        assert await one.observe(LOOK) == "before"
        await one.rest(0.1)
        await other.apply(change("echo after>C:\\log.txt"))
        await other.give_back_lease()
        assert await one.observe(LOOK) == "after"
