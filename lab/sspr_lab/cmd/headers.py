"""What stands between IF or FOR and the commands that they govern: the condition, the variable and the set.

Source: `if /?` and `for /?` of Windows 7, and the public description at stackoverflow.com/q/4094699.
"""

from dataclasses import dataclass
from typing import Final, cast

from sspr_lab.cmd.nodes import Condition, ForKind
from sspr_lab.cmd.scanner import END, CommandSyntaxError, Scanner, Unfinished, unexpected

_COMPARISONS: Final = frozenset({"equ", "neq", "lss", "leq", "gtr", "geq"})
_UNARY_TESTS: Final = frozenset({"errorlevel", "exist", "defined", "cmdextversion"})


@dataclass(frozen=True)
class ForHeader:
    """FOR up to and with DO; the fields are those of the node."""

    kind: ForKind
    variable: str
    items: str
    options: str
    root: str


def read_condition(scanner: Scanner, stops: str) -> Condition:
    """Take NOT, /I and the test. `stops` are characters that end a word here. Raises CommandSyntaxError."""
    negated = ignore_case = False
    while True:
        word = _operand(scanner, stops)
        if word.lower() == "not" and not negated:
            negated = True
        elif word.lower() == "/i" and not _equals_follows(scanner):
            ignore_case = True
        else:
            break
    if word.lower() in _UNARY_TESTS and not _equals_follows(scanner):
        return Condition(word.lower(), _operand(scanner, stops), negated=negated, ignore_case=ignore_case)
    if _equals_follows(scanner):
        scanner.skip_delimiters()
        return Condition("==", word, _operand(scanner, stops), negated, ignore_case)
    test = _operand(scanner, stops).lower()
    if test not in _COMPARISONS:
        raise unexpected(test)
    return Condition(test, word, _operand(scanner, stops), negated, ignore_case)


def _operand(scanner: Scanner, stops: str) -> str:
    scanner.skip_delimiters()
    word = scanner.word(stops, stop_at_equals=True)
    if not word:
        character = scanner.peek()
        raise unexpected(character) if character.strip() else CommandSyntaxError()
    return word


def _equals_follows(scanner: Scanner) -> bool:
    while scanner.peek() in (" ", "\t"):
        scanner.advance()
    return scanner.starts_with("==")


def read_for_header(scanner: Scanner) -> ForHeader:
    """Take the switch with its argument, the variable, IN, the set and DO. Raises CommandSyntaxError, Unfinished."""
    kind: ForKind = ""
    options = root = ""
    word = _word(scanner)
    if word.lower() in ("/d", "/r", "/l", "/f"):
        kind = cast("ForKind", word.lower())
        word = _word(scanner)
        if kind == "/r" and not _is_variable(word):
            root, word = word, _word(scanner)
        if kind == "/f" and not _is_variable(word):
            options, word = word, _word(scanner)
    if not _is_variable(word):
        raise unexpected(word)
    _keyword(scanner, "in")
    scanner.skip_delimiters()
    if scanner.peek() != "(":
        raise unexpected(scanner.word() or scanner.peek())
    scanner.advance()
    items = _items(scanner)
    _keyword(scanner, "do")
    return ForHeader(kind, word[1], items, options, root)


def _word(scanner: Scanner) -> str:
    scanner.skip_delimiters()
    word = scanner.word()
    if not word:
        raise CommandSyntaxError
    return word


def _is_variable(word: str) -> bool:
    return len(word) == 2 and word[0] == "%"


def _keyword(scanner: Scanner, keyword: str) -> None:
    scanner.skip_delimiters()
    word = scanner.word("(")
    if word.lower() != keyword:
        raise unexpected(word or scanner.peek())


def _items(scanner: Scanner) -> str:
    """The text up to the ")": separators outside quotes have become spaces, carets are used up.

    That is why `for /f %i in ('wmic os get a,b')` loses its comma on Windows unless it is escaped or quoted.
    """
    taken: list[str] = []
    while True:
        taken.append(scanner.up_to('"^),;=\t\n'))
        character = scanner.peek()
        if character == END:
            if not scanner.next_line():
                raise Unfinished
        elif character == '"':
            taken.append(scanner.quoted())
        elif character == "^":
            taken.append(scanner.escaped())
        else:
            scanner.advance()
            if character == ")":
                return "".join(taken)
            taken.append(" ")
