"""MD4 (RFC 1320), which the NT hash of a password needs and OpenSSL 3 no longer offers."""

import struct
from typing import Final

_MASK: Final = 0xFFFFFFFF
_START: Final = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
_ORDER: Final = (
    tuple(range(16)),
    (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15),
    (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15),
)
_SHIFTS: Final = ((3, 7, 11, 19), (3, 5, 9, 13), (3, 9, 11, 15))
_ADDENDS: Final = (0, 0x5A827999, 0x6ED9EBA1)


def md4(data: bytes) -> bytes:
    """The 16-byte digest of `data`."""
    padding = b"\x80" + bytes((55 - len(data)) % 64)
    message = data + padding + struct.pack("<Q", len(data) * 8)
    state = _START
    for at in range(0, len(message), 64):
        block = struct.unpack_from("<16I", message, at)
        mixed = _mix(state, block)
        state = (
            (state[0] + mixed[0]) & _MASK,
            (state[1] + mixed[1]) & _MASK,
            (state[2] + mixed[2]) & _MASK,
            (state[3] + mixed[3]) & _MASK,
        )
    return struct.pack("<4I", *state)


def _mix(state: tuple[int, int, int, int], block: tuple[int, ...]) -> tuple[int, int, int, int]:
    a, b, c, d = state
    for turn in range(3):
        for step, index in enumerate(_ORDER[turn]):
            value = (a + _select(turn, b, c, d) + block[index] + _ADDENDS[turn]) & _MASK
            shift = _SHIFTS[turn][step % 4]
            a, b, c, d = d, ((value << shift) | (value >> (32 - shift))) & _MASK, b, c
    return a, b, c, d


def _select(turn: int, x: int, y: int, z: int) -> int:
    if turn == 0:
        return (x & y) | (~x & z)
    if turn == 1:
        return (x & y) | (x & z) | (y & z)
    return x ^ y ^ z
