"""The .reg text format, version 5.00: how the registry of a Wine prefix is set up and looked at from outside a case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sspr_lab.registry import Kind, Value
from sspr_lab.tools.reg_files import from_bytes, to_bytes

_HEADER = "Windows Registry Editor Version 5.00"
_NUMBERS: Mapping[str, int] = {"REG_BINARY": 3, "REG_EXPAND_SZ": 2, "REG_MULTI_SZ": 7, "REG_QWORD": 11, "REG_NONE": 0}
_KINDS: Mapping[str, Kind] = {
    "hex": "REG_BINARY",
    "hex(2)": "REG_EXPAND_SZ",
    "hex(7)": "REG_MULTI_SZ",
    "hex(b)": "REG_QWORD",
}
_LONG = {"HKLM": "HKEY_LOCAL_MACHINE", "HKCU": "HKEY_CURRENT_USER", "HKU": "HKEY_USERS"}


def import_text(absent: Iterable[str], wanted: Mapping[str, Mapping[str, Value | None]]) -> str:
    """A file that takes keys away, then sets values; None takes one away."""
    lines = [_HEADER, "", *(f"[-{_long(key)}]\r\n" for key in absent)]
    for key, values in wanted.items():
        lines.append(f"[{_long(key)}]")
        lines += [f"{_name(name)}={_data(value)}" for name, value in values.items()]
        lines.append("")
    return "\r\n".join([*lines, ""])


def parse_export(text: str, key: str) -> dict[str, Value]:
    """The values of one key of an exported file, by lower-case name; those below it are left out."""
    body = re.sub(r"\\\r?\n\s*", "", text)
    section = re.search(rf"(?ims)^\[{re.escape(_long(key))}\]\s*$(.*?)(?=^\[|\Z)", body)
    assert section is not None, f"the export of {key} lacks it"
    pairs = re.findall(r'(?m)^(?:@|"((?:[^"\\]|\\.)*)")=(.*?)\r?$', section[1])
    return {re.sub(r"\\(.)", r"\1", name).lower(): _parsed(data) for name, data in pairs}


def _long(key: str) -> str:
    hive, _, rest = key.partition("\\")
    return f"{_LONG[hive]}\\{rest}"


def _name(name: str) -> str:
    return f'"{_escaped(name)}"' if name else "@"


def _data(value: Value | None) -> str:
    match value:
        case None:
            return "-"
        case Value("REG_SZ", str(text)):
            return f'"{_escaped(text)}"'
        case Value("REG_DWORD", int(number)):
            return f"dword:{number:08x}"
        case _:
            return f"hex({_NUMBERS[value.kind]:x}):{to_bytes(value).hex(',')}"


def _parsed(data: str) -> Value:
    if data.startswith('"'):
        return Value("REG_SZ", re.sub(r"\\(.)", r"\1", data[1:-1]))
    form, _, digits = data.partition(":")
    if form == "dword":
        return Value("REG_DWORD", int(digits, 16))
    return from_bytes(_KINDS[form], bytes.fromhex(digits.replace(",", "")))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
