r"""Wine's registry files: text, one section a key, in which a later section adds to an earlier one of the same key.

`system.reg` holds HKEY_LOCAL_MACHINE and `user.reg` HKEY_CURRENT_USER. The server writes them when it ends (and every
half minute), and reads them when it starts; between the two they may be read and added to.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from sspr_lab.registry import Key, Value

_SECTION: Final = re.compile(r"^\[(?P<path>.+)\](?: \d+)?$")
_ENTRY: Final = re.compile(r'^(?:@|"(?P<name>(?:[^"\\]|\\.)*)")=(?P<data>.*)$', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(x[0-9a-fA-F]{1,4}|[0-7]{1,3}|.)", re.DOTALL)
_NAMED: Final = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}
_HEX: Final = {"REG_NONE": 0, "REG_BINARY": 3, "REG_QWORD": 11}
_KIND_OF: Final = {number: kind for kind, number in _HEX.items()}


def added(keys: Iterable[tuple[str, Key]]) -> str:
    """The text to be added to a registry file for these keys, each with its path below the hive."""
    lines = []
    for path, key in keys:
        lines.append(f"\n[{_escaped(path)}]")
        lines += [f"{_name(name)}={_data(value)}" for name, value in key.values.items()]
    return "\n".join(lines) + "\n"


def without(path: Path, key: str) -> None:
    """Take a key and all below it out of a registry file."""
    prefix = key.lower()

    def stays(section: str) -> bool:
        name = _section_name(section).lower()
        return name != prefix and not name.startswith(prefix + "\\")

    kept = [section for section in _sections(path) if stays(section)]
    path.write_text("".join(kept), encoding="utf-8")


def read(path: Path, below: str = "") -> dict[str, dict[str, Value]]:
    """The keys of a registry file at and below a key, by path in lower case, with their values by name as written."""
    prefix = below.lower()
    keys: dict[str, dict[str, Value]] = {}
    for section in _sections(path):
        name = _section_name(section).lower()
        if name and (not prefix or name == prefix or name.startswith(prefix + "\\")):
            keys.setdefault(name, {}).update(_values(section))
    return keys


def _sections(path: Path) -> Iterator[str]:
    """The pieces of the file that begin with a key's line; the first is the file's head."""
    yield from re.split(r"(?m)^(?=\[)", path.read_text(encoding="utf-8"))


def _section_name(section: str) -> str:
    match = _SECTION.match(section.partition("\n")[0])
    return _unescaped(match["path"]) if match else ""


def _values(section: str) -> Iterator[tuple[str, Value]]:
    joined = re.sub(r"\\\n\s*", "", section)
    for line in joined.split("\n")[1:]:
        match = _ENTRY.match(line)
        if match:
            value = _parsed(match["data"])
            if value is not None:
                yield _unescaped(match["name"] or ""), value


def _parsed(text: str) -> Value | None:
    if text.startswith("dword:"):
        return Value("REG_DWORD", int(text[6:], 16))
    if text.startswith("hex"):
        kind, _, digits = text.partition(":")
        data = bytes.fromhex(digits.replace(",", " "))
        number = int(kind[4:-1], 16) if kind != "hex" else _HEX["REG_BINARY"]
        if number == _HEX["REG_QWORD"]:
            return Value("REG_QWORD", int.from_bytes(data, "little"))
        return Value("REG_NONE" if number == 0 else "REG_BINARY", data)
    kind, _, quoted = text.partition(":") if text.startswith("str(") else ("str(1)", "", text)
    if not quoted.startswith('"'):
        return None
    plain = _unescaped(quoted[1:-1])
    if kind == "str(7)":
        return Value("REG_MULTI_SZ", [part for part in plain.split("\0") if part])
    return Value("REG_EXPAND_SZ" if kind == "str(2)" else "REG_SZ", plain)


def _name(name: str) -> str:
    return f'"{_escaped(name)}"' if name else "@"


def _data(value: Value) -> str:
    match value.data:
        case str():
            text = f'"{_escaped(value.data)}"'
            return text if value.kind == "REG_SZ" else f"str(2):{text}"
        case list():
            return f'str(7):"{_escaped("".join(item + chr(0) for item in value.data))}"'
        case int():
            if value.kind == "REG_DWORD":
                return f"dword:{value.data:08x}"
            return _hex(_HEX["REG_QWORD"], value.data.to_bytes(8, "little"))
        case bytes():
            return _hex(_HEX[value.kind], value.data)


def _hex(kind: int, data: bytes) -> str:
    prefix = "hex" if kind == _HEX["REG_BINARY"] else f"hex({kind:x})"
    return f"{prefix}:{data.hex(',')}"


def _escaped(text: str) -> str:
    def one(character: str) -> str:
        if character in '\\"[]':
            return "\\" + character
        code = ord(character)
        return character if 32 <= code < 127 else f"\\x{code:04x}"

    return "".join(map(one, text))


def _unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        escape = match[1]
        if escape[0] == "x" and len(escape) > 1:
            return chr(int(escape[1:], 16))
        if escape.isdigit():
            return chr(int(escape, 8))
        return _NAMED.get(escape, escape)

    return _ESCAPE.sub(one, text)
