"""Target.apply and Target.send: changes are made once, judged by their exit codes, or left to be looked at."""

import asyncio

import pytest

from lab.tests.winrm_hosts import faulty, winrm_host
from orchestrator.model.clock import Deadline
from orchestrator.model.errors import (
    ChangeUnsettled,
    CommandFailed,
    DeadlineExceeded,
    Retry,
    Unreachable,
    WouldChange,
)
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.windows import registry_change
from orchestrator.windows.command import Change
from tests.connect.peers import listening, saying
from tests.connect.reach import assert_nothing_stays
from tests.remote.targets import change, command, commands_run, fact, target
from tests.saying import with_reason

RECEIVE = change('findstr "^" >C:\\new.txt')


async def test_a_change_and_a_look_in_one_exchange() -> None:
    """What is asked right after a change sees it, and costs no request more."""
    async with winrm_host() as host:
        async with target(host.server.port) as reached:
            seen = await reached.apply(change("echo new>C:\\new.txt"), fact("look", "type C:\\new.txt"))
        assert seen == "new"
        assert commands_run(host) == 1
        assert host.machine.files.read("C:\\new.txt") == b"new\r\n"
        await assert_nothing_stays(host)


async def test_a_change_gives_the_replies_of_its_commands() -> None:
    """Without a look the caller gets what the commands said."""
    async with winrm_host() as host, target(host.server.port) as reached:
        replies = await reached.apply(change("echo a", "echo b"))
        assert [reply.output for reply in replies] == ["a\n", "b\n"]


async def test_all_commands_of_a_change_run() -> None:
    """They are independent: the ones behind a failure have run when it is told, with its evidence."""
    async with winrm_host() as host, target(host.server.port) as reached:
        with pytest.raises(CommandFailed, check=with_reason("make a difference")) as caught:
            await reached.apply(change("echo a>C:\\a.txt", "echo no&cmd /c exit 5", "echo c>C:\\c.txt"))
        assert (caught.value.exit_code, caught.value.evidence["output"]) == (5, "no\n")
        assert caught.value.retry is Retry.NEVER
        assert host.machine.files.exists("C:\\a.txt")
        assert host.machine.files.exists("C:\\c.txt")


async def test_exit_codes_that_are_accepted_are_no_failure() -> None:
    """3010 from msiexec, for one."""
    accepted = Change(verbatim("install"), (command("cmd /c exit 3010", accepts=frozenset({0, 3010})),))
    async with winrm_host() as host, target(host.server.port) as reached:
        (reply,) = await reached.apply(accepted)
        assert reply.exit_code == 3010


async def test_a_look_that_fails_is_not_taken_for_a_change_that_failed() -> None:
    """The change stands, the fact could not be read: the reason says the latter."""
    async with winrm_host() as host, target(host.server.port) as reached:
        with pytest.raises(CommandFailed, check=with_reason("could not be asked")):
            await reached.apply(change("echo a>C:\\a.txt"), fact("look", "type C:\\nothing.txt 2>nul"))
        assert host.machine.files.exists("C:\\a.txt")


async def test_checking_changes_nothing_and_sends_nothing() -> None:
    """Under --check a change is only told of, not even connected for."""
    async with winrm_host() as host, target(host.server.port, check=True) as reached:
        before = host.machine.snapshot()
        with pytest.raises(WouldChange, check=with_reason("would make a difference")):
            await reached.apply(change("echo a>C:\\a.txt"))
        assert host.server.counters.connections == 0
        assert host.machine.snapshot() == before
        assert await reached.observe(fact("one", "echo 1")) == "1", "questions are asked as ever"


async def test_a_connection_lost_on_the_way_leaves_the_change_unsettled() -> None:
    """The change has been made, its answer is lost: nobody knows, and nothing is repeated by itself."""
    async with winrm_host(faults=faulty("drop_receive")) as host:
        async with target(host.server.port) as reached:
            with pytest.raises(ChangeUnsettled) as caught:
                await reached.apply(change("echo again>>C:\\log.txt"))
            assert (caught.value.retry, caught.value.outcome) == (Retry.LOOK, Outcome.UNKNOWN)
            assert await reached.observe(fact("look", "type C:\\log.txt")) == "again"
        await assert_nothing_stays(host)


async def test_a_change_is_noted_before_it_is_made() -> None:
    """What is changed in the registry is known although the answer is lost, and once only when it is begun again."""
    number = registry_change.numbers_change(verbatim("set a number"), r"HKLM\SOFTWARE\New", {"A": 1}, None)
    async with winrm_host(faults=faulty("drop_receive")) as host, target(host.server.port) as reached:
        with pytest.raises(ChangeUnsettled):
            await reached.apply(number)
        assert reached.changed == number.record
        assert number.record.created_keys == (r"HKLM\SOFTWARE\New",)


async def test_a_change_that_was_not_begun_is_not_noted() -> None:
    """Neither under --check nor without a connection is anything taken for changed."""
    number = registry_change.numbers_change(verbatim("set a number"), r"HKLM\SOFTWARE\New", {"A": 1}, None)
    async with listening(saying(b"")) as peer:
        port = peer.port
    for check in (True, False):
        async with target(port, check=check) as reached:
            with pytest.raises(WouldChange if check else Unreachable):
                await reached.apply(number)
            assert not reached.changed


async def test_a_change_that_never_ends_is_unsettled() -> None:
    """A command that hangs is terminated at its limit; what it did meanwhile is to be looked at."""
    async with winrm_host(speed=1) as host:
        async with target(host.server.port) as reached:
            with pytest.raises(ChangeUnsettled) as caught:
                await reached.apply(change("ping -n 100 127.0.0.1 >nul"), fact("look", "ver"), seconds=0.5)
            assert isinstance(caught.value.__cause__, DeadlineExceeded)
        await assert_nothing_stays(host)


async def test_the_deadline_of_the_step_holds() -> None:
    """No exchange lasts longer than the step that it belongs to."""
    async with winrm_host(speed=1) as host, target(host.server.port) as reached:
        await reached.observe(fact("one", "echo 1"))
        reached.deadline = Deadline.after(0.5)
        began = asyncio.get_running_loop().time()
        with pytest.raises(DeadlineExceeded):
            await reached.observe(fact("long", "ping -n 100 127.0.0.1 >nul"))
        assert asyncio.get_running_loop().time() - began < 20


async def test_a_change_that_was_never_sent_is_not_unsettled() -> None:
    """When the host cannot be reached at all, that is what is told: there is nothing to look at."""
    async with listening(saying(b"")) as peer:
        port = peer.port
    async with target(port) as reached:
        with pytest.raises(Unreachable):
            await reached.apply(change("echo a>C:\\a.txt"))


async def test_without_time_a_change_is_not_begun() -> None:
    """A deadline that has passed is told as such, and no connection is made."""
    async with winrm_host() as host, target(host.server.port) as reached:
        reached.deadline = Deadline.after(0)
        with pytest.raises(DeadlineExceeded):
            await reached.apply(change("echo a>C:\\a.txt"))
        assert host.server.counters.connections == 0


async def test_what_is_sent_arrives() -> None:
    """The first command gets standard input, the others none; and fresh answers are forgotten."""
    look = fact("look", "if exist C:\\new.txt type C:\\new.txt")
    async with winrm_host() as host, target(host.server.port) as reached:
        assert await reached.observe(look) == ""
        assert await reached.apply(RECEIVE, look, content=[b"first\r\n", b"second\r\n"]) == "first\nsecond"
        assert await reached.observe(look) == "first\nsecond"


async def test_sending_to_a_command_that_fails() -> None:
    """The exit code and what was said are told."""
    async with winrm_host() as host, target(host.server.port) as reached:
        with pytest.raises(CommandFailed) as caught:
            await reached.apply(change("echo disk full&cmd /c exit 112", "ver"), content=[b"x\r\n"])
        assert (caught.value.exit_code, caught.value.evidence["output"]) == (112, "disk full\n")


async def test_a_connection_lost_while_sending() -> None:
    """Unsettled as well: what has arrived is to be looked at."""
    async with winrm_host(faults=faulty("drop_receive")) as host:
        async with target(host.server.port) as reached:
            with pytest.raises(ChangeUnsettled):
                await reached.apply(RECEIVE, content=[b"x\r\n"])
            assert await reached.observe(fact("look", "type C:\\new.txt")) == "x"
        await assert_nothing_stays(host)


async def test_releasing_twice_and_going_on() -> None:
    """A released target connects again when it is asked something."""
    async with winrm_host() as host, target(host.server.port) as reached:
        for _ in range(2):
            assert await reached.observe(fact("one", "echo 1")) == "1"
            await reached.release()
            await reached.release()
        assert host.server.counters.connections == 2
        await assert_nothing_stays(host)
