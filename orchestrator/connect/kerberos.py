"""What Kerberos says no with, as data: each error code, whether somebody judged the credential, and what to do.

Codes: krb5_err.et of MIT krb5, whose first 128 are the protocol's own (RFC 4120, 7.5.9); Heimdal has the same numbers.
They come as minor status codes of GSSAPI, or from the krb5 library itself. Texts are never looked at.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_BASE: Final = -1765328384
"""ERROR_TABLE_BASE_krb5."""


@dataclass(frozen=True)
class KerberosRow:
    """One code of the table.

    Attributes:
        code: Counted from ERROR_TABLE_BASE_krb5.
        name: Its name in krb5_err.et.
        judged: Whether a domain controller or the host has judged the credential; three of these lock an account.
        reason: What happened.
        remedy: What a person can do.
    """

    code: int
    name: str
    judged: bool
    reason: str
    remedy: str


_ACCOUNT: Final = "check the name in the inventory, as in user@REALM with the realm in capitals"
_SPN: Final = (
    "check that the host belongs to the domain and that `kerberos: {spn_host: …}` is its name there; its service "
    "principal names are listed by `setspn -L COMPUTER`"
)
_KINIT: Final = "get a ticket with `kinit`, or name a keytab or a password in the credential"
_CLOCK: Final = "set the clocks: Kerberos allows five minutes between this machine, the domain controller and the host"
_KDC: Final = "check krb5.conf (realm, kdc, dns_lookup_kdc) and that the domain controller answers on port 88"
_KEY: Final = "the password or the keys in the keytab are not the account's present ones; write a new keytab"

_TABLE: Final = (
    KerberosRow(6, "KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN", True, "the domain knows no such account", _ACCOUNT),
    KerberosRow(7, "KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN", False, "the domain knows no service HTTP of that host", _SPN),
    KerberosRow(14, "KRB5KDC_ERR_ETYPE_NOSUPP", False, "account and domain have no kind of encryption in common", _KEY),
    KerberosRow(
        18, "KRB5KDC_ERR_CLIENT_REVOKED", True, "the account is locked or disabled", "have the account unlocked first"
    ),
    KerberosRow(
        23, "KRB5KDC_ERR_KEY_EXP", True, "the account's password has expired", "set a new password for the account"
    ),
    KerberosRow(24, "KRB5KDC_ERR_PREAUTH_FAILED", True, "the domain does not accept password or keytab", _KEY),
    KerberosRow(31, "KRB5KRB_AP_ERR_BAD_INTEGRITY", True, "the domain does not accept password or keytab", _KEY),
    KerberosRow(32, "KRB5KRB_AP_ERR_TKT_EXPIRED", False, "the Kerberos ticket has expired", _KINIT),
    KerberosRow(33, "KRB5KRB_AP_ERR_TKT_NYV", False, "the Kerberos ticket is not valid yet", _CLOCK),
    KerberosRow(37, "KRB5KRB_AP_ERR_SKEW", False, "the clocks are too far apart for Kerberos", _CLOCK),
    KerberosRow(41, "KRB5KRB_AP_ERR_MODIFIED", False, "the ticket is for another machine than the one asked", _SPN),
    KerberosRow(68, "KRB5KDC_ERR_WRONG_REALM", False, "the account belongs to another realm", _ACCOUNT),
    KerberosRow(141, "KRB5_CC_NOTFOUND", False, "there is no Kerberos ticket", _KINIT),
    KerberosRow(148, "KRB5_KDCREP_SKEW", False, "the clocks are too far apart for Kerberos", _CLOCK),
    KerberosRow(154, "KRB5_REALM_UNKNOWN", False, "no domain controller of the realm is known", _KDC),
    KerberosRow(156, "KRB5_KDC_UNREACH", False, "no domain controller of the realm answers", _KDC),
    KerberosRow(181, "KRB5_KT_NOTFOUND", False, "the keytab has no keys of the account", _ACCOUNT),
    KerberosRow(195, "KRB5_FCC_NOFILE", False, "there is no Kerberos ticket cache", _KINIT),
    KerberosRow(220, "KRB5_REALM_CANT_RESOLVE", False, "no domain controller of the realm is found", _KDC),
)
ROWS: Final[Mapping[int, KerberosRow]] = {row.code: row for row in _TABLE}


def missing() -> str | None:
    """Why no Kerberos can be spoken from here, and what to do; None when it can. Windows brings its own."""
    if os.name == "nt":
        return None
    try:
        importlib.import_module("gssapi")
        importlib.import_module("krb5")
    except ImportError:
        return (
            "Kerberos needs packages that are not there: `pip install 'sspr-orchestrator[kerberos]'` (on Debian first "
            "`apt install gcc python3-dev libkrb5-dev`)"
        )
    return None


def row_of(error: BaseException) -> KerberosRow | None:
    """The row of the Kerberos error that is behind an error; None when there is none that we know."""
    for code in _codes(error):
        if row := ROWS.get((code & 0xFFFFFFFF) - (_BASE & 0xFFFFFFFF)):
            return row
    return None


def _codes(error: BaseException | None) -> Iterator[int]:
    """The codes of an error and of what it came from: `err_code` of krb5, `min_code` of GSSAPI."""
    while error is not None:
        for attribute in ("err_code", "min_code"):
            code = getattr(error, attribute, None)
            if isinstance(code, int):
                yield code
        error = error.__cause__
