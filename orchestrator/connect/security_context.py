"""The security context of a log-on as pyspnego makes it: by which credential, and what is to be known of its inside.

What pyspnego keeps to itself and is needed here all the same stands in this file alone.
"""

from __future__ import annotations

import ssl
from typing import Any, Final, SupportsIndex

import spnego
from cryptography import x509
from spnego.channel_bindings import GssChannelBindings

from orchestrator.connect.credentials import Secrets
from orchestrator.connect.lockout.account import upcased
from orchestrator.connect.lockout.trial import Trial
from orchestrator.model.host import CredentialReference, Host
from orchestrator.model.showable import printable

_KEPT_SECRETS: Final = ("_credential", "_credentials", "_ts_credential", "_auth_context")
"""Where pyspnego's contexts of NTLM and CredSSP have them; that of Kerberos calls a handle of tickets so."""


class AccountName(str):
    """A user's name, with or without a domain, whose `upper` is Windows'.

    The proof of a password is made with the name in capitals ([MS-NLMP] 3.3.2, NTOWFv2), and pyspnego asks the name
    itself for them. Windows turns each letter into one letter, so that "ß" stays; Python makes it "SS", and the log-on
    of somebody with such a name would be refused.
    """

    __slots__ = ()

    def upper(self) -> str:
        return upcased(self)

    def split(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        """The parts are account names too: pyspnego parts the domain from the user so."""
        return [AccountName(part) for part in super().split(sep, maxsplit)]


class _Asking:
    """The log-on inside CredSSP, where nobody else sees the CHALLENGE: asks before what answers it goes out."""

    def __init__(self, context: spnego.ContextProxy, trial: Trial) -> None:
        self._context, self._trial = context, trial

    def step(self, in_token: bytes | None = None, **options: Any) -> bytes | None:
        token = self._context.step(in_token, **options)
        if in_token is not None:
            self._trial.challenged(in_token)
        return token

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)


def context_of(host: Host, secrets: Secrets, bindings: GssChannelBindings | None, trial: Trial) -> spnego.ContextProxy:
    """The client's side of a log-on, before its first token.

    NTLM is pyspnego's own everywhere, also inside CredSSP: Windows' would take the session's account for one without
    password, and one that tries Kerberos before it would show a wrong password twice.
    """
    request = spnego.ContextReq.default
    if host.kerberos.delegate and host.logon == "kerberos":
        request |= spnego.ContextReq.delegate
    credential = _credential(host.credential, secrets, kerberos=host.logon == "kerberos")
    options = spnego.NegotiateOptions.none if host.logon == "kerberos" else spnego.NegotiateOptions.use_ntlm
    inside: dict[str, Any] = {}
    if host.logon == "credssp":
        context = spnego.client(
            credential, hostname=host.spn_host, service="HTTP", protocol="negotiate", options=options
        )
        inside["credssp_negotiate_context"] = _Asking(context, trial)
    return spnego.client(
        credential,
        hostname=host.spn_host,
        service="HTTP",
        channel_bindings=bindings,
        context_req=request,
        protocol=host.logon,
        options=options,
        **inside,
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


def keeps_confidential(context: spnego.ContextProxy) -> bool:
    """CredSSP has no such attribute: it seals with TLS."""
    return context.protocol == "credssp" or bool(context.context_attr & spnego.ContextReq.confidentiality)


def unreadable_inside(context: spnego.ContextProxy) -> str | None:
    """What the parser says of the certificate inside CredSSP, where it cannot read it; None for every other trouble."""
    shown = _shown_inside(context)
    return _problem_of(shown) if shown else None


def _shown_inside(context: spnego.ContextProxy) -> bytes | None:
    """The certificate that the host has shown in the TLS inside CredSSP, DER; None for other ways, or before that.

    pyspnego keeps that TLS to itself.
    """
    inside: ssl.SSLObject | None = getattr(context, "_tls_object", None)
    try:
        return inside.getpeercert(binary_form=True) if inside is not None else None
    except ValueError:  # the handshake is not over
        return None


def _problem_of(certificate: bytes) -> str | None:
    """Why the public key cannot be had of a certificate; None where it can."""
    try:
        x509.load_der_x509_certificate(certificate).public_key()
    except Exception as error:  # noqa: BLE001 - cryptography has no base class for what it raises
        return printable(str(error)) or type(error).__name__
    return None


def forget_secrets(context: spnego.ContextProxy) -> None:
    """Takes out of a context what only the log-on needed; messages are sealed by keys of the session.

    pyspnego keeps hash and password as long as the context, which is as long as the connection.
    """
    for name in _KEPT_SECRETS:
        if hasattr(context, name):
            setattr(context, name, None)
