"""NTLM acceptor of a workgroup machine (MS-NLMP 3.2.5): NEGOTIATE in, CHALLENGE out, AUTHENTICATE checked.

Written from the specification instead of taken from a library: the clients under test are built on pyspnego, so an
independent other side finds what they would get wrong in unison. (pyspnego's acceptor also reads its passwords from a
file that one process-wide environment variable names, and introduces itself with the name of the real computer; a lab
has hundreds of hosts with names and passwords of their own.)

NTLMv2 only: a client that still answers with NTLMv1 or LM is refused, as under LmCompatibilityLevel 5.
"""

import hmac
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sspr_lab.winrm.acceptor import Logon, LogonRefused
from sspr_lab.winrm.channel import Channel
from sspr_lab.winrm.md4 import md4
from sspr_lab.winrm.ntlm_messages import (
    Authenticate,
    AvId,
    Challenge,
    Flags,
    MessageError,
    decode_authenticate,
    decode_negotiate,
    filetime,
)
from sspr_lab.winrm.sealing import SessionSecurity, rc4

HashOf = Callable[[str, str], bytes | None]

_OFFERED: Final = (
    Flags.UNICODE
    | Flags.SIGN
    | Flags.SEAL
    | Flags.ALWAYS_SIGN
    | Flags.EXTENDED_SESSION_SECURITY
    | Flags.VERSION
    | Flags.KEY_128
    | Flags.KEY_56
    | Flags.KEY_EXCHANGE
)
_ALWAYS: Final = Flags.NTLM | Flags.REQUEST_TARGET | Flags.TARGET_TYPE_SERVER | Flags.TARGET_INFO
_REQUIRED: Final = Flags.UNICODE | Flags.EXTENDED_SESSION_SECURITY
_NT_PROOF_BYTES: Final = 16
_NTLMV2_LEAST_BYTES: Final = 44
_MIC_PROVIDED: Final = 0x00000002


@dataclass(frozen=True)
class Identity:
    """How the machine introduces itself in its CHALLENGE."""

    computer_name: str
    version: tuple[int, int, int]
    now: Callable[[], datetime]


@dataclass(frozen=True)
class NtlmLogon(Logon):
    """A logon with the session keys that NTLM made of it."""

    security: SessionSecurity


def nt_hash(password: str) -> bytes:
    """NTOWFv1: what the SAM keeps of a password."""
    return md4(password.encode("utf-16-le"))


def upcased(name: str) -> str:
    """The name in capitals as RtlUpcaseUnicodeString has it, one letter for each: "ß" stays what it is [mem]."""
    return "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in name)


class Handshake:
    """One NTLM handshake.

    Args:
        identity: the machine.
        hash_of: from (domain, user) to the account's NT hash, None when there is no such account or it may not log on.
        channel: what the client's channel binding is held against.
    """

    def __init__(self, identity: Identity, hash_of: HashOf, channel: Channel) -> None:
        self._channel = channel
        self._identity = identity
        self._hash_of = hash_of
        self._nonce = secrets.token_bytes(8)
        self._exchanged = b""

    def challenge(self, negotiate: bytes) -> bytes:
        """The CHALLENGE that answers a NEGOTIATE message. Raises LogonRefused."""
        try:
            offered = decode_negotiate(negotiate)
        except MessageError as error:
            raise LogonRefused from error
        if _REQUIRED not in offered:
            raise LogonRefused
        identity = self._identity
        name = identity.computer_name.encode("utf-16-le")
        message = Challenge(
            flags=(offered & _OFFERED) | _ALWAYS,
            nonce=self._nonce,
            target_name=identity.computer_name,
            target_info={
                AvId.NB_DOMAIN_NAME: name,  # a workgroup machine is its own account domain
                AvId.NB_COMPUTER_NAME: name,
                AvId.DNS_DOMAIN_NAME: name,
                AvId.DNS_COMPUTER_NAME: name,
                AvId.TIMESTAMP: filetime(identity.now()),
            },
            version=identity.version,
        ).encode()
        self._exchanged = negotiate + message
        return message

    def authenticate(self, message: bytes) -> NtlmLogon:
        """Check an AUTHENTICATE message. Raises LogonRefused."""
        try:
            claim = decode_authenticate(message)
            session_key = self._session_key(claim)
            pairs = claim.pairs
            flags = int.from_bytes(pairs.get(AvId.FLAGS, b""), "little")
        except (MessageError, struct.error) as error:
            raise LogonRefused from error
        if flags & _MIC_PROVIDED:
            expected = hmac.digest(session_key, self._exchanged + claim.without_mic, "md5")
            if not hmac.compare_digest(expected, claim.mic):
                raise LogonRefused
        self._channel.check(pairs.get(AvId.CHANNEL_BINDINGS, b""))
        return NtlmLogon(claim.domain, claim.user, SessionSecurity(session_key, claim.flags))

    def _session_key(self, claim: Authenticate) -> bytes:
        """The exported session key, once the NTLMv2 response has proved the password."""
        secret = self._hash_of(claim.domain, claim.user)
        if secret is None or not claim.user or len(claim.nt_response) < _NTLMV2_LEAST_BYTES:
            raise LogonRefused
        owner = (upcased(claim.user) + claim.domain).encode("utf-16-le")
        response_key = hmac.digest(secret, owner, "md5")
        proof, blob = claim.nt_response[:_NT_PROOF_BYTES], claim.nt_response[_NT_PROOF_BYTES:]
        if not hmac.compare_digest(hmac.digest(response_key, self._nonce + blob, "md5"), proof):
            raise LogonRefused
        base_key = hmac.digest(response_key, proof, "md5")
        if Flags.KEY_EXCHANGE not in claim.flags:
            return base_key
        if len(claim.encrypted_session_key) != len(base_key):
            raise LogonRefused
        return rc4(base_key, claim.encrypted_session_key)
