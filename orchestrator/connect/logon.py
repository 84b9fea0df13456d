"""Logging on to WinRM: tokens of NTLM, Kerberos or CredSSP in HTTP headers, or one header with every message.

Each way is tried once. The first token goes with the first request, which saves a round trip. A host that asks for no
log-on is no WinRM service, and neither is one that agrees to one but not to keeping messages confidential.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

import spnego
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError
from winrm.exceptions import WinRMTransportError

from orchestrator.connect import kerberos, keytab
from orchestrator.connect.channel import Answer
from orchestrator.connect.credentials import Secrets
from orchestrator.connect.lockout.guard import Verdict
from orchestrator.connect.lockout.trial import Trial
from orchestrator.connect.sealing import AnswerNotSealed
from orchestrator.connect.security_context import context_of, forget_secrets, keeps_confidential, unreadable_inside
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


class LogonRejected(Exception):
    """HTTP 401 to the last thing that we had to say."""


class LogonBrokenOff(Exception):
    """HTTP 401 to the first token of CredSSP, which begins TLS: the host has none in common with us."""


class CredsspCertificateUnreadable(Exception):
    """The certificate of the TLS inside CredSSP cannot be parsed, whose public key both sides prove to have seen.

    The text is what the parser says.
    """


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


def verdict_of(error: BaseException) -> Verdict:
    """What an error in a log-on says of the proof that was sent."""
    if isinstance(error, LogonNotOffered):
        return Verdict.UNJUDGED
    return Verdict.REFUSED if isinstance(error, LogonRejected | SpnegoError) else Verdict.LOST


def negotiate(
    host: Host, secrets: Secrets, bindings: GssChannelBindings | None, post: Post, trial: Trial, *, seals: bool
) -> spnego.ContextProxy:
    """Logs on with tokens, and gives the security context that was agreed.

    Args:
        host: With a log-on by NTLM, Kerberos or CredSSP.
        secrets: What its credential refers to.
        bindings: Of the TLS connection; None over plain HTTP.
        post: Sends the tokens.
        trial: Asked before what proves the account is shown.
        seals: Whether messages are to be sealed by the context.

    Raises:
        LogonRejected, LogonNotOffered, LogonBrokenOff: HTTP 401.
        AnswerNotSealed: The host takes a log-on as made that was not.
        WinRMTransportError: Another HTTP error.
        CredsspCertificateUnreadable: pyspnego cannot take what the host shows inside CredSSP.
        NoKeyServes: A keytab has no key that the domain wants.
        SpnegoError: A token makes no sense, or Kerberos says no.
        LogonWithheld: The account may be locked by it.
    """
    context, token = _begun(host, secrets, bindings, trial)
    with trial.judged(verdict_of):
        _exchange(context, token, host.logon, post, trial)
    if not context.complete or (seals and not keeps_confidential(context)):
        raise AnswerNotSealed
    forget_secrets(context)
    return context


def _begun(
    host: Host, secrets: Secrets, bindings: GssChannelBindings | None, trial: Trial
) -> tuple[spnego.ContextProxy, bytes | None]:
    """The context and its first token. With Kerberos that is when the domain judges a password or keys."""
    if host.logon != "kerberos":
        context = context_of(host, secrets, bindings, trial)
        return context, context.step()
    with trial.judged(_verdict_of_domain):
        trial.before_domain()
        try:
            context = context_of(host, secrets, bindings, trial)
            return context, context.step()
        except Exception as error:
            _blame_keytab(host.credential, error)
            raise


def _blame_keytab(credential: CredentialReference, error: Exception) -> None:
    """Raises NoKeyServes where an error comes of a keytab that has not the key which is wanted."""
    row = kerberos.row_of(error)
    if credential.keytab is None or row is None or row.name not in keytab.NO_KEY:
        return
    keys = keytab.keys_of(credential.keytab, credential.username)
    told = keys.wanted or keys.forbidden or not keys.own
    if keys.wanted not in keys.own and (told or row.name != keytab.NOTHING_IN_COMMON):
        raise keytab.NoKeyServes(keys, row.name) from error


def _verdict_of_domain(error: BaseException) -> Verdict:
    row = kerberos.row_of(error)
    return Verdict.REFUSED if row is not None and row.judged else Verdict.UNJUDGED


def _exchange(context: spnego.ContextProxy, token: bytes | None, logon: Logon, post: Post, trial: Trial) -> None:
    """Takes tokens there and back until the host lets us in. Raises as `negotiate`."""
    scheme = _SCHEMES[logon]
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
            raise _unanswered(logon, offered=answer.challenge(scheme) is not None)
        if not reply or context.complete:
            raise LogonRejected
        token = _next_token(context, reply)
        if logon == "ntlm":
            trial.challenged(reply)
    else:
        raise LogonRejected


def _next_token(context: spnego.ContextProxy, reply: bytes) -> bytes | None:
    """Our answer to the host's token. Raises as `negotiate`, and ValueError for a token that is none."""
    try:
        return context.step(reply)
    except Exception as error:
        problem = unreadable_inside(context)
        if not problem:
            raise
        raise CredsspCertificateUnreadable(problem) from error


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
