"""SET /A: 32-bit signed arithmetic over variables, with C's operators.

Source: `set /?` of Windows 7 for operators and precedence; codes and messages of errors [mem].
"""

import re
from collections.abc import Callable, MutableMapping
from typing import Final

MISSING_OPERAND: Final = (1073750989, "Missing operand.")
MISSING_OPERATOR: Final = (1073750990, "Missing operator.")
UNBALANCED: Final = (1073750988, "Unbalanced parenthesis.")
DIVIDE_BY_ZERO: Final = (1073750993, "Divide by zero error.")
INVALID_NUMBER: Final = (
    1073750991,
    "Invalid number.  Numeric constants are either decimal (17),\nhexadecimal (0x11), or octal (021).",
)

_TOKEN: Final = re.compile(r"\s*(<<=|>>=|<<|>>|[-+*/%&^|]=|[-+*/%&^|()=,~!]|[^\s<>=,()|^&%*/+~!-]+)")
_LEVELS: Final = (("|",), ("^",), ("&",), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))
_ASSIGNMENTS: Final = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "&=", "^=", "|=", "<<=", ">>="})


class ArithmeticError32(Exception):
    """An expression that SET /A refuses, with the code that it leaves in ERRORLEVEL."""

    def __init__(self, error: tuple[int, str]) -> None:
        super().__init__(error)
        self.code, self.message = error


def evaluate(expression: str, variables: MutableMapping[str, str]) -> int:
    """The value of the last of the comma-separated expressions; assignments go to `variables`.

    Raises:
        ArithmeticError32: the expression is malformed, or divides by zero.
    """
    return _Evaluator(_tokens(expression.replace('"', "")), variables).everything()


def _tokens(expression: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    expression = expression.rstrip()
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        if match is None:
            raise ArithmeticError32(MISSING_OPERATOR)
        tokens.append(match.group(1))
        at = match.end()
    return tokens


class _Evaluator:
    def __init__(self, tokens: list[str], variables: MutableMapping[str, str]) -> None:
        self._tokens = tokens
        self._variables = variables
        self._at = 0

    def everything(self) -> int:
        value = self._assignment()
        while self._accept(","):
            value = self._assignment()
        if self._peek() is not None:
            raise ArithmeticError32(UNBALANCED if self._peek() == ")" else MISSING_OPERATOR)
        return value

    def _peek(self, ahead: int = 0) -> str | None:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else None

    def _accept(self, *tokens: str) -> str | None:
        token = self._peek()
        if token not in tokens:
            return None
        self._at += 1
        return token

    def _assignment(self) -> int:
        name, operator = self._peek(), self._peek(1)
        if name is None or operator not in _ASSIGNMENTS or not _is_name(name):
            return self._binary(0)
        self._at += 2
        right = self._assignment()
        value = right if operator == "=" else _OPERATIONS[operator[:-1]](self._value_of(name), right)
        self._variables[name] = str(value)
        return value

    def _binary(self, level: int) -> int:
        if level == len(_LEVELS):
            return self._unary()
        value = self._binary(level + 1)
        while operator := self._accept(*_LEVELS[level]):
            value = _OPERATIONS[operator](value, self._binary(level + 1))
        return value

    def _unary(self) -> int:
        match self._accept("-", "+", "~", "!"):
            case "-":
                return _wrapped(-self._unary())
            case "+":
                return self._unary()
            case "~":
                return ~self._unary()
            case "!":
                return int(self._unary() == 0)
        return self._primary()

    def _primary(self) -> int:
        if self._accept("("):
            value = self._assignment()
            if not self._accept(")"):
                raise ArithmeticError32(UNBALANCED)
            return value
        token = self._peek()
        if token is None or not (token[0].isdecimal() or _is_name(token)):
            raise ArithmeticError32(MISSING_OPERAND)
        self._at += 1
        return _constant(token) if token[0].isdecimal() else self._value_of(token)

    def _value_of(self, name: str) -> int:
        text = self._variables.get(name, "0").strip()
        match = re.match(r"[+-]?(?:0[xX][0-9a-fA-F]+|\d+)", text)
        if match is None:
            return 0
        sign, digits = (-1, match.group()[1:]) if match.group()[0] == "-" else (1, match.group().lstrip("+"))
        return _wrapped(sign * _constant(digits))


def _is_name(token: str) -> bool:
    return not token[0].isdecimal() and token not in ("(", ")", ",", "=") and token not in _OPERATIONS


def _constant(digits: str) -> int:
    base = 16 if digits.lower().startswith("0x") else 8 if digits.startswith("0") and len(digits) > 1 else 10
    try:
        return _wrapped(int(digits, base) if base != 8 else int(digits.lstrip("0") or "0", 8))
    except ValueError:
        raise ArithmeticError32(INVALID_NUMBER) from None


def _wrapped(value: int) -> int:
    return (value + 2**31) % 2**32 - 2**31


def _divide(left: int, right: int) -> int:
    if right == 0:
        raise ArithmeticError32(DIVIDE_BY_ZERO)
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _shift_left(left: int, right: int) -> int:
    return _wrapped(left << right) if 0 <= right < 32 else 0


def _shift_right(left: int, right: int) -> int:
    if 0 <= right < 32:
        return left >> right
    return -1 if left < 0 else 0


_OPERATIONS: Final[dict[str, Callable[[int, int], int]]] = {
    "+": lambda left, right: _wrapped(left + right),
    "-": lambda left, right: _wrapped(left - right),
    "*": lambda left, right: _wrapped(left * right),
    "/": lambda left, right: _wrapped(_divide(left, right)),
    "%": lambda left, right: left - right * _divide(left, right),
    "&": lambda left, right: left & right,
    "|": lambda left, right: left | right,
    "^": lambda left, right: left ^ right,
    "<<": _shift_left,
    ">>": _shift_right,
}
