"""reg export and reg import: the .reg format (version 5.00 in UTF-16, REGEDIT4 in ANSI) and both operations."""

import re
from collections.abc import Iterator
from typing import Final

from sspr_lab.errors import WindowsError
from sspr_lab.process import Process
from sspr_lab.registry import Kind, Registry, Value
from sspr_lab.tools.complaints import complain
from sspr_lab.tools.reg_syntax import DONE, canceled, confirmed, done, invalid_syntax, key_name, parse_options

_HEADER: Final = "Windows Registry Editor Version 5.00"
_OLD_HEADER: Final = "REGEDIT4"
_CANNOT_OPEN: Final = "Error opening the file. There may be a disk or file system error."
_CANNOT_READ: Final = "Error accessing the registry: the specified file is not a registry script."  # not Windows' words
_VIEWS: Final = "/reg:32 /reg:64"
_LINE_WIDTH: Final = 80
_HEX_KINDS: Final[dict[str, Kind]] = {
    "hex": "REG_BINARY",
    "hex(0)": "REG_NONE",
    "hex(1)": "REG_SZ",
    "hex(2)": "REG_EXPAND_SZ",
    "hex(4)": "REG_DWORD",
    "hex(7)": "REG_MULTI_SZ",
    "hex(b)": "REG_QWORD",
}
_HEX_PREFIXES: Final = {kind: prefix for prefix, kind in _HEX_KINDS.items()}
_ASSIGNMENT: Final = re.compile(r'(?:@|"((?:[^"\\]|\\.)*)")\s*=\s*(.*)', re.DOTALL)


async def export(process: Process, arguments: list[str]) -> int:
    """Write a key and all below it to a file; asks before it overwrites one unless /y is given."""
    if len(arguments) < 2:
        raise invalid_syntax("EXPORT")
    name = key_name(arguments[0], "EXPORT")
    options = parse_options("EXPORT", arguments[2:], switches=f"/y {_VIEWS}", with_argument="")
    files = process.machine.files
    path = files.full_path(arguments[1], process.directory)
    key = process.machine.registry.key(name, options.view(process), process.account)
    asks = files.exists(path) and "/y" not in options
    question = process.text("File {name} already exists. Overwrite (Yes/No)?", name=arguments[1])
    if asks and not await confirmed(process, question):
        return await canceled(process)
    lines = [_HEADER, ""]
    for each, found in key.walk(name):
        lines += [f"[{each}]", *(_assignment(value_name, value) for value_name, value in found.values.items()), ""]
    files.write(
        path, ("\ufeff" + "".join(f"{line}\r\n" for line in lines)).encode("utf-16-le"), account=process.account
    )
    return await done(process)


async def import_(process: Process, arguments: list[str]) -> int:
    """Apply a .reg file. Success is reported on the standard error output, as reg.exe does."""
    if not arguments:
        raise invalid_syntax("IMPORT")
    options = parse_options("IMPORT", arguments[1:], switches=_VIEWS, with_argument="")
    try:
        data = process.machine.files.read(process.machine.files.full_path(arguments[0], process.directory))
    except WindowsError:
        return await complain(process, _CANNOT_OPEN)
    lines = _lines(_decoded(data, process.machine.profile.ansi_code_page))
    if next(lines, "").strip() not in (_HEADER, _OLD_HEADER):
        return await complain(process, _CANNOT_READ)
    _apply(process.machine.registry, lines, options.view(process), process)
    await process.stderr.write_text(f"{process.text(DONE)}\n")
    return 0


def _decoded(data: bytes, ansi_code_page: int) -> str:
    return data.decode("utf-16") if data.startswith(b"\xff\xfe") else data.decode(f"cp{ansi_code_page}", "replace")


def _lines(text: str) -> Iterator[str]:
    r"""The logical lines: one that ends in "\" goes on in the next; comments and empty lines are left out."""
    held = ""
    for line in text.splitlines():
        stripped = held + line.strip()
        held = ""
        if stripped.endswith("\\"):
            held = stripped[:-1]
        elif stripped and not stripped.startswith(";"):
            yield stripped


def _apply(registry: Registry, lines: Iterator[str], view: int, process: Process) -> None:
    path = ""
    for line in lines:
        if line.startswith("[-"):
            path = ""
            if registry.exists(line[2:-1], view, process.account):
                registry.delete_key(line[2:-1], view, account=process.account)
        elif line.startswith("["):
            path = line[1:-1]
            registry.create(path, view, account=process.account)
        elif path and (match := _ASSIGNMENT.fullmatch(line)):
            name = _unescaped(match[1] or "")
            if match[2] == "-":
                if registry.get(path, name, view, process.account) is not None:
                    registry.delete_value(path, name, view, account=process.account)
            elif (value := _value(match[2])) is not None:
                registry.set(path, name, value, view, account=process.account)


def _value(text: str) -> Value | None:
    """The value of an assignment's right side; None for one that cannot be read, which reg.exe passes over."""
    if text.startswith('"') and text.endswith('"'):
        return Value("REG_SZ", _unescaped(text[1:-1]))
    prefix, _, digits = text.partition(":")
    try:
        if prefix == "dword":
            return Value("REG_DWORD", int(digits, 16))
        kind = _HEX_KINDS.get(prefix)
        return None if kind is None else from_bytes(kind, bytes.fromhex(digits.replace(",", " ")))
    except ValueError:
        return None


def _assignment(name: str, value: Value) -> str:
    left = f'"{_escaped(name)}"' if name else "@"
    if value.kind == "REG_SZ":
        return f'{left}="{_escaped(str(value.data))}"'
    if value.kind == "REG_DWORD" and isinstance(value.data, int):
        return f"{left}=dword:{value.data:08x}"
    return _wrapped(f"{left}={_HEX_PREFIXES[value.kind]}:", to_bytes(value))


def _wrapped(start: str, data: bytes) -> str:
    r"""Hex bytes, broken into lines of at most 80 characters that end in "\"."""
    lines, line = [], start
    for index, byte in enumerate(data):
        piece = f"{byte:02x}" + ("," if index + 1 < len(data) else "")
        if len(line) + len(piece) + 1 > _LINE_WIDTH:
            lines.append(f"{line}\\")
            line = "  "
        line += piece
    return "\r\n".join([*lines, line])


def to_bytes(value: Value) -> bytes:
    """The value's data as the registry stores it (texts in UTF-16 with their zeros, numbers little-endian)."""
    match value.data:
        case str():
            return (value.data + "\0").encode("utf-16-le")
        case list():
            return ("".join(f"{each}\0" for each in value.data) + "\0").encode("utf-16-le")
        case int():
            return value.data.to_bytes(4 if value.kind == "REG_DWORD" else 8, "little")
        case bytes():
            return value.data


def from_bytes(kind: Kind, data: bytes) -> Value:
    """The reverse of `to_bytes`. Raises ValueError (UnicodeDecodeError) for texts that are not UTF-16."""
    match kind:
        case "REG_SZ" | "REG_EXPAND_SZ":
            return Value(kind, data.decode("utf-16-le").rstrip("\0"))
        case "REG_MULTI_SZ":
            return Value(kind, [part for part in data.decode("utf-16-le").split("\0") if part])
        case "REG_DWORD" | "REG_QWORD":
            return Value(kind, int.from_bytes(data, "little"))
        case "REG_BINARY" | "REG_NONE":
            return Value(kind, data)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
