"""Findings about TLS 1.2."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding, Severity
from orchestrator.model.message import Message
from orchestrator.windows import boot, branches, ciphers, proxy
from orchestrator.windows import tls12 as settings
from orchestrator.windows.command import Evidence, Sureness
from orchestrator.windows.readiness.finding import SSPR, Policy, finding
from orchestrator.windows.readiness.survey import Survey
from orchestrator.windows.tls12 import Verdict


@finding(
    "tls12",
    Severity.BLOCK,
    where=rf"{settings.SCHANNEL_PROTOCOL}\Client and \Server; {settings.WINHTTP}, on x64 in Wow6432Node too",
    source=SSPR,
)
def tls12(judgement: Message, windows10: bool) -> None:
    """TLS 1.2 is not enabled in so many words."""


@finding(
    "tls12_restart",
    Severity.WARN,
    where=rf"{boot.OURS}, and the newest start in the System log",
    source=Evidence("MicrosoftDocs/windowsserverdocs, security/tls/tls-registry-settings", Sureness.DOCUMENTED),
)
def tls12_restart() -> None:
    """TLS 1.2 was enabled and takes effect with the next restart."""


@finding(
    "cipher_order",
    Severity.WARN,
    where=rf"{ciphers.ORDER_KEY}: Functions",
    source=Evidence(
        "MicrosoftDocs/win32, SecAuthN/tls-cipher-suites-in-windows-7; what Entra accepts", Sureness.INFERRED
    ),
)
def cipher_order() -> None:
    """A policy leaves no cipher suite by which Entra can be reached."""


@finding(
    "wininet_tls12",
    Severity.WARN,
    where=rf"SecureProtocols in {proxy.POLICY}, {proxy.SYSTEM}, {proxy.MACHINE}",
    source=Evidence("SecureProtocols as in public audit lists; the add-in may use WinINET", Sureness.INFERRED),
)
def wininet_tls12(protocols: str, wanted: str) -> None:
    """WinINET leaves TLS 1.2 out for SYSTEM; numbers as in `0xa0`."""


def findings(survey: Survey, _: Policy) -> Iterator[Finding]:
    """Whether the add-in could speak TLS 1.2; Windows 10 itself does unless somebody has switched it off."""
    judgement = settings.judge(survey.tls, survey.machine.branch, survey.machine.architecture)
    if survey.machine.branch is branches.WINDOWS_10:
        if judgement.verdict not in {Verdict.ON, Verdict.DEFAULT}:
            yield tls12.found(survey.tls.values, judgement.sentence, windows10=True)
    elif not judgement.satisfied:
        yield tls12.found(survey.tls.values, judgement.sentence, windows10=False)
    elif survey.awaits_restart:
        yield tls12_restart.found({"changed_in_boot": survey.restart.awaited})
    yield from _beside_schannel(survey)


def _beside_schannel(survey: Survey) -> Iterator[Finding]:
    """What may spoil a connection although TLS 1.2 is enabled."""
    order = survey.cipher_order
    if order and not ciphers.usable(order):
        yield cipher_order.found({"Functions": list(order)})
    protocols = survey.proxy.system.protocols
    if protocols is not None and not protocols & settings.TLS12_BIT:
        yield wininet_tls12.found(
            {"SecureProtocols": protocols}, f"{protocols:#x}", wanted=f"{protocols | settings.TLS12_BIT:#x}"
        )
