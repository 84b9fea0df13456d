"""The lab's own acceptor of the Negotiate scheme: NTLM tokens and those of Kerberos, plain and wrapped in SPNEGO."""

from pathlib import Path

from sspr_lab.winrm import spnego
from sspr_lab.winrm.acceptor import Acceptor, LogonRefused, SealBroken, Step
from sspr_lab.winrm.channel import Channel
from sspr_lab.winrm.der import TokenError
from sspr_lab.winrm.logons import Logons
from sspr_lab.winrm.ntlm import Handshake, HashOf, Identity, Judged
from sspr_lab.winrm.ntlm_messages import SIGNATURE


def own_acceptor(logons: Logons, channel: Channel) -> "Negotiation":
    """An acceptor for a connection to the machine that these accounts belong to."""
    return Negotiation(logons.identity, logons.hash_of, channel, logons.keytab, logons.judged)


def kerberos_acceptor(logons: Logons, channel: Channel) -> Acceptor:
    """An acceptor of the Kerberos scheme. Raises LogonRefused on a machine that is in no domain."""
    if logons.keytab is None:
        raise LogonRefused
    return _kerberos(logons.keytab, logons.identity.computer_name, channel)


class Negotiation:
    """One authentication of one TCP connection; see `acceptor.Acceptor`, and `Handshake` for the arguments."""

    def __init__(
        self,
        identity: Identity,
        hash_of: HashOf,
        channel: Channel,
        keytab: Path | None = None,
        judged: Judged | None = None,
    ) -> None:
        self._handshake = Handshake(identity, hash_of, channel, judged)
        self._computer_name = identity.computer_name
        self._channel = channel
        self._keytab = keytab
        self._kerberos: Acceptor | None = None  # once the client has begun with Kerberos
        self._challenged = False
        self._mechanisms: bytes | None = None  # of SPNEGO; None while the tokens are plain

    def step(self, token: bytes) -> Step:
        try:
            if token.startswith(SIGNATURE):
                return self._plain(token)
            if self._keytab and not self._challenged and not self._kerberos and spnego.begins_kerberos(token):
                self._kerberos = _kerberos(self._keytab, self._computer_name, self._channel)
            return self._kerberos.step(token) if self._kerberos else self._wrapped(token)
        except (TokenError, SealBroken) as error:
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


def _kerberos(keytab: Path, computer_name: str, channel: Channel) -> Acceptor:
    from sspr_lab.winrm.kerberos import KerberosAcceptor  # noqa: PLC0415 - gssapi is an extra

    return KerberosAcceptor(keytab, computer_name, channel)
