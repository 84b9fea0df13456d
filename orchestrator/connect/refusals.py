"""Refused log-ons, in the words of the way that was tried, and told apart by whether somebody judged a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from spnego.exceptions import SpnegoError

from orchestrator.connect import kerberos
from orchestrator.connect.logon import LogonBrokenOff, LogonNotOffered
from orchestrator.connect.tls_failures import speaks_no_tls12
from orchestrator.model.errors import LogonImpossible, LogonRefused
from orchestrator.model.host import Host, Logon

try:
    from krb5 import Krb5Error
except ImportError:
    TOKEN_ERRORS: tuple[type[Exception], ...] = (SpnegoError,)
else:
    TOKEN_ERRORS = (SpnegoError, Krb5Error)
"""What making and taking tokens raises; krb5 comes with the extra `kerberos`, and pyspnego lets its errors through."""


@dataclass(frozen=True)
class _Words:
    """What is said of a way to log on.

    Attributes:
        title: Its name.
        refused: What HTTP 401 to it means.
        remedy: What to do about that; None for what is said of every refusal.
        absent: What to do where the host does not offer it.
    """

    title: str
    refused: str
    remedy: str | None
    absent: str


_WRONG: Final = (
    "the log-on was refused: user name or password are wrong, the account is locked, or it may not use WinRM"
)
_WORDS: Final[Mapping[Logon, _Words]] = {
    "ntlm": _Words("NTLM", _WRONG, None, "a policy there may forbid it; try `logon: kerberos`"),
    "kerberos": _Words(
        "Kerberos",
        "the host does not accept the Kerberos ticket, or the account may not use WinRM",
        "check that `kerberos: {spn_host: …}` names this very host, and that the account is an administrator there",
        "a policy there may forbid it; try `logon: ntlm`",
    ),
    "basic": _Words(
        "Basic",
        "the log-on was refused: user name or password are wrong, or it is no local account (Basic takes no others)",
        None,
        'it is off unless somebody runs `winrm set winrm/config/service/auth @{Basic="true"}` there; '
        "`logon: ntlm` needs nothing",
    ),
    "certificate": _Words(
        "certificate",
        "the host maps the client certificate to no account, or takes no certificates",
        "map it there with `winrm create winrm/config/service/certmapping?…`, and allow the way with "
        '`winrm set winrm/config/service/auth @{Certificate="true"}`',
        "",
    ),
    "credssp": _Words(
        "CredSSP",
        _WRONG,
        None,
        'it is off unless somebody runs `winrm set winrm/config/service/auth @{CredSSP="true"}` there; '
        "`logon: ntlm` needs nothing",
    ),
}
_CHANNEL_BINDING: Final = "; over HTTPS also that nothing between here and the host ends TLS (channel binding)"
_AGAIN: Final = (
    "see whether the account was locked or its password changed just now, and run the same again: it goes on from what "
    "it finds"
)
_NO_TLS: Final = "CredSSP needs TLS 1.2, and the host has only older TLS for it"
_CREDSSP_TLS: Final = (
    "on Windows 7 install KB3080079 and switch TLS 1.2 on with `sspr run enable-tls12` (`logon: ntlm` for that)"
)
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
    """What an HTTP 401 comes to."""
    words, whose = _WORDS[host.logon], {"username": host.credential.username}
    if logged_on:
        return LogonRefused("the host asks for another log-on in the middle of a conversation", remedy=_AGAIN, **whose)
    if isinstance(error, LogonNotOffered):
        return LogonImpossible(f"the host offers no {words.title} log-on", remedy=words.absent, **whose)
    if isinstance(error, LogonBrokenOff):
        return LogonImpossible(_NO_TLS, remedy=_CREDSSP_TLS, **whose)
    remedy = words.remedy or LogonRefused.remedy
    if host.https is not None and host.logon in {"ntlm", "kerberos"}:
        remedy = f"{remedy}{_CHANNEL_BINDING}"
    return LogonRefused(words.refused, remedy=remedy, **whose)


def of_tokens(host: Host, error: Exception) -> LogonRefused | None:
    """What an error in making or taking tokens comes to; None when it says nothing about the log-on."""
    whose = {"username": host.credential.username}
    if host.logon == "kerberos":
        row = kerberos.row_of(error)
        if row is None:
            remedy = "see whether `kinit` and `kvno HTTP/HOST` do better on this machine"
            return LogonImpossible("Kerberos gives no ticket for the host", remedy=remedy, **whose)
        kind = LogonRefused if row.judged else LogonImpossible
        return kind(row.reason, remedy=row.remedy, kerberos_error=row.name, **whose)
    if host.logon == "credssp":
        if speaks_no_tls12(error):
            return LogonImpossible(_NO_TLS, remedy=_CREDSSP_TLS, **whose)
        if isinstance(error, SpnegoError) and error.nt_status & 0xFFFFFFFF in _JUDGED:
            return LogonRefused(_WRONG, **whose)
    return None
