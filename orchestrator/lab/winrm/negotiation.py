"""The Negotiate scheme of HTTP (RFC 4559) on one connection: Authorization headers in, challenges and a logon out."""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from orchestrator.lab.winrm import spnego
from orchestrator.lab.winrm.ntlm import Acceptor, HashOf, Identity, Logon, LogonRefused
from orchestrator.lab.winrm.ntlm_messages import SIGNATURE
from orchestrator.lab.winrm.sealing import SealBroken

_SCHEME: Final = "negotiate "


@dataclass(frozen=True)
class Step:
    """What one token led to: another token for the client, or a logon (perhaps with a last token)."""

    token: bytes = b""
    logon: Logon | None = None

    @property
    def header(self) -> str:
        """The value of the WWW-Authenticate header that goes with it."""
        return f"Negotiate {base64.b64encode(self.token).decode()}".rstrip()


class Negotiation:
    """One authentication of one TCP connection; plain NTLM tokens and SPNEGO-wrapped ones."""

    def __init__(self, identity: Identity, hash_of: HashOf) -> None:
        self._acceptor = Acceptor(identity, hash_of)
        self._challenged = False
        self._mechanisms: bytes | None = None  # of SPNEGO; None while the tokens are plain

    def step(self, authorization: str) -> Step:
        """Take the value of an Authorization header. Raises LogonRefused."""
        token = _token(authorization)
        try:
            return self._plain(token) if token.startswith(SIGNATURE) else self._wrapped(token)
        except (spnego.TokenError, SealBroken) as error:
            raise LogonRefused from error

    def _plain(self, token: bytes) -> Step:
        if self._challenged:
            return Step(logon=self._acceptor.authenticate(token))
        self._challenged = True
        return Step(self._acceptor.challenge(token))

    def _wrapped(self, data: bytes) -> Step:
        token = spnego.decode(data)
        if isinstance(token, spnego.InitToken):
            return self._opened(token)
        if not self._challenged and self._mechanisms is not None:
            return self._challenge(token.token, spnego.ACCEPT_INCOMPLETE)
        if self._mechanisms is None:
            raise LogonRefused
        logon = self._acceptor.authenticate(token.token)
        mic = logon.security.exchange_mic(self._mechanisms, token.mic) if token.mic else b""
        return Step(spnego.response(spnego.ACCEPT_COMPLETED, mic=mic), logon)

    def _opened(self, token: spnego.InitToken) -> Step:
        if self._challenged or not spnego.offers_ntlm(token):
            raise LogonRefused
        self._mechanisms = token.mechanisms
        if token.first == spnego.NTLMSSP_OID:
            return self._challenge(token.token, spnego.ACCEPT_INCOMPLETE, spnego.NTLMSSP_OID)
        return Step(spnego.response(spnego.REQUEST_MIC, mechanism=spnego.NTLMSSP_OID))

    def _challenge(self, negotiate: bytes, state: int, mechanism: bytes = b"") -> Step:
        self._challenged = True
        challenge = self._acceptor.challenge(negotiate)
        return Step(spnego.response(state, mechanism=mechanism, token=challenge))


def _token(authorization: str) -> bytes:
    if not authorization.lower().startswith(_SCHEME):
        raise LogonRefused
    try:
        return base64.b64decode(authorization[len(_SCHEME) :], validate=True)
    except binascii.Error as error:
        raise LogonRefused from error
