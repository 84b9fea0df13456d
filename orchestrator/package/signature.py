"""The verdict on who signed an MSI file: Microsoft, somebody else, nobody, or nobody can tell."""

from __future__ import annotations

from datetime import UTC, datetime

from orchestrator.model.showable import printable
from orchestrator.package import authenticode, verifier
from orchestrator.package.authenticode import SignatureBroken, Signer
from orchestrator.package.verdict import PUBLISHER, Signature, Verdict
from orchestrator.package.verifier import Answer, VerifierFailed


def judge(content: bytes, pkcs7: bytes | None, pem: str | None = None) -> Signature:
    """The verdict on a file.

    Args:
        content: The file's.
        pkcs7: Its signature, None where it has none.
        pem: The roots to which the signature has to lead; else Microsoft's.

    Raises:
        UntrustedPath: Another person may write the verifier.
        CoordinatorError: This computer has no room or no process for it.
    """
    if pkcs7 is None:
        return Signature(Verdict.UNSIGNED, "is not signed")
    try:
        signer = authenticode.signer(pkcs7)
    except SignatureBroken as error:
        return Signature(Verdict.BROKEN, f"has a signature that {error}")
    program = verifier.program()
    if program is None:
        because = f"is signed, and {verifier.PROGRAM}, which verifies that, is not installed here; {verifier.INSTALL}"
        return _signature(Verdict.UNVERIFIED, because, signer)
    try:
        answer = verifier.verify(program, content, signer.certificate, pem or verifier.roots())
    except VerifierFailed as error:
        because = f"is signed, and {program}, which verifies that, {error}; mend that, or install it again"
        return _signature(Verdict.UNVERIFIED, because, signer)
    return verdict(signer, answer, datetime.now(UTC))


def verdict(signer: Signer, answer: Answer, now: datetime) -> Signature:
    """The verdict, once the verifier has answered."""
    if answer is Answer.OTHER_FILE:
        return _signature(Verdict.BROKEN, "has been changed since it was signed", signer)
    because = _doubt(signer, answer, now)
    if because:
        return _signature(Verdict.FOREIGN, because, signer)
    return _signature(Verdict.MICROSOFT, f"is signed by {PUBLISHER}", signer)


def _doubt(signer: Signer, answer: Answer, now: datetime) -> str | None:
    """Why a whole signature does not prove that the file is Microsoft's; None where it does."""
    name = printable(signer.name)
    if signer.self_signed:
        return f"is signed by a certificate that {name} has made out to itself"
    if not signer.signs_code:
        return f"is signed by a certificate of {name} that is not for code"
    if answer is Answer.NOT_TRACED:
        expires = signer.certificate.not_valid_after_utc
        if expires < now:
            return (
                f"is signed by a certificate of {name} that expired on {expires:%Y-%m-%d}, and no time-stamp that can "
                "be trusted says that it was signed before"
            )
        issuer = printable(signer.issuer)
        return f"is signed by {name}, whose certificate, by {issuer}, does not lead to Microsoft's roots"
    if (signer.name, signer.organization) != (PUBLISHER, PUBLISHER):
        organization = f" of {printable(signer.organization)}" if signer.organization else ""
        return f"is signed by {name}{organization}, not by {PUBLISHER}"
    return None


def _signature(verdict: Verdict, because: str, signer: Signer) -> Signature:
    expires = signer.certificate.not_valid_after_utc
    return Signature(verdict, because, printable(signer.name), printable(signer.issuer), expires, signer.timestamp)
