"""Step `tls12`: TLS 1.2 is explicitly enabled, in Schannel and in WinHTTP."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import Field

from orchestrator.model.detail import Detail
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import Shown
from orchestrator.model.result import StepResult
from orchestrator.remote.target import Target
from orchestrator.steps.declaration import SET_BACK, Parameters, StepContext, StepKind
from orchestrator.windows import boot, branches, tls12
from orchestrator.windows.boot import Boot
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import asked, together, would
from orchestrator.windows.registry import Key
from orchestrator.windows.tls12 import TlsSettings

_WOULD_BE_ENABLED = phrase("tls12-would-be-enabled")
_NOW_ENABLED = phrase("tls12-now-enabled")
_ENABLE = phrase("remedy-enable-tls12")


@message("tls12-windows10")
def _left_to_windows_10(judged: Message) -> None: ...


@message("tls12-with-next-restart")
def _with_next_restart(judged: Message) -> None: ...


@message("tls12-not-ours-to-change")
def _not_ours(product: str) -> None: ...


@message("tls12-did-not-stay")
def _did_not_stay(judged: Message) -> None: ...


@dataclass(frozen=True)
class Tls12Detail(Detail, kind="tls12"):
    """What the settings were, and became.

    Attributes:
        verdict: Of `windows.tls12.Verdict`, on `before`.
        after: None where nothing was changed.
    """

    verdict: str
    before: Shown
    after: Shown | None = None

    @property
    def settles(self) -> frozenset[str]:
        return frozenset({"tls12"})

    @property
    def restart_noted(self) -> bool:
        return True


class Tls12Parameters(Parameters):
    """TLS 1.2 must be enabled explicitly, in Schannel and in WinHTTP."""

    remediate: bool = Field(
        default=False, description="Whether to enable it where it is not; otherwise the host is blocked."
    )


@dataclass(frozen=True)
class _Seen:
    machine: Machine
    settings: TlsSettings
    notes: Key | None
    booted: Boot


async def ensure_tls12(target: Target, parameters: Tls12Parameters, context: StepContext) -> StepResult:
    """Judges the settings and, if told to, mends what is at fault."""
    seen = await target.observe(
        _Seen,
        machine=asked(branches.MACHINE),
        settings=asked(tls12.SETTINGS),
        notes=asked(boot.NOTES),
        booted=asked(boot.BOOT),
    )
    machine, before = seen.machine, seen.settings
    judgement = tls12.judge(before, machine.branch, machine.architecture)
    judged = judgement.sentence
    detail = Tls12Detail(judgement.verdict.value, before.values)
    if machine.branch is branches.WINDOWS_10:
        return StepResult(Outcome.SKIPPED, _left_to_windows_10(judged), detail)
    if judgement.satisfied:
        awaits = boot.awaited(seen.notes, seen.booted)
        outcome = Outcome.CHANGED if target.changed else Outcome.OK
        stands = StepResult(outcome, _with_next_restart(judged) if awaits else judged, detail, reboot_required=awaits)
        if parameters.remediate and boot.only_awaited_before(seen.notes, seen.booted):
            target.stop_in_check_mode(stands)
            await target.apply(boot.FORGET)
        return stands
    if machine.branch is branches.OTHER:
        return StepResult(Outcome.BLOCKED, _not_ours(machine.product), detail, remedy=branches.LEAVE_OUT)
    if not parameters.remediate and _in_check_mode(context):
        return StepResult(Outcome.SKIPPED, _WOULD_BE_ENABLED())
    if not parameters.remediate:
        return StepResult(Outcome.BLOCKED, judged, detail, remedy=_ENABLE())
    change = tls12.enable(before, machine.branch, machine.architecture)
    words = would(change.summary)
    target.stop_in_check_mode(StepResult(Outcome.CHANGED, words, detail, reboot_required=True, would_change=True))
    after = await target.apply(
        together(change.summary, change, boot.note_awaiting(seen.booted, seen.notes)), tls12.SETTINGS
    )
    proof = tls12.judge(after, machine.branch, machine.architecture)
    detail = replace(detail, after=after.values)
    if not proof.satisfied:
        reason = _did_not_stay(proof.sentence)
        return StepResult(Outcome.FAILED, reason, detail, remedy=SET_BACK)
    return StepResult(Outcome.CHANGED, _NOW_ENABLED(), detail, reboot_required=True)


def _in_check_mode(context: StepContext) -> bool:
    """Whether, under --check, an earlier step of this kind would have mended what is at fault."""
    results = [record.result for record in context.earlier]
    return any(result.would_change and isinstance(result.detail, Tls12Detail) for result in results)


KIND = StepKind(
    name="tls12",
    summary="Verify TLS 1.2, and enable it if asked.",
    parameters=Tls12Parameters,
    changes_hosts=True,
    perform=ensure_tls12,
)
