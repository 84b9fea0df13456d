"""What stays of a text of trouble when all that differs from machine to machine is taken out of it.

Two texts with the same signature tell of the same trouble. Error codes in hexadecimal (0x80072EFD) stay, and so do the
numbers of updates (KB3140245), as they are what one trouble differs from another by.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from orchestrator.model.showable import printable

GUID, PATH, NAME, NUMBER = "{GUID}", "(path)", "(name)", "#"
"""What stands where something was."""
LONGEST: Final = 2000
"""Characters that are looked at."""
_WHAT_DIFFERS: Final = re.compile(
    r"(?P<kept>\b0[xX][89a-fA-F][0-9a-fA-F]{7}\b|\bKB\d+)"
    r"|(?P<guid>\{?\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b\}?)"
    r"|(?P<path>(?:\b[A-Za-z]:|\\\\[\w.$-]+|%\w+%)(?:\\[^\\/:*?\"<>|\s]*[^\\/:*?\"<>|\s.,;!])+"
    r"|\bHK(?:LM|CU|U|EY_\w+)(?:\\[^\\\s]+)+)"
    r"|(?P<account>\b[\w.-]+\\[\w.$-]+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\bS-1(?:-\d+){2,})"
    r"|(?P<number>\b0[xX][0-9a-fA-F]+\b|\d+(?:[.,:/ \u00a0-]\d+)*)"
)
_STANDS_FOR: Final = {"guid": GUID, "path": PATH, "account": NAME, "number": NUMBER}


def signature(text: str, names: Iterable[str] = ()) -> str:
    """A text without numbers, GUIDs, paths, registry keys, accounts, and these names of machines.

    Args:
        text: What was said, in any language.
        names: What else is to be taken out, in whatever case it stands there: the machine's name and its address.
    """
    line = printable(text[:LONGEST])
    wanted = sorted({name for name in names if name}, key=len, reverse=True)
    if wanted:
        any_name = "|".join(map(re.escape, wanted))
        line = re.sub(rf"(?<!\w)(?:{any_name})(?:\.[\w-]+)*(?!\w)", NAME, line, flags=re.IGNORECASE)
    return _WHAT_DIFFERS.sub(_stand_in, line)


def _stand_in(found: re.Match[str]) -> str:
    return _STANDS_FOR.get(found.lastgroup or "", found[0])
