"""What a package's signature is worth, and what was found of who made it; `signature` judges that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

PUBLISHER: Final = "Microsoft Corporation"
"""Name and organisation of those who sign what Microsoft publishes. It also signs others' drivers and programs, under
other names (Microsoft Windows Software Compatibility Publisher, say)."""


class Verdict(StrEnum):
    """What a signature is worth."""

    MICROSOFT = "microsoft"
    """Microsoft has signed just this file."""
    FOREIGN = "foreign"
    """It is whole, but does not prove that it is Microsoft's."""
    UNSIGNED = "unsigned"
    """There is none."""
    BROKEN = "broken"
    """The file, or the signature, has been changed since."""
    UNVERIFIED = "unverified"
    """There is one, and nothing on this computer verifies it, or what should failed."""


@dataclass(frozen=True)
class Signature:
    """The verdict.

    Attributes:
        verdict: What it is worth.
        because: Completes "the package …".
        signer: The publisher that it names, or None; also where that is not to be believed.
        issuer: Who certified that name.
        expires: When the certificate does.
        timestamp: When it was signed, as its time-stamp says.
    """

    verdict: Verdict
    because: str
    signer: str | None = None
    issuer: str | None = None
    expires: datetime | None = None
    timestamp: datetime | None = None
