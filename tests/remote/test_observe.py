"""Target.observe: facts in one exchange, answers used again while they are fresh, and questions that fail."""

import pytest

from lab.tests.winrm_hosts import faulty, winrm_host
from orchestrator.model.errors import (
    AccessDenied,
    CommandFailed,
    ConnectionLost,
    LogonRefused,
    Retry,
    Unreachable,
)
from orchestrator.remote import answers
from orchestrator.sentences import say
from orchestrator.windows import branches
from orchestrator.windows.command import all_of
from sspr_lab.profile import Branch, Profile
from tests.connect.reach import assert_nothing_stays
from tests.connect.recording_proxy import recording_proxy
from tests.remote.targets import change, commands_run, fact, target

ONE, TWO = fact("one", "echo 1"), fact("two", "echo 2", "echo zwei")


async def test_facts_are_asked_in_one_exchange() -> None:
    """Three facts of four commands cost one command line, and each gets its own part of the output."""
    async with winrm_host() as host:
        async with target(host.server.port) as reached:
            assert await reached.observe(all_of("numbers", {1: ONE, 2: TWO, 3: fact("three", "ver")})) == {
                1: "1",
                2: "2\nzwei",
                3: "Microsoft Windows [Version 6.1.7601]",
            }
        assert commands_run(host) == 1
        assert host.server.counters.requests <= 3 + 3 + 1 + 1
        await assert_nothing_stays(host)


async def test_exit_codes_are_told_apart_within_a_line() -> None:
    """Every command of a line has its own exit code, also after one that failed."""
    lines = ("cmd /c exit 3010", "cmd /c echo fine", "cmd /c exit -1", "reg query HKLM\\NoSuch 2>nul")
    asked = fact("codes", *lines, accepts=None)
    async with winrm_host() as host, target(host.server.port) as reached:
        await reached.observe(asked)
        replies = [reached._answers[command] for command in asked.commands]
        assert [reply.exit_code for reply in replies] == [3010, 0, 0xFFFFFFFF, 1]
        assert [reply.output for reply in replies] == ["", "fine\n", "", ""]


async def test_many_facts_are_spread_over_lines_that_fit() -> None:
    """What is too long for one command line is asked in several, on one shell, and answered in order."""
    lines = [f"echo {number} {'x' * 500}" for number in range(40)]
    async with winrm_host() as host:
        async with target(host.server.port) as reached:
            answer = await reached.observe(fact("many", *lines))
        assert [line.partition(" ")[0] for line in answer.splitlines()] == [str(number) for number in range(40)]
        assert 2 < commands_run(host) < 5
        assert host.server.counters.shells_created == 1


async def test_fresh_answers_are_used_again_until_something_changes() -> None:
    """Asked twice, answered once; a new fact asks only what is missing; after a change everything is asked anew."""
    async with winrm_host() as host, target(host.server.port) as reached:
        await reached.observe(ONE)
        assert await reached.observe(ONE) == "1"
        assert commands_run(host) == 1
        assert await reached.observe(all_of("numbers", {1: ONE, 2: TWO})) == {1: "1", 2: "2\nzwei"}
        assert commands_run(host) == 2
        assert "echo 1" not in host.messages[-4][1]
        await reached.apply(change("echo done"))
        await reached.observe(ONE)
        assert commands_run(host) == 4


async def test_stale_answers_are_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the fresh time a question is put to the host again."""
    async with winrm_host() as host, target(host.server.port) as reached:
        await reached.observe(ONE)
        monkeypatch.setattr(answers, "FRESH_SECONDS", 0.0)
        await reached.observe(ONE)
        assert commands_run(host) == 2


async def test_lasting_facts_are_asked_once() -> None:
    """What cannot change is kept through changes and lost connections."""
    lasting = fact("forever", "hostname", lasting=True)
    async with winrm_host() as host, target(host.server.port) as reached:
        assert await reached.observe(all_of("both", {0: lasting, 1: ONE})) == {0: "PC-01", 1: "1"}
        await reached.apply(change("echo done"))
        await reached.release()
        assert await reached.observe(lasting) == "PC-01"
        assert (commands_run(host), host.server.counters.logons) == (2, 1)


async def test_what_lasts_for_one_may_pass_for_another() -> None:
    """Who asks the same and does not take an old answer is given a new one."""
    async with winrm_host() as host, target(host.server.port) as reached:
        await reached.observe(fact("forever", "hostname", lasting=True))
        assert await reached.observe(fact("now", "hostname")) == "PC-01"
        assert commands_run(host) == 1
        await reached.apply(change("echo done"))
        assert await reached.observe(fact("now", "hostname")) == "PC-01"
        assert commands_run(host) == 3


async def test_watching_always_asks() -> None:
    """A fact that is waited for is never answered from before."""
    async with winrm_host() as host, target(host.server.port) as reached:
        await reached.watch(ONE, seconds=1)
        await reached.watch(ONE, seconds=1)
        assert commands_run(host) == 2


@pytest.mark.parametrize(
    ("branch", "name", "shells"),
    [("windows7", "windows7", 3), ("windows8", "windows8", 1), ("windows8.1", "windows8.1", 1)],
)
async def test_the_branch_of_windows_decides_on_the_quotas(branch: Branch, name: str, shells: int) -> None:
    """Once it is known which Windows it is, shells live as long as that Windows lets them."""
    async with winrm_host(Profile(branch=branch)) as host, target(host.server.port) as reached:
        assert reached.known_machine is None
        assert (await reached.machine()).branch.name == name
        for _ in range(29):
            await reached.watch(ONE, seconds=0)
        assert host.server.counters.shells_created == shells
        assert reached.known_machine == await reached.observe(branches.MACHINE)


async def test_quotas_hold_for_the_next_connection_too() -> None:
    """A target that was released knows its branch still."""
    async with winrm_host(Profile(branch="windows8.1")) as host, target(host.server.port) as reached:
        await reached.machine()
        await reached.release()
        for _ in range(20):
            await reached.watch(ONE, seconds=0)
        assert host.server.counters.shells_created == 2


async def test_a_command_that_fails_carries_its_evidence() -> None:
    """Which command, which exit code, what it said; and it is not to be tried again."""
    async with winrm_host() as host, target(host.server.port) as reached:
        with pytest.raises(CommandFailed) as caught:
            await reached.observe(all_of("both", {1: ONE, 2: fact("broken", "echo sorry&cmd /c exit 1603")}))
        assert caught.value.exit_code == 1603
        assert caught.value.evidence["output"] == "sorry\n"
        assert "exit 1603" in str(caught.value.evidence["command"])
        assert caught.value.retry is Retry.NEVER
        assert await reached.observe(ONE) == "1", "the connection is as good as before"
        assert host.server.counters.connections == 1


async def test_output_that_looks_like_a_marker_is_not_one() -> None:
    """Markers are new for every exchange: text that a host shows cannot answer for a command."""
    lines = ("echo 000000.1 0", "echo 123456.2 1", "echo after")
    async with winrm_host() as host, target(host.server.port) as reached:
        assert await reached.observe(fact("sly", *lines)) == "000000.1 0\n123456.2 1\nafter"


async def test_a_connection_lost_while_asking() -> None:
    """A drop in the middle of a Receive is ConnectionLost; the next question connects anew and cleans up."""
    async with winrm_host(faults=faulty("drop_receive")) as host:
        async with target(host.server.port) as reached:
            with pytest.raises(ConnectionLost) as caught:
                await reached.observe(ONE)
            assert caught.value.retry is Retry.RECONNECT
            assert await reached.observe(ONE) == "1"
            assert (host.server.counters.logons, host.server.counters.shells_open) == (2, 1)
        await assert_nothing_stays(host)


async def test_an_idle_connection_that_was_closed_costs_one_more_log_on() -> None:
    """The line was closed between two questions: the first says so, the next one reconnects."""
    async with winrm_host() as host, recording_proxy(host.server.port) as proxy:
        async with target(proxy.port) as reached:
            await reached.observe(ONE)
            await proxy.hang_up()
            with pytest.raises(ConnectionLost):
                await reached.observe(TWO)
            assert await reached.observe(TWO) == "2\nzwei"
        assert host.server.counters.logons == 2
        await assert_nothing_stays(host)


async def test_errors_of_the_connection_pass_unchanged() -> None:
    """Unreachable, refused and denied reach the step as they are."""
    async with winrm_host() as host:
        async with target(host.server.port, username="nobody") as refused:
            with pytest.raises(LogonRefused):
                await refused.observe(ONE)
        async with target(host.server.port, username="user") as denied:
            with pytest.raises(AccessDenied):
                await denied.observe(ONE)
        await assert_nothing_stays(host)
        port = host.server.port
    async with target(port) as gone:
        with pytest.raises(Unreachable):
            await gone.observe(ONE)


async def test_a_question_that_fails_is_named_with_what_the_host_says() -> None:
    """Also where it complains on stderr, which comes behind everything that the line prints."""
    line = "wevtutil qe NoSuchLog /f:xml"
    async with winrm_host() as host, target(host.server.port) as reached:
        with pytest.raises(CommandFailed) as caught:
            await reached.observe(all_of("amid others", {1: ONE, 2: fact("log", line), 3: TWO}))
    reason = say(caught.value.reason)
    assert line in reason
    assert "exit code 15007" in reason
    assert "channel could not be found" in reason
    assert caught.value.evidence["command"] == line
    assert "channel could not be found" in str(caught.value.evidence["output"])


async def test_a_change_that_fails_says_what_the_host_says() -> None:
    """As a question does."""
    async with winrm_host() as host, target(host.server.port) as reached:
        with pytest.raises(CommandFailed, match="channel could not be found"):
            await reached.apply(change("wevtutil cl NoSuchLog"))
