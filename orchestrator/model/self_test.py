"""What the coordinator itself found out about the service: whether it takes what an old Windows can offer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """How the service met a client that has no more than Windows 7 has."""

    TAKEN = "taken"
    DOUBTFUL = "doubtful"
    """It takes only such suites of Windows 7 and 8.1 as Azure has given up elsewhere, or may give up."""
    REFUSED = "refused"
    """It speaks TLS with newer clients, and with such a one it does not."""
    NO_TLS = "no TLS"
    """It answers, and speaks TLS with nobody who asks from here."""
    NOT_TRUSTED = "not trusted"
    """The handshake came about, with a certificate that this computer does not trust."""
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class SelfTest:
    """One attempt from here.

    Attributes:
        endpoint: Name and port that were asked.
        answer: What came of it.
        sentence: The same in plain words.
        suite: The cipher suite that was agreed on, as OpenSSL calls it.
        issuer: Who issued the service's certificate, where this computer trusts it.
        root: Which root it leads to.
    """

    endpoint: str
    answer: Answer
    sentence: str
    suite: str | None = None
    issuer: str | None = None
    root: str | None = None

    @property
    def taken(self) -> bool:
        """Whether a fixed host can reach the service today."""
        return self.answer in {Answer.TAKEN, Answer.DOUBTFUL}

    @property
    def certificate(self) -> str | None:
        """Whose certificate the service has, in words; None where that is not known."""
        return f"issued by {self.issuer}, under the root {self.root}" if self.issuer and self.root else None
