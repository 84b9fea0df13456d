"""What the operations of reg.exe share: key names, options, data on the command line and on the screen, questions."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

from sspr_lab import errors
from sspr_lab.errors import WindowsError
from sspr_lab.process import Process
from sspr_lab.registry import KINDS, Kind, Value
from sspr_lab.registry_paths import LONG_NAMES
from sspr_lab.streams import codec_of

DONE: Final = "The operation completed successfully."
DEFAULT_VALUE: Final = "(Default)"  # what stands for the name of a key's own value
_DWORD_LIMIT: Final = 1 << 32
_QWORD_LIMIT: Final = 1 << 64
_KIND_NUMBERS: Final[Mapping[Kind, int]] = {
    "REG_NONE": 0,
    "REG_SZ": 1,
    "REG_EXPAND_SZ": 2,
    "REG_BINARY": 3,
    "REG_DWORD": 4,
    "REG_MULTI_SZ": 7,
    "REG_QWORD": 11,
}


class Refusal(Exception):
    """reg.exe does not accept the command line of `operation`."""

    def __init__(self, reason: str, operation: str) -> None:
        super().__init__(reason, operation)
        self.reason = reason
        self.operation = operation


def invalid_syntax(operation: str) -> Refusal:
    return Refusal("Invalid syntax.", operation)


@dataclass(frozen=True)
class Options:
    """The options that were given: name (lower case) -> its argument, "" for a switch without one."""

    operation: str
    given: Mapping[str, str]

    def __contains__(self, name: str) -> bool:
        return name in self.given

    def get(self, name: str) -> str | None:
        return self.given.get(name)

    def view(self, process: Process) -> int:
        """The registry view: the one asked for, or that of reg.exe's own bitness."""
        if "/reg:32" in self and "/reg:64" in self:
            raise invalid_syntax(self.operation)
        if "/reg:32" in self:
            return 32
        return 64 if "/reg:64" in self else process.bits


def parse_options(operation: str, arguments: list[str], *, switches: str, with_argument: str) -> Options:
    """Sort arguments into options. An option given twice or unknown, or one without its argument, is refused."""
    given: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name = rest.pop(0).lower()
        if name in given:
            raise invalid_syntax(operation)
        if name in with_argument.split():
            if not rest:
                raise invalid_syntax(operation)
            given[name] = rest.pop(0)
        elif name in switches.split():
            given[name] = ""
        else:
            raise invalid_syntax(operation)
    return Options(operation, given)


@lru_cache(1024)
def key_name(text: str, operation: str) -> str:
    r"""The key's full name as reg.exe prints it: the hive's long name, the rest as typed.

    Raises:
        Refusal: for something that does not begin with a hive.
        WindowsError: 53 for another machine's registry.
    """
    if text.startswith("\\\\"):
        raise WindowsError(errors.BAD_NETWORK_PATH, text)
    hive, separator, rest = text.rstrip("\\").partition("\\")
    long_name = LONG_NAMES.get(hive.upper(), hive.upper())
    if long_name not in LONG_NAMES.values() or (separator and not rest):
        raise Refusal("Invalid key name.", operation)
    return f"{long_name}\\{rest}" if rest else long_name


def kind_of(text: str, operation: str) -> Kind:
    """The value type of a word such as reg_dword."""
    if text.upper() not in KINDS:
        raise invalid_syntax(operation)
    return cast("Kind", text.upper())


def kind_number(kind: Kind) -> int:
    return _KIND_NUMBERS[kind]


def parse_data(kind: Kind, text: str, separator: str, operation: str) -> Value:
    r"""The value that /d gives. Numbers are decimal or 0x...; REG_MULTI_SZ is separated by "\0" unless /s says else."""
    match kind:
        case "REG_SZ" | "REG_EXPAND_SZ":
            return Value(kind, text)
        case "REG_MULTI_SZ":
            return Value(kind, [part for part in text.split(separator) if part])
        case "REG_DWORD" | "REG_QWORD":
            return Value(kind, _number(text or "0", _DWORD_LIMIT if kind == "REG_DWORD" else _QWORD_LIMIT, operation))
        case "REG_BINARY" | "REG_NONE":
            return Value(kind, _bytes(text, operation))


def _number(text: str, limit: int, operation: str) -> int:
    try:
        number = int(text, 16) if text[:2].lower() == "0x" else int(text)
    except ValueError:
        raise invalid_syntax(operation) from None
    if not 0 <= number < limit:
        raise invalid_syntax(operation)
    return number


def _bytes(text: str, operation: str) -> bytes:
    try:
        return bytes.fromhex(text if len(text) % 2 == 0 else f"0{text}")
    except ValueError:
        raise invalid_syntax(operation) from None


def shown(value: Value, separator: str = "\\0") -> str:
    """The data as `reg query` prints it."""
    match value.data:
        case str():
            return value.data
        case int():
            return f"{value.data:#x}"
        case bytes():
            return value.data.hex().upper()
        case list():
            return separator.join(value.data)


async def done(process: Process) -> int:
    """Say that it is done; returns the exit code."""
    await process.stdout.write_text(f"{process.text(DONE)}\n")
    return 0


async def canceled(process: Process) -> int:
    """Say that somebody answered no; returns the exit code."""
    await process.stdout.write_text(f"{process.text('The operation was canceled by the user.')}\n")
    return 1


async def confirmed(process: Process, question: str) -> bool:
    """Ask until the answer is yes or no. A standard input that stays open without data keeps reg.exe waiting.

    At the end of the input the answer is taken as no: what Windows 7 does there is not documented.
    """
    while True:
        await process.stdout.write_text(question)
        line = await process.stdin.readline()
        answer = line.decode(codec_of(process.code_page), "replace")
        if process.spoken.is_yes(answer):
            return True
        if process.spoken.is_no(answer) or not line:
            return False
