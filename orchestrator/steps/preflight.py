"""Step `preflight`: is this host fit for the add-in, and what should an admin know about it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from pydantic import Field

from orchestrator.model import preflight as learned
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.message import Message, phrase, together
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.model.validation import DocumentPath
from orchestrator.remote.target import Target
from orchestrator.steps.declaration import Parameters, StepContext, StepKind
from orchestrator.steps.policy import PolicyEntry, load_policy
from orchestrator.windows import branches, egress, limits, product, provider, proxy, tls12, windows10
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import asked
from orchestrator.windows.product import Product
from orchestrator.windows.readiness.judging import findings, found_fine
from orchestrator.windows.readiness.survey import PREFLIGHT, Survey
from orchestrator.windows.windows10 import State

_NOTHING_IN_THE_WAY = phrase("preflight-nothing-in-the-way")


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
    add_in, there = None, False
    if survey.provider.registered:
        dll = survey.provider.dll or ""
        brought = await target.observe(
            _Brought, owners=asked(product.owners(provider.CLSID, dll)), there=asked(provider.dll_exists(dll))
        )
        add_in = await target.observe(product.installed(brought.owners[-1])) if brought.owners else None
        there = brought.there
    policy = parameters.decided
    if policy.egress and survey.machine.branch is not branches.OTHER:
        survey = replace(survey, egress=await target.observe(egress.reach(policy.egress)))
    found = findings(survey, policy)
    detail = _detail(survey, add_in, found, there=there)
    blocking = [finding for finding in found if finding.severity is Severity.BLOCK]
    if blocking:
        for_people = [finding for finding in blocking if finding.settled_by is None] or blocking
        remedies = [finding.remedy for finding in for_people if finding.remedy]
        return StepResult(Outcome.BLOCKED, _told(blocking), detail, remedy=together(remedies) if remedies else None)
    warnings = [finding for finding in found if finding.severity is Severity.WARN]
    return StepResult(Outcome.OK, _told(warnings) if warnings else _NOTHING_IN_THE_WAY(), detail)


@dataclass(frozen=True)
class _Brought:
    """Who has brought the add-in, and whether its file is there."""

    owners: tuple[str, ...]
    there: bool


def _told(found: Sequence[Finding]) -> Message:
    return together([finding.message for finding in found])


def _detail(
    survey: Survey, add_in: Product | None, found: Sequence[Finding], *, there: bool
) -> learned.PreflightDetail:
    ahead = survey.clock_ahead
    return learned.PreflightDetail(
        machine=_machine(survey.machine),
        tls12=_tls12(survey),
        addin=learned.AddIn(
            installed=there,
            version=add_in.version if add_in else None,
            product_code=add_in.code if add_in else None,
            verbose_logging=survey.provider.verbose,
        )
        if survey.knows(provider.REGISTRATION)
        else None,
        windows10=_windows10(survey.windows10) if survey.windows10 and survey.knows(windows10.STATE) else None,
        restart_pending=survey.restart.waiting,
        updates=survey.updates,
        proxy=survey.proxy if survey.knows(proxy.PROXY) else None,
        egress=_egress(survey),
        roots=survey.roots,
        cipher_order=survey.cipher_order or None,
        language=survey.language if survey.knows(branches.LANGUAGE) else None,
        limits=survey.limits if survey.knows(limits.LIMITS) else None,
        clock_ahead_seconds=round(ahead.total_seconds()) if ahead is not None else None,
        free_mb=survey.free_bytes // (1024 * 1024) if survey.free_bytes is not None else None,
        findings=tuple(finding for finding in found if finding.severity is not Severity.IGNORE),
        ignored=tuple(finding for finding in found if finding.severity is Severity.IGNORE),
        fine=tuple(found_fine(survey, found)),
    )


def _machine(machine: Machine) -> learned.Machine:
    return learned.Machine(
        branch=machine.branch.name,
        product=machine.product,
        edition=machine.edition,
        build=machine.build,
        service_pack=machine.service_pack,
        architecture=machine.architecture,
        computer_name=machine.computer_name,
        title=machine.title,
    )


def _tls12(survey: Survey) -> learned.Tls12:
    judgement = tls12.judge(survey.tls, survey.machine.branch, survey.machine.architecture)
    awaits = judgement.satisfied and survey.awaits_restart
    verdict = learned.AWAITS_RESTART if awaits else judgement.verdict.value
    return learned.Tls12(verdict, judgement.sentence, survey.tls.values)


def _windows10(state: State) -> learned.Windows10:
    return learned.Windows10(state.allowed, state.join.shown, state.managed)


def _egress(survey: Survey) -> learned.Egress | None:
    if survey.egress is None:
        return None
    winhttp = survey.proxy.winhttp
    end = survey.egress.end(by_proxy=bool(winhttp and winhttp.server))
    seen = survey.egress
    return learned.Egress(end.value, str(seen.endpoint), seen.hresult, seen.code, seen.status)


KIND = StepKind(
    name="preflight",
    summary="Look whether the host is fit.",
    parameters=PreflightParameters,
    changes_hosts=False,
    perform=preflight,
)
