"""What shutdown.exe answers, and whether the host's System log bears it out.

An exit code is a claim: a shutdown.exe that a policy or another program holds back may end with 0 and do nothing. So
the log is looked at right behind it, in the same exchange.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.remote.target import Target
from orchestrator.steps.restarting import TRY_THERE, RebootDetail
from orchestrator.windows import restart_request, win32
from orchestrator.windows.boot import Boot, ShutdownCode
from orchestrator.windows.command import Change, Reply
from orchestrator.windows.restart_request import LastRequest, Standing

ASKS = 3
"""How often shutdown is asked before a claim that nothing bears out is told as it is; a second request is refused with
1190, or a second cancelling with 1116, where the first was carried out."""
LOOK_AGAIN_SECONDS = 2.0
"""Until the next look; Windows may write its record a moment after shutdown has ended."""

CALLED_OFF = phrase("reboot-called-off", remedy=True)
_NOTHING_SCHEDULED = phrase("reboot-nothing-scheduled", remedy=True)


@message("reboot-refused")
def refused(code: int) -> None: ...


@message("reboot-unproved")
def unproved(what: Message) -> None:
    """The same, where the log can be asked for no proof."""


@message("reboot-scheduled-already", remedy=True)
def _scheduled_already(kind: str | None, account: str | None) -> None:
    """What was asked for is in the host's language."""


@dataclass(frozen=True)
class Said:
    """An answer of shutdown.exe.

    Attributes:
        reply: The answer.
        last: The newest record of a request, or of one called off, right afterwards.
        looked: Whether the log could be asked for it.
    """

    reply: Reply
    last: LastRequest | None
    looked: bool

    @property
    def code(self) -> int:
        """What it ended with; see `boot.ShutdownCode`."""
        return win32.plain(self.reply.exit_code)

    def standing(self, booted: Boot) -> Standing:
        """What stands right afterwards."""
        return restart_request.standing(self.last, booted) if self.looked else Standing.UNKNOWN


async def tell(target: Target, change: Change) -> Said:
    """Makes a change whose last command is shutdown's, and looks at the log; a log that cannot be asked is no failure.

    Raises:
        TargetError: as `Target.apply` does.
    """
    look = (replace(command, accepts=None) for command in restart_request.LAST.commands)
    *_, reply, seen = await target.apply(replace(change, commands=(*change.commands, *look)))
    looked = seen.exit_code == 0
    return Said(reply, restart_request.LAST.parse([seen]) if looked else None, looked)


def called_off(detail: RebootDetail) -> StepResult:
    """The result where somebody has cancelled the restart right after it was asked for; it is not asked for again."""
    detail = replace(detail, due=None, moment=None)
    return StepResult(Outcome.BLOCKED, CALLED_OFF(), detail, remedy=CALLED_OFF.remedy(), reboot_required=True)


def not_had(said: Said, detail: RebootDetail) -> StepResult:
    """The result where a restart was asked for and none of ours is scheduled."""
    if said.code == ShutdownCode.ALREADY_SCHEDULED:
        asked_for = said.last if said.last and not said.last.called_off else None
        told = (asked_for.kind, asked_for.account) if asked_for else (None, None)
        remedy = _scheduled_already.remedy(*told)
        return StepResult(Outcome.BLOCKED, _scheduled_already(*told), detail, remedy=remedy, reboot_required=True)
    if said.code == ShutdownCode.DONE:
        remedy = _NOTHING_SCHEDULED.remedy()
        return StepResult(Outcome.FAILED, _NOTHING_SCHEDULED(), detail, remedy=remedy, reboot_required=True)
    return StepResult(Outcome.FAILED, refused(said.code), detail, remedy=TRY_THERE(), reboot_required=True)
