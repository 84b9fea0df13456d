"""The options of FOR /F, and how it splits a line into tokens.

Source: `for /?` of Windows 7; "eol=" and empty lines as in wine-mirror/wine programs/cmd/tests/test_builtins.cmd.
"""

import re
from dataclasses import dataclass, replace

from sspr_lab.cmd.scanner import unexpected

_OPTION = re.compile(r"\s*(usebackq|skip=\d+|eol=.?|tokens=[\d,*-]+|delims=)", re.IGNORECASE)


@dataclass(frozen=True)
class Options:
    """How a line is taken apart. `tokens` are numbers from 1; `rest` asks for what remains after the last of them."""

    tokens: tuple[int, ...] = (1,)
    rest: bool = False
    delims: str = " \t"
    eol: str = ";"
    skip: int = 0
    usebackq: bool = False

    def split(self, line: str) -> list[str] | None:
        """The values for the variables, None when the line is passed over (empty, or a comment)."""
        text = line.lstrip(self.delims)
        if not text or (self.eol and text.startswith(self.eol)):
            return None
        highest = max(self.tokens, default=0)
        words: list[str] = []
        while text and len(words) < highest:
            end = next((index for index, character in enumerate(text) if character in self.delims), len(text))
            words.append(text[:end])
            text = text[end:].lstrip(self.delims)
        values = [words[number - 1] if number <= len(words) else "" for number in self.tokens]
        return [*values, text] if self.rest else values


def parse_options(text: str) -> Options:
    """The options between the quotes. Raises CommandSyntaxError for what is none."""
    body = text.strip('"')
    options = Options()
    at = 0
    while body[at:].strip():
        match = _OPTION.match(body, at)
        if match is None:
            raise unexpected(body[at:].strip())
        name, _, value = match.group(1).partition("=")
        at = match.end()
        if name.lower() == "delims":
            value = _delimiters(body[at:])
            at += len(value)
        options = _applied(options, name.lower(), value)
    return options


def _applied(options: Options, name: str, value: str) -> Options:
    match name:
        case "usebackq":
            return replace(options, usebackq=True)
        case "skip":
            return replace(options, skip=int(value))
        case "eol":
            return replace(options, eol=value)
        case "delims":
            return replace(options, delims=value)
        case _:
            return replace(options, tokens=_tokens(value.removesuffix("*")), rest=value.endswith("*"))


def _delimiters(following: str) -> str:
    """What delims= takes: everything up to a space, and the space too when nothing but spaces follows."""
    word = following.partition(" ")[0]
    return following if following.strip(" ") == word else word


def _tokens(value: str) -> tuple[int, ...]:
    numbers: set[int] = set()
    for part in value.split(","):
        first, dash, last = part.partition("-")
        if first.isdecimal():
            numbers.update(range(int(first), int(last) + 1) if dash and last.isdecimal() else [int(first)])
    return tuple(sorted(numbers))
