"""Opens a cabinet that a host made (makecab), as untrusted input.

cabarchive does the reading; the limits and the names are ours. makecab writes MSZIP, which cabarchive reads; Quantum
and LZX, which makecab writes only when told to, are refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from cabarchive import CabArchive, CabFile, CorruptionError, NotSupportedError
from cabarchive.parser import CabArchiveParser

from orchestrator.harvest import names
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import Message, message, phrase

_FLAGS_OFFSET = 30
_PREVIOUS_OR_NEXT = 0x0003
"""CFHEADER.flags: cfhdrPREV_CABINET, cfhdrNEXT_CABINET ([MS-CAB] 2.1)."""


_PART_OF_A_SET = phrase("cabinet-part-of-a-set")
_NO_CABINET = phrase("cabinet-none")
_DAMAGED = phrase("cabinet-damaged")
_SAME_NAME = phrase("cabinet-same-name")
_TOO_LARGE = phrase("cabinet-too-large")


@message("cabinet-too-many-files")
def _too_many_files(most: int) -> None: ...


@message("cabinet-name-not-accepted")
def _name_not_accepted(objection: Message) -> None: ...


@dataclass(frozen=True)
class Limits:
    """What a cabinet may unpack to: bytes in all, bytes of one file, number of files."""

    total: int = 512 * 1024 * 1024
    one_file: int = 256 * 1024 * 1024
    count: int = 200


DEFAULT_LIMITS = Limits()


def contents(cabinet: bytes, limits: Limits = DEFAULT_LIMITS) -> Iterator[tuple[str, bytes]]:
    """The files of a cabinet, as (name, content), once all of it has been found sound.

    Raises:
        UnexpectedOutput: when it is no cabinet, is damaged, is part of a split set, exceeds a limit, or holds a name
            that is not a plain file name or that differs from another only in case.
    """
    flags = cabinet[_FLAGS_OFFSET : _FLAGS_OFFSET + 1]
    if cabinet.startswith(b"MSCF") and flags and flags[0] & _PREVIOUS_OR_NEXT:
        raise UnexpectedOutput(_PART_OF_A_SET())
    archive = _Archive(limits)
    try:
        _Parser(archive, limits).parse(cabinet)
    except NotSupportedError as error:
        raise UnexpectedOutput(_NO_CABINET(), why=str(error)) from error
    except (CorruptionError, ValueError, IndexError, struct.error) as error:
        raise UnexpectedOutput(_DAMAGED(), why=str(error)) from error
    return iter(archive.contents)


class _Archive(CabArchive):
    """Judges each file as the parser hands it over, before the next one is read."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.contents: list[tuple[str, bytes]] = []
        self._limits = limits
        self._seen: set[str] = set()
        self._bytes = 0

    def __setitem__(self, name: str, file: CabFile) -> None:
        content = bytes(file.buf or b"")
        self._bytes += len(content)
        if problem := names.objection(name):
            raise UnexpectedOutput(_name_not_accepted(problem), name=name[:200])
        if name.casefold() in self._seen:
            raise UnexpectedOutput(_SAME_NAME(), name=name)
        if len(self._seen) == self._limits.count:
            raise UnexpectedOutput(_too_many_files(self._limits.count))
        if len(content) > self._limits.one_file or self._bytes > self._limits.total:
            raise UnexpectedOutput(_TOO_LARGE(), name=name, bytes=self._bytes)
        self._seen.add(name.casefold())
        self.contents.append((name, content))


class _Parser(CabArchiveParser):
    """Counts what the data blocks unpack to: several folders may point at the same block, over and over."""

    def __init__(self, archive: _Archive, limits: Limits) -> None:
        super().__init__(archive)
        self._limit = limits.total
        self._unpacked = 0

    def parse_cfdata(self, offset: int, compression: int) -> tuple[int, bytes]:
        advance, content = super().parse_cfdata(offset, compression)
        self._unpacked += len(content)
        if self._unpacked > self._limit:
            raise UnexpectedOutput(_TOO_LARGE(), bytes=self._unpacked)
        return advance, content
