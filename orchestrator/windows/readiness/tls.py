"""Findings about TLS 1.2."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding
from orchestrator.windows import branches, ciphers, tls
from orchestrator.windows.readiness.kinds import CIPHER_ORDER, TLS12, TLS12_RESTART, WININET_TLS12
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
    yield from _beside_schannel(survey)


def _beside_schannel(survey: Survey) -> Iterator[Finding]:
    """What may spoil a connection although TLS 1.2 is enabled."""
    order = survey.cipher_order
    if order and not ciphers.usable(order):
        yield CIPHER_ORDER.found(
            "a group policy sets an order of cipher suites in which there is none that Entra is known to accept",
            {"Functions": list(order)},
            'add TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384 and …_128_CBC_SHA256 to the policy "SSL Cipher Suite Order"',
        )
    protocols = survey.proxy.system.protocols
    if protocols is not None and not protocols & tls.TLS12_BIT:
        yield WININET_TLS12.found(
            f"WinINET leaves TLS 1.2 out for SYSTEM, whose log-on screen this is (SecureProtocols={protocols:#x})",
            {"SecureProtocols": protocols},
            f"set SecureProtocols to {protocols | tls.TLS12_BIT:#x} where it is set: by policy, or for .DEFAULT",
        )
