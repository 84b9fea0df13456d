"""Characters of a command line with cmd.exe's rules for quotes, carets, separators and redirections.

Source: phase 2 of the public description "How does the Windows Command Interpreter (CMD.EXE) parse scripts?"
(stackoverflow.com/q/4094699).
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from sspr_lab.cmd.nodes import Direction, Redirection

DELIMITERS: Final = " \t,;=\v\f\xa0"
OPERATORS: Final = "&|<>\n"
END: Final = ""

MoreLines = Callable[[], str | None]

_DELIMITERS: Final = re.compile(f"[{re.escape(DELIMITERS)}]*")
_BEFORE_AMPERSAND: Final = re.compile(r"[^&\n]*(?=&(?!&))")
_QUOTED: Final = re.compile(r'"[^"\n]*"?')


@cache
def _up_to(ends: str) -> re.Pattern[str]:
    """What stands before the first of these characters."""
    return re.compile(f"[^{re.escape(ends)}]*")


@cache
def _plain_word(stops: str) -> re.Pattern[str]:
    """What of a word stands before a separator, an operator, a stop, a quote or a caret."""
    return _up_to(f'"^{DELIMITERS}{OPERATORS}{stops}')


@cache
def _plain_arguments(stops: str) -> re.Pattern[str]:
    """What of a command's rest stands before an operator, a stop, a quote or a caret."""
    return _up_to(f'"^{OPERATORS}{stops}')


class CommandSyntaxError(Exception):
    """cmd.exe refuses a line: `message` about `values` is what it prints, `code` what it leaves as the return code."""

    def __init__(self, message: str = "The syntax of the command is incorrect.", code: int = 1, **values: str) -> None:
        super().__init__(message)
        self.message = message
        self.values = values
        self.code = code


def unexpected(token: str) -> CommandSyntaxError:
    """The error for a token that cannot stand where it stands; the return code 255 is [mem]."""
    return CommandSyntaxError("{token} was unexpected at this time.", 255, token=token)


class Unfinished(Exception):
    """The input ended inside parentheses or after a caret."""


class Scanner:
    """A cursor over percent-expanded text; `more` gives the next line of a batch file, None when there is none."""

    def __init__(self, text: str, more: MoreLines) -> None:
        self._text = text
        self._at = 0
        self._more = more

    def peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._text[at : at + 1]

    def starts_with(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def advance(self, count: int = 1) -> None:
        self._at += count

    def up_to(self, ends: str) -> str:
        """Take what stands before the first of these characters, or everything."""
        return self._take(_up_to(ends))

    def quoted(self) -> str:
        """Take a quote and what it holds: up to the next quote, or to the line's end."""
        return self._take(_QUOTED)

    @property
    def left(self) -> str:
        """What has not been taken yet."""
        return self._text[self._at :]

    def before_ampersand(self) -> str | None:
        """What stands before the next & of this line, unless that is the first of two; it is not taken."""
        found = _BEFORE_AMPERSAND.match(self._text, self._at)
        return None if found is None else found[0]

    def rest_of_line(self) -> str:
        """Take what is left of the line as it stands."""
        return self.up_to("\n")

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[0]

    def next_line(self) -> bool:
        """Append one more line of input; False when there is none."""
        line = self._more()
        if line is None:
            return False
        self._text += "\n" + line
        return True

    def skip_delimiters(self) -> str:
        """Skip separators, and look at the character after them."""
        character = self._text[self._at : self._at + 1]
        if character == END or character not in DELIMITERS:
            return character
        self._take(_DELIMITERS)
        return self._text[self._at : self._at + 1]

    def escaped(self) -> str:
        """Take a caret and what it escapes: the next character, at a line's end the first of the next line."""
        self.advance()
        if self.peek() == END and not self.next_line():
            return ""
        if self.peek() == "\n":
            self.advance()
            if self.peek() == END and not self.next_line():
                return ""
        taken = self.peek()
        self.advance()
        return taken

    def word(self, stops: str = "", *, stop_at_equals: bool = False) -> str:
        """Take characters up to a separator, an operator or one of `stops`; quotes hold separators, carets are used up.

        With `stop_at_equals` the word ends at "==" and a lone "=" is part of it.
        """
        plain = _plain_word(stops)
        taken: list[str] = []
        while True:
            taken.append(self._take(plain))
            character = self.peek()
            if character == '"':
                taken.append(self.quoted())
            elif character == "^":
                taken.append(self.escaped())
            elif character == "=" and stop_at_equals and not self.starts_with("=="):
                taken.append(character)
                self.advance()
            else:
                return "".join(taken)

    def arguments(self, stops: str) -> tuple[str, list[Redirection]]:
        """Take the rest of a command: its text without carets, and the redirections that stood in it."""
        plain = _plain_arguments(stops)
        taken = ""
        redirections: list[Redirection] = []
        escaped = False
        while True:
            if piece := self._take(plain):
                taken += piece
                escaped = False
            character = self.peek()
            if character == '"':
                taken += self.quoted()
                escaped = False
            elif character == "^":
                taken += self.escaped()
                escaped = True
            elif character in ("<", ">"):
                handle = None if escaped else _trailing_handle(taken)
                if handle is not None:
                    taken = taken[:-1]
                redirections.append(self.redirection(handle, stops))
                escaped = False
            else:
                return taken, redirections

    def leading_redirection(self, stops: str) -> Redirection | None:
        """Take a redirection that stands before a command, if one does."""
        character = self.peek()
        if character in ("<", ">"):
            return self.redirection(None, stops)
        if character.isdecimal() and self.peek(1) in ("<", ">"):
            self.advance()
            return self.redirection(int(character), stops)
        return None

    def redirection(self, handle: int | None, stops: str) -> Redirection:
        """Take an operator and its target. Raises CommandSyntaxError when there is no target."""
        direction: Direction = "<" if self.peek() == "<" else ">>" if self.starts_with(">>") else ">"
        self.advance(len(direction))
        if handle is None:
            handle = 0 if direction == "<" else 1
        if self.peek() == "&":
            self.advance()
            digit = self.skip_delimiters()
            if not digit.isdecimal():
                raise unexpected(digit if digit.strip() else "&")
            self.advance()
            return Redirection(handle, direction, f"&{digit}")
        self.skip_delimiters()
        if target := self.word(stops):
            return Redirection(handle, direction, target)
        character = self.peek()
        raise CommandSyntaxError if character.strip() == "" else unexpected(character)


def _trailing_handle(taken: str) -> int | None:
    """A digit that stands alone before an operator is the handle's number."""
    if len(taken) > 1 and taken[-1].isdecimal() and taken[-2] in DELIMITERS:
        return int(taken[-1])
    return None
