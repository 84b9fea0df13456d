"""Findings about TLS 1.2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from orchestrator.model.finding import Finding, Read, Severity
from orchestrator.model.message import Message
from orchestrator.windows import boot, branches, ciphers, numbers, proxy, schannel
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
    rests_on=(settings.SETTINGS,),
)
def tls12(judgement: Message, windows10: bool, add_in: bool) -> None:
    """TLS 1.2 is not enabled in so many words."""


@finding(
    "tls12_restart",
    Severity.WARN,
    where=rf"{boot.OURS}, and the newest start in the System log",
    source=Evidence("MicrosoftDocs/windowsserverdocs, security/tls/tls-registry-settings", Sureness.DOCUMENTED),
    rests_on=(boot.RESTART,),
)
def tls12_restart() -> None:
    """TLS 1.2 was enabled and takes effect with the next restart."""


_SUITES = Evidence(
    "MicrosoftDocs/win32, SecAuthN/tls-cipher-suites-in-windows-7 and -8-1; Azure Front Door, diffie-hellman-ciphers "
    "(April 2026); that the service of password reset takes the same is inferred",
    Sureness.INFERRED,
)
_ORDER = rf"{ciphers.ORDER_KEY}: Functions"
_PARTS = rf"Enabled below {schannel.SCHANNEL}\Ciphers, \Hashes and \KeyExchangeAlgorithms"


@finding(
    "cipher_order",
    Severity.WARN,
    where=_ORDER,
    source=_SUITES,
    rests_on=(ciphers.ORDER,),
    superseded_by=("cipher_doubtful", "cipher_disabled"),
)
def cipher_order() -> None:
    """A policy leaves no cipher suite by which Entra can be reached."""


@finding(
    "cipher_doubtful",
    Severity.WARN,
    where=f"{_ORDER}; {_PARTS}",
    source=_SUITES,
    rests_on=(ciphers.ORDER,),
    numbers=numbers.CIPHER_PARTS,
    superseded_by=("cipher_order", "cipher_disabled"),
)
def cipher_doubtful(suites: tuple[str, ...]) -> None:
    """What is left are suites that Azure has given up, or may give up."""


@finding(
    "cipher_disabled",
    Severity.WARN,
    where=_PARTS,
    source=_SUITES,
    rests_on=(schannel.SETTINGS,),
    numbers=numbers.CIPHER_PARTS,
    superseded_by=("cipher_order", "cipher_doubtful"),
)
def cipher_disabled(parts: tuple[str, ...]) -> None:
    """Parts of Schannel are switched off, so that no suite is left."""


@finding(
    "wininet_tls12",
    Severity.WARN,
    where=rf"SecureProtocols in {proxy.POLICY}, {proxy.SYSTEM}, {proxy.MACHINE}",
    source=Evidence("SecureProtocols as in public audit lists; the add-in may use WinINET", Sureness.INFERRED),
    rests_on=(proxy.PROXY,),
    numbers=numbers.PROTOCOLS,
)
def wininet_tls12(protocols: str, wanted: str) -> None:
    """WinINET leaves TLS 1.2 out for SYSTEM; numbers as in `0xa0`."""


def findings(survey: Survey, _: Policy) -> Iterator[Finding]:
    """Whether the add-in could speak TLS 1.2; Windows 10 itself does unless somebody has switched it off."""
    judgement = settings.judge(survey.tls, survey.machine.branch, survey.machine.architecture)
    if survey.machine.branch is branches.WINDOWS_10:
        if judgement.verdict not in {Verdict.ON, Verdict.DEFAULT}:
            yield tls12.found(survey.tls.values, judgement.sentence, windows10=True, add_in=False)
    elif not judgement.satisfied:
        there = survey.provider.registered
        found = tls12.found(survey.tls.values, judgement.sentence, windows10=False, add_in=there)
        yield replace(found, settled_by="enable-tls12" if there else "install")
    elif survey.awaits_restart:
        yield tls12_restart.found({"changed_in_boot": survey.restart.awaited})
    yield from _beside_schannel(survey)


def _beside_schannel(survey: Survey) -> Iterator[Finding]:
    """What may spoil a connection although TLS 1.2 is enabled."""
    yield from _suites(survey)
    protocols = survey.proxy.system.protocols
    if protocols is not None and not protocols & settings.TLS12_BIT:
        yield wininet_tls12.found(
            {"SecureProtocols": protocols}, f"{protocols:#x}", wanted=f"{protocols | settings.TLS12_BIT:#x}"
        )


def _suites(survey: Survey) -> Iterator[Finding]:
    """Whether a cipher suite is left by the policy's order, and by what is switched off."""
    order, off = survey.cipher_order, survey.schannel.off
    on_10 = survey.machine.branch is branches.WINDOWS_10
    left, by_order = ciphers.left(order, off, windows10=on_10), ciphers.left(order, windows10=on_10)
    seen: dict[str, Read] = {"Functions": list(order) if order else None, "off": list(off)}
    if left.sure:
        return
    if not by_order.sure and not by_order.doubtful:
        yield cipher_order.found(seen)
    elif left.doubtful:
        yield cipher_doubtful.found(seen, left.doubtful)
    else:
        yield cipher_disabled.found(seen, ciphers.needed_by_sure(off) or off)
