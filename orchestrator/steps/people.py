"""People who are logged on when a host is to restart: left in peace, or told and waited for, as `reboot` is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from orchestrator.model.clock import Moment
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.model.waiting import Wait
from orchestrator.remote.target import Target
from orchestrator.steps.declaration import StepContext
from orchestrator.steps.restarting import RebootDetail, RebootParameters
from orchestrator.windows import branches, sessions
from orchestrator.windows.command import Fact
from orchestrator.windows.notices import notices
from orchestrator.windows.sessions import Sessions

LOOK_SECONDS = 300
"""Between two looks whether they have gone."""
_NOBODY_KNOWS = phrase("people-unknown")


@message("reboot-left-for-people")
def _left(people: Message) -> None: ...


@message("reboot-people-stayed")
def _stayed(minutes: int, people: Message) -> None: ...


@message("progress-waiting-for-people")
def _waiting(people: Message) -> None: ...


@dataclass(frozen=True)
class PutOff:
    """A restart that waits until nobody is logged on.

    Attributes:
        since: Of the first look; None before that.
        deferrals: At how many looks it was put off.
        told: When people were told last; None where nobody was.
    """

    since: Moment | None = None
    deferrals: int = 0
    told: Moment | None = None


@dataclass(frozen=True)
class Waiting:
    """That a restart has to wait now: the wait so far, and the same as people are told of it."""

    put_off: PutOff
    wait: Wait


async def put_off(
    target: Target,
    parameters: RebootParameters,
    seen: Sessions | None,
    detail: RebootDetail,
    before: PutOff,
    context: StepContext,
) -> StepResult | Waiting | None:
    """Whether a restart has to wait for people: that it has, the result where it is left for later, None if not.

    Where nobody can tell who is logged on, somebody is taken to be. Under --check nobody is told anything.
    """
    if parameters.users == "restart" or (target.check and parameters.users != "skip"):
        return None
    if seen is None:
        seen = await target.observe(sessions.DESKTOPS)
    if seen == ():
        return None
    people = _NOBODY_KNOWS() if seen is None else sessions.logged_on(len({each.user or each.number for each in seen}))
    if parameters.users == "skip":
        return _later(_left(people), detail)
    since = before.since or context.clock.after(0)
    waiting = replace(before, since=since)
    left = parameters.users_minutes + context.clock.until(since) / 60
    if left <= 0:
        forced = parameters.users == "force-after"
        return None if forced else _later(_stayed(parameters.users_minutes, people), detail)
    if waiting.told is None or -context.clock.until(waiting.told) >= sessions.NOTICE_SECONDS:
        waiting = await _tell(target, parameters, waiting, round(left), context)
    until = since.date + timedelta(minutes=parameters.users_minutes)
    return Waiting(replace(waiting, deferrals=waiting.deferrals + 1), Wait(_waiting(people), until))


async def countdown(target: Target, parameters: RebootParameters, seconds: int, before: PutOff) -> str | None:
    """What people read beside the host's own countdown: what the playbook says, or that their time is over."""
    if parameters.message is not None or not before.deferrals or seconds < 60:  # noqa: PLR2004 - nobody reads it in less
        return parameters.message
    return notices(await target.observe(branches.LANGUAGE)).coming.format(minutes=seconds // 60)


async def _tell(
    target: Target, parameters: RebootParameters, waiting: PutOff, minutes: int, context: StepContext
) -> PutOff:
    """Shows a message box where the host's edition can; those of others are told by the countdown alone."""
    texts = notices(await target.observe(branches.LANGUAGE))
    text = texts.at_most.format(minutes=minutes) if parameters.users == "force-after" else texts.waiting
    shown = await target.watch(
        Fact("notice", (sessions.notice(text),), lambda replies: replies[0].exit_code == 0), seconds=0
    )
    return replace(waiting, told=context.clock.after(0)) if shown else waiting


def _later(reason: Message, detail: RebootDetail) -> StepResult:
    return StepResult(Outcome.REBOOT_PENDING, reason, detail, reboot_required=True)
