"""Findings about TLS 1.2."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.windows import branches, tls
from orchestrator.windows.readiness.finding import Finding
from orchestrator.windows.readiness.kinds import TLS12, TLS12_RESTART
from orchestrator.windows.readiness.survey import Survey
from orchestrator.windows.tls import Verdict


def findings(survey: Survey) -> Iterator[Finding]:
    """Whether the add-in could speak TLS 1.2; Windows 10 itself does unless somebody has switched it off."""
    judgement = tls.judge(survey.tls, survey.machine.branch, survey.machine.architecture)
    if survey.machine.branch is branches.WINDOWS_10:
        if judgement.verdict not in {Verdict.ON, Verdict.DEFAULT}:
            remedy = "find out who switched it off, and why; the playbooks leave Windows 10's TLS settings alone"
            yield TLS12.found(judgement.sentence, survey.tls.values, remedy)
    elif not judgement.satisfied:
        yield TLS12.found(judgement.sentence, survey.tls.values, "run the playbook `enable-tls12`, then restart")
    elif survey.awaits_restart:
        yield TLS12_RESTART.found(
            "settings were changed and take effect with the next restart",
            {"changed_in_boot": survey.restart.awaited},
            "restart the host, for instance with the playbook `reboot`",
        )
