"""The Kerberos realm that the machines of a fleet are members of; somebody else runs its KDC."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Membership:
    """What a fleet has to know of its realm.

    Attributes:
        keytab: The keys of the fleet's computers.
        domain: Their DNS domain: LAB-0001 is lab-0001.DOMAIN.
        username: An account of the realm for clients to log on as, `jane@LAB.TEST`.
        password: Its password.
    """

    keytab: Path
    domain: str
    username: str
    password: str

    def host_name(self, computer_name: str) -> str:
        """The DNS name of a computer."""
        return f"{computer_name}.{self.domain}".lower()
