"""Text files read as bytes in which names can be looked for, and written again as they were.

UTF-16 is read as UTF-8 and becomes UTF-16 again, with the mark of its byte order or without. All else stays as it is: a
code page that nobody knows is changed where a name stands, and nowhere else.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from orchestrator.model.message import Message, phrase

ENDINGS: Final = (".xml", ".reg", ".log", ".csv", ".txt", ".json")
"""Of files that can be rewritten."""
_NO_TEXT: Final = phrase("redaction-no-text")
_MIXED: Final = phrase("redaction-mixed")
_BROKEN: Final = phrase("redaction-broken")
_WIDE: Final = re.compile(rb"[\x20-\x7e]\0[\x20-\x7e]\0|\0[\x20-\x7e]\0[\x20-\x7e]")
"""UTF-16 in the middle of what is none."""


class NotRewritten(Exception):
    """A file is none that can be rewritten; `why` says so."""

    def __init__(self, why: Message) -> None:
        super().__init__(why.code)
        self.why = why


NO_TEXT: Final = _NO_TEXT()
MIXED: Final = _MIXED()


@dataclass(frozen=True)
class Text:
    """A text file.

    Attributes:
        wide: The encoding where it is UTF-16; None for all others.
        registry: Whether it is an export of the registry.
        escapes: Whether it is JSON.
    """

    wide: str | None
    registry: bool = False
    escapes: bool = False


def text_of(name: str, portions: Iterable[bytes]) -> Text:
    """What kind of text a file is.

    Args:
        name: The file's.
        portions: Its beginning, or all of it; as much is read as is needed.

    Raises:
        NotRewritten: It is none.
    """
    ending = next((each for each in ENDINGS if name.lower().endswith(each)), None)
    if ending is None:
        raise NotRewritten(NO_TEXT)
    beginning = next(iter(portions), b"")[:2]
    wide = None
    if beginning == codecs.BOM_UTF16_BE:
        wide = "utf-16-be"
    elif beginning == codecs.BOM_UTF16_LE or beginning[1:] == b"\0":
        wide = "utf-16-le"
    return Text(wide, registry=ending == ".reg", escapes=ending == ".json")


def read(text: Text, portions: Iterable[bytes]) -> Iterator[bytes]:
    """What a file says, as `Pseudonyms` looks at it.

    Raises:
        NotRewritten: UTF-16 stands in what is none, or the file breaks off within UTF-16.
    """
    return _narrowed(text.wide, portions) if text.wide else _checked(portions)


def written(text: Text, portions: Iterable[bytes]) -> Iterator[bytes]:
    """The same as the file had it. Raises NotRewritten."""
    return _widened(text.wide, portions) if text.wide else iter(portions)


def _checked(portions: Iterable[bytes]) -> Iterator[bytes]:
    """Zeros are at the end of many a log after a power failure, and harm nobody."""
    last = b""
    for portion in portions:
        if b"\0" in portion and _WIDE.search(last + portion):
            raise NotRewritten(MIXED)
        yield portion
        last = portion[-3:]


def _narrowed(wide: str, portions: Iterable[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(wide)("surrogatepass")
    try:
        for portion in chain(portions, [None]):
            yield decoder.decode(portion or b"", final=portion is None).encode("utf-8", "surrogatepass")
    except UnicodeError as error:
        raise NotRewritten(_BROKEN()) from error


def _widened(wide: str, portions: Iterable[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
    try:
        for portion in chain(portions, [None]):
            yield decoder.decode(portion or b"", final=portion is None).encode(wide, "surrogatepass")
    except UnicodeError as error:
        raise NotRewritten(_BROKEN()) from error
