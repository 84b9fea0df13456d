"""NTLM session security (MS-NLMP 3.4): sealing with RC4 and sequence-numbered signatures, one direction at a time."""

import hashlib
import hmac
import struct
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher

from sspr_lab.winrm.acceptor import SealBroken
from sspr_lab.winrm.ntlm_messages import Flags

_CLIENT: Final = b"client-to-server"
_SERVER: Final = b"server-to-client"


class _Direction:
    """The keys, cipher state and sequence number of one direction."""

    def __init__(self, session_key: bytes, flags: Flags, direction: bytes) -> None:
        self._signing_key = _magic(session_key, direction, b"signing")
        self._sealing_key = _magic(_weakened(session_key, flags), direction, b"sealing")
        self._seals_checksum = Flags.KEY_EXCHANGE in flags
        self._sequence = 0
        self.rewind_cipher()

    def rewind_cipher(self) -> None:
        """Go back to the fresh cipher state; the sequence number stays."""
        self._cipher = Cipher(ARC4(self._sealing_key), mode=None).encryptor()

    def seal(self, message: bytes) -> tuple[bytes, bytes]:
        sealed = self._cipher.update(message)
        return sealed, self.sign(message)

    def unseal(self, sealed: bytes, signature: bytes) -> bytes:
        message = self._cipher.update(sealed)
        if not hmac.compare_digest(self.sign(message), signature):
            raise SealBroken
        return message

    def sign(self, message: bytes) -> bytes:
        sequence = struct.pack("<I", self._sequence)
        checksum = hmac.digest(self._signing_key, sequence + message, "md5")[:8]
        if self._seals_checksum:
            checksum = self._cipher.update(checksum)
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        return struct.pack("<I", 1) + checksum + sequence


class SessionSecurity:
    """The server's side of an established NTLM context with extended session security.

    Messages have to be unsealed in the order in which the client sealed them: both the cipher and the sequence number
    move on with every message, also with one that turns out to be broken.
    """

    def __init__(self, session_key: bytes, flags: Flags) -> None:
        self._incoming = _Direction(session_key, flags, _CLIENT)
        self._outgoing = _Direction(session_key, flags, _SERVER)

    def seal(self, message: bytes) -> tuple[bytes, bytes]:
        """The sealed message and its signature."""
        return self._outgoing.seal(message)

    def unseal(self, sealed: bytes, signature: bytes) -> bytes:
        """The message. Raises SealBroken."""
        return self._incoming.unseal(sealed, signature)

    def exchange_mic(self, mechanisms: bytes, mic: bytes) -> bytes:
        """Check the client's mechListMIC and answer it.

        Both MICs leave the cipher state as it was, though they take a sequence number (MS-SPNG 3.3.5.1).

        Raises:
            SealBroken: the MIC is not the client's own.
        """
        if not hmac.compare_digest(self._incoming.sign(mechanisms), mic):
            raise SealBroken
        answer = self._outgoing.sign(mechanisms)
        self._incoming.rewind_cipher()
        self._outgoing.rewind_cipher()
        return answer


def rc4(key: bytes, data: bytes) -> bytes:
    """RC4K of MS-NLMP: `data` under a fresh RC4 state."""
    return Cipher(ARC4(key), mode=None).encryptor().update(data)


def _magic(key: bytes, direction: bytes, purpose: bytes) -> bytes:
    constant = b"session key to " + direction + b" " + purpose + b" key magic constant\x00"
    return hashlib.md5(key + constant, usedforsecurity=False).digest()


def _weakened(session_key: bytes, flags: Flags) -> bytes:
    if Flags.KEY_128 in flags:
        return session_key
    return session_key[:7] if Flags.KEY_56 in flags else session_key[:5]
