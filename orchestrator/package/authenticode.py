"""What an Authenticode signature of an MSI file says, and whether it holds together; trusting it is another matter.

A PKCS #7 over the file's digest, with a single signer (Authenticode_PE.docx; signtool makes no second signature of an
MSI file). That the digest is the file's, and the certificate somebody's who is trusted, is asked in `verifier.py`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_SPC_INDIRECT_DATA: Final = "1.3.6.1.4.1.311.2.1.4"
_NESTED: Final = "microsoft_nested_signature"
_TOKEN, _COUNTERSIGNATURE = "microsoft_time_stamp_token", "counter_signature"
_HASHES: Final = {
    "sha1": hashes.SHA1(),  # noqa: S303 - Microsoft's of before 2016
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class SignatureBroken(Exception):
    """It does not hold together; the text completes "the signature …"."""


@dataclass(frozen=True)
class Signer:
    """Who has signed, as the signature itself says.

    Attributes:
        certificate: The signer's.
        timestamp: When it was signed, by the time-stamp in it; None without one. Whether that can be trusted is the
            verifier's business.
    """

    certificate: x509.Certificate
    timestamp: datetime | None

    @property
    def name(self) -> str:
        """The certificate's common name, or else all of its subject."""
        return _named(self.certificate.subject, NameOID.COMMON_NAME) or self.certificate.subject.rfc4514_string()

    @property
    def organization(self) -> str | None:
        return _named(self.certificate.subject, NameOID.ORGANIZATION_NAME)

    @property
    def issuer(self) -> str:
        return _named(self.certificate.issuer, NameOID.COMMON_NAME) or self.certificate.issuer.rfc4514_string()

    @property
    def self_signed(self) -> bool:
        return self.certificate.issuer == self.certificate.subject

    @property
    def signs_code(self) -> bool:
        """Whether the certificate names the purpose of signing code."""
        try:
            usage = self.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
            return False
        return ExtendedKeyUsageOID.CODE_SIGNING in usage


def signer(pkcs7: bytes) -> Signer:
    """Who has signed. Raises SignatureBroken where the signature is not that of the certificate that it names."""
    try:
        data = cms.ContentInfo.load(pkcs7)["content"]
        content = data["encap_content_info"]
        if content["content_type"].dotted != _SPC_INDIRECT_DATA:
            raise SignatureBroken("is over something other than a file")
        if len(data["signer_infos"]) != 1:
            raise SignatureBroken(f"has {len(data['signer_infos'])} signers instead of one")
        info = data["signer_infos"][0]
        besides = _attributes(info["unsigned_attrs"])
        if _NESTED in besides:
            raise SignatureBroken("has another one in it, which Windows' own tools do not make for an MSI file")
        certificate = _certificate(data["certificates"], info["sid"].chosen)
        _check(info, content["content"].parse().contents, certificate)
        return Signer(certificate, _time(besides))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, x509.InvalidVersion) as error:
        raise SignatureBroken("is damaged") from error


def _certificate(certificates: Any, named: Any) -> x509.Certificate:
    for each in certificates:
        found = each.chosen
        if found.serial_number == named["serial_number"].native and found.issuer.dump() == named["issuer"].dump():
            return x509.load_der_x509_certificate(found.dump())
    raise SignatureBroken("does not bring its signer's certificate")


def _check(info: Any, content: bytes, certificate: x509.Certificate) -> None:
    """Raises SignatureBroken where the content is not what was signed, or was not signed by the certificate's key."""
    name = info["digest_algorithm"]["algorithm"].native
    algorithm = _HASHES.get(name)
    if algorithm is None:
        raise SignatureBroken(f"is by {name}, which proves nothing")
    if _attributes(info["signed_attrs"])["message_digest"].native != hashlib.new(name, content).digest():
        raise SignatureBroken("is over another file's digest")
    key, signature, signed = certificate.public_key(), info["signature"].native, info["signed_attrs"].untag().dump()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(algorithm))
        else:
            raise SignatureBroken("is by a key that Authenticode does not know")
    except InvalidSignature as error:
        raise SignatureBroken("is not that of the certificate that it names") from error


def _attributes(attributes: Any) -> dict[str, Any]:
    """Name of an attribute → its first value; `attributes` may be absent."""
    return {each["type"].native: each["values"][0] for each in attributes if len(each["values"])}


def _time(unsigned: dict[str, Any]) -> datetime | None:
    if token := unsigned.get(_TOKEN):
        found = tsp.TSTInfo.load(bytes(token["content"]["encap_content_info"]["content"]))["gen_time"].native
    elif old := unsigned.get(_COUNTERSIGNATURE):
        found = _attributes(old["signed_attrs"])["signing_time"].native
    else:
        return None
    return found if isinstance(found, datetime) else None


def _named(name: x509.Name, what: x509.ObjectIdentifier) -> str | None:
    found = name.get_attributes_for_oid(what)
    return str(found[0].value) if len(found) == 1 else None
