"""Whether an answer may be made a tree, as pywinrm makes one of it: judged by a parser that keeps nothing.

A tree takes many times what its text does. Tags of four bytes take a hundred, and a long namespace stands anew in the
name of every element that belongs to it. What Windows answers has some dozens of elements, short names and much text.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from xml.parsers import expat

MOST_ELEMENTS: Final = 10_000
"""An answer of the largest size, in portions as small as a command may print them, has fewer."""
_MOST_MARKS: Final = 2 * MOST_ELEMENTS
"""Of `<` and of `=`; one alone could have a million attributes, which come together."""
_LONGEST_NAME: Final = 256
"""Characters of a name, and of the name of a namespace."""
_DEEPEST: Final = 100


class AnswerNotSoap(Exception):
    """What the host says is no XML that SOAP allows, or none that Windows would answer."""


def judge(answer: bytes) -> None:
    """Passes SOAP of a service; what is not well-formed is left for whoever reads it to refuse.

    Raises:
        AnswerNotSoap: It has a document type, which SOAP forbids and which can grow without end, a NUL, or more, deeper
            or longer tags than a service's.
    """
    if b"<!DOCTYPE" in answer or b"\0" in answer or max(answer.count(b"<"), answer.count(b"=")) > _MOST_MARKS:
        raise AnswerNotSoap
    parser = expat.ParserCreate()
    elements = depth = 0

    def begin(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal elements, depth
        elements, depth = elements + 1, depth + 1
        spaces = [value for key, value in attributes.items() if key.startswith("xmlns")]
        longest = max(map(len, [name, *attributes, *spaces]))
        if elements > MOST_ELEMENTS or depth > _DEEPEST or longest > _LONGEST_NAME:
            raise AnswerNotSoap

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    with suppress(expat.ExpatError):
        parser.Parse(answer, True)
