"""Who may log on to one machine: account names and NT hashes, as NTLM asks for them."""

from collections.abc import Mapping

from orchestrator.lab.machine import Machine
from orchestrator.lab.winrm.ntlm import Identity, nt_hash


class Logons:
    r"""The passwords of a machine's accounts.

    Args:
        machine: the machine.
        credentials: password by account name, "Administrator" for a local account or "LAB\\jane" for one of a domain.
    """

    def __init__(self, machine: Machine, credentials: Mapping[str, str]) -> None:
        self._machine = machine
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

    def _key(self, domain: str, user: str) -> str:
        """A domain that the machine does not know means its own accounts, as with NTLM on a workgroup machine."""
        qualified = f"{domain}\\{user}".upper()
        return qualified if qualified in self._names else user.upper()
