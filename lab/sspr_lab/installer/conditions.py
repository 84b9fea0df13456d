"""The condition language of installer tables ("Conditional Statement Syntax", Windows Installer documentation)."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

Operand = str | int | None

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<text>"[^"]*")
    | (?P<number>-?\d+)
    | (?P<compare>~?(?:><|<<|>>|<>|<=|>=|=|<|>))
    | (?P<paren>[()])
    | (?P<symbol>[%$?&!]?[A-Za-z_][\w.]*)
    )""",
    re.VERBOSE,
)
# Each binds tighter than the next one.
_BINARY: Final = ("AND", "OR", "XOR", "EQV", "IMP")
_LOGIC: Final[Mapping[str, Callable[[bool, bool], bool]]] = {
    "AND": lambda a, b: a and b,
    "OR": lambda a, b: a or b,
    "XOR": lambda a, b: a != b,
    "EQV": lambda a, b: a == b,
    "IMP": lambda a, b: not a or b,
}
_ORDER: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class ConditionError(ValueError):
    """The expression does not follow the grammar."""


class State(IntEnum):
    """INSTALLSTATE as conditions see it."""

    UNKNOWN = -1
    ADVERTISED = 1
    ABSENT = 2
    LOCAL = 3
    SOURCE = 4


@dataclass(frozen=True)
class Symbols:
    """What the names in a condition stand for: NAME, %NAME, ?component, $component, !feature, &feature."""

    properties: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)
    component_states: Mapping[str, State] = field(default_factory=dict)
    component_actions: Mapping[str, State] = field(default_factory=dict)
    feature_states: Mapping[str, State] = field(default_factory=dict)
    feature_actions: Mapping[str, State] = field(default_factory=dict)

    def value(self, symbol: str) -> Operand:
        name = symbol[1:]
        match symbol[0]:
            case "%":
                return self.environment.get(name)
            case "?":
                return self.component_states.get(name, State.UNKNOWN)
            case "$":
                return self.component_actions.get(name, State.UNKNOWN)
            case "!":
                return self.feature_states.get(name, State.UNKNOWN)
            case "&":
                return self.feature_actions.get(name, State.UNKNOWN)
            case _:
                return self.properties.get(symbol)


def evaluate(condition: str, symbols: Symbols) -> bool:
    """Whether the condition holds; an empty one does.

    Raises:
        ConditionError: the expression is malformed.
    """
    tokens = _tokens(condition)
    if not tokens:
        return True
    parser = _Parser(tokens, symbols)
    result = parser.logic(len(_BINARY) - 1)
    parser.expect_end()
    return result


def _tokens(condition: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at, end = 0, len(condition.rstrip())
    while at < end:
        match = _TOKEN.match(condition, at)
        if match is None:
            raise ConditionError(condition)
        tokens.append((match.lastgroup or "", match.group(match.lastgroup or 0)))
        at = match.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens; evaluates as it reads."""

    def __init__(self, tokens: list[tuple[str, str]], symbols: Symbols) -> None:
        self._tokens = tokens
        self._symbols = symbols
        self._at = 0

    def logic(self, level: int) -> bool:
        if level < 0:
            return self._negation()
        result = self.logic(level - 1)
        while self._take_word(_BINARY[level]):
            right = self.logic(level - 1)
            result = _LOGIC[_BINARY[level]](result, right)
        return result

    def expect_end(self) -> None:
        if self._at != len(self._tokens):
            raise ConditionError(self._tokens[self._at][1])

    def _negation(self) -> bool:
        if self._take_word("NOT"):
            return not self._negation()
        return self._term()

    def _term(self) -> bool:
        if self._peek() == ("paren", "("):
            self._at += 1
            result = self.logic(len(_BINARY) - 1)
            if self._peek() != ("paren", ")"):
                raise ConditionError("a parenthesis is not closed")
            self._at += 1
            return result
        left = self._operand()
        kind, comparison = self._peek()
        if kind != "compare":
            return bool(left)
        self._at += 1
        return compare(left, comparison, self._operand())

    def _operand(self) -> Operand:
        kind, token = self._peek()
        self._at += 1
        match kind:
            case "text":
                return token[1:-1]
            case "number":
                return int(token)
            case "symbol":
                return self._symbols.value(token)
            case _:
                raise ConditionError(token or "the expression ends too soon")

    def _take_word(self, word: str) -> bool:
        kind, token = self._peek()
        found = kind == "symbol" and token.upper() == word
        self._at += found
        return found

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")


def compare(left: Operand, comparison: str, right: Operand) -> bool:
    """Compare as the installer does: numbers when either side is one and the other reads as one, else text.

    A number and a text that is not one are unequal and nothing else. `~` ignores case.
    """
    ignore_case = comparison.startswith("~")
    comparison = comparison.lstrip("~")
    if isinstance(left, int) or isinstance(right, int):
        numbers = _as_number(left), _as_number(right)
        if numbers[0] is None or numbers[1] is None:
            return comparison == "<>"
        return _compare_numbers(numbers[0], comparison, numbers[1])
    texts = left or "", right or ""
    if ignore_case:
        texts = texts[0].upper(), texts[1].upper()
    return _compare_texts(texts[0], comparison, texts[1])


def _as_number(operand: Operand) -> int | None:
    if isinstance(operand, int):
        return operand
    return int(operand) if operand and re.fullmatch(r"\s*[+-]?\d+\s*", operand) else None


def _compare_numbers(left: int, comparison: str, right: int) -> bool:
    match comparison:
        case "><":  # bits in common
            return bool(left & right)
        case "<<":  # the high words
            return left >> 16 == right >> 16
        case ">>":  # the low words
            return left & 0xFFFF == right & 0xFFFF
        case _:
            return _ORDER[comparison](left, right)


def _compare_texts(left: str, comparison: str, right: str) -> bool:
    match comparison:
        case "><":
            return right in left
        case "<<":
            return left.startswith(right)
        case ">>":
            return left.endswith(right)
        case _:
            return _ORDER[comparison](left, right)
