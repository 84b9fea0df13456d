"""Certificates that OpenSSL takes and stricter parsers do not: they are no obstacle, or told for what they are."""

import asyncio
import ssl
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from orchestrator.connect import credentials
from orchestrator.connect.certificate_hash import CertificateUnreadable, signature_hash
from orchestrator.connect.certificate_trust import Holding, held_in
from orchestrator.connect.translation import translated
from orchestrator.inventory.load import load_inventory
from orchestrator.model.errors import DocumentError, HandshakeFailed, LogonImpossible, Retry, UsageError
from orchestrator.model.host import CredentialReference, Https
from orchestrator.sentences import say
from sspr_lab.faults import Faults
from sspr_lab.tls.certificates import Certificate
from tests.connect.authentication import ALL, UPN, Given, Listener, Plain, said, serving
from tests.connect.old_certificates import CHANGES, Change, OldAuthority, element, taken, underscore, without_seconds
from tests.connect.reach import at
from tests.connect.test_https import fingerprint
from tests.saying import with_reason

BOUND = Listener("https", ALL, "strict")
"""Log-ons are refused that are not bound to the certificate which was shown."""
TAKEN = {name: change for name, change in CHANGES.items() if taken(change)}
"""Those with which a server can be made here, to be asked."""
KERBEROS = pytest.param("Kerberos with a password", marks=pytest.mark.kerberos)


def test_they_are_no_certificates_to_a_strict_parser() -> None:
    """Or else nothing is tested here."""
    for change in CHANGES.values():
        with pytest.raises((ValueError, x509.InvalidVersion), match=r"parsing asn1|not a valid X509 version"):
            x509.load_der_x509_certificate(OldAuthority(change).for_server("PC-01", Faults([])).der)


@pytest.mark.parametrize("change", TAKEN)
@pytest.mark.parametrize("way", ["NTLM", "Basic", KERBEROS])
async def test_log_ons_over_such_a_certificate(way: str, change: str, given: Given) -> None:
    """A log-on is bound to one that is pinned as to any other."""
    async with serving(BOUND, given, issuer=OldAuthority(CHANGES[change])) as server:
        pinned = Https(fingerprint=await asyncio.to_thread(fingerprint, server.https_port))
        host = given.host(way, server, BOUND, https=pinned)
        assert await said(host) == ("lab\\jane" if "Kerberos" in way else "pc-01\\administrator")
        assert (server.counters.refused, server.counters.connections) == (0, 2)


async def test_what_its_authority_vouches_for(given: Given) -> None:
    """OpenSSL decides whom to trust: an underscore is nothing to it, and a date that it cannot read is told."""
    for change, trusted in ((underscore, True), (without_seconds, False)):
        if change not in TAKEN.values():
            continue
        issuer = OldAuthority(change)
        async with serving(BOUND, given, issuer=issuer) as server:
            host = given.host("NTLM", server, BOUND, https=Https(given.file("old.pem", issuer.pem)))
            if trusted:
                assert await said(host) == "pc-01\\administrator"
            else:
                with pytest.raises(HandshakeFailed, check=with_reason("format error in certificate's notBefore")):
                    await said(host)


@pytest.mark.parametrize("change", TAKEN)
async def test_credssp_says_which_certificate_it_cannot_read(change: str, given: Given) -> None:
    """pyspnego parses the one that the host shows inside CredSSP; that this fails is nobody's refusal, and stays."""
    async with serving(BOUND, given, issuer=OldAuthority(CHANGES[change])) as server:
        pinned = Https(fingerprint=await asyncio.to_thread(fingerprint, server.https_port))
        told = with_reason(r"inside CredSSP is not made .* \(.*(PrintableString|UtcTime|[Vv]ersion)")
        with pytest.raises(LogonImpossible, check=told) as caught:
            await said(given.host("CredSSP", server, BOUND, https=pinned))
        assert caught.value.retry is Retry.NEVER
        assert caught.value.remedy is not None
        assert "logon: kerberos" in say(caught.value.remedy)
        assert server.counters.logons == 0


@pytest.mark.parametrize("change", CHANGES)
def test_client_certificates(change: str, tmp_path: Path) -> None:
    """One that OpenSSL reads is taken from an inventory, as are authorities; of another it is said that it is one."""
    issuer = OldAuthority(CHANGES[change])
    made = issuer.for_client(UPN)
    for name, content in (("old.pem", made.pem), ("old.key", made.key), ("ca.pem", made.pem)):
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(0o600)
    inventory = tmp_path / "hosts.yaml"
    inventory.write_text(
        "hosts: {A: {logon: certificate, https: {ca: ca.pem}, credential: {certificate: old.pem, key: old.key}}}"
    )
    if change in TAKEN:
        credentials.check(load_inventory(inventory).hosts, Plain().resolve)
        return
    with pytest.raises(DocumentError) as caught:
        load_inventory(inventory)
    for line in str(caught.value).splitlines():
        assert f"holds a certificate that {ssl.OPENSSL_VERSION} cannot read; `openssl x509 -in" in line


def purpose_as(number: int) -> Change:
    """What the certificate is for stands under the number of another extension, below 2.5.29."""
    return lambda parts: parts.replace(bytes.fromhex("551d25"), bytes([0x55, 0x1D, number]), 1)


UNFIT = {
    "an extension twice": purpose_as(17),
    "an authority's key that is none": purpose_as(35),
    "a use of the key that is none": purpose_as(15),
}


@pytest.mark.parametrize("key", ["its own", "another", "none"])
@pytest.mark.parametrize("change", UNFIT.values(), ids=UNFIT)
def test_a_client_certificate_that_openssl_reads_and_does_not_take(change: Change, key: str, tmp_path: Path) -> None:
    """It is the certificate that is told of, whatever the key is; of one that is taken, the key is."""
    made = OldAuthority(change).for_client(UPN)
    certificate, of_key = tmp_path / "client.pem", tmp_path / "client.key"
    certificate.write_bytes(made.pem)
    of_key.write_bytes({"its own": made.key, "another": OldAuthority(change).for_client(UPN).key}.get(key, b""))
    host = replace(
        at(1), logon="certificate", credential=CredentialReference(None, certificate=certificate, key=of_key)
    )
    if shown(made):
        with nullcontext() if key == "its own" else pytest.raises(UsageError, match=r"client\.key"):
            credentials.check([host], Plain().resolve)
        return
    with pytest.raises(UsageError, match=r"client\.pem holds a certificate that OpenSSL") as caught:
        credentials.check([host], Plain().resolve)
    assert "INVALID_CERTIFICATE" in str(caught.value)
    assert of_key.name not in str(caught.value)


def shown(made: Certificate) -> bool:
    """Whether this computer's OpenSSL shows a certificate to servers; 3.5 takes extensions that 3.0 does not."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "both.pem")
        path.write_bytes(made.pem + made.key)
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(path)
        except ssl.SSLError:
            return False
    return True


def test_a_certificate_that_nobody_can_read(tmp_path: Path) -> None:
    """It is told for what it is, and not as a file without one."""
    path = tmp_path / "cut.pem"
    path.write_text(ssl.DER_cert_to_PEM_cert(self_signed(RSA, hashes.SHA256())[:200]))
    assert held_in(path) is Holding.UNREADABLE
    path.write_bytes(self_signed(RSA, hashes.SHA256()))
    assert held_in(path) is Holding.NONE


def self_signed(key: object, algorithm: object, **options: object) -> bytes:
    """A certificate, DER, signed in some way."""
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "PC-01")])
    begun = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    begun = begun.not_valid_before(now).not_valid_after(now + timedelta(days=1)).public_key(key.public_key())  # type: ignore[attr-defined]
    return begun.sign(key, algorithm, **options).public_bytes(Encoding.DER)  # type: ignore[arg-type]


def pss(algorithm: hashes.HashAlgorithm) -> dict[str, object]:
    return {"rsa_padding": padding.PSS(padding.MGF1(algorithm), 20)}


RSA = rsa.generate_private_key(65537, 2048)
ELLIPTIC = ec.generate_private_key(ec.SECP256R1())
SIGNED = {
    **{f"RSA {kind.name}": (RSA, kind(), {}) for kind in (hashes.SHA224, hashes.SHA256, hashes.SHA384, hashes.SHA512)},
    **{f"PSS {kind.name}": (RSA, kind(), pss(kind())) for kind in (hashes.SHA256, hashes.SHA384, hashes.SHA512)},
    **{f"ECDSA {kind.name}": (ELLIPTIC, kind(), {}) for kind in (hashes.SHA256, hashes.SHA384, hashes.SHA512)},
    "DSA": (dsa.generate_private_key(2048), hashes.SHA256(), {}),
    "Ed25519": (ed25519.Ed25519PrivateKey.generate(), None, {}),
}


@pytest.mark.parametrize("name", SIGNED)
def test_the_hash_of_a_signature(name: str) -> None:
    """It is the one that cryptography finds, where that can read the certificate."""
    key, algorithm, options = SIGNED[name]
    der = self_signed(key, algorithm, **options)
    found = x509.load_der_x509_certificate(der).signature_hash_algorithm
    assert signature_hash(der) == (found and found.name)


OIDS = {
    "md5WithRSA": ("2a864886f70d010104", "md5"),
    "sha1WithRSA": ("2a864886f70d010105", "sha1"),
    "sha1WithRSA of OIW": ("2b0e03021d", "sha1"),
    "one that nobody knows": ("2a0304", None),
}


@pytest.mark.parametrize(("oid", "expected"), OIDS.values(), ids=OIDS)
def test_old_and_unknown_signatures(oid: str, expected: str | None) -> None:
    """MD5 and SHA-1 are known for what they are; the rest counts as no hash."""
    algorithm = element(0x30, element(0x06, bytes.fromhex(oid)) + b"\x05\x00")
    assert signature_hash(element(0x30, element(0x30, b"x" * 300) + algorithm)) == expected
    assert signature_hash(element(0x30, element(0x30, b"") + algorithm)) == expected


def test_rsassa_pss_that_names_no_hash() -> None:
    """Left out, it is SHA-1 (RFC 4055, 3.1)."""
    algorithm = element(0x30, element(0x06, bytes.fromhex("2a864886f70d01010a")) + element(0x30, b""))
    assert signature_hash(element(0x30, element(0x30, b"") + algorithm)) == "sha1"


def test_what_is_no_certificate() -> None:
    """Cut anywhere, with lengths that lead out of it, or something else: told as such, and nothing else is raised."""
    whole = self_signed(ELLIPTIC, hashes.SHA256())
    broken = [whole[:size] for size in range(len(whole) - 1)]
    broken += [b"\x31\x00", b"\x30\x80" + whole[4:]]
    broken += [b"\x30\x85\x01\x00\x00\x00\x00" + whole, b"\x30\x84\xff\xff\xff\xff"]
    for data in broken:
        with pytest.raises(CertificateUnreadable):
            signature_hash(data)
    told = with_reason("no log-on can be bound")
    with pytest.raises(HandshakeFailed, check=told), translated(at(1), logged_on=False):
        signature_hash(b"")
