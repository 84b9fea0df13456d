"""What a keytab holds, for when it served no log-on: whose keys, of which encryption types, and what the domain wants.

MIT krb5 has one code for "no such account" and for "no key of this type" (KRB5_KT_NOTFOUND), and where the domain wants
a proof before it answers, as Active Directory does, one for any proof that could not be made (KRB5_PREAUTH_FAILED; both
seen with 1.20). So a keytab with nothing but RC4, where the domain has ended that, looks like one of somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

NOTHING_IN_COMMON: Final = "KRB5KDC_ERR_ETYPE_NOSUPP"
NO_KEY: Final = frozenset({"KRB5_KT_NOTFOUND", "KRB5_PREAUTH_FAILED", NOTHING_IN_COMMON})
"""Errors that a keytab, or what krb5.conf permits of it, may be to blame for."""
_MOST_ACCOUNTS: Final = 5
_NAMES: Final[Mapping[int, str]] = {
    1: "des-cbc-crc",
    3: "des-cbc-md5",
    16: "des3-cbc-sha1",
    17: "aes128-cts-hmac-sha1-96",
    18: "aes256-cts-hmac-sha1-96",
    19: "aes128-cts-hmac-sha256-128",
    20: "aes256-cts-hmac-sha384-192",
    23: "arcfour-hmac (RC4)",
    24: "arcfour-hmac-exp (RC4)",
    25: "camellia128-cts-cmac",
    26: "camellia256-cts-cmac",
}
"""Encryption types by their numbers (IANA, Kerberos Encryption Type Numbers), as `klist -ke` shows them."""
_STRONG: Final = (18, 17, 20, 19, 26, 25)
_EVERY: Final = (*_STRONG, *(number for number in _NAMES if number not in _STRONG))
BEST: Final = _NAMES[18]
KTPASS: Final[Mapping[str, str]] = {_NAMES[18]: "AES256-SHA1", _NAMES[17]: "AES128-SHA1"}
"""How ktpass calls them (learn.microsoft.com, windows-server/administration/windows-commands/ktpass)."""


@dataclass(frozen=True)
class Keys:
    """The keys of a keytab, seen from one account.

    Attributes:
        own: The encryption types of the account's keys.
        others: Who else has keys in it, a few at most.
        wanted: The encryption type that the domain wants of the account; None where it does not tell.
        forbidden: The type that keytab and account have in common, and of which krb5.conf lets nobody ask; None where
            there is none.
    """

    own: tuple[str, ...]
    others: tuple[str, ...]
    wanted: str | None = None
    forbidden: str | None = None


class NoKeyServes(Exception):
    """A keytab has no key of the account, or none of the type that the domain wants.

    Args:
        keys: What it has.
        name: krb5's name of the error that came of it.
    """

    def __init__(self, keys: Keys, name: str) -> None:
        super().__init__(keys)
        self.keys, self.name = keys, name


def is_strong(name: str) -> bool:
    """Whether an encryption type is none of those that domains and krb5 have given up, as RC4."""
    return name in {_NAMES[number] for number in _STRONG}


def is_empty(path: Path) -> bool:
    """Whether a keytab has no keys at all. Raises krb5.Krb5Error where it cannot be read."""
    import krb5  # noqa: PLC0415 - comes with the extra `kerberos`

    return not any(True for _ in krb5.kt_resolve(krb5.init_context(), str(path).encode()))


def keys_of(path: Path, username: str | None) -> Keys:
    """What a keytab holds for an account, and what the domain wants of it, which is asked without any proof.

    Args:
        path: The keytab.
        username: As in user@REALM; None for whom the first key is of.

    Raises:
        krb5.Krb5Error: The keytab cannot be read, or the name is none.
    """
    import krb5  # noqa: PLC0415 - comes with the extra `kerberos`

    context = krb5.init_context()
    held: dict[str, list[int]] = {}
    for entry in krb5.kt_resolve(context, str(path).encode()):  # of which nothing may be used once it is gone
        held.setdefault(_text(entry.principal.name), []).append(entry.key.enctype)
    asked = krb5.parse_name_flags(context, (username or next(iter(held), "")).encode())
    own = tuple(dict.fromkeys(held.pop(_text(asked.name), ())))
    names, others = tuple(map(_name, own)), tuple(held)[:_MOST_ACCOUNTS]
    if not own:
        return Keys(names, others)
    wanted = _wanted(krb5, context, asked)
    if wanted in own:
        return Keys(names, others, _name(wanted))
    first = _wanted(krb5, context, asked, tuple(dict.fromkeys((*own, *_EVERY))))
    if first in own:
        return Keys(names, others, forbidden=_name(first))
    wanted = wanted or first
    return Keys(names, others, _name(wanted) if wanted else None)


def _wanted(krb5: Any, context: Any, account: Any, types: Sequence[int] = ()) -> int | None:
    """The type that the domain would have an account prove itself with; None where it does not tell, or has none.

    MIT alone asks for it (krb5_get_etype_info, since 1.17).

    Args:
        krb5: The library.
        context: Of the library.
        account: Whose.
        types: Of which it is to be, the first that the account has, whatever krb5.conf permits; those that krb5.conf
            does where none are said. RC4 alone is no choice: a KDC may have no session key for it (seen with MIT 1.20).
    """
    if not hasattr(krb5, "get_etype_info"):
        return None
    options = krb5.get_init_creds_opt_alloc(context)
    if types:
        krb5.get_init_creds_opt_set_etype_list(options, types)
    try:
        return int(krb5.get_etype_info(context, account, options).etype) or None
    except krb5.Krb5Error:
        return None


def _text(name: bytes | None) -> str:
    return (name or b"").decode("utf-8", "replace")


def _name(number: int) -> str:
    """As people know it."""
    return _NAMES.get(number, str(number))
