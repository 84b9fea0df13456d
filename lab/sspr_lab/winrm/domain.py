"""A domain that machines of a lab are members of: accounts that all of them share, and what its controller counts.

A wrong password counts against the account, a right one sets the count back to nothing, and at the threshold the
account is locked: then the right password is refused as well, and wrong ones count no further (MS-SAMR 3.1.1.8.7,
badPwdCount and lockoutTime). A count is also set back after the observation window, half an hour unless told; no lab
is up for that long, so here it is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sspr_lab.winrm.md4 import md4


@dataclass
class Ledger:
    """What a domain controller knows of the log-ons of one account.

    Attributes:
        good: How many were accepted.
        bad: How many were refused.
        in_a_row: How many were refused since one was accepted.
        most_in_a_row: How many that was at most.
        locked: Whether the account is locked.
    """

    good: int = 0
    bad: int = 0
    in_a_row: int = 0
    most_in_a_row: int = 0
    locked: bool = False


@dataclass
class Domain:
    """A domain with its controller.

    Attributes:
        netbios: Its NetBIOS name.
        dns: Its DNS name; its forest has the same.
        passwords: By account name.
        threshold: How many wrong passwords lock an account; 0 for never.
        locks_after: How many log-ons of an account are good before somebody else's wrong ones lock it.
        ledgers: By account name in capitals.
    """

    netbios: str
    dns: str
    passwords: Mapping[str, str]
    threshold: int = 5
    locks_after: int | None = None
    ledgers: dict[str, Ledger] = field(default_factory=dict)

    def has(self, domain: str, user: str) -> bool:
        """Whether a name that a client gave is that of an account here."""
        return self._account(domain, user) is not None

    def name_of(self, domain: str, user: str) -> str | None:
        """The account as a machine calls it; None when there is none of that name."""
        account = self._account(domain, user)
        return None if account is None else f"{self.netbios}\\{account}"

    def hash_of(self, domain: str, user: str) -> bytes | None:
        """The NT hash of an account's password; None when there is no such account or it is locked."""
        account = self._account(domain, user)
        if account is None or self.ledger(account).locked:
            return None
        return md4(self.passwords[account].encode("utf-16-le"))

    def judged(self, domain: str, user: str, *, good: bool) -> None:
        """Counts a log-on that was tried."""
        account = self._account(domain, user)
        if account is None:
            return
        ledger = self.ledger(account)
        if not good:
            ledger.bad += 1
            ledger.in_a_row += 1
            ledger.most_in_a_row = max(ledger.most_in_a_row, ledger.in_a_row)
            ledger.locked = ledger.locked or 0 < self.threshold <= ledger.in_a_row
            return
        ledger.good += 1
        ledger.in_a_row = 0
        if self.locks_after is not None and ledger.good >= self.locks_after:
            ledger.locked = True

    def unlock(self, account: str) -> None:
        """Unlocks an account, which also sets the count of wrong passwords back to nothing."""
        ledger = self.ledger(account)
        ledger.locked, ledger.in_a_row = False, 0

    def ledger(self, account: str) -> Ledger:
        """What is counted of an account."""
        return self.ledgers.setdefault(account.upper(), Ledger())

    def _account(self, domain: str, user: str) -> str | None:
        name, at, suffix = user.rpartition("@")
        if at and not domain:
            domain, user = suffix, name
        if domain.upper() not in {"", self.netbios.upper(), self.dns.upper()}:
            return None
        return next((account for account in self.passwords if account.upper() == user.upper()), None)
