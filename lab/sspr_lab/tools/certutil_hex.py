"""The hexadecimal forms that certutil writes and reads (the CRYPT_STRING_* numbers of wincrypt.h)."""

import base64
import re
from enum import IntEnum
from typing import Final

_ROW: Final = 16
_ADDRESS: Final = re.compile(r"^[0-9a-fA-F]{4,8}\t")


class _Form(IntEnum):
    BASE64 = 1
    HEX = 4
    HEX_ASCII = 5
    HEX_ADDRESS = 10
    HEX_ASCII_ADDRESS = 11
    HEX_RAW = 12


def to_hex(data: bytes, kind: int) -> bytes:
    """`data` in one of the forms. certutil's own default shows addresses and characters.

    Raises:
        ValueError: the lab does not know the form.
    """
    match kind:
        case _Form.BASE64:
            text = base64.b64encode(data)
            return b"\r\n".join(text[at : at + 64] for at in range(0, len(text), 64)) + b"\r\n"
        case _Form.HEX_RAW:
            return data.hex().encode() + b"\r\n"
        case _Form.HEX | _Form.HEX_ASCII | _Form.HEX_ADDRESS | _Form.HEX_ASCII_ADDRESS:
            rows = range(0, len(data), _ROW)
            return b"".join(_row(data[at : at + _ROW], at, kind) for at in rows)
    raise ValueError(kind)


def _row(piece: bytes, at: int, kind: int) -> bytes:
    pairs = piece.hex(" ")
    pairs = f"{pairs[:23]}  {pairs[24:]}".rstrip() if len(piece) > 8 else pairs
    address = f"{at:04x}\t" if kind in (_Form.HEX_ADDRESS, _Form.HEX_ASCII_ADDRESS, _Form.HEX_ASCII) else ""
    shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
    text = f"   {shown}" if kind in (_Form.HEX_ASCII, _Form.HEX_ASCII_ADDRESS) else ""
    return f"{address}{pairs:<48}{text}".rstrip().encode() + b"\r\n"


def from_hex(data: bytes) -> bytes:
    """The bytes of any of the forms: addresses, and characters three spaces after the pairs, do not count.

    Raises:
        ValueError: there is something else than hexadecimal digits.
    """
    digits: list[str] = []
    for line in data.decode("ascii", "replace").splitlines():
        has_address = _ADDRESS.match(line) is not None
        text = line.partition("\t")[2] if has_address else line
        digits.append(text.partition("   ")[0] if has_address else text)
    return bytes.fromhex("".join("".join(digits).split()))
