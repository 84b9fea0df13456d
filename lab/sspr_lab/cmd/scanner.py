"""Characters of a command line with cmd.exe's rules for quotes, carets, separators and redirections.

Source: phase 2 of the public description "How does the Windows Command Interpreter (CMD.EXE) parse scripts?"
(stackoverflow.com/q/4094699).
"""

from collections.abc import Callable
from typing import Final

from sspr_lab.cmd.nodes import Direction, Redirection

DELIMITERS: Final = " \t,;=\v\f\xa0"
OPERATORS: Final = "&|<>\n"
END: Final = ""

MoreLines = Callable[[], str | None]


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
        return self._text[at] if at < len(self._text) else END

    def starts_with(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def advance(self, count: int = 1) -> None:
        self._at += count

    def rest_of_line(self) -> str:
        """Take what is left of the line as it stands."""
        end = self._text.find("\n", self._at)
        end = len(self._text) if end < 0 else end
        taken = self._text[self._at : end]
        self._at = end
        return taken

    def next_line(self) -> bool:
        """Append one more line of input; False when there is none."""
        line = self._more()
        if line is None:
            return False
        self._text += "\n" + line
        return True

    def skip_delimiters(self) -> None:
        while self.peek() != END and self.peek() in DELIMITERS:
            self.advance()

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
        taken: list[str] = []
        quoted = False
        while (character := self.peek()) != END and character != "\n":
            if character == '"':
                quoted = not quoted
            elif not quoted:
                if character == "^":
                    taken.append(self.escaped())
                    continue
                if self._ends_word(character, stops, stop_at_equals=stop_at_equals):
                    break
            taken.append(character)
            self.advance()
        return "".join(taken)

    def _ends_word(self, character: str, stops: str, *, stop_at_equals: bool) -> bool:
        if character == "=" and stop_at_equals:
            return self.starts_with("==")
        return character in DELIMITERS or character in OPERATORS or character in stops

    def arguments(self, stops: str) -> tuple[str, list[Redirection]]:
        """Take the rest of a command: its text without carets, and the redirections that stood in it."""
        taken: list[str] = []
        redirections: list[Redirection] = []
        quoted = escaped = False
        while (character := self.peek()) != END and character != "\n":
            if character == '"':
                quoted = not quoted
            elif not quoted:
                if character == "^":
                    taken.append(self.escaped())
                    escaped = True
                    continue
                if character in "<>":
                    handle = None if escaped else _trailing_handle(taken)
                    redirections.append(self.redirection(handle, stops))
                    escaped = False
                    continue
                if character in OPERATORS or character in stops:
                    break
            taken.append(character)
            escaped = False
            self.advance()
        return "".join(taken), redirections

    def leading_redirection(self, stops: str) -> Redirection | None:
        """Take a redirection that stands before a command, if one does."""
        if self.peek() in ("<", ">"):
            return self.redirection(None, stops)
        if self.peek().isdecimal() and self.peek(1) in ("<", ">"):
            handle = int(self.peek())
            self.advance()
            return self.redirection(handle, stops)
        return None

    def redirection(self, handle: int | None, stops: str) -> Redirection:
        """Take an operator and its target. Raises CommandSyntaxError when there is no target."""
        direction: Direction = "<" if self.peek() == "<" else ">>" if self.starts_with(">>") else ">"
        self.advance(len(direction))
        if handle is None:
            handle = 0 if direction == "<" else 1
        if self.peek() == "&":
            self.advance()
            self.skip_delimiters()
            digit = self.peek()
            if not digit.isdecimal():
                raise unexpected(digit if digit.strip() else "&")
            self.advance()
            return Redirection(handle, direction, f"&{digit}")
        self.skip_delimiters()
        if target := self.word(stops):
            return Redirection(handle, direction, target)
        character = self.peek()
        raise CommandSyntaxError if character.strip() == "" else unexpected(character)


def _trailing_handle(taken: list[str]) -> int | None:
    """A digit that stands alone before an operator is the handle's number; it is taken out of the text."""
    if len(taken) > 1 and taken[-1].isdecimal() and taken[-2] in DELIMITERS:
        return int(taken.pop())
    return None
