"""What a connection needs of an authentication: tokens in and out, who logged on, and the sealing that was agreed.

`negotiation.Negotiation` is the lab's own. Another one may take its place, so that the clients under test meet an
implementation by other hands.
"""

from dataclasses import dataclass, field
from typing import Protocol


class LogonRefused(Exception):
    """STATUS_LOGON_FAILURE, or a message that no client in its right mind sends: both end in the same 401.

    Attributes:
        token: What goes with it, in a scheme that says why.
    """

    def __init__(self, token: bytes = b"") -> None:
        super().__init__()
        self.token = token


class SealBroken(Exception):
    """A message does not carry the signature that this context expects next."""


class Sealing(Protocol):
    """The server's side of an established context.

    Messages have to be unsealed in the order in which the client sealed them.
    """

    def seal(self, message: bytes) -> tuple[bytes, bytes]:
        """The sealed message, as long as the message itself, and its signature."""
        ...

    def unseal(self, sealed: bytes, signature: bytes) -> bytes:
        """The message. Raises SealBroken."""
        ...


@dataclass(frozen=True)
class Logon:
    """A client that proved who it is: the names as it gave them, and the sealing of its connection.

    Attributes:
        by_domain: A domain controller vouched for it, so that it is none of the machine's own accounts.
    """

    domain: str
    user: str
    security: Sealing
    by_domain: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class Step:
    """What one token led to: another token for the client, or a logon (perhaps with a last token)."""

    token: bytes = b""
    logon: Logon | None = None


class Acceptor(Protocol):
    """One authentication of one TCP connection."""

    def step(self, token: bytes) -> Step:
        """Take the client's next token. Raises LogonRefused."""
        ...
