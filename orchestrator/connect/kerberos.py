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

from orchestrator.model.message import Declared, phrase

_BASE: Final = -1765328384
"""ERROR_TABLE_BASE_krb5."""


@dataclass(frozen=True)
class KerberosRow:
    """One code of the table.

    Attributes:
        code: Counted from ERROR_TABLE_BASE_krb5.
        name: Its name in krb5_err.et.
        judged: Whether a domain controller or the host has judged the credential; three of these lock an account.
        says: What happened, and what a person can do.
    """

    code: int
    name: str
    judged: bool
    says: Declared[[]]


_NOT_TAKEN: Final = phrase("kerberos-proof-not-accepted", remedy=True)
_SKEW: Final = phrase("kerberos-clocks-apart", remedy=True)
NOT_IN_KEYTAB: Final = phrase("kerberos-not-in-keytab", remedy=True)
_TABLE: Final = (
    KerberosRow(6, "KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN", True, phrase("kerberos-no-such-account", remedy=True)),
    KerberosRow(7, "KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN", False, phrase("kerberos-no-such-service", remedy=True)),
    KerberosRow(14, "KRB5KDC_ERR_ETYPE_NOSUPP", False, phrase("kerberos-no-common-encryption", remedy=True)),
    KerberosRow(18, "KRB5KDC_ERR_CLIENT_REVOKED", True, phrase("kerberos-account-locked", remedy=True)),
    KerberosRow(23, "KRB5KDC_ERR_KEY_EXP", True, phrase("kerberos-password-expired", remedy=True)),
    KerberosRow(24, "KRB5KDC_ERR_PREAUTH_FAILED", True, _NOT_TAKEN),
    KerberosRow(31, "KRB5KRB_AP_ERR_BAD_INTEGRITY", True, _NOT_TAKEN),
    KerberosRow(32, "KRB5KRB_AP_ERR_TKT_EXPIRED", False, phrase("kerberos-ticket-expired", remedy=True)),
    KerberosRow(33, "KRB5KRB_AP_ERR_TKT_NYV", False, phrase("kerberos-ticket-not-valid-yet", remedy=True)),
    KerberosRow(37, "KRB5KRB_AP_ERR_SKEW", False, _SKEW),
    KerberosRow(41, "KRB5KRB_AP_ERR_MODIFIED", False, phrase("kerberos-ticket-for-another", remedy=True)),
    KerberosRow(68, "KRB5KDC_ERR_WRONG_REALM", False, phrase("kerberos-another-realm", remedy=True)),
    KerberosRow(141, "KRB5_CC_NOTFOUND", False, phrase("kerberos-no-ticket", remedy=True)),
    KerberosRow(148, "KRB5_KDCREP_SKEW", False, _SKEW),
    KerberosRow(154, "KRB5_REALM_UNKNOWN", False, phrase("kerberos-realm-unknown", remedy=True)),
    KerberosRow(156, "KRB5_KDC_UNREACH", False, phrase("kerberos-kdc-silent", remedy=True)),
    KerberosRow(181, "KRB5_KT_NOTFOUND", False, NOT_IN_KEYTAB),
    KerberosRow(195, "KRB5_FCC_NOFILE", False, phrase("kerberos-no-ticket-cache", remedy=True)),
    KerberosRow(210, "KRB5_PREAUTH_FAILED", False, phrase("kerberos-no-proof", remedy=True)),
    KerberosRow(220, "KRB5_REALM_CANT_RESOLVE", False, phrase("kerberos-kdc-not-found", remedy=True)),
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
