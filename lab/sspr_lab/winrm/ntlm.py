"""NTLM acceptor of a machine (MS-NLMP 3.2.5): NEGOTIATE in, CHALLENGE out, AUTHENTICATE checked.

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
Judged = Callable[[str, str, bool], None]

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
_KEPT: Final = frozenset(
    {0xB5, 0x131, 0x17F, 0x1C5, 0x1C8, 0x1CB, 0x1F2, 0x345, 0x3D0, 0x3D1, 0x3D5, 0x3D6, 0x3F0, 0x3F1, 0x3F5}
    | set(range(0x1C80, 0x1C89))
    | {0x1E9B, 0x1FBE}
)
"""Letters without a capital in Samba's table (toupper_m) and in Wine's (l_intl.nls)."""


def _uncounted(_domain: str, _user: str, _good: bool) -> None:
    """Where no controller counts."""


@dataclass(frozen=True)
class Identity:
    """How the machine introduces itself in its CHALLENGE; `domain` is NetBIOS and DNS name, none in a workgroup."""

    computer_name: str
    version: tuple[int, int, int]
    now: Callable[[], datetime]
    domain: tuple[str, str] | None = None

    @property
    def names(self) -> dict[AvId, bytes]:
        """What stands for whom in the target information; a workgroup machine is its own account domain."""
        computer, (netbios, dns) = self.computer_name, self.domain or (self.computer_name, self.computer_name)
        names = {AvId.NB_DOMAIN_NAME: netbios, AvId.NB_COMPUTER_NAME: computer, AvId.DNS_DOMAIN_NAME: dns}
        names[AvId.DNS_COMPUTER_NAME] = f"{computer}.{dns}".lower() if self.domain else computer
        if self.domain:
            names[AvId.DNS_TREE_NAME] = dns
        return {number: name.encode("utf-16-le") for number, name in names.items()}


@dataclass(frozen=True)
class NtlmLogon(Logon):
    """A logon with the session keys that NTLM made of it."""

    security: SessionSecurity


def nt_hash(password: str) -> bytes:
    """NTOWFv1: what the SAM keeps of a password."""
    return md4(password.encode("utf-16-le"))


def upcased(name: str) -> str:
    """The name in capitals as RtlUpcaseUnicodeString has it, one letter for each: "ß" stays what it is [mem].

    So do letters whose capitals in Unicode are other letters', as those of the micro sign, the dotless i, and the
    shapes of Greek and Cyrillic letters are, and letters of two UTF-16 units.
    """
    return "".join(map(_capital, name))


def _capital(letter: str) -> str:
    capital = letter.upper()
    return capital if len(capital) == 1 and ord(letter) <= 0xFFFF and ord(letter) not in _KEPT else letter


class Handshake:
    """One NTLM handshake.

    Args:
        identity: the machine.
        hash_of: from (domain, user) to the account's NT hash, None when there is no such account or it may not log on.
        channel: what the client's channel binding is held against.
        judged: told of (domain, user) whether the response to the challenge was right.
    """

    def __init__(self, identity: Identity, hash_of: HashOf, channel: Channel, judged: Judged | None = None) -> None:
        self._judged = judged or _uncounted
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
        message = Challenge(
            flags=(offered & _OFFERED) | _ALWAYS,
            nonce=self._nonce,
            target_name=identity.domain[0] if identity.domain else identity.computer_name,
            target_info={**identity.names, AvId.TIMESTAMP: filetime(identity.now())},
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
            self._judged(claim.domain, claim.user, False)
            raise LogonRefused
        owner = (upcased(claim.user) + claim.domain).encode("utf-16-le")
        response_key = hmac.digest(secret, owner, "md5")
        proof, blob = claim.nt_response[:_NT_PROOF_BYTES], claim.nt_response[_NT_PROOF_BYTES:]
        good = hmac.compare_digest(hmac.digest(response_key, self._nonce + blob, "md5"), proof)
        self._judged(claim.domain, claim.user, good)
        if not good:
            raise LogonRefused
        base_key = hmac.digest(response_key, proof, "md5")
        if Flags.KEY_EXCHANGE not in claim.flags:
            return base_key
        if len(claim.encrypted_session_key) != len(base_key):
            raise LogonRefused
        return rc4(base_key, claim.encrypted_session_key)
