"""Refused log-ons, in the words of the way that was tried, and told apart by whether somebody judged a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from spnego.exceptions import SpnegoError

from orchestrator.connect import kerberos, keytab
from orchestrator.connect.https import speaks_no_tls12
from orchestrator.connect.keytab import Keys, NoKeyServes
from orchestrator.connect.logon import CredsspCertificateUnreadable, LogonBrokenOff, LogonNotOffered
from orchestrator.model.errors import LogonImpossible, LogonRefused
from orchestrator.model.host import Host, Logon
from orchestrator.model.message import Declared, Message, message, phrase

try:
    from krb5 import Krb5Error
except ImportError:
    TOKEN_ERRORS: tuple[type[Exception], ...] = (SpnegoError,)
else:
    TOKEN_ERRORS = (SpnegoError, Krb5Error)
"""What making and taking tokens raises; krb5 comes with the extra `kerberos`, and pyspnego lets its errors through."""


@dataclass(frozen=True)
class _Words:
    """What is said of a way to log on: what HTTP 401 to it means, and that the host does not offer it."""

    refused: Declared[[]]
    absent: Declared[[]]


_WRONG: Final = phrase("logon-refused")
_WORDS: Final[Mapping[Logon, _Words]] = {
    "ntlm": _Words(_WRONG, phrase("logon-no-ntlm", remedy=True)),
    "kerberos": _Words(phrase("logon-kerberos-refused", remedy=True), phrase("logon-no-kerberos", remedy=True)),
    "basic": _Words(phrase("logon-basic-refused"), phrase("logon-no-basic", remedy=True)),
    "certificate": _Words(
        phrase("logon-certificate-refused", remedy=True), phrase("logon-no-certificate", remedy=True)
    ),
    "credssp": _Words(_WRONG, phrase("logon-no-credssp", remedy=True)),
}
_ASKED_AGAIN: Final = phrase("logon-asked-again", remedy=True)
_CREDSSP_WITHOUT_TLS: Final = phrase("logon-credssp-old-tls", remedy=True)
_NO_TICKET: Final = phrase("kerberos-none-for-host", remedy=True)


@message("logon-credssp-certificate", remedy=True)
def _credssp_certificate(problem: str) -> None:
    """Problem is what the parser says."""


@message("keytab-of-others", remedy=True)
def _keys_of_others(others: str) -> None: ...


@message("keytab-other-encryption", remedy=True)
def _other_encryption(own: str, wanted: str, ktpass: str) -> None:
    """Encryption types; wanted is `unknown` where the domain does not tell, and ktpass' name for it `none`."""


@message("keytab-account-without-aes", remedy=True)
def _account_without_aes(own: str, wanted: str) -> None:
    """Encryption types."""


@message("keytab-not-permitted-here", remedy=True)
def _not_permitted_here(own: str, forbidden: str, weak: str) -> None:
    """Encryption types; weak is `yes` for one that nobody should permit."""


@message("logon-over-https")
def _over_https(remedy: Message) -> None:
    """What to do about a refusal inside TLS, where something in between may be to blame as well."""


_JUDGED: Final = frozenset(
    {
        0xC0000064,  # STATUS_NO_SUCH_USER
        0xC000006A,  # STATUS_WRONG_PASSWORD
        0xC000006D,  # STATUS_LOGON_FAILURE
        0xC000006E,  # STATUS_ACCOUNT_RESTRICTION
        0xC0000071,  # STATUS_PASSWORD_EXPIRED
        0xC0000072,  # STATUS_ACCOUNT_DISABLED
        0xC0000193,  # STATUS_ACCOUNT_EXPIRED
        0xC0000224,  # STATUS_PASSWORD_MUST_CHANGE
        0xC0000234,  # STATUS_ACCOUNT_LOCKED_OUT
    }
)
"""What a host answers inside CredSSP when it has judged the credential (MS-ERREF 2.3)."""


def refusal(host: Host, error: Exception, *, logged_on: bool) -> LogonRefused:
    """What an HTTP 401 comes to, and a log-on that nobody has judged."""
    words, whose = _WORDS[host.logon], {"username": host.credential.username}
    if logged_on:
        return LogonRefused(_ASKED_AGAIN(), remedy=_ASKED_AGAIN.remedy(), **whose)
    if isinstance(error, LogonNotOffered):
        return LogonImpossible(words.absent(), remedy=words.absent.remedy(), **whose)
    if isinstance(error, LogonBrokenOff):
        return LogonImpossible(_CREDSSP_WITHOUT_TLS(), remedy=_CREDSSP_WITHOUT_TLS.remedy(), **whose)
    if isinstance(error, CredsspCertificateUnreadable):
        problem = str(error)
        return LogonImpossible(_credssp_certificate(problem), remedy=_credssp_certificate.remedy(problem), **whose)
    if isinstance(error, NoKeyServes):
        return _no_key(host, error)
    remedy = words.refused.remedy() if words.refused.has_remedy else LogonRefused.remedy
    if host.https is not None and host.logon in {"ntlm", "kerberos"}:
        remedy = _over_https(remedy)
    return LogonRefused(words.refused(), remedy=remedy, **whose)


def _no_key(host: Host, error: NoKeyServes) -> LogonImpossible:
    """What it means that a keytab has no key which serves."""
    keys = error.keys
    says = kerberos.NOT_IN_KEYTAB(), kerberos.NOT_IN_KEYTAB.remedy()
    if keys.own:
        says = _no_type(keys)
    elif keys.others:
        others = ", ".join(keys.others)
        says = _keys_of_others(others), _keys_of_others.remedy(others)
    return LogonImpossible(
        says[0], remedy=says[1], username=host.credential.username, kerberos_error=error.name, keytab_has=list(keys.own)
    )


def _no_type(keys: Keys) -> tuple[Message, Message]:
    """What it means that no key of the account is of a type that serves, and what to do."""
    own = ", ".join(keys.own)
    if keys.forbidden:
        forbidden = own, keys.forbidden, "no" if keytab.is_strong(keys.forbidden) else "yes"
        return _not_permitted_here(*forbidden), _not_permitted_here.remedy(*forbidden)
    if keys.wanted and not keytab.is_strong(keys.wanted):
        return _account_without_aes(own, keys.wanted), _account_without_aes.remedy(own, keys.wanted)
    wanted = own, keys.wanted or "unknown", keytab.KTPASS.get(keys.wanted or keytab.BEST, "none")
    return _other_encryption(*wanted), _other_encryption.remedy(*wanted)


def of_tokens(host: Host, error: Exception) -> LogonRefused | None:
    """What an error in making or taking tokens comes to; None when it says nothing about the log-on."""
    whose = {"username": host.credential.username}
    if host.logon == "kerberos":
        row = kerberos.row_of(error)
        if row is None:
            return LogonImpossible(_NO_TICKET(), remedy=_NO_TICKET.remedy(), **whose)
        kind = LogonRefused if row.judged else LogonImpossible
        return kind(row.says(), remedy=row.says.remedy(), kerberos_error=row.name, **whose)
    if host.logon == "credssp":
        if speaks_no_tls12(error):
            return LogonImpossible(_CREDSSP_WITHOUT_TLS(), remedy=_CREDSSP_WITHOUT_TLS.remedy(), **whose)
        if isinstance(error, SpnegoError) and error.nt_status & 0xFFFFFFFF in _JUDGED:
            return LogonRefused(_WRONG(), remedy=None, **whose)
    return None
