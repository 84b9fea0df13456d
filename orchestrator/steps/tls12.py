"""Step `tls12`: TLS 1.2 is explicitly enabled, in Schannel and in WinHTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import Field

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.steps.context import SET_BACK, StepContext
from orchestrator.steps.declaration import StepKind
from orchestrator.steps.parameters import Parameters
from orchestrator.target.target import Target
from orchestrator.windows import boot, branches, tls
from orchestrator.windows.boot import Boot
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import asked, together
from orchestrator.windows.registry import Key
from orchestrator.windows.tls import TlsSettings


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
        settings=asked(tls.SETTINGS),
        notes=asked(boot.NOTES),
        booted=asked(boot.BOOT),
    )
    machine, before = seen.machine, seen.settings
    judgement = tls.judge(before, machine.branch, machine.architecture)
    if machine.branch is branches.WINDOWS_10:
        reason = f"Windows 10 needs no settings of ours for TLS 1.2: {judgement.sentence}"
        return StepResult(Outcome.SKIPPED, reason, {"verdict": judgement.verdict.value, "before": before.values})
    if judgement.satisfied:
        awaits = boot.awaited(seen.notes, seen.booted)
        return StepResult(
            Outcome.CHANGED if target.changed else Outcome.OK,
            judgement.sentence + ("; takes effect with the next restart" if awaits else ""),
            {"after": before.values},
            reboot_required=awaits,
        )
    detail: dict[str, Any] = {"verdict": judgement.verdict.value, "before": before.values}
    if machine.branch is branches.OTHER:
        reason = f"{machine.product}: its TLS settings are not ours to change"
        return StepResult(Outcome.BLOCKED, reason, {**detail, "remedy": branches.LEAVE_OUT})
    if not parameters.remediate and _foretold(context):
        return StepResult(Outcome.SKIPPED, "nothing to prove yet: TLS 1.2 would be enabled by an earlier step")
    if not parameters.remediate:
        remedy = "run the playbook `enable-tls12`"
        return StepResult(Outcome.BLOCKED, judgement.sentence, {**detail, "remedy": remedy})
    change = tls.enable(before, machine.branch, machine.architecture)
    words = f"would {change.summary}"
    target.foretell(StepResult(Outcome.CHANGED, words, detail, reboot_required=True, would_change=True))
    after = await target.apply(
        together(change.summary, change, boot.note_awaiting(seen.booted, seen.notes)), tls.SETTINGS
    )
    proof = tls.judge(after, machine.branch, machine.architecture)
    detail = {"before": before.values, "after": after.values}
    if not proof.satisfied:
        reason = f"the settings were written but did not stay: {proof.sentence}"
        return StepResult(Outcome.FAILED, reason, {**detail, "remedy": SET_BACK})
    reason = "TLS 1.2 is enabled now, and takes effect with the next restart"
    return StepResult(Outcome.CHANGED, reason, detail, reboot_required=True)


def _foretold(context: StepContext) -> bool:
    """Whether, under --check, an earlier step of this kind would have mended what is at fault."""
    return any(record.result.would_change and "verdict" in record.result.mapping for record in context.earlier)


KIND = StepKind(
    name="tls12",
    summary="Verify TLS 1.2, and enable it if asked.",
    parameters=Tls12Parameters,
    changes_hosts=True,
    perform=ensure_tls12,
)
