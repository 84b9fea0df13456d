"""Valid input with something wrong in it, as lines, disks and people who mean harm make it: for the tests of readers.

What is nothing like the real thing is refused at its first byte. What is nearly right gets far.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

HUGE = 5000
"""Digits: Python makes no number of more than 4,300."""
_NUMBERS = (b"0", b"-1", b"255", b"65535", b"2147483648", b"4294967295", b"18446744073709551616", b"9" * HUGE)
_ODDITIES = (
    b"",
    b"\0",
    b"\n",
    b"\r\n",
    b'"',
    b"'",
    b"\\",
    b"<",
    b">",
    b"&",
    b"[" * 3000,
    b"{",
    b"}",
    b"]",
    b" ",
    b"\t",
)
_OTHER_LETTERS = (b"\xff", b"\xed\xa0\x80", "²".encode(), "٣".encode(), "\u202e".encode(), "한".encode(), b"\x1b[2J")
_PUT_IN = st.sampled_from(_NUMBERS + _ODDITIES + _OTHER_LETTERS) | st.binary(max_size=8)
_DIGITS = b"0123456789"


def few(examples: int) -> settings:
    """Settings of a test whose readers are slow or many; `pytest --hypothesis-profile` does not change them."""
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
    )


@st.composite
def damaged(draw: st.DrawFn, originals: Sequence[bytes], most: int = 3) -> bytes:
    """One of these with up to so many things done to it: bytes are changed, cut out, put in, or stand there twice."""
    content = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(1, most))):
        content = draw(st.sampled_from(_DAMAGES))(draw, content)
    return content


def damaged_text(originals: Sequence[str], most: int = 3) -> st.SearchStrategy[str]:
    """The same of text, as what is no UTF-8 any more is read."""
    return damaged([original.encode() for original in originals], most).map(
        lambda data: data.decode("utf-8", "replace")
    )


def _flip(draw: st.DrawFn, content: bytes) -> bytes:
    changed = bytearray(content)
    for at in draw(st.lists(st.integers(0, max(0, len(content) - 1)), min_size=1, max_size=4)) if content else ():
        changed[at] = draw(st.sampled_from((0, 1, 0x7F, 0x80, 0xFE, 0xFF)) | st.integers(0, 255))
    return bytes(changed)


def _cut(draw: st.DrawFn, content: bytes) -> bytes:
    """The end is missing, or something in the middle."""
    begin = draw(st.integers(0, len(content)))
    return content[:begin] + content[draw(st.just(len(content)) | st.integers(begin, len(content))) :]


def _put_in(draw: st.DrawFn, content: bytes) -> bytes:
    at = draw(st.integers(0, len(content)))
    return content[:at] + draw(_PUT_IN) + content[at:]


def _number(draw: st.DrawFn, content: bytes) -> bytes:
    """Another number stands in the place of one."""
    begins = [at for at in range(len(content)) if content[at] in _DIGITS and (not at or content[at - 1] not in _DIGITS)]
    if not begins:
        return content
    begin = end = draw(st.sampled_from(begins))
    while end < len(content) and content[end] in _DIGITS:
        end += 1
    return content[:begin] + draw(st.sampled_from(_NUMBERS)) + content[end:]


def _lines(draw: st.DrawFn, content: bytes) -> bytes:
    """A line stands there twice, in another place, or is gone."""
    lines = content.split(b"\n")
    line = lines[draw(st.integers(0, len(lines) - 1))]
    if draw(st.booleans()):
        lines.remove(line)
    lines.insert(draw(st.integers(0, len(lines))), line)
    return b"\n".join(lines[: draw(st.just(len(lines)) | st.integers(0, len(lines)))])


_DAMAGES = (_flip, _cut, _put_in, _number, _lines)


@st.composite
def damaged_json(draw: st.DrawFn, originals: Sequence[Any], most: int = 2) -> Any:
    """One of these documents with a value, or several, of another kind than it should be, gone, or there twice."""
    whole = [copy.deepcopy(draw(st.sampled_from(originals)))]
    for _ in range(draw(st.integers(1, most))):
        above, key = draw(st.sampled_from(list(_places(whole))))
        if draw(st.integers(0, 3)) or above is whole:
            above[key] = draw(OTHER_VALUES)
        else:
            del above[key]
    return whole[0]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Where each value of a document stands: in what, and by which key or number."""
    each = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in each:
        yield value, key
        yield from _places(inner)


OTHER_VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, True, 0, -1, 2**63, 10**400, 1e309, 0.5),
        *("", "x", "\ud800", "\0", "9" * HUGE, "../..", "HKLM"),
        *([], {}, [[]], {"a": {}}, {"code": 1}),
        *("0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-09:00", "2026-02-30T00:00:00Z"),
    ]
)
"""In the order of their types: numbers, texts, what holds others, times."""
