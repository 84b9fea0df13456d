"""Kerberos tickets that log-ons take out of a cache, and that end there: nobody here has what would get another one."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from orchestrator.connect import kerberos
from orchestrator.model.host import CredentialReference, Host

_GRANTING: Final = b"krbtgt/%b@%b"
"""The ticket by which a domain gives those for services (RFC 4120, 3.3); none of them outlasts it."""


@dataclass(frozen=True)
class Ticket:
    """What a cache has of an account.

    Attributes:
        cache: As krb5 calls it: `FILE:/tmp/krb5cc_1000`.
        account: Whose it is; empty where there is no ticket.
        ends: When it is of no use any more, UTC; None where there is none.
    """

    cache: str
    account: str = ""
    ends: datetime | None = None

    @property
    def serves(self) -> bool:
        """Whether it can still be logged on with."""
        return self.ends is not None and datetime.now(UTC) < self.ends


class Tickets:
    """The tickets of a run's log-ons; one that has ended is looked for again, since it may have been renewed.

    May be used on any thread.
    """

    def __init__(self) -> None:
        self._known: dict[CredentialReference, Ticket] = {}
        self._lock = threading.Lock()

    def of(self, host: Host) -> Ticket | None:
        """The ticket that a log-on would be made with; None where it takes none out of a cache, or nobody can tell."""
        if not takes_ticket(host):
            return None
        with self._lock:
            known = self._known.get(host.credential)
            if known is None or not known.serves:
                known = ticket_of(host.credential)
                if known is not None:
                    self._known[host.credential] = known
            return known


def takes_ticket(host: Host) -> bool:
    """Whether a host is logged on to with a ticket that somebody else has got."""
    credential = host.credential
    return host.logon == "kerberos" and credential.password is None and credential.keytab is None


def ticket_of(credential: CredentialReference) -> Ticket | None:
    """What the cache of a credential has now; None where that cannot be told.

    So it is on Windows, which has tickets of its own, and where gssproxy or a client keytab gets another by itself.
    """
    if os.name == "nt" or kerberos.missing() or os.environ.get("GSS_USE_PROXY"):
        return None
    import krb5  # noqa: PLC0415 - comes with the extra `kerberos`

    context = krb5.init_context()
    if _has_client_keytab(krb5, context):
        return None
    if credential.ccache is not None:
        cache = krb5.cc_resolve(context, credential.ccache.encode())
    else:
        cache = _usual_cache(krb5, context, credential.username)
    name = str(cache)
    try:
        account = krb5.cc_get_principal(context, cache)
        granting = _GRANTING % (account.realm, account.realm)
        ends = [entry.times.endtime for entry in cache if entry.server.name == granting]
    except krb5.Krb5Error:
        return Ticket(name)
    if not ends:
        return None  # tickets for services alone
    return Ticket(name, (account.name or b"").decode("utf-8", "replace"), datetime.fromtimestamp(max(ends), UTC))


def _usual_cache(krb5: Any, context: Any, username: str | None) -> Any:
    if username:
        try:
            return krb5.cc_cache_match(context, krb5.parse_name_flags(context, username.encode()))
        except krb5.Krb5Error:
            pass  # then it is the usual one that GSSAPI looks into
    return krb5.cc_default(context)


def _has_client_keytab(krb5: Any, context: Any) -> bool:
    """Whether GSSAPI gets tickets from a keytab by itself (MIT krb5, `default_client_keytab_name`)."""
    if not hasattr(krb5, "kt_client_default"):
        return False
    try:
        return bool(krb5.kt_have_content(context, krb5.kt_client_default(context)))
    except krb5.Krb5Error:
        return False
