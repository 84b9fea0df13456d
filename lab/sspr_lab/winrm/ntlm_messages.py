"""The three NTLM messages as MS-NLMP 2.2.1 lays them out: NEGOTIATE and AUTHENTICATE read, CHALLENGE written."""

import enum
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

SIGNATURE: Final = b"NTLMSSP\x00"

_HEADER: Final = struct.Struct("<8sI")
_FIELD: Final = struct.Struct("<HHI")
_MIC: Final = slice(72, 88)
_CHALLENGE_HEAD: Final = 56
_FILETIME_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_NTLMSSP_REVISION: Final = 15


class MessageError(ValueError):
    """Bytes that are no NTLM message of the kind expected."""


class Flags(enum.IntFlag):
    """NEGOTIATE flags (MS-NLMP 2.2.2.5) that this acceptor looks at."""

    UNICODE = 0x00000001
    REQUEST_TARGET = 0x00000004
    SIGN = 0x00000010
    SEAL = 0x00000020
    NTLM = 0x00000200
    ALWAYS_SIGN = 0x00008000
    TARGET_TYPE_SERVER = 0x00020000
    EXTENDED_SESSION_SECURITY = 0x00080000
    TARGET_INFO = 0x00800000
    VERSION = 0x02000000
    KEY_128 = 0x20000000
    KEY_EXCHANGE = 0x40000000
    KEY_56 = 0x80000000


class AvId(enum.IntEnum):
    """Attributes of the target information (MS-NLMP 2.2.2.1)."""

    EOL = 0
    NB_COMPUTER_NAME = 1
    NB_DOMAIN_NAME = 2
    DNS_COMPUTER_NAME = 3
    DNS_DOMAIN_NAME = 4
    DNS_TREE_NAME = 5
    FLAGS = 6
    TIMESTAMP = 7
    CHANNEL_BINDINGS = 10


@dataclass(frozen=True)
class Challenge:
    """What a CHALLENGE message says of the server."""

    flags: Flags
    nonce: bytes
    target_name: str
    target_info: Mapping[AvId, bytes]
    version: tuple[int, int, int]  # major, minor, build

    def encode(self) -> bytes:
        """The message's bytes."""
        name = self.target_name.encode("utf-16-le")
        info = _encode_pairs(self.target_info)
        return b"".join(
            (
                _HEADER.pack(SIGNATURE, 2),
                _FIELD.pack(len(name), len(name), _CHALLENGE_HEAD),
                struct.pack("<I", self.flags),
                self.nonce,
                bytes(8),
                _FIELD.pack(len(info), len(info), _CHALLENGE_HEAD + len(name)),
                struct.pack("<BBHxxxB", *self.version, _NTLMSSP_REVISION),
                name,
                info,
            )
        )


@dataclass(frozen=True)
class Authenticate:
    """What an AUTHENTICATE message says of the client."""

    nt_response: bytes
    domain: str
    user: str
    encrypted_session_key: bytes
    flags: Flags
    mic: bytes
    without_mic: bytes  # the whole message with the MIC zeroed

    @property
    def pairs(self) -> Mapping[int, bytes]:
        """The target information that the client sent back inside its NTLMv2 response."""
        return _decode_pairs(self.nt_response[44:])


def decode_negotiate(message: bytes) -> Flags:
    """The flags that the client offers. Raises MessageError."""
    _expect(message, 1)
    if len(message) < 16:
        raise MessageError("a NEGOTIATE message has flags")
    return Flags(struct.unpack_from("<I", message, 12)[0])


def decode_authenticate(message: bytes) -> Authenticate:
    """Read an AUTHENTICATE message that has a version and a MIC field. Raises MessageError."""
    _expect(message, 3)
    if len(message) < _MIC.stop:
        raise MessageError("an AUTHENTICATE message has a MIC")
    return Authenticate(
        nt_response=_field(message, 20),
        domain=_text(_field(message, 28)),
        user=_text(_field(message, 36)),
        encrypted_session_key=_field(message, 52),
        flags=Flags(struct.unpack_from("<I", message, 60)[0]),
        mic=message[_MIC],
        without_mic=message[: _MIC.start] + bytes(16) + message[_MIC.stop :],
    )


def filetime(moment: datetime) -> bytes:
    """A FILETIME: 100 ns since 1601, little-endian."""
    return struct.pack("<Q", (moment - _FILETIME_EPOCH) // timedelta(microseconds=1) * 10)


def _expect(message: bytes, kind: int) -> None:
    if len(message) < _HEADER.size or _HEADER.unpack_from(message) != (SIGNATURE, kind):
        raise MessageError(f"this is no NTLM message of type {kind}")


def _field(message: bytes, at: int) -> bytes:
    length, _, offset = _FIELD.unpack_from(message, at)
    if offset + length > len(message):
        raise MessageError("a field reaches beyond the message")
    return message[offset : offset + length]


def _text(field: bytes) -> str:
    try:
        return field.decode("utf-16-le")
    except UnicodeDecodeError as error:
        raise MessageError("a name is not UTF-16") from error


def _encode_pairs(pairs: Mapping[AvId, bytes]) -> bytes:
    body = b"".join(struct.pack("<HH", key, len(value)) + value for key, value in pairs.items())
    return body + bytes(4)


def _decode_pairs(data: bytes) -> dict[int, bytes]:
    pairs: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(data):
        key, length = struct.unpack_from("<HH", data, at)
        if key == AvId.EOL:
            return pairs
        pairs[key] = data[at + 4 : at + 4 + length]
        at += 4 + length
    raise MessageError("the target information does not end")
