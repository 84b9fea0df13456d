"""Who may log on to one machine: account names and NT hashes, client certificates, and the keys of a domain."""

import hmac
from collections.abc import Mapping
from pathlib import Path

from sspr_lab.interfaces.platform import Platform
from sspr_lab.winrm.ntlm import Identity, nt_hash


class Logons:
    r"""The passwords of a machine's accounts.

    Args:
        machine: the machine.
        credentials: password by account name, "Administrator" for a local account or "LAB\\jane" for one of a domain.
        certificates: local account by the user principal name in a client certificate (WSMan's ClientCertificate).
        keytab: the machine's keys in a Kerberos realm; None on a machine of no domain.
    """

    def __init__(
        self,
        machine: Platform,
        credentials: Mapping[str, str],
        *,
        certificates: Mapping[str, str] | None = None,
        keytab: Path | None = None,
    ) -> None:
        self.keytab = keytab
        self._machine = machine
        self._certificates = {name.upper(): account for name, account in (certificates or {}).items()}
        self._names = {name.upper(): name for name in credentials}
        self._hashes = {name: nt_hash(password) for name, password in credentials.items()}
        profile = machine.profile
        major, minor = (int(part) for part in profile.version.split("."))
        self.identity = Identity(profile.computer_name, (major, minor, profile.build), machine.clock.now)

    def hash_of(self, domain: str, user: str) -> bytes | None:
        """The NT hash to check a response against; None when nobody of that name may log on."""
        name = self.account_name(domain, user)
        return None if name is None else self._hashes[name]

    def account_name(self, domain: str, user: str) -> str | None:
        """The account that a client meant, as it is spelled here; None when nobody of that name may log on."""
        if self._machine.faults.find("logon_refused"):
            return None
        return self._names.get(self._key(domain, user))

    def is_password(self, domain: str, user: str, password: str) -> bool:
        """Whether that is the account's password, and it may log on."""
        known = self.hash_of(domain, user)
        return known is not None and hmac.compare_digest(known, nt_hash(password))

    def domain_account(self, domain: str, user: str) -> str | None:
        """The account of somebody that a domain controller vouched for; None when nobody may log on."""
        return None if self._machine.faults.find("logon_refused") else f"{domain}\\{user}"

    def local_account(self, name: str, password: str) -> str | None:
        r"""The local account `name` or `MACHINE\\name`, if that is its password; None otherwise."""
        domain, _, user = name.rpartition("\\")
        if domain.upper() not in ("", ".", self._machine.profile.computer_name.upper()):
            return None
        return self.account_name("", user) if self.is_password("", user, password) else None

    def certified_account(self, principal: str) -> str | None:
        """The local account that a user principal name is mapped to; None when it is not."""
        account = self._certificates.get(principal.upper())
        return None if account is None else self.account_name("", account)

    def _key(self, domain: str, user: str) -> str:
        """A domain that the machine does not know means its own accounts, as with NTLM on a workgroup machine."""
        qualified = f"{domain}\\{user}".upper()
        return qualified if qualified in self._names else user.upper()
