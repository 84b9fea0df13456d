"""Names that are safe as file and folder names on Linux, macOS and Windows alike."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable

from orchestrator.model.message import Message, message, phrase

_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?: *\..*)?", re.IGNORECASE)
"""Device names, which Windows sees even before an extension.

learn.microsoft.com/windows/win32/fileio/naming-a-file
"""
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_UNPORTABLE = re.compile(r"[^\w.-]")
_LONGEST_FILE_NAME = 128
_LONGEST_FOLDER_NAME = 64
_MOST_BYTES = 200  # in UTF-8; file systems take 255
_DIGEST_LETTERS = 10


_EMPTY = phrase("name-empty")
_RESERVED_CHARACTER = phrase("name-reserved-character")
_NOT_SHOWN = phrase("name-not-shown")
_BLANK_AT_END = phrase("name-blank-at-end")
_OF_DEVICE = phrase("name-of-device")


@message("name-too-long")
def _too_long(most: int) -> None: ...


_OBJECTIONS: tuple[tuple[Callable[[str], object], Message], ...] = (
    (lambda name: not name.strip(" ."), _EMPTY()),
    (lambda name: len(name) > _LONGEST_FILE_NAME, _too_long(_LONGEST_FILE_NAME)),
    (_FORBIDDEN.search, _RESERVED_CHARACTER()),
    (lambda name: not name.isprintable(), _NOT_SHOWN()),
    (lambda name: name != name.strip(" ") or name.endswith("."), _BLANK_AT_END()),
    (_RESERVED.fullmatch, _OF_DEVICE()),
)


def objection(name: str) -> Message | None:
    """Why `name` must not be used as the name of a file, as the end of a sentence; None when it may.

    Only a plain name will do: what holds a separator, a drive letter or a device name is refused as a whole, because
    mending a name that a host made up would only hide what it tried.
    """
    return next((reason for objects, reason in _OBJECTIONS if objects(name)), None)


def folder_name(host: str) -> str:
    """A folder name for a host: its own name where that is safe, else a similar one in ASCII that ends in a digest.

    Letters and digits of any language are safe, composed (NFC) as file systems and archives keep them alike. Names
    that differ (without regard to case) give folders that differ, so an inventory's hosts never share one.
    """
    plain = _UNPORTABLE.sub("_", host)[:_LONGEST_FOLDER_NAME].strip(".")
    if plain == host and objection(plain) is None and _is_kept_alike(plain):
        return plain
    digest = hashlib.sha256(host.casefold().encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LETTERS]
    similar = re.sub(r"[^a-z0-9_-]", "_", plain.lower())
    return f"host-{similar}-{digest}"


def _is_kept_alike(name: str) -> bool:
    return unicodedata.is_normalized("NFC", name) and len(name.encode("utf-8", "surrogatepass")) <= _MOST_BYTES
