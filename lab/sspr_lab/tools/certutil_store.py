"""certutil -addstore and -delstore of the machine's own Root: a certificate is a key of the registry, by its SHA-1.

Sources: learn.microsoft.com, certutil, and SecCrypto/system-store-locations. Public transcripts have the words: of 2008
R2 with the certificate's whole name, of Windows 10 with its common name alone. Measured by others on Windows 11: that
the token is looked at before all else (0x800702e4), that -delstore ends with 0 where there is nothing to delete, and
what `LoadCert` says in -verify of a file that is missing or no certificate; that it says so here is inferred. From
which Windows on the name is short, what a token that is not whole gets on older ones, and which properties are kept in
which order, is [mem].
"""

import hashlib
import re
import struct
from contextlib import suppress
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sspr_lab.errors import WindowsError
from sspr_lab.process import Process
from sspr_lab.registry import Value
from sspr_lab.tools.certutil_request import Failed, Request, failed, read
from sspr_lab.unmodelled import NoModel

_STORES: Final = r"HKLM\SOFTWARE\Microsoft\SystemCertificates"
_OWN: Final = rf"{_STORES}\ROOT\Certificates"
_BESIDE: Final = (
    rf"{_STORES}\AuthRoot\Certificates",
    r"HKLM\SOFTWARE\Microsoft\EnterpriseCertificates\Root\Certificates",
    r"HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates\Root\Certificates",
)
_NEEDS_ELEVATION: Final = 0x800702E4
_BAD_TAG: Final = (267, "ASN1 bad tag value met.", "CRYPT_E_ASN1_BADTAG")
_MD5, _SHA1, _KEY_IDENTIFIER, _CERTIFICATE = 4, 3, 20, 32
"""Properties of a certificate (MS-GPEF 2.2.1.1.1.1)."""


def stored(der: bytes) -> bytes:
    """A certificate as a store's `Blob` has it: each property with its number, a 1 and its length before it."""
    key = x509.load_der_x509_certificate(der).public_key()
    properties = {
        _MD5: hashlib.md5(der, usedforsecurity=False).digest(),
        _SHA1: hashlib.sha1(der, usedforsecurity=False).digest(),
        _KEY_IDENTIFIER: x509.SubjectKeyIdentifier.from_public_key(key).digest,
        _CERTIFICATE: der,
    }
    return b"".join(struct.pack("<III", number, 1, len(data)) + data for number, data in properties.items())


async def add_store(process: Process, request: Request) -> int:
    """Put a file's certificate into the store; one that is there already stays, unless -f is given."""
    store, name = request.names[:2]
    if not await _opened(process, request.verb, store):
        return _NEEDS_ELEVATION
    certificate = _loaded(read(process, name, "DecodeFile", "LoadCert(Cert)"))
    der = certificate.public_bytes(Encoding.DER)
    thumbprint = hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
    _only_own(process, request.verb, thumbprint)
    registry, key = process.machine.registry, f"{_OWN}\\{thumbprint}"
    if certificate.issuer == certificate.subject:
        await process.stdout.write_text(f"{process.text('Signature matches Public Key')}\n")
    shown = _shown(process, certificate)
    if registry.get(key, "Blob", account=process.account) is not None and not request.force:
        already = process.text('Certificate "{name}" already in store.', name=shown)
        await process.stdout.write_text(f"{already}\n")
        return 0
    try:
        registry.set(key, "Blob", Value.of(stored(der)), account=process.account)
    except WindowsError as error:
        raise failed(error) from None
    added = process.text('Certificate "{name}" added to store.', name=shown)
    await process.stdout.write_text(f"{added}\n")
    return 0


async def delete_store(process: Process, request: Request) -> int:
    """Take the certificate of a SHA-1 out of the store; where there is none, nothing is said of it."""
    store, token = request.names[:2]
    thumbprint = token.replace(" ", "").upper()
    if not re.fullmatch("[0-9A-F]{40}", thumbprint):
        raise NoModel("certutil -delstore by anything but a SHA-1")
    if not await _opened(process, request.verb, store):
        return _NEEDS_ELEVATION
    _only_own(process, request.verb, thumbprint)
    try:
        there = process.machine.registry.key(_OWN, account=process.account).subkey_names
        if thumbprint in there:
            shown = _name_in_store(process, thumbprint)
            text = process.text("Deleting Certificate {index}: {name}", index=there.index(thumbprint), name=shown)
            process.machine.registry.delete_key(f"{_OWN}\\{thumbprint}", account=process.account)
            await process.stdout.write_text(f"{text}\n")
    except WindowsError as error:
        raise failed(error) from None
    return 0


async def _opened(process: Process, verb: str, store: str) -> bool:
    """Whether the store may be changed; it names itself as it was named, and for people."""
    if store.lower() != "root":
        raise NoModel(f"certutil -{verb} {store}")
    if not process.account.elevated:
        needed = process.text(
            "Administrator permissions are needed to use the selected options.  Use an administrator command prompt to "
            "complete these tasks."
        )
        why = process.text("The requested operation requires elevation.")
        await process.stdout.write_text(f"{needed}\nCertUtil: {why}\n")
        return False
    heading = process.text('{store} "Trusted Root Certification Authorities"', store=store)
    await process.stdout.write_text(f"{heading}\n")
    return True


def _only_own(process: Process, verb: str, thumbprint: str) -> None:
    """What becomes of a certificate that another part of Root has is known of no Windows."""
    if any(process.machine.registry.exists(f"{store}\\{thumbprint}") for store in _BESIDE):
        raise NoModel(f"certutil -{verb} Root with a certificate that a policy, a domain or Windows Update has brought")


def _loaded(data: bytes) -> x509.Certificate:
    if data.count(b"-----BEGIN") > 1:
        raise NoModel("certutil -addstore with a file of several certificates")
    load = x509.load_pem_x509_certificate if b"-----BEGIN" in data else x509.load_der_x509_certificate
    try:
        return load(data)
    except ValueError:
        raise Failed(*_BAD_TAG, "LoadCert(Cert)", source="ASN") from None


def _shown(process: Process, certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    if names and process.machine.profile.branch != "windows7":
        return str(names[0].value)
    parts = ((each.rfc4514_attribute_name, each.value) for each in reversed(list(certificate.subject)))
    return ", ".join(f"{'S' if name == 'ST' else name}={value!s}" for name, value in parts)


def _name_in_store(process: Process, thumbprint: str) -> str:
    """The name of a certificate that is kept; what a stock machine of the lab has is made up, and has none."""
    value = process.machine.registry.get(f"{_OWN}\\{thumbprint}", "Blob")
    data = value.data if value and isinstance(value.data, bytes) else b""
    with suppress(ValueError, struct.error):
        while data:
            number, _, size = struct.unpack_from("<III", data)
            if number == _CERTIFICATE:
                return _shown(process, x509.load_der_x509_certificate(data[12 : 12 + size]))
            data = data[12 + size :]
    return ""
