"""Who a person or a group of this computer is, who of them is trusted, and whom an access control list lets write."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ROOT: Final = 0
_ACL: Final = "system.posix_acl_access"
_ACL_ENTRY: Final = struct.Struct("<HHI")
_ACL_HEADER: Final = 4
_ACL_USER, _ACL_GROUP_OWNER, _ACL_GROUP, _ACL_MASK = 0x02, 0x04, 0x08, 0x10
_WRITE: Final = 2


@dataclass(frozen=True)
class Trusted:
    """Who may write: people by their numbers, and groups whoever is in them."""

    users: frozenset[int]
    groups: frozenset[int] = frozenset()

    def has(self, user: int) -> bool:
        return user in self.users or (bool(self.groups) and not self.groups.isdisjoint(_groups_of(user)))

    def is_group(self, group: int) -> bool:
        """Whether nobody is in a group who is not trusted."""
        return group in self.groups or _known_members(group, self.users)


def ourselves(also: frozenset[int] = frozenset()) -> Trusted:
    """Who we are, root and, under sudo, who called it; and the groups that are trusted besides."""
    users = {os.geteuid(), _ROOT}
    if os.geteuid() == _ROOT and (caller := os.environ.get("SUDO_UID", "")).isdecimal():
        users.add(int(caller))
    return Trusted(frozenset(users), also)


def access_control_list(path: Path) -> bytes | None:
    """The POSIX access control list of a file, where it has one."""
    if hasattr(os, "getxattr"):
        with suppress(OSError):
            return os.getxattr(path, _ACL)
    return None


def writers(acl: bytes, group: int, trusted: Trusted) -> Iterator[str]:
    """Who may write by an access control list (acl(5); linux/posix_acl_xattr.h) and is not trusted, in words."""
    entries = [_ACL_ENTRY.unpack_from(acl, place) for place in range(_ACL_HEADER, len(acl), _ACL_ENTRY.size)]
    mask = next((rights for tag, rights, _ in entries if tag == _ACL_MASK), _WRITE)
    for tag, rights, number in entries:
        if not rights & mask & _WRITE:
            continue
        if tag == _ACL_USER and not trusted.has(number):
            yield user_in_words(number)
        elif tag in {_ACL_GROUP, _ACL_GROUP_OWNER}:
            named = number if tag == _ACL_GROUP else group
            if not trusted.is_group(named):
                yield group_in_words(named)


def _known_members(group: int, users: frozenset[int]) -> bool:
    """Whether these people, and nobody else, are in a group, be it their primary one or not.

    A directory service may not list who is in a group. There, only a person's own group counts, which is called as the
    person is.
    """
    import grp  # noqa: PLC0415 - Windows has none
    import pwd  # noqa: PLC0415

    names = {name for user in users if (name := _name(user))}
    members = {name for entry in grp.getgrall() if entry.gr_gid == group for name in entry.gr_mem}
    members |= {entry.pw_name for entry in pwd.getpwall() if entry.pw_gid == group}
    if members:
        return members <= names
    with suppress(KeyError):
        found = grp.getgrgid(group)
        return not found.gr_mem and found.gr_name in names and pwd.getpwnam(found.gr_name).pw_gid == group
    return False


def _name(user: int) -> str | None:
    import pwd  # noqa: PLC0415 - Windows has none

    with suppress(KeyError):
        return pwd.getpwuid(user).pw_name
    return None


def _groups_of(user: int) -> frozenset[int]:
    import pwd  # noqa: PLC0415 - Windows has none

    try:
        entry = pwd.getpwuid(user)
    except KeyError:
        return frozenset()
    return frozenset(os.getgrouplist(entry.pw_name, entry.pw_gid))


def user_in_words(number: int) -> str:
    return f"the user {_name(number) or number}"


def group_in_words(number: int) -> str:
    import grp  # noqa: PLC0415 - Windows has none

    with suppress(KeyError):
        return f"the group {grp.getgrgid(number).gr_name}"
    return f"the group {number}"
