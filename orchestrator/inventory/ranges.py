"""Numeric ranges in the names of hosts: `PC-[003:120]` stands for PC-003, PC-004 … PC-120."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from typing import Final

_RANGE: Final = re.compile(r"\[(\d{1,9}):(\d{1,9})\]")
_MOST: Final = 100_000


def expand(text: str) -> Iterator[str]:
    """Every name that a text with any number of ranges stands for; the text itself when there is none in it.

    Ends are included. A range that begins with a zero gives numbers of at least so many digits.

    Raises:
        ValueError: A range runs backwards, or more than 100,000 names would come of it (a slip of the keyboard).
    """
    pieces = _RANGE.split(text)
    literals, starts, ends = pieces[::3], pieces[1::3], pieces[2::3]
    ranges = [range(int(start), int(end) + 1) for start, end in zip(starts, ends, strict=True)]
    for start, end, numbers in zip(starts, ends, ranges, strict=True):
        if not numbers:
            raise ValueError(f"the range [{start}:{end}] runs backwards")
    if math.prod(map(len, ranges)) > _MOST:
        raise ValueError(f"more than {_MOST:,} names would come of it")
    widths = [len(start) if start.startswith("0") else 1 for start in starts]
    return _names(literals, ranges, widths)


def _names(literals: list[str], ranges: list[range], widths: list[int]) -> Iterator[str]:
    for numbers in itertools.product(*ranges):
        written = [f"{number:0{width}}" for number, width in zip(numbers, widths, strict=True)]
        yield "".join(itertools.chain(*itertools.zip_longest(literals, written, fillvalue="")))
