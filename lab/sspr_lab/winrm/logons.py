"""Who may log on to one machine: account names and NT hashes, client certificates, and the keys of a domain."""

import hmac
from collections.abc import Mapping
from pathlib import Path

from sspr_lab.interfaces.platform import Platform
from sspr_lab.winrm.domain import Domain
from sspr_lab.winrm.ntlm import Identity, nt_hash


class Logons:
    r"""The passwords of a machine's accounts.

    Args:
        machine: the machine.
        credentials: password by account name, "Administrator" for a local account or "LAB\\jane" for one of a domain.
        certificates: local account by the user principal name in a client certificate (WSMan's ClientCertificate).
        keytab: the machine's keys in a Kerberos realm; None on a machine of no domain.
        domain: whose member the machine is; None in a workgroup.
    """

    def __init__(
        self,
        machine: Platform,
        credentials: Mapping[str, str],
        *,
        certificates: Mapping[str, str] | None = None,
        keytab: Path | None = None,
        domain: Domain | None = None,
    ) -> None:
        self._domain = domain
        self.keytab = keytab
        self._machine = machine
        self._certificates = {name.upper(): account for name, account in (certificates or {}).items()}
        self._names = {name.upper(): name for name in credentials}
        self._hashes = {name: nt_hash(password) for name, password in credentials.items()}
        profile = machine.profile
        major, minor = (int(part) for part in profile.version.split("."))
        names = (domain.netbios, domain.dns) if domain else None
        self.identity = Identity(profile.computer_name, (major, minor, profile.build), machine.clock.now, names)

    def hash_of(self, domain: str, user: str) -> bytes | None:
        """The NT hash to check a response against; None when nobody of that name may log on."""
        if self._at_domain(domain, user):
            return self._domain.hash_of(domain, user) if self._domain and not self._refuses else None
        name = self.account_name(domain, user)
        return None if name is None else self._hashes[name]

    def judged(self, domain: str, user: str, good: bool) -> None:
        """Lets the domain's controller count a log-on with one of its accounts."""
        if self._domain and self._at_domain(domain, user) and not self._refuses:
            self._domain.judged(domain, user, good=good)

    def account_name(self, domain: str, user: str) -> str | None:
        """The account that a client meant, as it is spelled here; None when nobody of that name may log on."""
        if self._refuses:
            return None
        if self._domain and self._at_domain(domain, user):
            return self._domain.name_of(domain, user)
        return self._names.get(self._key(domain, user))

    @property
    def _refuses(self) -> bool:
        """Whether the machine lets nobody in, whoever vouches for them; no controller is asked then."""
        return self._machine.faults.find("logon_refused") is not None

    def _at_domain(self, domain: str, user: str) -> bool:
        """Whether the name is one of the domain's; one without a domain is looked for on the machine first."""
        if self._domain is None or domain in {".", self._machine.profile.computer_name}:
            return False
        if not domain and user.upper() in self._names:
            return False
        return self._domain.has(domain, user)

    def is_password(self, domain: str, user: str, password: str) -> bool:
        """Whether that is the account's password, and it may log on."""
        known = self.hash_of(domain, user)
        good = known is not None and hmac.compare_digest(known, nt_hash(password))
        self.judged(domain, user, good)
        return good

    def domain_account(self, domain: str, user: str) -> str | None:
        """The account of somebody that a domain controller vouched for; None when nobody may log on."""
        return None if self._machine.faults.find("logon_refused") else f"{domain}\\{user}"

    def local_account(self, name: str, password: str) -> str | None:
        """The local account of just this name, if that is its password; None otherwise.

        Seen on Windows Server 2008 R2: one with a machine or a domain in front, or as user@domain, is refused
        (winrm-java issue 172).
        """
        plain = not set(name) & set("\\@")
        return self.account_name("", name) if plain and self.is_password("", name, password) else None

    def certified_account(self, principal: str) -> str | None:
        """The local account that a user principal name is mapped to; None when it is not."""
        account = self._certificates.get(principal.upper())
        return None if account is None else self.account_name("", account)

    def _key(self, domain: str, user: str) -> str:
        """A domain that the machine does not know means its own accounts, as with NTLM on a workgroup machine."""
        qualified = f"{domain}\\{user}".upper()
        return qualified if qualified in self._names else user.upper()
