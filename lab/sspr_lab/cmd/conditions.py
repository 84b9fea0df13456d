"""What IF decides."""

from collections.abc import Callable
from typing import Final

from sspr_lab.cmd import wildcards
from sspr_lab.cmd.nodes import Condition
from sspr_lab.cmd.shell import Shell

_ORDER: Final[dict[str, Callable[[int], bool]]] = {
    "equ": lambda order: order == 0,
    "neq": lambda order: order != 0,
    "lss": lambda order: order < 0,
    "leq": lambda order: order <= 0,
    "gtr": lambda order: order > 0,
    "geq": lambda order: order >= 0,
}
_EXTENSION_VERSION: Final = 2


def holds(shell: Shell, condition: Condition) -> bool:
    """Whether the commands after the condition run."""
    left, right = shell.expand(condition.left), shell.expand(condition.right)
    return _test(shell, condition, left, right) != condition.negated


def _test(shell: Shell, condition: Condition, left: str, right: str) -> bool:
    match condition.test:
        case "errorlevel":
            return shell.errorlevel >= (_integer(left) or 0)
        case "cmdextversion":
            return (_integer(left) or 0) <= _EXTENSION_VERSION
        case "defined":
            return shell.lookup(left) is not None
        case "exist":
            return _exists(shell, left.replace('"', ""))
        case "==":
            return _folded(left, condition) == _folded(right, condition)
    return _ORDER[condition.test](_compared(left, right, condition))


def _exists(shell: Shell, path: str) -> bool:
    """A file or directory; a directory alone when the path ends in a backslash or, as in old scripts, in NUL."""
    folder, separator, name = path.rpartition("\\")
    if separator and name.lower() in ("nul", ""):
        entry = shell.stat(folder + "\\")
        return entry is not None and entry.is_dir
    return wildcards.exists(shell.files, shell.full_path(path))


def _folded(text: str, condition: Condition) -> str:
    return text.lower() if condition.ignore_case else text


def _compared(left: str, right: str, condition: Condition) -> int:
    """Negative, zero or positive. Two numbers (decimal, 0x.., 0..) compare as numbers, anything else as text.

    Text compares without regard to case first; of words that differ in nothing else the lower-case one is less
    (wine-mirror/wine programs/cmd/tests/test_builtins.cmd.exp: "b LSS B", "A LSS b").
    """
    numbers = _integer(left), _integer(right)
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    if left.lower() != right.lower() or condition.ignore_case:
        return (left.lower() > right.lower()) - (left.lower() < right.lower())
    return (left.swapcase() > right.swapcase()) - (left.swapcase() < right.swapcase())


def _integer(text: str) -> int | None:
    digits = text.lstrip("+-")
    base = 16 if digits.lower().startswith("0x") else 8 if digits.startswith("0") and len(digits) > 1 else 10
    try:
        return int(text, base) if base != 8 else int(text.replace(digits, digits.lstrip("0") or "0"), 8)
    except ValueError:
        return None
