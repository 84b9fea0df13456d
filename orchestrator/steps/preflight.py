"""Step `preflight`: is this host fit for the add-in, and what should an admin know about it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Self

from pydantic import Field

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.model.validation import DocumentPath
from orchestrator.steps.context import StepContext
from orchestrator.steps.declaration import StepKind
from orchestrator.steps.parameters import Parameters
from orchestrator.steps.policy import PolicyEntry, load_policy
from orchestrator.target.target import Target
from orchestrator.windows import branches, egress, product, tls
from orchestrator.windows.product import Product
from orchestrator.windows.readiness.finding import Finding, Severity
from orchestrator.windows.readiness.judging import findings
from orchestrator.windows.readiness.places import found_fine
from orchestrator.windows.readiness.survey import PREFLIGHT, Survey

_AWAITS_RESTART = "awaits_restart"
"""Shown in place of the verdict ON while the settings are in the registry but not yet in effect."""


class PreflightParameters(Parameters, PolicyEntry):
    """Look whether a host is fit for what follows; it is blocked when something stands in the way."""

    policy: DocumentPath | None = Field(
        default=None,
        description="A policy file, relative to this file; what is said beside it here goes before what it says.",
    )

    def prepared(self, playbook: str) -> Self:
        """These parameters with what the policy file says taken in.

        Raises:
            DocumentError: The policy file cannot be used.
        """
        if self.policy is None:
            return super().prepared(playbook)
        said = self.above(load_policy(self.policy))
        del said["policy"]
        return self.model_validate(said)


async def preflight(target: Target, parameters: PreflightParameters, _: StepContext) -> StepResult:
    """Asks everything at once and judges it; changes nothing."""
    survey = replace(await target.observe(PREFLIGHT), clock_ahead=target.clock_ahead)
    add_in = None
    if survey.provider.registered and survey.add_in_codes:
        add_in = await target.observe(product.installed(survey.add_in_codes[-1]))
    policy = parameters.decided
    if policy.egress and survey.machine.branch is not branches.OTHER:
        survey = replace(survey, egress=await target.observe(egress.reach(policy.egress)))
    found = findings(survey, policy)
    detail = _detail(survey, add_in, found)
    blocking = [finding for finding in found if finding.severity is Severity.BLOCK]
    if blocking:
        remedies = "; ".join(finding.remedy for finding in blocking if finding.remedy)
        return StepResult(Outcome.BLOCKED, _sentence(blocking), {**detail, "remedy": remedies})
    warnings = [finding for finding in found if finding.severity is Severity.WARN]
    reason = _sentence(warnings) if warnings else "nothing stands in the way"
    return StepResult(Outcome.OK, reason, detail)


def _sentence(found: Sequence[Finding]) -> str:
    return "; ".join(finding.message for finding in found)


def _detail(survey: Survey, add_in: Product | None, found: Sequence[Finding]) -> dict[str, Any]:
    machine = survey.machine
    judgement = tls.judge(survey.tls, machine.branch, machine.architecture)
    awaits = judgement.satisfied and survey.awaits_restart
    return {
        "machine": {**asdict(machine), "branch": machine.branch.name, "title": machine.title},
        "tls12": {
            "verdict": _AWAITS_RESTART if awaits else judgement.verdict.value,
            "sentence": judgement.sentence,
            "values": survey.tls.values,
        },
        "addin": {
            "installed": survey.provider.registered,
            "version": add_in.version if add_in else None,
            "product_code": add_in.code if add_in else None,
            "verbose_logging": survey.provider.verbose,
        },
        "windows10": survey.windows10.shown if survey.windows10 else None,
        "restart_pending": list(survey.restart.waiting),
        "updates": survey.updates.shown if survey.updates else None,
        "proxy": survey.proxy.shown,
        "egress": _egress(survey),
        "cipher_order": list(survey.cipher_order) if survey.cipher_order else None,
        "language": survey.language.shown,
        "limits": survey.limits.shown,
        "clock_ahead_seconds": round(survey.clock_ahead.total_seconds()) if survey.clock_ahead is not None else None,
        "free_mb": survey.free_bytes // (1024 * 1024) if survey.free_bytes is not None else None,
        "findings": [finding.as_json() for finding in found if finding.severity is not Severity.IGNORE],
        "ignored": [finding.as_json() for finding in found if finding.severity is Severity.IGNORE],
        "fine": found_fine(survey, found),
    }


def _egress(survey: Survey) -> dict[str, Any] | None:
    if survey.egress is None:
        return None
    winhttp = survey.proxy.winhttp
    return {"end": survey.egress.end(by_proxy=bool(winhttp and winhttp.server)).value, **survey.egress.shown}


KIND = StepKind(
    name="preflight",
    summary="Look whether the host is fit.",
    parameters=PreflightParameters,
    changes_hosts=False,
    perform=preflight,
)
