"""The lab's own acceptor of the Negotiate scheme: plain NTLM tokens and SPNEGO-wrapped ones."""

from orchestrator.lab.winrm import spnego
from orchestrator.lab.winrm.acceptor import LogonRefused, SealBroken, Step
from orchestrator.lab.winrm.channel import Channel
from orchestrator.lab.winrm.logons import Logons
from orchestrator.lab.winrm.ntlm import Handshake, HashOf, Identity
from orchestrator.lab.winrm.ntlm_messages import SIGNATURE


def own_acceptor(logons: Logons, channel: Channel) -> "Negotiation":
    """An acceptor for a connection to the machine that these accounts belong to."""
    return Negotiation(logons.identity, logons.hash_of, channel)


class Negotiation:
    """One authentication of one TCP connection; see `acceptor.Acceptor`."""

    def __init__(self, identity: Identity, hash_of: HashOf, channel: Channel) -> None:
        self._handshake = Handshake(identity, hash_of, channel)
        self._challenged = False
        self._mechanisms: bytes | None = None  # of SPNEGO; None while the tokens are plain

    def step(self, token: bytes) -> Step:
        try:
            return self._plain(token) if token.startswith(SIGNATURE) else self._wrapped(token)
        except (spnego.TokenError, SealBroken) as error:
            raise LogonRefused from error

    def _plain(self, token: bytes) -> Step:
        if self._challenged:
            return Step(logon=self._handshake.authenticate(token))
        self._challenged = True
        return Step(self._handshake.challenge(token))

    def _wrapped(self, data: bytes) -> Step:
        token = spnego.decode(data)
        if isinstance(token, spnego.InitToken):
            return self._opened(token)
        if not self._challenged and self._mechanisms is not None:
            return self._challenge(token.token, spnego.ACCEPT_INCOMPLETE)
        if self._mechanisms is None:
            raise LogonRefused
        logon = self._handshake.authenticate(token.token)
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
        challenge = self._handshake.challenge(negotiate)
        return Step(spnego.response(state, mechanism=mechanism, token=challenge))
