"""Logging on to WinRM: tokens of NTLM, Kerberos or CredSSP in HTTP headers, or one header with every message.

Each way is tried once. The first token goes with the first request, which saves a round trip. A host that asks for no
log-on is no WinRM service, and neither is one that agrees to one but not to keeping messages confidential.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, SupportsIndex

import spnego
from spnego.channel_bindings import GssChannelBindings
from winrm.exceptions import WinRMTransportError

from orchestrator.connect.channel import Answer
from orchestrator.connect.credentials import Secrets
from orchestrator.connect.sealing import AnswerNotSealed
from orchestrator.model.host import CredentialReference, Host, Logon

Post = Callable[[Mapping[str, str]], Answer]
"""Sends a request without content and with these headers."""

CERTIFICATE_PROFILE: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
"""What stands for the client certificate of the TLS connection in Authorization (DSP0226, C.3.1)."""
UNSEALED: Final[frozenset[Logon]] = frozenset({"basic", "certificate"})
"""Ways that agree to no sealing, and are safe inside TLS alone."""
_SCHEMES: Final[Mapping[Logon, str]] = {"ntlm": "Negotiate", "kerberos": "Kerberos", "credssp": "CredSSP"}
"""How the ways with tokens are called in HTTP. Windows takes plain NTLM under Negotiate, and offers no scheme NTLM."""
_MOST_STEPS: Final = 12
"""CredSSP takes six or seven: TLS, NTLM, the public key, the credential."""


class AccountName(str):
    """A user's name, with or without a domain, whose `upper` is Windows'.

    The proof of a password is made with the name in capitals ([MS-NLMP] 3.3.2, NTOWFv2), and pyspnego asks the name
    itself for them. Windows turns each letter into one letter, so that "ß" stays; Python makes it "SS", and the log-on
    of somebody with such a name would be refused.
    """

    __slots__ = ()

    def upper(self) -> str:
        return "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in self)

    def split(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        """The parts are account names too: pyspnego parts the domain from the user so."""
        return [AccountName(part) for part in super().split(sep, maxsplit)]


class LogonRejected(Exception):
    """HTTP 401 to the last thing that we had to say."""


class LogonBrokenOff(Exception):
    """HTTP 401 to the first token of CredSSP, which begins TLS: the host has none in common with us."""


class LogonNotOffered(Exception):
    """HTTP 401 from a host that does not name our way among those that it takes."""


def authorization(host: Host, secrets: Secrets) -> str | None:
    """The Authorization header of every message; None for ways that log on once a connection."""
    if host.logon == "certificate":
        return CERTIFICATE_PROFILE
    if host.logon == "basic":
        assert secrets.password is not None, "inventories give one for this log-on"
        pair = f"{host.credential.username}:{secrets.password.reveal()}"
        return f"Basic {b64encode(pair.encode()).decode()}"
    return None


def negotiate(
    host: Host, secrets: Secrets, bindings: GssChannelBindings | None, post: Post, *, seals: bool
) -> spnego.ContextProxy:
    """Logs on with tokens, and gives the security context that was agreed.

    Args:
        host: With a log-on by NTLM, Kerberos or CredSSP.
        secrets: What its credential refers to.
        bindings: Of the TLS connection; None over plain HTTP.
        post: Sends the tokens.
        seals: Whether messages are to be sealed by the context.

    Raises:
        LogonRejected, LogonNotOffered, LogonBrokenOff: HTTP 401.
        AnswerNotSealed: The host takes a log-on as made that was not.
        WinRMTransportError: Another HTTP error.
        SpnegoError: A token makes no sense, or Kerberos says no.
    """
    scheme = _SCHEMES[host.logon]
    context = _context(host, secrets, bindings)
    token = context.step()
    for step in range(_MOST_STEPS):
        answer = post({"Authorization": f"{scheme} {b64encode(token or b'').decode()}"})
        reply = _token(answer, scheme)
        if answer.status == HTTPStatus.OK:
            if reply and not context.complete:
                context.step(reply)
            break
        if answer.status != HTTPStatus.UNAUTHORIZED:
            raise WinRMTransportError("http", answer.status, "")
        if not reply and step == 0:
            raise _unanswered(host.logon, offered=answer.challenge(scheme) is not None)
        if not reply or context.complete:
            raise LogonRejected
        token = context.step(reply)
    else:
        raise LogonRejected
    if not context.complete or (seals and not _keeps_confidential(context)):
        raise AnswerNotSealed
    return context


def _unanswered(logon: Logon, *, offered: bool) -> Exception:
    """What a 401 without a token says to the first one: NTLM would go on, and a ticket of Kerberos says all at once."""
    if not offered or logon == "ntlm":
        return LogonNotOffered()
    return LogonRejected() if logon == "kerberos" else LogonBrokenOff()


def _token(answer: Answer, scheme: str) -> bytes:
    """The token that an answer brings; empty when there is none. Raises AnswerNotSealed for what is no base64."""
    try:
        return b64decode(answer.challenge(scheme) or "", validate=True)
    except binascii.Error as error:
        raise AnswerNotSealed from error


def _keeps_confidential(context: spnego.ContextProxy) -> bool:
    """CredSSP has no such attribute: it seals with TLS."""
    return context.protocol == "credssp" or bool(context.context_attr & spnego.ContextReq.confidentiality)


def _context(host: Host, secrets: Secrets, bindings: GssChannelBindings | None) -> spnego.ContextProxy:
    """The client's side of a log-on, before its first token.

    NTLM is pyspnego's own everywhere, also inside CredSSP: Windows' would take the session's account for one without
    password, and one that tries Kerberos before it would show a wrong password twice.
    """
    request = spnego.ContextReq.default
    if host.kerberos.delegate and host.logon == "kerberos":
        request |= spnego.ContextReq.delegate
    return spnego.client(
        _credential(host.credential, secrets, kerberos=host.logon == "kerberos"),
        hostname=host.spn_host,
        service="HTTP",
        channel_bindings=bindings,
        context_req=request,
        protocol=host.logon,
        options=spnego.NegotiateOptions.none if host.logon == "kerberos" else spnego.NegotiateOptions.use_ntlm,
    )


def _credential(credential: CredentialReference, secrets: Secrets, *, kerberos: bool) -> spnego.Credential:
    """What pyspnego logs on with. A password is never taken for a hash, whatever it looks like."""
    name = AccountName(credential.username or "")
    if secrets.nt_hash is not None:
        return spnego.NTLMHash(name, nt_hash=secrets.nt_hash.reveal())
    if secrets.password is not None:
        return spnego.Password(name, secrets.password.reveal())
    assert kerberos, "inventories give other log-ons a password or hash"
    if credential.keytab is not None:
        return spnego.KerberosKeytab(str(credential.keytab), name or None)
    if credential.ccache is not None:
        return spnego.KerberosCCache(credential.ccache, name or None)
    return spnego.CredentialCache(name or None)
