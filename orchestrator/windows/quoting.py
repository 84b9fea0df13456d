r"""Any text as one word of a command line that cmd.exe hands to a program.

Two readers take a word apart, and both must find the same text in it. The program splits its command line as
CommandLineToArgvW does: quotes may end and begin again in the middle of a word, `\"` is a quote, and backslashes in
front of a quote are doubled (learn.microsoft.com, CommandLineToArgvW). cmd.exe takes what stands between quotes as it
is, but for two things ("phases", stackoverflow.com/q/4094699). It knows no `\"`, so a word with a quote in it has a
caret in front of each of cmd.exe's special characters instead, quotes included. And it expands variables, so what
follows a percent sign stands outside of the quotes: a name that begins with a quote is no variable's.
"""

from __future__ import annotations

import re


def word(text: str) -> str:
    """`text` as one word; nothing in it is expanded, split or carried out.

    Raises:
        ValueError: when it is not `speakable`.
    """
    if not speakable(text):
        raise ValueError(f"no word of a command line: {text!r}")
    escaped = re.sub(r'(\\*)("|$)', lambda found: 2 * found[1] + (r"\"" if found[2] else ""), text)
    quoted = '"' + re.sub(r'%([^\s"\\&|<>()^%])', r'%"\1"', escaped) + '"'
    return re.sub(r'["^&|<>()]', r"^\g<0>", quoted) if '"' in text else quoted


def speakable(text: str) -> bool:
    """Whether `text` can stand in a command line: it has no control characters, and all of it was text.

    U+FFFD stands for bytes that were none.
    """
    return not re.search("[\x00-\x1f\x7f\ufffd\ud800-\udfff]", text)
