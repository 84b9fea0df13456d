"""What the steps of a restart share: what it is asked for with, what is known of a scheduled one, and refusals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from orchestrator.model.clock import Moment
from orchestrator.model.detail import Detail, Restart
from orchestrator.model.errors import PassingFailure
from orchestrator.model.message import Message, phrase
from orchestrator.steps.declaration import Parameters, one_line
from orchestrator.windows import boot
from orchestrator.windows.boot import RestartState
from orchestrator.windows.command import Change, Reply

TRY_THERE: Final = phrase("remedy-try-shutdown-there")
_TIME_OF_DAY: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_MINUTES_OF_A_DAY: Final = 24 * 60


def _time_of_day(text: str) -> str:
    if not _TIME_OF_DAY.fullmatch(text):
        raise ValueError("expected a time of day with two digits each, as in 22:30")
    return text


class RebootParameters(Parameters):
    """Restart a host, and wait until it has done so."""

    when: Literal["never", "required", "always"] = Field(
        default="required", description="required: when a step before or Windows itself waits for a restart."
    )
    delay_minutes: int = Field(
        default=0, strict=True, ge=0, le=525600, description="Minutes that people at the host are given."
    )
    at: Annotated[str, AfterValidator(_time_of_day)] | None = Field(
        default=None, description="Time of day on the host's own clock, as in 22:30; today, or else tomorrow."
    )
    message: Annotated[str, Field(max_length=127), AfterValidator(one_line)] | None = Field(
        default=None, description="What people at the host are told, in one line."
    )
    return_minutes: int = Field(
        default=30, strict=True, ge=1, description="How long the host may take to come back once the restart is due."
    )
    wait: bool = Field(default=True, description="Whether to wait until the host is back.")
    users: Literal["restart", "skip", "wait", "force-after"] = Field(
        default="restart",
        description="What becomes of a restart while people are logged on. restart: it comes all the same; skip: it is "
        "left for later; wait: they are told to log off and waited for, and after `users_minutes` it is left for "
        "later; force-after: it comes after those.",
    )
    users_minutes: int = Field(
        default=480, strict=True, ge=1, le=10080, description="How long people who are logged on are waited for."
    )

    @model_validator(mode="after")
    def _one_moment(self) -> Self:
        if self.at is not None and self.delay_minutes:
            raise ValueError("`at` and `delay_minutes` exclude each other; with `at`, `delay_minutes` is 0")
        return self

    @property
    def changes_nothing(self) -> bool:
        """Whether restarts are switched off."""
        return self.when == "never"

    @property
    def allowed_minutes(self) -> int:
        """Ten minutes for looking and scheduling; with `wait`, the time until the restart is due and that to return."""
        due = self.delay_minutes if self.at is None else _MINUTES_OF_A_DAY
        return 10 + (due + self.return_minutes if self.wait else 0)


@dataclass(frozen=True)
class RebootDetail(Detail, kind="reboot"):
    """A restart that is scheduled, or was not.

    Attributes:
        boot: Marker of the boot that it ends.
        because: Why.
        logged_on: Whom it interrupts.
        due: When it is due; None where none is scheduled.
        exit_code: What shutdown ended with, where that is no success.
        moment: When it is due, also on the clock that nobody sets; results of earlier versions lack it.
        deferrals: How often it was put off since people were logged on.
    """

    boot: str
    because: tuple[Message, ...]
    logged_on: tuple[str, ...]
    due: datetime | None = None
    exit_code: int | None = None
    moment: Moment | None = None
    deferrals: int = 0

    @property
    def restart(self) -> Restart:
        return Restart(self.due)


def not_now(reason: Message, reply: Reply) -> PassingFailure:
    """The error of a shutdown.exe that a little later may do what it was told."""
    return PassingFailure(reason, command="shutdown", exit_code=reply.exit_code, output=reply.output)


def forget_scheduled(state: RestartState) -> Change:
    """Removes our note about a scheduled restart, and with it our key unless another note is in it."""
    return boot.FORGET if state.awaited is None else boot.FORGET_SCHEDULED
