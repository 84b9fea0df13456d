"""Restarts while people are logged on: left for later, waited for with a notice in their language, or forced."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab.tests.winrm_hosts import WinRMHost
from orchestrator.model.codec import decode, encode
from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import Language
from orchestrator.model.result import Rest, StepResult
from orchestrator.remote.target import Target
from orchestrator.sentences import say
from orchestrator.steps.declaration import StepContext
from orchestrator.steps.reboot import Restarting, schedule_reboot
from orchestrator.steps.restarting import RebootDetail, RebootParameters
from orchestrator.windows import notices
from orchestrator.windows.command import Reply
from orchestrator.windows.sessions import DESKTOPS
from sspr_lab.languages import LanguageTag
from sspr_lab.profile import Profile
from tests.steps.one_step import context, in_check_mode, one

BUSY = Profile().with_traits("user_logged_on")
HOME = replace(BUSY, edition="HomePremium")


def told(host: WinRMHost) -> list[str]:
    """The message boxes so far."""
    return [entry.of for entry in host.machine.ledger.entries if entry.what == "message shown"]


def gone(host: WinRMHost) -> None:
    """Whoever was logged on is not any more."""
    host.machine.profile = replace(host.machine.profile, traits=frozenset())


def asking(users: str, **more: object) -> RebootParameters:
    return RebootParameters.model_validate({"when": "always", "wait": False, "users": users, **more})


async def call(
    target: Target, parameters: RebootParameters, before: StepContext
) -> tuple[StepResult | Rest, StepContext]:
    """One call of the step, and what surrounds the next one."""
    end = await schedule_reboot(target, parameters, before)
    return end, replace(before, state=end.state, continuing=True) if isinstance(end, Rest) else before


def later(before: StepContext, minutes: int) -> StepContext:
    """The same so many minutes later."""
    assert before.state is not None
    state = decode(Restarting, before.state)
    assert state.put_off.since is not None
    since = before.clock.after(before.clock.until(state.put_off.since) - 60 * minutes)
    put_off = replace(state.put_off, since=since, told=since if state.put_off.told else None)
    return replace(before, state=encode(replace(state, put_off=put_off)))


@pytest.mark.parametrize("profile", [BUSY, HOME], ids=["quser", "no quser"])
async def test_left_for_later(profile: Profile, tmp_path: Path) -> None:
    """The restart stays pending, and nobody is disturbed; without quser, a desktop is a person."""
    async with one(profile) as (host, reached):
        result, _ = await call(reached, asking("skip"), context(tmp_path))
        assert isinstance(result, StepResult)
        assert (result.outcome, result.reboot_required) == (Outcome.REBOOT_PENDING, True)
        assert say(result.reason) == "the restart is left for later: 1 person is logged on"
        assert host.machine.power.pending is None
        assert told(host) == []


@pytest.mark.parametrize("users", ["skip", "wait", "force-after"])
@pytest.mark.parametrize("profile", [Profile(), Profile(edition="HomePremium")], ids=["quser", "no quser"])
async def test_nobody_is_in_the_way(users: str, profile: Profile, tmp_path: Path) -> None:
    async with one(profile) as (host, reached):
        result, _ = await call(reached, asking(users, delay_minutes=30), context(tmp_path))
        assert isinstance(result, StepResult)
        assert result.outcome is Outcome.REBOOT_PENDING
        assert host.machine.power.pending is not None


@pytest.mark.parametrize(
    ("tag", "begins"),
    [
        ("en-US", "This computer has to restart."),
        ("de-DE", "Dieser Computer muss neu gestartet werden."),
        ("fr-FR", "Cet ordinateur doit redémarrer."),
        ("ja-JP", "このコンピューターは再起動する必要があります。"),
        ("ko-KR", "이 컴퓨터를 다시 시작해야 합니다."),
    ],
)
async def test_told_and_waited_for(tag: LanguageTag, begins: str, tmp_path: Path) -> None:
    """People read it in the language of their Windows, once an hour; when they have gone, the host restarts."""
    profile = BUSY.in_language(tag)
    profile = replace(profile, administrators=("Administrator",))
    async with one(profile) as (host, reached):
        rest, following = await call(reached, asking("wait", delay_minutes=30), context(tmp_path))
        assert isinstance(rest, Rest)
        assert rest.until is not None
        again, following = await call(reached, asking("wait", delay_minutes=30), following)
        assert isinstance(again, Rest)
        assert rest.wait is not None
        assert rest.wait.until is not None
        assert rest.wait == again.wait, "one wait, of which people are told once"
        assert say(rest.wait.what) == "waiting, since 1 person is logged on"
        assert rest.wait.until - datetime.now(UTC) <= timedelta(minutes=480)
        (notice,) = told(host)
        assert notice.startswith(begins)
        another, following = await call(reached, asking("wait", delay_minutes=30), later(following, 61))
        assert isinstance(another, Rest)
        assert told(host) == [notice, notice]
        assert host.machine.power.pending is None
        gone(host)
        await reached.release()
        result, _ = await call(reached, asking("wait", delay_minutes=30), following)
        assert isinstance(result, StepResult)
        assert isinstance(result.detail, RebootDetail)
        assert result.detail.deferrals == 3
        assert host.machine.power.pending is not None


async def test_who_stays_is_left_in_peace(tmp_path: Path) -> None:
    """After the time that they are waited for, the restart is left for later."""
    async with one(BUSY) as (host, reached):
        _, following = await call(reached, asking("wait", users_minutes=60), context(tmp_path))
        result, _ = await call(reached, asking("wait", users_minutes=60), later(following, 60))
        assert isinstance(result, StepResult)
        assert result.outcome is Outcome.REBOOT_PENDING
        assert "after 60 minutes of waiting, 1 person is logged on" in say(result.reason)
        assert isinstance(result.detail, RebootDetail)
        assert result.detail.deferrals == 1
        assert host.machine.power.pending is None


@pytest.mark.parametrize("profile", [BUSY, HOME], ids=["msg", "no msg"])
async def test_forced_after_a_deadline(profile: Profile, tmp_path: Path) -> None:
    """They are told how long is left; then it comes, with the host's own countdown, which Home editions have too."""
    parameters = asking("force-after", users_minutes=90, delay_minutes=10)
    async with one(profile) as (host, reached):
        _, following = await call(reached, parameters, context(tmp_path))
        assert told(host) == ([] if profile is HOME else [notices.notices(ENGLISH).at_most.format(minutes=90)])
        result, _ = await call(reached, parameters, later(following, 90))
        assert isinstance(result, StepResult)
        assert isinstance(result.detail, RebootDetail)
        assert result.detail.deferrals == 1
        assert host.machine.power.pending is not None
        assert host.machine.power.pending.message == "This computer restarts in 10 minutes. Please save your work."


async def test_check_mode_tells_nobody(tmp_path: Path) -> None:
    """It says what would be done, and shows no box."""
    async with one(BUSY, check=True) as (host, reached):
        result = await in_check_mode(schedule_reboot(reached, asking("wait"), context(tmp_path)))
        assert result.would_change
        assert told(host) == []


ENGLISH = Language("en-US", ("en-US",), "437")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (Language("en-US", ("de-DE",), None), "Dieser"),
        (Language("de-DE", ("de-DE", "en-US"), None), "Dieser"),
        (Language("de-AT", (), None), "Dieser"),
        (Language("pl-PL", ("pl-PL",), None), "This"),
        (Language(None, (), None), "This"),
    ],
)
def test_in_which_language(language: Language, expected: str) -> None:
    """That of the windows where there is one, else that of the setup; English for those that we have no words of."""
    assert notices.notices(language).waiting.startswith(expected)


def test_a_message_box_holds_them() -> None:
    """None is longer than msg.exe shows."""
    for tag in ("en", "de", "fr", "ja", "ko"):
        texts = notices.notices(Language(tag, (), None))
        assert max(map(len, (texts.waiting, texts.at_most.format(minutes=10080), texts.coming))) <= 255


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(0, '"explorer.exe","1188","Console","1","48.312 K"\n"explorer.exe","99","Console","1","1 K"\n'), 1),
        (Reply(0, '"explorer.exe","1188","콘솔","1","48,312 K"\n"explorer.exe","99","","2","1 K"\n'), 2),
        (Reply(0, "INFORMATION: Es werden keine Aufgaben mit den angegebenen Kriterien ausgeführt.\n"), 0),
        (Reply(9009, "'tasklist' is not recognized\n"), None),
    ],
)
def test_desktops(reply: Reply, expected: int | None) -> None:
    """Sessions with Explorer, each once, whatever the words are."""
    found = DESKTOPS.parse([reply])
    assert (None if found is None else len(found)) == expected
