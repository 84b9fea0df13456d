"""Signed packages: the stand-in, signed by osslsigncode with certificates of authorities that this file makes up.

Their time-stamps say any time: osslsigncode fetches them from a server on the loopback interface.
"""

import hashlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from asn1crypto import algos, cms, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from cryptography.x509.oid import NameOID

from orchestrator.package import database, signature
from orchestrator.package.verdict import PUBLISHER, Signature
from sspr_lab.packages import standin

NOW: Final = datetime.now(UTC).replace(microsecond=0)


def needs_osslsigncode() -> None:
    """Skip the test, or the module, where it is not installed; never in CI, where that is a failure."""
    if shutil.which("osslsigncode") is None and not os.environ.get("CI"):
        pytest.skip("needs Debian's osslsigncode", allow_module_level=True)


@dataclass(frozen=True)
class Identity:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: RSAPrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode("ascii")

    def write(self, folder: Path) -> tuple[Path, Path]:
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        certificate.write_text(self.pem, encoding="ascii")
        key.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
        return certificate, key


def identity(
    name: str = PUBLISHER,
    organization: str = PUBLISHER,
    *,
    by: Identity | None = None,
    purpose: x509.ObjectIdentifier | None = Purpose.CODE_SIGNING,
    years: tuple[int, int] = (-1, 5),
    revoked: str | None = None,
) -> Identity:
    """A certificate made out by an authority, or to itself; valid between so many years from now.

    `revoked` is the URL at which it says that revoked ones are listed.
    """
    key = generate_private_key(65537, 2048)
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    begins, ends = (NOW.replace(year=NOW.year + each, month=1, day=1) for each in years)
    authority = purpose is None
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(
            x509.KeyUsage(not authority, False, False, False, False, authority, authority, False, False), critical=True
        )
    )
    if purpose:
        made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=purpose == Purpose.TIME_STAMPING)
    if revoked:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(revoked)], None, None, None)
        made = made.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    return Identity(made.sign(by.key if by else key, SHA256()), key)


ROOT: Final = identity("Test Root", "Test", purpose=None, years=(-10, 10))
"""In the place of Microsoft's."""
MICROSOFT: Final = identity(by=ROOT)


def judged(content: bytes, pem: str | None = ROOT.pem) -> Signature:
    """Who has signed this package, where these are Microsoft's roots; None stands for the real ones."""
    return signature.judge(content, database.read(content, ()).signature, pem)


def signed(folder: Path, who: Identity, *words: str, package: Path | None = None) -> bytes:
    """The package, signed; `words` are further ones for `osslsigncode sign`."""
    certificate, key = who.write(folder)
    made = folder / "signed.msi"
    made.unlink(missing_ok=True)
    source = package or standin("x64")
    files = ("-certs", certificate, "-key", key, "-in", source, "-out", made)
    subprocess.run(["osslsigncode", "sign", "-h", "sha256", *words, *files], check=True, capture_output=True)
    return made.read_bytes()


@contextmanager
def stamping(who: Identity, at: datetime) -> Iterator[tuple[str, str]]:
    """Words by which `osslsigncode sign` has the signature stamped with this time."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            answer = _response(tsp.TimeStampReq.load(asked), who, at)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield "-ts", f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def _response(request: Any, who: Identity, at: datetime) -> bytes:
    """An answer with a token (RFC 3161)."""
    info = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": "1.2.3.4",
            "message_imprint": request["message_imprint"],
            "serial_number": 1,
            "gen_time": at,
            **({} if request["nonce"].native is None else {"nonce": request["nonce"]}),
        }
    ).dump()
    whole = who.certificate.public_bytes(Encoding.DER)
    named = tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(whole).digest()}]})
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.sha256(info).digest()]},
            {"type": "signing_certificate_v2", "values": [named]},
        ]
    )
    certificate = asn1_x509.Certificate.load(whole)
    token = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": "sha256"})],
            "encap_content_info": {"content_type": "tst_info", "content": cms.ParsableOctetString(info)},
            "certificates": [certificate],
            "signer_infos": [
                {
                    "version": "v1",
                    "sid": cms.IssuerAndSerialNumber(
                        {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
                    ),
                    "digest_algorithm": {"algorithm": "sha256"},
                    "signed_attrs": attributes,
                    "signature_algorithm": {"algorithm": "rsassa_pkcs1v15"},
                    "signature": who.key.sign(attributes.dump(), PKCS1v15(), SHA256()),
                }
            ],
        }
    )
    return bytes(
        tsp.TimeStampResp(
            {"status": {"status": "granted"}, "time_stamp_token": {"content_type": "signed_data", "content": token}}
        ).dump()
    )
