"""The verdict on who signed a package, with authorities of our own in the place of Microsoft's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from orchestrator.package import signature
from orchestrator.package.authenticode import Signer
from orchestrator.package.verdict import PUBLISHER, Verdict
from orchestrator.package.verifier import Answer
from sspr_lab.packages import standin
from tests.package.packages import SIGNATURE, other_text, stream, with_stream
from tests.package.signing import MICROSOFT, NOW, ROOT, Identity, identity, judged, needs_osslsigncode, signed, stamping

YEAR = timedelta(days=365)
OTHER_ROOT = identity("Other Root", "Test", purpose=None, years=(-10, 10))
TSA = identity("Time", "Test", by=ROOT, purpose=Purpose.TIME_STAMPING, years=(-9, 5))
ITS_CERTIFICATE_HAS_EXPIRED = identity("Old Time", "Test", by=ROOT, purpose=Purpose.TIME_STAMPING, years=(-9, -1))
NOBODYS_TSA = identity("Time", "Test", by=OTHER_ROOT, purpose=Purpose.TIME_STAMPING, years=(-9, 5))
EXPIRED = identity(by=ROOT, years=(-5, -2))
CONTOSO = identity("Contoso", "Contoso Ltd", by=ROOT)
UNSEEN = identity("Microsoft\u200b Corporation", by=ROOT)
NO_ROOT = "by Other Root, does not lead to Microsoft's roots"

WHO: Mapping[str, tuple[Identity, Verdict, str]] = {
    "Microsoft": (MICROSOFT, Verdict.MICROSOFT, "is signed by Microsoft Corporation"),
    "another publisher": (CONTOSO, Verdict.FOREIGN, "Contoso of Contoso Ltd, not by"),
    "its name alone": (identity(PUBLISHER, "Contoso", by=ROOT), Verdict.FOREIGN, "Corporation of Contoso, not by"),
    "what it signs for others": (
        identity("Microsoft Windows Software Compatibility Publisher", by=ROOT),
        Verdict.FOREIGN,
        "not by Microsoft Corporation",
    ),
    "a name that looks the same": (UNSEEN, Verdict.FOREIGN, "not by Microsoft"),
    "an unknown authority": (identity(by=OTHER_ROOT), Verdict.FOREIGN, NO_ROOT),
    "itself": (identity(), Verdict.FOREIGN, "has made out to itself"),
    "not for code": (identity(by=ROOT, purpose=Purpose.SERVER_AUTH), Verdict.FOREIGN, "that is not for code"),
    "expired": (EXPIRED, Verdict.FOREIGN, "expired on"),
    "not valid yet": (identity(by=ROOT, years=(1, 5)), Verdict.FOREIGN, "does not lead to Microsoft's roots"),
}
STAMPS: Mapping[str, tuple[Identity, timedelta, Verdict]] = {
    "before it expired": (TSA, 3 * YEAR, Verdict.MICROSOFT),
    "by one that has expired since": (ITS_CERTIFICATE_HAS_EXPIRED, 3 * YEAR, Verdict.MICROSOFT),
    "after it expired": (TSA, YEAR, Verdict.FOREIGN),
    "before it was made out": (TSA, 8 * YEAR, Verdict.FOREIGN),
    "by one that nobody trusts": (NOBODYS_TSA, 3 * YEAR, Verdict.FOREIGN),
}


@pytest.mark.parametrize("who", WHO)
def test_who_signed(tmp_path: Path, who: str) -> None:
    """Only Microsoft's own name, for code, by a root of its own, will do; what is wrong with others is said."""
    needs_osslsigncode()
    signer, verdict, words = WHO[who]
    found = judged(signed(tmp_path, signer))
    assert (found.verdict, words in found.because) == (verdict, True), found
    assert found.because.isprintable()
    assert found.expires == signer.certificate.not_valid_after_utc


@pytest.mark.parametrize("stamp", STAMPS)
def test_time_stamps(tmp_path: Path, stamp: str) -> None:
    """A certificate may have expired since a trusted time-stamp, be that one's certificate expired too by now."""
    needs_osslsigncode()
    authority, ago, verdict = STAMPS[stamp]
    with stamping(authority, NOW - ago) as words:
        found = judged(signed(tmp_path, EXPIRED, *words))
    assert (found.verdict, found.timestamp) == (verdict, NOW - ago), found


def test_nobody_is_asked_for_revoked_certificates(tmp_path: Path) -> None:
    """A coordinator need not reach the internet: that the lists are out of reach makes no good time-stamp a bad one."""
    needs_osslsigncode()
    lists = "http://127.0.0.1:9/list.crl"
    signer = identity(by=ROOT, years=(-5, -2), revoked=lists)
    stamper = identity("Time", "Test", by=ROOT, purpose=Purpose.TIME_STAMPING, years=(-9, 5), revoked=lists)
    with stamping(stamper, NOW - 3 * YEAR) as words:
        assert judged(signed(tmp_path, signer, *words)).verdict is Verdict.MICROSOFT


def test_the_order_of_streams_may_be_signed_too(tmp_path: Path) -> None:
    """As signtool does it for MSI files (MsiDigitalSignatureEx)."""
    needs_osslsigncode()
    assert judged(signed(tmp_path, MICROSOFT, "-add-msi-dse")).verdict is Verdict.MICROSOFT


def other_signature(content: bytes) -> bytes:
    """The last byte of it is another one: no key has made that."""
    made = stream(content, SIGNATURE)
    return with_stream(content, SIGNATURE, made[:-1] + bytes([made[-1] ^ 1]))


def other_certificate(content: bytes) -> bytes:
    """Its issuer has another name than the signer's has."""
    return with_stream(content, SIGNATURE, stream(content, SIGNATURE).replace(b"Test Root", b"Fake Root", 1))


def other_version(content: bytes) -> bytes:
    """The certificate says that it is of a version which there is not."""
    third = bytes.fromhex("a003020102")
    return with_stream(content, SIGNATURE, stream(content, SIGNATURE).replace(third, third[:-1] + b"\3", 1))


def no_signature(content: bytes) -> bytes:
    made = stream(content, SIGNATURE)
    return with_stream(content, SIGNATURE, bytes(len(made)))


BROKEN: Mapping[str, tuple[Callable[[bytes], bytes], str]] = {
    "the file": (other_text, "has been changed since it was signed"),
    "the signature": (other_signature, "is not that of the certificate that it names"),
    "the certificate": (other_certificate, "does not bring its signer's certificate"),
    "the certificate's version": (other_version, "is damaged"),
    "all of the signature": (no_signature, "is damaged"),
}


@pytest.mark.parametrize("changed", BROKEN)
@pytest.mark.parametrize("who", [MICROSOFT, CONTOSO], ids=["Microsoft", "another"])
def test_what_was_changed_is_broken(tmp_path: Path, changed: str, who: Identity) -> None:
    """Whoever has signed it before."""
    needs_osslsigncode()
    change, words = BROKEN[changed]
    found = judged(change(signed(tmp_path, who)))
    assert (found.verdict, words in found.because) == (Verdict.BROKEN, True), found


def test_a_signature_of_another_file(tmp_path: Path) -> None:
    """A genuine signature that is put into another package is broken there, and not somebody's."""
    needs_osslsigncode()
    theirs = stream(signed(tmp_path, MICROSOFT), SIGNATURE)
    content = signed(tmp_path, MICROSOFT, package=standin("x86"))
    ours = stream(content, SIGNATURE)
    assert len(theirs) == len(ours)
    assert judged(with_stream(content, SIGNATURE, theirs)).verdict is Verdict.BROKEN


@pytest.mark.parametrize("twice", ["another signer", "another signature in it"])
def test_more_than_one_signature(tmp_path: Path, twice: str) -> None:
    """The verifier is content with any good one of several, so that a file with several is broken."""
    needs_osslsigncode()
    content = signed(tmp_path, MICROSOFT)
    made = cms.ContentInfo.load(stream(content, SIGNATURE))
    if twice == "another signer":
        made["content"]["signer_infos"].append(made["content"]["signer_infos"][0].copy())
    else:
        made["content"]["signer_infos"][0]["unsigned_attrs"] = [
            {"type": "microsoft_nested_signature", "values": [made.copy()]}
        ]
    found = signature.judge(content, made.dump(), ROOT.pem)
    assert found.verdict is Verdict.BROKEN, found


def test_an_unsigned_package_needs_no_verifier(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a broken one: a file of which the digest alone would have to be computed does."""
    monkeypatch.setenv("PATH", "")
    assert judged(standin("x64").read_bytes()).verdict is Verdict.UNSIGNED
    assert signature.judge(b"", b"\x30\x00").verdict is Verdict.BROKEN


def test_microsofts_roots_are_those_of_a_run(tmp_path: Path) -> None:
    """Where none are given, a package that some authority of ours has signed is foreign."""
    needs_osslsigncode()
    assert judged(signed(tmp_path, MICROSOFT), None).verdict is Verdict.FOREIGN


def test_a_certificate_that_says_twice_what_it_is_for() -> None:
    """It is for nothing."""
    der = MICROSOFT.certificate.public_bytes(Encoding.DER)
    usage = {name: bytes.fromhex("551d") + bytes([number]) for name, number in (("constraints", 19), ("usage", 15))}
    twice = x509.load_der_x509_certificate(der.replace(usage["constraints"], usage["usage"]))
    assert Signer(MICROSOFT.certificate, None).signs_code
    assert not Signer(twice, None).signs_code


def test_the_verdict_is_pure() -> None:
    """What the verifier says of a file goes before all that its certificate says."""
    signer = Signer(identity("Contoso", "Contoso").certificate, None)
    assert signature.verdict(signer, Answer.OTHER_FILE, datetime.now(UTC)).verdict is Verdict.BROKEN
    assert signature.verdict(signer, Answer.TRACED, datetime.now(UTC)).verdict is Verdict.FOREIGN
