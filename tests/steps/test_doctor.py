"""Step `doctor` with `changes`: its trials hold on a lab host, over the rests of the one that waits, and go again."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.model.doctor import DoctorDetail, ExaminedBelief
from orchestrator.model.outcome import Outcome
from orchestrator.remote import target as target_module
from orchestrator.sentences import say
from orchestrator.steps import doctor
from orchestrator.steps.doctor import DoctorParameters, examine
from orchestrator.windows import beliefs, branches
from orchestrator.windows.beliefs import Belief
from tests.remote.targets import command as asks
from tests.remote.targets import commands_run
from tests.steps.one_step import context, one, to_end

AGREES = Belief(
    "agrees", "echo echoes", (asks("echo yes"),), lambda replies: None if replies[0].output == "yes\n" else "no"
)
UNREADABLE = "for %i in do echo %i"
ODD = {
    "a command that cannot be read": (UNREADABLE, "unexpected at this time"),
    "a command that ends the line": ("exit 5", "it says nothing about it"),
    "a command that hangs": ("ping -n 600 127.0.0.1 >nul", "in time"),
}


def amid_others(line: str, name: str = "odd") -> Belief:
    """A belief of three commands, of which one is odd."""
    return Belief(name, "all is well", (asks("echo 1"), asks(line), asks("echo 2")), lambda _: None)


async def examined(monkeypatch: pytest.MonkeyPatch, folder: Path, *believed: Belief) -> tuple[DoctorDetail, int]:
    """What the doctor tells when this is believed, and how many lines it took."""
    monkeypatch.setattr(beliefs, "beliefs", lambda: believed)
    async with one() as (host, reached):
        result = await to_end(doctor.examine, reached, DoctorParameters(), context(folder))
        assert isinstance(result.detail, DoctorDetail)
        assert result.detail.machine == "Windows 7 SP1 x64"
        return result.detail, commands_run(host)


def told(belief: ExaminedBelief) -> str:
    """What is otherwise, in words."""
    assert belief.difference
    return say(belief.difference)


@pytest.mark.parametrize(("line", "words"), ODD.values(), ids=ODD)
async def test_one_odd_command_keeps_nothing_from_being_examined(
    line: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told with the host's words, asked alone as well, and what comes behind it is examined all the same."""
    monkeypatch.setattr(target_module, "EXCHANGE_SECONDS", 1.5)
    monkeypatch.setattr(doctor, "ALONE_SECONDS", 1.5)
    detail, _ = await examined(monkeypatch, tmp_path, AGREES, amid_others(line), AGREES)
    assert [belief.holds for belief in detail.beliefs] == [True, False, True]
    odd = detail.beliefs[1]
    assert line in told(odd)
    assert words in told(odd)
    assert [answer.command for answer in odd.answers] == [line]


async def test_where_no_line_is_answered_each_command_is_asked_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The belief that lines work is the first: where it fails, no more lines of several commands are sent."""
    two = Belief("two", "echo echoes twice", (asks("echo 1"), asks("echo 2")), lambda replies: None)
    detail, lines = await examined(monkeypatch, tmp_path, amid_others("exit 5", beliefs.LINES_WORK), two, two, AGREES)
    assert [belief.holds for belief in detail.beliefs] == [False, True, True, True]
    assert lines <= 1 + 5 + 3 + 2 + 2 + 1


async def test_a_windows_that_does_not_say_which_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is examined as well."""
    monkeypatch.setattr(beliefs, "beliefs", lambda: (AGREES,))
    async with one() as (host, reached):
        host.machine.registry.refuse(branches.CURRENT_VERSION)
        result = await to_end(doctor.examine, reached, DoctorParameters(), context(tmp_path))
    assert isinstance(result.detail, DoctorDetail)
    assert result.detail.machine == "Windows x64"
    assert result.outcome is Outcome.OK


async def test_trials_hold_and_leave_nothing(tmp_path: Path) -> None:
    """Files, a task, a note and a harvest are tried on the host; all of them are told, and all of it goes again."""
    async with one() as (host, reached):
        before = host.machine.snapshot()
        result = await to_end(examine, reached, DoctorParameters(changes=True), context(tmp_path))
        assert result.outcome is Outcome.OK, say(result.reason)
        assert isinstance(result.detail, DoctorDetail)
        assert [belief.name for belief in result.detail.beliefs[-4:]] == ["files", "task", "notes", "harvest"]
        await reached.release()
        assert [line for line in before.diff(host.machine.snapshot()) if "Sspr" in line] == []
