r"""Whose account a log-on is for: many spellings are one account, and one name on two machines may be two.

`CONTOSO\admin`, `contoso\ADMIN` and `admin@contoso.com` are one account where a host's NTLM CHALLENGE says that the
domain CONTOSO is contoso.com (MS-NLMP 2.2.2.1). Where no host has said so yet, the first label of a DNS domain is taken
for its NetBIOS name, as it is unless somebody chose another: two accounts are rather guarded as one than one as two.

- `.\admin`, `HOST\admin` on HOST itself, and any name on a machine of a workgroup: the host's own account.
- `admin` on a member of a domain: the domain's. Windows looks among the machine's own accounts first, and goes to the
  domain for whatever it does not find there (remembered, seen in no source).
- A suffix of user principal names that is no domain's name is taken for a domain of its own.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from orchestrator.windows import computer_name

SIGNATURE: Final = b"NTLMSSP\0"
_CHALLENGE: Final = 2
_LONGEST_NAME: Final = 255
_KEPT: Final = frozenset(
    map(
        chr,
        (
            *(0x00B5, 0x0131, 0x017F, 0x01C5, 0x01C8, 0x01CB, 0x01F2, 0x0345),  # micro sign, dotless i, long s, …
            *(0x03D0, 0x03D1, 0x03D5, 0x03D6, 0x03F0, 0x03F1, 0x03F5),  # other shapes of Greek letters
            *range(0x1C80, 0x1C89),  # and of Cyrillic ones
            *(0x1E9B, 0x1FBE),
        ),
    )
)
"""Letters that have one capital in Unicode and none in Windows' table, as Samba (4.17, toupper_m) and Wine (8.0,
l_intl.nls) have it. Of what these two disagree about, Unicode's capital is taken. That is 500 letters which Samba's
table, the older one, keeps; and the Greek final sigma, which Wine keeps, where Samba and the capitals of NTFS go with
Unicode."""
_NB_COMPUTER, _NB_DOMAIN, _DNS_COMPUTER, _DNS_DOMAIN, _DNS_TREE = 1, 2, 3, 4, 5
"""Identifiers of attributes (MS-NLMP 2.2.2.1)."""


def upcased(name: str) -> str:
    """A name in capitals as Windows has it: each UTF-16 unit by itself, so that "ß" stays; Python makes it "SS"."""
    return "".join(_capital(letter) for letter in name)


def _capital(letter: str) -> str:
    if letter in _KEPT:
        return letter
    capital = letter.upper()
    return capital if len(capital) == 1 and max(letter, capital) <= "\uffff" else letter


@dataclass(frozen=True)
class Told:
    """What the CHALLENGE of a host says of it, in capitals; what it does not say is empty. Not to be trusted.

    Attributes:
        computer: Its NetBIOS name.
        computer_dns: Its DNS name.
        domain: The NetBIOS name of its domain; in a workgroup that of the computer.
        domain_dns: The DNS name of its domain.
        forest: The DNS name of its forest.
    """

    computer: str = ""
    computer_dns: str = ""
    domain: str = ""
    domain_dns: str = ""
    forest: str = ""

    @property
    def is_member(self) -> bool:
        """Whether the host is a member of a domain."""
        return bool(self.domain) and self.domain != self.computer

    @property
    def name(self) -> str:
        """The computer's own name as far as it is told: what of its DNS name its NetBIOS name is cut from, if it is."""
        whole = self.computer_dns.partition(".")[0]
        return whole if not self.computer or computer_name.same(whole, self.computer) else self.computer


def told_by(token: bytes) -> Told | None:
    """What a token says that has a CHALLENGE in it, alone or wrapped in SPNEGO; None when there is none."""
    start = token.find(SIGNATURE + struct.pack("<I", _CHALLENGE))
    if start < 0:
        return None
    message = token[start:]
    try:
        length, _, offset = struct.unpack_from("<HHI", message, 40)
        said = _attributes(message[offset : offset + length])
    except struct.error:
        return Told()
    ids = (_NB_COMPUTER, _DNS_COMPUTER, _NB_DOMAIN, _DNS_DOMAIN, _DNS_TREE)
    return Told(*(upcased(said.get(number, "")[:_LONGEST_NAME]) for number in ids))


def _attributes(info: bytes) -> dict[int, str]:
    """The names in target information. Raises struct.error."""
    said: dict[int, str] = {}
    at = 0
    while at < len(info):
        number, length = struct.unpack_from("<HH", info, at)
        if number == 0:
            break
        said[number] = info[at + 4 : at + 4 + length].decode("utf-16-le", "replace")
        at += 4 + length
    return said


@dataclass(frozen=True)
class Account:
    """An account, as far as is known at a log-on; all in capitals.

    Attributes:
        user: Its name.
        domain: Its domain, by whichever name; empty for an account of a machine's own.
        machine: The machine whose own it is; empty for an account of a domain.
        same: The NetBIOS name and the DNS name of one domain, which a CHALLENGE has told; both empty when none has.
    """

    user: str
    domain: str = ""
    machine: str = ""
    same: tuple[str, str] = ("", "")


def netbios_guess(domain: str) -> str:
    """The NetBIOS name of a domain of which nobody has told it."""
    return domain.partition(".")[0][: computer_name.NETBIOS_LETTERS]


def account_of(username: str, place: str, told: Told | None = None) -> Account | None:
    """The account that a host takes a name for.

    Args:
        username: As the inventory spells it.
        place: Where the host is, which tells it from all others.
        told: By its CHALLENGE; None while there is none.

    Returns:
        None where only a CHALLENGE could tell.
    """
    domain, user = _parts(upcased(username))
    if told is None:
        return Account(user, domain) if domain not in {"", "."} else None
    if not told.is_member or domain in {".", told.computer, told.computer_dns}:
        return own_account(user, f"{told.computer} AT {_address(place)}" if told.computer else place)
    same = (told.domain, told.domain_dns) if told.domain_dns else ("", "")
    if domain in {"", told.domain, told.domain_dns} or (told.forest and domain == told.forest):
        domain = told.domain
    return Account(user, domain, same=same)


def own_account(username: str, machine: str) -> Account:
    """The account of that name of a machine's own, whatever domain is written before it."""
    _, user = _parts(upcased(username))
    return Account(user, machine=upcased(machine))


def _address(place: str) -> str:
    """A place without its port: the ports of one machine lead to the same accounts."""
    address, _, via = place.partition(" via ")
    return f"{address.rpartition(':')[0]} via {via}" if via else address.rpartition(":")[0]


def _parts(username: str) -> tuple[str, str]:
    r"""Domain, empty where none is said, and user, of `DOMAIN\user` or `user@domain`."""
    domain, backslash, user = username.partition("\\")
    if backslash:
        return domain, user
    user, at, domain = username.rpartition("@")
    return (domain, user) if at and user else ("", username)
