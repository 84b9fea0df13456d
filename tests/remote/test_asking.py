"""What one odd command does to the others of its line, and how an absence is proved: nothing is guessed at."""

from collections.abc import AsyncIterator

import pytest

from lab.tests.winrm_hosts import WinRMHost, winrm_host
from orchestrator.connect import pywinrm
from orchestrator.model.errors import (
    ChangeUnsettled,
    CommandFailed,
    CommandUnanswered,
    DeadlineExceeded,
    EndlessOutput,
    Retry,
)
from orchestrator.remote import target as target_module
from orchestrator.remote.target import Target
from orchestrator.sentences import say
from orchestrator.windows import registry, registry_change
from orchestrator.windows.command import Fact, all_of, attempted
from sspr_lab.registry import Value
from tests.remote.targets import change, command, commands_run, fact, target

MANY = {number: fact(f"fact {number}", f"echo {number}") for number in range(50)}
UNREADABLE = "for %i in do echo %i"
ODD = {
    "it cannot be read": UNREADABLE,
    "it ends the line": "exit 5",
    "it ends the line amid others": "echo a)&exit&(echo b",
    "its marker is another's": "echo @ 0&exit 0",
}


def printing(characters: int, letter: str) -> str:
    """A command that prints so many."""
    return f"for /l %i in (1,1,{characters // 500}) do @echo {letter * 500}"


@pytest.fixture
async def host() -> AsyncIterator[WinRMHost]:
    """A stock Windows 7."""
    async with winrm_host() as up:
        yield up


@pytest.fixture
async def reached(host: WinRMHost) -> AsyncIterator[Target]:
    """The same as a step sees it."""
    async with target(host.server.port) as made:
        yield made


@pytest.mark.parametrize("place", [0, 25, 49])
@pytest.mark.parametrize("line", ODD.values(), ids=ODD)
async def test_one_odd_command_is_named(reached: Target, host: WinRMHost, line: str, place: int) -> None:
    """Wherever it stands among fifty, it is named with what the host says, after few lines and no second run."""
    facts = {**dict(list(MANY.items())[:place]), -1: fact("odd", line), **dict(list(MANY.items())[place:])}
    with pytest.raises(CommandUnanswered) as caught:
        await reached.observe(all_of("fifty", facts))
    assert caught.value.evidence["unanswered"] == [line]
    assert line in say(caught.value.reason)
    assert caught.value.retry is Retry.NEVER
    assert commands_run(host) <= 14
    if line == UNREADABLE:
        assert "unexpected at this time" in say(caught.value.reason)
    assert await reached.observe(all_of("rest", MANY)) == {number: str(number) for number in MANY}


async def test_what_only_fails_in_company_is_answered(
    reached: Target, host: WinRMHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that prints too much is asked again in halves, so that each command has its answer after all."""
    monkeypatch.setattr(pywinrm, "OUTPUT_LIMIT", 100_000)
    long = {number: fact(f"long {number}", printing(60_000, str(number))) for number in range(6)}
    answers = await reached.observe(all_of("long", long))
    assert {number: set(answer.split()) for number, answer in answers.items()} == {n: {str(n) * 500} for n in long}
    assert commands_run(host) > 1


async def test_what_prints_without_end_is_an_error(reached: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone, too: then it is what it is."""
    monkeypatch.setattr(pywinrm, "OUTPUT_LIMIT", 100_000)
    with pytest.raises(EndlessOutput):
        await reached.observe(all_of("both", {0: fact("short", "echo 1"), 1: fact("long", printing(600_000, "x"))}))


async def test_a_host_that_answers_no_line_is_not_tried_command_by_command(reached: Target, host: WinRMHost) -> None:
    """Where three commands are odd it is the host, and the others are not sent alone as well."""
    with pytest.raises(CommandUnanswered) as caught:
        await reached.observe(fact("none", *(f"exit {number}" for number in range(1, 51))))
    assert caught.value.evidence["unanswered"] == ["exit 1", "exit 2", "exit 3"]
    assert commands_run(host) <= 12


async def test_the_command_that_hangs_is_named(reached: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is up: how far the line had come says which command it was."""
    monkeypatch.setattr(target_module, "EXCHANGE_SECONDS", 1.0)
    facts = {0: MANY[0], 1: fact("hangs", "ping -n 600 127.0.0.1 >nul"), 2: MANY[2]}
    with pytest.raises(DeadlineExceeded) as caught:
        await reached.observe(all_of("three", facts))
    assert "ping -n 600 127.0.0.1" in say(caught.value.reason)


async def test_half_an_answer_is_none(reached: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a line that was given up only the end is known: what began before that is asked again, whole."""
    monkeypatch.setattr(target_module, "EXCHANGE_SECONDS", 1.0)
    hangs = attempted(fact("hangs", "ping -n 600 127.0.0.1 >nul", accepts=None))
    seen = await reached.observe(all_of("both", {0: fact("long", printing(5_000, "x")), 1: hangs}))
    assert len(seen[0].replace("\n", "")) >= 5_000


async def test_of_two_that_hang_the_one_that_is_needed_is_named(
    reached: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one may stay open, and is nobody's trouble."""
    monkeypatch.setattr(target_module, "EXCHANGE_SECONDS", 1.0)
    optional = attempted(fact("optional", "ping -n 600 127.0.0.1 >nul", accepts=None))
    facts = {0: optional, 1: fact("needed", "ping -n 601 127.0.0.1 >nul")}
    with pytest.raises(DeadlineExceeded) as caught:
        await reached.observe(all_of("both", facts))
    assert "ping -n 601" in say(caught.value.reason)


async def test_a_change_is_not_sent_again(reached: Target, host: WinRMHost) -> None:
    """A line that stops behind its change is asked again for the answers alone; one amid them, not."""
    counted = change(r"echo once>>C:\counted.txt")
    with pytest.raises(CommandUnanswered):
        await reached.apply(counted, fact("odd", "exit 5"))
    assert host.machine.files.read(r"C:\counted.txt") == b"once\r\n"
    with pytest.raises(CommandUnanswered) as caught:
        await reached.apply(change(r"echo once>>C:\counted.txt", "exit 7", r"echo twice>>C:\counted.txt"), MANY[0])
    assert caught.value.evidence["unanswered"] == ["exit 7"]
    assert host.machine.files.read(r"C:\counted.txt") == b"once\r\n" * 2


async def test_a_change_that_hangs_has_to_be_looked_at(reached: Target) -> None:
    """As with every change that did not end."""
    with pytest.raises(ChangeUnsettled):
        await reached.apply(change("ping -n 600 127.0.0.1 >nul"), seconds=1.0)


async def test_a_command_alone_needs_no_marker(reached: Target) -> None:
    """What ends its line still has an exit code, and what cannot be read has cmd.exe's words."""
    assert (await reached.ask_alone(command("echo a&exit 5"))).exit_code == 5
    unreadable = await reached.ask_alone(command(UNREADABLE))
    assert unreadable.exit_code != 0
    assert "unexpected at this time" in unreadable.output


KEY = r"HKLM\SOFTWARE\SsprSample"
KEYS: dict[str, Fact[registry.Key | None]] = {
    "there": registry.key("there", r"HKLM\SOFTWARE\Microsoft"),
    "absent": registry.key("absent", KEY),
    "absent, and so is what is above": registry.key("deep", rf"{KEY}\Below\Deeper"),
}


async def test_absence_costs_no_exchange(reached: Target, host: WinRMHost) -> None:
    """What reg.exe says of nobody's key is asked in the same line, and never again."""
    seen = await reached.observe(all_of("keys", KEYS))
    assert {name: key is not None for name, key in seen.items()} == {
        "there": True,
        "absent": False,
        "absent, and so is what is above": False,
    }
    assert await reached.observe(registry.value("value", r"HKLM\SOFTWARE\Microsoft", "SsprSample")) is None
    sent = [message for message in host.messages if "SsprNone" in message[1]]
    assert (commands_run(host), len(sent)) == (2, 1)


REFUSED = r"HKLM\SYSTEM\Refused"


@pytest.mark.parametrize(
    "question",
    [
        registry.key("key", REFUSED),
        registry.value("value", REFUSED, "Enabled"),
        registry.default_value("default", REFUSED),
        registry_change.missing_keys("missing", REFUSED),
    ],
    ids=lambda question: question.name,
)
async def test_a_refusal_is_no_absence(reached: Target, host: WinRMHost, question: Fact[object]) -> None:
    """Exit code 1 as well, in words of its own: an error that says them."""
    host.machine.registry.set(REFUSED, "Enabled", Value.of(1))
    host.machine.registry.refuse(REFUSED)
    with pytest.raises(CommandFailed) as caught:
        await reached.observe(question)
    assert "Access is denied" in say(caught.value.reason)
    assert REFUSED in say(caught.value.reason)
