"""What an authentication knows of the TLS connection that it runs in: channel binding (RFC 5929, RFC 2744)."""

import hashlib
import hmac
import struct
from dataclasses import dataclass
from typing import Final

from sspr_lab.winrm.acceptor import LogonRefused
from sspr_lab.winrm_settings import CbtHardeningLevel

_NO_ADDRESSES: Final = bytes(16)  # type and length of the initiator's and of the acceptor's address


@dataclass(frozen=True)
class Channel:
    """The connection below an authentication.

    Attributes:
        binding: "tls-server-end-point:" and the hash of the server's certificate; empty on plain HTTP, where there is
            nothing to be bound to.
        hardening: what the service asks of clients.
    """

    binding: bytes = b""
    hardening: CbtHardeningLevel = "relaxed"

    @property
    def is_tls(self) -> bool:
        return bool(self.binding)

    @property
    def matters(self) -> bool:
        """Whether tokens are looked at: not on plain HTTP, nor under CbtHardeningLevel None."""
        return self.is_tls and self.hardening != "none"

    @property
    def digest(self) -> bytes:
        """The MD5 of gss_channel_bindings_struct, as NTLM and Kerberos carry it (MS-NLMP 2.2.2.1, RFC 4121 4.1.1.2)."""
        content = _NO_ADDRESSES + struct.pack("<I", len(self.binding)) + self.binding
        return hashlib.md5(content, usedforsecurity=False).digest()

    def check(self, presented: bytes) -> None:
        """Look at the digest that a client presented; empty or zeros when it presented none.

        Relaxed lets those in that present none, Strict does not; a wrong one is refused by both.

        Raises:
            LogonRefused: it will not do.
        """
        if not self.matters:
            return
        if not presented.strip(b"\0"):
            if self.hardening == "strict":
                raise LogonRefused
            return
        if not hmac.compare_digest(presented, self.digest):
            raise LogonRefused
