"""The certification authority of a fleet: the certificates of HTTPS listeners, good and bad, and those of clients."""

import hashlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from sspr_lab.faults import Faults

_PRINCIPAL_NAME: Final = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")  # szOID_NT_PRINCIPAL_NAME
_UTF8_STRING: Final = 0x0C
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """A certificate and its private key, both PEM."""

    pem: bytes
    key: bytes

    @cached_property
    def der(self) -> bytes:
        return ssl.PEM_cert_to_DER_cert(self.pem.decode("ascii"))

    @property
    def binding(self) -> bytes:
        """Its tls-server-end-point (RFC 5929 4.1); all certificates here are signed with SHA-256."""
        return b"tls-server-end-point:" + hashlib.sha256(self.der).digest()


class Authority:
    """A CA that vouches for the machines of a fleet and for the clients that they know.

    Its machines share one private key, which no real ones do: making one takes longer than starting a machine.

    Args:
        key_identifiers: Whether certificates say whose key signed them (RFC 5280, 4.2.1.1), as those of Windows' own
            CAs do and those of many hand-made ones do not.
    """

    def __init__(self, *, key_identifiers: bool = True) -> None:
        self._key_identifiers = key_identifiers
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SSPR Lab CA")])
        self._key = _new_key()
        now = datetime.now(UTC)
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        self._certificate = (
            self._builder(self._name, self._name, self._key, now - _DAY, now + 30 * _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(self._key, SHA256())
        )

    @property
    def pem(self) -> bytes:
        """The CA's own certificate."""
        return self._certificate.public_bytes(Encoding.PEM)

    def for_server(self, computer_name: str, faults: Faults) -> Certificate:
        """The certificate of a machine's listener: in its own name and vouched for, unless a fault says otherwise."""
        name = "SOMEBODY-ELSE" if faults.find("certificate_wrong_name") else computer_name
        end = datetime.now(UTC) + (-_DAY if faults.find("certificate_expired") else 30 * _DAY)
        return self._server(name, end, self_signed=faults.find("certificate_self_signed") is not None)

    def self_signed(self, computer_name: str) -> Certificate:
        """A certificate that a machine made for itself, as Windows does for CredSSP and Remote Desktop."""
        return self._server(computer_name, datetime.now(UTC) + 30 * _DAY, self_signed=True)

    def _server(self, name: str, end: datetime, *, self_signed: bool) -> Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer, signer = (subject, self._server_key) if self_signed else (self._name, self._key)
        certificate = (
            self._builder(subject, issuer, self._server_key, end - 60 * _DAY, end, signer)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(signer, SHA256())
        )
        return _pair(certificate, self._server_key)

    def for_client(self, principal: str) -> Certificate:
        """A certificate for a client, with a user principal name such as `jane@lab.test`."""
        key = _new_key()
        now = datetime.now(UTC)
        encoded = principal.encode()
        other = x509.OtherName(_PRINCIPAL_NAME, bytes([_UTF8_STRING, len(encoded)]) + encoded)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, principal.partition("@")[0])])
        certificate = (
            self._builder(subject, self._name, key, now - _DAY, now + 30 * _DAY)
            .add_extension(x509.SubjectAlternativeName([other]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .sign(self._key, SHA256())
        )
        return _pair(certificate, key)

    def _builder(
        self,
        subject: x509.Name,
        issuer: x509.Name,
        key: rsa.RSAPrivateKey,
        begin: datetime,
        end: datetime,
        signer: rsa.RSAPrivateKey | None = None,
    ) -> x509.CertificateBuilder:
        """A certificate that the CA's own key will sign, or another one."""
        begun = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
        )
        if not self._key_identifiers:
            return begun
        signing = (signer or self._key).public_key()
        return begun.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        ).add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing), critical=False)

    @cached_property
    def _server_key(self) -> rsa.RSAPrivateKey:
        return _new_key()


def principal_of(certificate: bytes) -> str:
    """The user principal name in a DER certificate, empty when there is none.

    Raises:
        ValueError: it is no certificate that can be read.
    """
    try:
        names = x509.load_der_x509_certificate(certificate).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except x509.ExtensionNotFound:
        return ""
    for other in names.value.get_values_for_type(x509.OtherName):
        if other.type_id == _PRINCIPAL_NAME and other.value[:1] == bytes([_UTF8_STRING]):
            return other.value[2:].decode("utf-8", "replace")
    return ""


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pair(certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> Certificate:
    return Certificate(
        certificate.public_bytes(Encoding.PEM), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
