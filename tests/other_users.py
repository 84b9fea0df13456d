"""Other users of the same computer, for tests: files become theirs, which only root can arrange."""

import os
import stat
import struct
from pathlib import Path

import pytest

MALLORY = 12345
"""A user, and a group, of which nobody knows anything."""
DAEMON = 1
"""A user that every Unix has, alone in a group of that number and name."""
as_root = pytest.mark.skipif(
    os.name != "posix" or (os.geteuid() != 0 and "CI" not in os.environ),
    reason="only root can give files to other users",
)
on_posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such rights")


def give(path: Path, user: int = MALLORY, group: int = -1) -> Path:
    """Makes a file, folder or link another user's."""
    os.chown(path, user, group, follow_symlinks=False)
    return path


def open_to(path: Path, rights: int) -> Path:
    """Adds rights to what a file or folder has, whatever the umask was."""
    path.chmod(stat.S_IMODE(path.stat().st_mode) | rights)
    return path


def let_write(path: Path, user: int) -> Path:
    """Lets one user write a file, by an access control list (linux/posix_acl_xattr.h)."""
    owner, named, group, mask, others = (0x01, 6), (0x02, 6), (0x04, 4), (0x10, 6), (0x20, 4)
    entries = [(*entry, user if entry is named else 0xFFFFFFFF) for entry in (owner, named, group, mask, others)]
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    os.setxattr(path, "system.posix_acl_access", acl)
    return path
