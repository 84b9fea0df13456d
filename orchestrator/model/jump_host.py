"""JumpHost: an SSH server on the way to machines that cannot be reached directly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SSH_PORT: Final = 22


@dataclass(frozen=True)
class JumpHost:
    """One jump host of the inventory.

    Attributes:
        name: Its name in the inventory.
        address: DNS name or IP address; that of a second jump host is looked up by the first.
        port: TCP port of its SSH server.
        username: Whom to log on as.
        known_hosts: The file with its host key, in OpenSSH's format.
        key: The file with the private key; None to use none.
        passphrase: A reference to what the key is encrypted with; None when it is not.
        agent: Whether the keys of the SSH agent are offered.
        password: A reference to the password; None to use none.
    """

    name: str
    address: str
    port: int
    username: str
    known_hosts: Path
    key: Path | None = None
    passphrase: str | None = None
    agent: bool = False
    password: str | None = None

    @property
    def references(self) -> tuple[str, ...]:
        """The references to secrets that logging on needs."""
        return tuple(reference for reference in (self.passphrase, self.password) if reference is not None)


def way(via: Sequence[JumpHost]) -> str:
    """A way in words, as in `gate > inner`; the first is the nearest to us."""
    return " > ".join(hop.name for hop in via)
