r"""Root certificates that the service's own leads to, as far as a host's stores in the registry show them.

Microsoft Entra's hosts went over to DigiCert Global Root G2: login.microsoftonline.com in February 2025, the others on
7 January 2026 (message centre MC1193408). Windows fetches a root that it lacks when it first meets it, as SYSTEM and by
the machine's own way to the Internet, unless a policy forbids that. So a root that is absent proves nothing by itself.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from typing import Final

from orchestrator.model.message import Message
from orchestrator.model.preflight import Roots
from orchestrator.model.registry import Value
from orchestrator.windows import registry
from orchestrator.windows.command import Change, Command, Evidence, Fact, Reply, Sureness

NEEDED: Final = "DF3C24F9BFD666761B268073FE06D1CC8D4F82A4"
"""DigiCert Global Root G2, by its SHA-1."""
LISTED: Final = {
    NEEDED: "DigiCert Global Root G2",
    "A8985D3A65E5E5C4B2D7D66D40C6DD2FB19C5436": "DigiCert Global Root CA",
    "7E04DE896A3E666D00E687D33FFAD93BE83D349E": "DigiCert Global Root G3",
    "17F3DE5E9F0F19E98EF61F32266E20C407AE30EE": "DigiCert TLS ECC P384 Root G5",
    "A78849DC5D7C758C8CDE399856B3AAD0B2A57135": "DigiCert TLS RSA4096 Root G5",
    "999A64C37FF47D9FAB95F14769891460EEC4C3C5": "Microsoft ECC Root Certificate Authority 2017",
    "73A5E64A3BFF8316FF0EDCCC618A906E4EAE4D74": "Microsoft RSA Root Certificate Authority 2017",
}
"""The roots of Azure's services (learn.microsoft.com, azure-ca-details), by SHA-1."""
FOR_RSA: Final = (NEEDED, "A8985D3A65E5E5C4B2D7D66D40C6DD2FB19C5436", "73A5E64A3BFF8316FF0EDCCC618A906E4EAE4D74")
"""Those above the certificates with RSA keys that Windows 7 and 8.1 need, and that Azure has in use."""
WITNESS: Final = "CDD4EEAE6000AC7F40C3802C171E30148030C072"
"""Microsoft Root Certificate Authority, which no Windows works without (KB293781): where it is not listed, nothing
could be read."""

UPDATES_POLICY: Final = r"HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates\AuthRoot"
DISABLED: Final = "DisableRootAutoUpdate"
OWN: Final = r"Microsoft\SystemCertificates\ROOT"
STORES: Final = (
    OWN,
    r"Microsoft\SystemCertificates\AuthRoot",
    r"Microsoft\EnterpriseCertificates\Root",
    r"Policies\Microsoft\SystemCertificates\Root",
)
"""Below HKLM\\SOFTWARE: the machine's own, those of Windows Update, Active Directory's and a group policy's."""
DISALLOWED: Final = (
    r"Microsoft\SystemCertificates\Disallowed",
    r"Microsoft\EnterpriseCertificates\Disallowed",
    r"Policies\Microsoft\SystemCertificates\Disallowed",
)
"""Below HKLM\\SOFTWARE, in the same way: what stands there is not trusted, whatever other store has it, too."""

_STORES = Evidence(
    "where stores of the machine are kept: MicrosoftDocs/win32, SecCrypto/system-store-locations; a certificate is a "
    "key named by its SHA-1: public administration scripts",
    Sureness.REPORTED,
)
_PREFIX = 6
"""Characters by which the host picks lines, to keep the command short; they are compared in full here."""


def missing(roots: Roots) -> tuple[str, ...]:
    """Names of those that a server with an RSA key may need and that are in no store at all."""
    return tuple(LISTED[each] for each in FOR_RSA if each not in {*roots.there, *roots.disallowed})


def _parse(replies: Sequence[Reply]) -> Roots | None:
    listed: set[str] = set()
    forbidden: set[str] = set()
    off = False
    for line in replies[0].lines:
        if found := re.search(r"\\(\w+)\\Certificates\\([0-9A-F]{40}) *$", line, re.IGNORECASE):
            (forbidden if found[1].lower() == "disallowed" else listed).add(found[2].upper())
        elif (shown := registry.parse_value(line)) and shown[0].lower() == DISABLED.lower():
            off = shown[1].number == 1
    if WITNESS not in listed:
        return None
    there, disallowed = (tuple(each for each in LISTED if each in group) for group in (listed - forbidden, forbidden))
    return Roots(there, off, disallowed)


def _line() -> str:
    keys = (
        *(rf"{store}\Certificates" for store in (*STORES, *DISALLOWED)),
        UPDATES_POLICY.removeprefix("HKLM\\SOFTWARE\\"),
    )
    words = (DISABLED[:_PREFIX], *(each[:_PREFIX] for each in (WITNESS, *LISTED)))
    return rf'for %k in ({" ".join(keys)}) do @reg query HKLM\SOFTWARE\%k 2>nul|findstr /i "{" ".join(words)}"'


ROOTS: Fact[Roots | None] = Fact("roots", (Command(_line(), _STORES, accepts=None),), _parse)
"""The host picks the few lines that matter out of hundreds; None where its stores could not be read."""


BLOB: Final = "Blob"
_CERTIFICATE: Final = 32
"""The certificate itself among the properties that a store keeps of it (MS-GPEF 2.2.1.1.1.1)."""
_ADD: Final = Evidence(
    "certutil -addstore: learn.microsoft.com windows-commands/certutil; where the registry has it then: MicrosoftDocs/"
    "win32, SecCrypto/system-store-locations; that certutil says so and ends with 0: public transcripts",
    Sureness.REPORTED,
)


def place(store: str, thumbprint: str) -> str:
    """The key of a certificate in one of STORES or DISALLOWED."""
    return rf"HKLM\SOFTWARE\{store}\Certificates\{thumbprint}"


def add(path: str, missing: Sequence[str], summary: Message) -> Change:
    r"""Has Windows put a certificate's file into OWN, where no store of the machine has it yet.

    What an undo takes away is the certificate's key with all that Windows has put there: which properties it keeps
    beside the certificate is its own choice, so that no value is known before. The key is all that a store has of a
    certificate, and `certutil -delstore` takes no more away (public uninstallers delete it just so). The undo does not
    call that, since it ends with 0 also where it found nothing, and since what was in the key is to be recorded, so
    that the undo can be undone.

    Args:
        path: The file, on the host.
        missing: The certificate's key, last, and those above it that are missing, from the top downwards.
        summary: As of any change.
    """
    command = Command(f'certutil -addstore -f Root "{path}" 2>&1', _ADD)
    return Change(summary, (command,), created_keys=tuple(missing[:-1]), whole_keys=tuple(missing[-1:]))


def holds(value: Value | None, content: bytes) -> bool:
    """Whether a store's value holds just this certificate, whatever other properties are with it.

    A property is its number, a 1, and its length, all little-endian, before its bytes (MS-GPEF 2.2.1.1.1.1).
    """
    whole = (struct.pack("<III", _CERTIFICATE, 1, len(content)) + content).hex()
    return value is not None and value.kind == "REG_BINARY" and whole in str(value.data).lower()
