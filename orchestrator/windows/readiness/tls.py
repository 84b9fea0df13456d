"""Findings about TLS 1.2."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.windows import tls
from orchestrator.windows.readiness.finding import Finding
from orchestrator.windows.readiness.kinds import TLS12, TLS12_RESTART
from orchestrator.windows.readiness.survey import Survey


def findings(survey: Survey) -> Iterator[Finding]:
    """Whether the add-in could speak TLS 1.2."""
    judgement = tls.judge(survey.tls, survey.machine.branch, survey.machine.architecture)
    if not judgement.satisfied:
        yield TLS12.found(judgement.sentence, survey.tls.values, "run the playbook `enable-tls12`, then restart")
    elif survey.awaits_restart:
        yield TLS12_RESTART.found(
            "settings were changed and take effect with the next restart",
            {"changed_in_boot": survey.restart.awaited},
            "restart the host, for instance with the playbook `reboot`",
        )
