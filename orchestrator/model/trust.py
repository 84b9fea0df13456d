"""Whether what decides about hosts is ours: that no other person may write a file, or a folder on the way to it.

Each folder, each symbolic link and the file itself are judged in the order in which they are passed. A folder that
nobody else may write keeps what was judged below it as it was, so that nothing changes between the judgement and the
use; a file is judged once more by its descriptor. Who may write is judged in `model/people.py`.

Not seen are lists of access rights other than POSIX' (NFSv4's, macOS'), and what Windows grants.
"""

from __future__ import annotations

import errno
import os
import re
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from orchestrator.model.bounded import read_up_to
from orchestrator.model.errors import UntrustedPath
from orchestrator.model.people import (
    Trusted,
    access_control_list,
    group_in_words,
    ourselves,
    user_in_words,
    writers,
)

POSIX: Final = os.name == "posix"
_MOST_LINKS: Final = 40
"""As Linux has it."""
_DESCRIPTORS: Final = re.compile(r"/proc/(\d+)(?:/task/\d+)?/fd")


def check(path: Path, groups: frozenset[int] = frozenset()) -> None:
    """Judges a file or folder that somebody else reads for us, and the way there.

    Args:
        path: As given; symbolic links are followed, and each is judged.
        groups: Trusted besides ourselves.

    Raises:
        UntrustedPath: Another person may write it; the text says who, where, and what to do.
        OSError: It is not there, or cannot be looked at.
    """
    if POSIX:
        _judged(path, ourselves(groups))


@contextmanager
def opened(path: Path, groups: frozenset[int] = frozenset()) -> Iterator[BinaryIO]:
    """A file open for reading, judged. Arguments and errors as in `check`."""
    if not POSIX:
        with path.open("rb") as file:
            yield file
        return
    trusted = ourselves(groups)
    place = _judged(path, trusted)
    follow = 0 if _is_descriptor(place) else os.O_NOFOLLOW
    with os.fdopen(os.open(place, os.O_RDONLY | os.O_CLOEXEC | follow), "rb") as file:
        _Judge(path, trusted).take(place, os.fstat(file.fileno()))
        yield file


def read(path: Path, groups: frozenset[int] = frozenset(), most: int | None = None) -> bytes:
    """The content of a file, judged, of at most so many bytes. Arguments and errors as in `check`."""
    with opened(path, groups) as file:
        try:
            return file.read() if most is None else read_up_to(most, file)
        except OSError as error:  # of a descriptor, which has no name
            raise OSError(error.errno, error.strerror, str(path)) from error


def check_folder(path: Path) -> None:
    """Judges a folder in which we are to make files, and the way there, as far as there is one yet.

    Raises:
        UntrustedPath: Another person may make, rename or remove files there.
        OSError: It cannot be looked at, or something on the way is no folder.
    """
    if not POSIX:
        return
    judge = _Judge(path, ourselves())
    for hop in _hops(path):
        if hop.found is None:
            return
        judge.take(hop.path, hop.found, sticky=not hop.last)


def place_to_write(path: Path) -> Path:
    """Where a path leads that is to be written, whether anything is there yet or not.

    Raises:
        PermissionError: The file there or a link on the way is another person's, or others may put another link in its
            place. A descriptor that we were given may lead to anybody's.
        OSError: It cannot be looked at.
    """
    if not POSIX:
        return Path(os.path.realpath(path))
    judge, place = _Judge(path, ourselves()), path
    for hop in _hops(path):
        if hop.found is not None and stat.S_ISLNK(hop.found.st_mode):
            if not judge.trusted.has(hop.found.st_uid):
                raise PermissionError(
                    errno.EACCES, f"{hop.path} is a link of {user_in_words(hop.found.st_uid)}, not followed"
                )
            try:
                judge.take(hop.path.parent, hop.path.parent.lstat())
            except UntrustedPath as error:
                said = f"{hop.path} is a link where others may make files, not followed"
                raise PermissionError(errno.EACCES, said) from error
        elif hop.found is not None and _is_anothers_file(hop.path, hop.found, judge.trusted):
            raise PermissionError(
                errno.EACCES, f"is a file of {user_in_words(hop.found.st_uid)}; give the name of another"
            )
        place = hop.path
    return place


def given_descriptor(path: Path) -> int | None:
    """The number of a descriptor that a path names, as `/dev/fd/7`, and that we were started with; None for no such.

    Raises:
        OSError: As `place_to_write`.
    """
    if not POSIX:
        return None
    place = place_to_write(path)
    # Whatever we have opened ourselves is not handed on (PEP 446), and nothing is handed to us that would not be.
    return int(place.name) if _is_descriptor(place) and os.get_inheritable(int(place.name)) else None


def is_foreign_pipe(path: Path) -> bool:
    """Whether a path leads to another person's pipe, other than by a descriptor that we were given. Raises OSError."""
    if not POSIX:
        return False
    found = path.stat()
    if not stat.S_ISFIFO(found.st_mode) or ourselves().has(found.st_uid):
        return False
    return not _is_descriptor(place_to_write(path))


def working_directory() -> Path:
    """Where relative paths begin. Raises OSError, as when it has been removed."""
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise FileNotFoundError(errno.ENOENT, "the working directory has been removed; change to another") from error


@dataclass(frozen=True)
class _Hop:
    """Something on the way: `found` by lstat, None where nothing is; `last` where the way ends."""

    path: Path
    found: os.stat_result | None
    last: bool


def _hops(path: Path) -> Iterator[_Hop]:
    """Every folder, link and file on the way, from the root on; what the last one names has no link in it.

    Raises:
        OSError: Something cannot be looked at, or links lead round in a circle.
    """
    whole = path if path.is_absolute() else working_directory() / path
    here, left, links = Path(whole.anchor), list(whole.parts[:0:-1]), 0
    yield _Hop(here, here.lstat(), not left)
    while left:
        part = left.pop()
        if part == "..":
            here = here.parent
            if not left:
                yield _Hop(here, here.lstat(), last=True)
            continue
        at = here / part
        try:
            found = at.lstat()
        except FileNotFoundError:
            yield _Hop(at.joinpath(*reversed(left)), None, last=True)
            return
        if not stat.S_ISLNK(found.st_mode) or _is_descriptor(at):
            here = at
            yield _Hop(at, at.stat() if _is_descriptor(at) else found, not left)
            continue
        links += 1
        if links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
        yield _Hop(at, found, last=False)
        target = Path(at.readlink())
        if target.is_absolute():
            here = Path(target.anchor)
        left += [part for part in reversed(target.parts) if part != target.anchor]


def _judged(path: Path, trusted: Trusted) -> Path:
    """Where a path leads, all of it judged."""
    judge, place = _Judge(path, trusted), path
    for hop in _hops(path):
        if hop.found is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        judge.take(hop.path, hop.found)
        place = hop.path
    return place


def _is_anothers_file(path: Path, found: os.stat_result, trusted: Trusted) -> bool:
    return stat.S_ISREG(found.st_mode) and not trusted.has(found.st_uid) and not _is_descriptor(path)


def _is_descriptor(path: Path) -> bool:
    """Whether a path is that of a descriptor of ours, as in `<(…)`: whoever started us has opened it."""
    named = _DESCRIPTORS.fullmatch(str(path.parent))
    return named is not None and int(named[1]) == os.getpid()


@dataclass(frozen=True)
class _Judge:
    """Judges what is on the way to a path.

    Attributes:
        path: As it was given, for the error.
        trusted: Who may write.
    """

    path: Path
    trusted: Trusted

    def take(self, at: Path, found: os.stat_result, *, sticky: bool = True) -> None:
        """Raises UntrustedPath where others may write it.

        Args:
            at: What is judged.
            found: What is known of it.
            sticky: Whether a folder will do in which others may make files, but not touch ours.
        """
        kind, quoted = stat.S_IFMT(found.st_mode), shlex.quote(str(at))
        if not self.trusted.has(found.st_uid):
            raise self._refusal(
                at,
                f"{user_in_words(found.st_uid)} owns {{it}}",
                f"copy it to a folder of your own, or, where it is yours, do `sudo chown {os.geteuid()} {quoted}`",
            )
        if kind in {stat.S_IFLNK, stat.S_IFCHR}:  # the rights of a link mean nothing, and a device keeps nothing
            return
        if kind == stat.S_IFDIR and found.st_mode & stat.S_ISVTX and sticky:
            return
        if found.st_mode & stat.S_IWOTH:
            todo = "name a new folder in it" if kind == stat.S_IFDIR and found.st_mode & stat.S_ISVTX else None
            raise self._refusal(at, "everybody may write {it}", todo or f"do `chmod o-w {quoted}`")
        if not found.st_mode & stat.S_IWGRP:  # also what an access control list grants at most
            return
        acl = access_control_list(at)
        if acl is None:
            if not self.trusted.is_group(found.st_gid):
                raise self._refusal(at, f"{group_in_words(found.st_gid)} may write {{it}}", f"do `chmod g-w {quoted}`")
            return
        for who in writers(acl, found.st_gid, self.trusted):
            raise self._refusal(at, f"{who} may write {{it}}, by an access control list", f"do `setfacl -b {quoted}`")

    def _refusal(self, at: Path, why: str, todo: str) -> UntrustedPath:
        it = "it" if at == self.path else str(at)
        return UntrustedPath(self.path, at, f"is not taken, since {why.format(it=it)}; {todo}")
