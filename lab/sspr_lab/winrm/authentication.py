"""Who sits at the other end of one TCP connection: the schemes that its requests log on by, and what they led to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sspr_lab.accounts import Account
from sspr_lab.errors import WindowsError
from sspr_lab.interfaces.platform import Platform
from sspr_lab.logon import log_on
from sspr_lab.tls.certificates import principal_of
from sspr_lab.winrm import authorization as http
from sspr_lab.winrm import encrypted_mime
from sspr_lab.winrm.acceptor import Acceptor, LogonRefused, Sealing
from sspr_lab.winrm.channel import Channel
from sspr_lab.winrm.logons import Logons

AcceptorMaker = Callable[[Logons, Channel], Acceptor]

_PROTOCOLS: Final = {
    "negotiate": encrypted_mime.SPNEGO,
    "kerberos": encrypted_mime.KERBEROS,
    "credssp": encrypted_mime.CREDSSP,
}


class Refused(Exception):
    """A scheme that is off or means nothing, or somebody who may not log on: 401 with these headers."""

    def __init__(self, headers: list[tuple[str, str]]) -> None:
        super().__init__()
        self.headers = headers


@dataclass(frozen=True)
class Session:
    """Somebody who is logged on.

    Attributes:
        account: As whom.
        sealing: What seals messages; None where only TLS does.
        protocol: How a sealed body names that.
    """

    account: Account
    sealing: Sealing | None = None
    protocol: str = ""


@dataclass(frozen=True)
class Taken:
    """What an Authorization header led to: a session, or a challenge; and the headers that go with the response."""

    session: Session | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)


class Authentication:
    """The authentications of one connection.

    Args:
        machine: the machine that is logged on to.
        logons: who may.
        acceptors: by scheme, what makes its acceptor.
        channel: the connection's TLS, if any.
        certificate: the client's, as DER; empty when it showed none.

    Attributes:
        session: of whoever logged on by an exchange of tokens; it lasts as long as the connection.
    """

    def __init__(
        self,
        machine: Platform,
        logons: Logons,
        acceptors: Mapping[str, AcceptorMaker],
        channel: Channel,
        certificate: bytes,
    ) -> None:
        self.session: Session | None = None
        self._machine = machine
        self._settings = machine.profile.winrm
        self._logons = logons
        self._acceptors = acceptors
        self._channel = channel
        self._certificate = certificate
        self._pending: tuple[str, Acceptor] | None = None

    @property
    def offers(self) -> list[tuple[str, str]]:
        """The WWW-Authenticate headers of a 401 to a stranger."""
        return http.offers(self._settings, is_tls=self._channel.is_tls)

    def take(self, authorization: str) -> Taken:
        """Take a request's Authorization header; whoever was logged on before is so no longer. Raises Refused."""
        scheme = http.scheme_of(authorization)
        try:
            return self._take(scheme, authorization)
        except LogonRefused as error:
            raise Refused([http.challenge(scheme, error.token)] if error.token else self.offers) from error

    def _take(self, scheme: str, authorization: str) -> Taken:
        pending, self._pending, self.session = self._pending, None, None
        if scheme == http.CERTIFICATE:
            return Taken(self._by_certificate())
        if scheme not in self._settings.auth:
            raise LogonRefused
        if scheme == "basic":
            return Taken(self._by_password(authorization))
        begun = pending[1] if pending and pending[0] == scheme else None
        acceptor = begun or self._acceptors[scheme](self._logons, self._channel)
        step = acceptor.step(http.token_of(authorization))
        headers = [http.challenge(scheme, step.token)] if step.token or step.logon is None else []
        if step.logon is None:
            self._pending = scheme, acceptor
            return Taken(headers=headers)
        find = self._logons.domain_account if step.logon.by_domain else self._logons.account_name
        name = find(step.logon.domain, step.logon.user)
        account = self._logged_on(name)
        if scheme == "credssp":  # with the password at hand it is no network log-on any more: it may delegate
            account = replace(account, network_logon=False)
        self.session = Session(account, step.logon.security, _PROTOCOLS[scheme])
        return Taken(self.session, headers)

    def _by_password(self, authorization: str) -> Session:
        """Basic: over TLS, and for local accounts alone."""
        if not self._channel.is_tls:
            raise LogonRefused
        name, password = http.password_of(authorization, self._machine.profile.ansi_code_page)
        return Session(self._logged_on(self._logons.local_account(name, password)))

    def _by_certificate(self) -> Session:
        """The account that the certificate shown to TLS is mapped to."""
        if "certificate" not in self._settings.auth or not self._certificate:
            raise LogonRefused
        try:
            principal = principal_of(self._certificate)
        except ValueError as error:
            raise LogonRefused from error
        return Session(self._logged_on(self._logons.certified_account(principal)))

    def _logged_on(self, name: str | None) -> Account:
        if name is None:
            raise LogonRefused
        try:
            return log_on(self._machine, name)
        except WindowsError as error:
            raise LogonRefused from error
