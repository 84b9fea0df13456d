"""The small parts of the wire: sealed MIME, XML that is not trusted, durations, and input typed into a console."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspr_lab.streams import Console
from sspr_lab.winrm.acceptor import SealBroken
from sspr_lab.winrm.console_input import ConsoleInput
from sspr_lab.winrm.durations import duration_of, seconds_of
from sspr_lab.winrm.encrypted_mime import CREDSSP, SPNEGO, MimeError, is_sealed, pack, unpack
from sspr_lab.winrm.ntlm_messages import Flags
from sspr_lab.winrm.sealing import SessionSecurity
from sspr_lab.winrm.xmlsafe import XmlError, parse

FLAGS = Flags.KEY_128 | Flags.KEY_EXCHANGE | Flags.EXTENDED_SESSION_SECURITY
BOUNDARY = "--Encrypted Boundary--\r\n"


class Mirror(SessionSecurity):
    """A context whose client is itself: what it seals it can unseal."""

    def __init__(self) -> None:
        super().__init__(bytes(16), FLAGS)
        self._incoming = SessionSecurity(bytes(16), FLAGS)._outgoing


@given(st.text(max_size=300) | st.just(BOUNDARY) | st.just(f"a{BOUNDARY}b--Encrypted Boundary\r\n"))
def test_sealed_bodies_open_whatever_is_in_them(text: str) -> None:
    """Packing and unpacking gives the text back, also one that looks like the MIME around it."""
    text = text.encode("utf-8", "replace").decode()
    _, packed = pack(text, Mirror(), SPNEGO)
    assert unpack(packed, Mirror()) == text


def test_credssp_seals_what_is_long_in_parts() -> None:
    """Beyond 16 KB a body is multipart/x-multi-encrypted, with all parts in one body; other protocols seal at once."""
    text = "x" * 40_000
    content_type, packed = pack(text, Mirror(), CREDSSP)
    assert content_type.startswith("multipart/x-multi-encrypted;")
    assert packed.count(b"Length=") == 3
    assert unpack(packed, Mirror()) == text
    content_type, packed = pack(text, Mirror(), SPNEGO)
    assert content_type.startswith("multipart/encrypted;")
    assert packed.count(b"Length=") == 1


@given(st.binary(max_size=100))
def test_a_damaged_body_is_refused(tail: bytes) -> None:
    """Whatever follows the headers, the answer is one of the two errors that mean HTTP 400."""
    _, packed = pack("x" * 10, Mirror(), SPNEGO)
    head = packed[: packed.index(b"octet-stream\r\n") + 14]
    with pytest.raises((MimeError, SealBroken)):
        unpack(head + tail, Mirror())


@pytest.mark.parametrize(
    ("content_type", "sealed"),
    [
        (
            'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"',
            True,
        ),
        ('multipart/encrypted; protocol="application/HTTP-SPNEGO-session-encrypted"', True),
        ("application/soap+xml;charset=UTF-8", False),
        ('multipart/x-multi-encrypted;protocol="application/HTTP-CredSSP-session-encrypted"', True),
        ('multipart/encrypted;protocol="application/HTTP-Kerberos-session-encrypted"', True),
        ('multipart/encrypted;protocol="application/pgp-encrypted"', False),
    ],
)
def test_sealed_bodies_are_known_by_their_type(content_type: str, sealed: bool) -> None:
    """Three protocols seal messages, in one part or in several; everything else is plain or foreign."""
    assert is_sealed(content_type) is sealed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<a>",
        "<a/><b/>",
        '<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        "<a>&x;</a>",
        "<p:a/>",
    ],
)
def test_xml_with_more_than_elements_is_refused(text: str) -> None:
    """Malformed text, DTDs and entities do not get in."""
    with pytest.raises(XmlError):
        parse(text)


def test_names_come_in_clark_notation() -> None:
    """Tags and attributes carry their namespace; text keeps what predefined entities stand for."""
    root = parse('<p:a xmlns:p="urn:x" p:b="1" c="2">&lt;&#x42;</p:a>')
    assert (root.tag, root.attrib, root.text) == ("{urn:x}a", {"{urn:x}b": "1", "c": "2"}, "<B")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT20S", 20), ("PT60.000S", 60), ("PT1M30S", 90), ("PT1H", 3600), ("P1DT0.5S", 86400.5), (" PT5S ", 5)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    """What clients write in OperationTimeout and IdleTimeOut."""
    assert seconds_of(text) == seconds
    assert seconds_of(duration_of(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "P", "PT", "20", "PT-1S", "P1M", "1S", "PT1S2"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Numbers alone, empty durations and months are not durations here."""
    with pytest.raises(ValueError, match="not a duration"):
        seconds_of(text)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ([b"one\r\ntwo\r\n"], b"one\r\ntwo\r\n"),
        ([b"one\rtwo\n"], b"one\r\ntwo\r\n"),
        ([b"on", b"e\r", b"\n"], b"one\r\n"),
        ([b"onx\be\r\n"], b"one\r\n"),
        ([b"one\r\n\x1a\r\nlost\r\n"], b"one\r\n"),
        ([b"without enter"], b""),
    ],
)
async def test_a_console_delivers_lines(typed: list[bytes], read: bytes) -> None:
    """Line mode: Enter in any spelling ends a line, Backspace takes back, Ctrl+Z ends the input."""
    stdin = ConsoleInput(Console(437), lambda: None)
    for strokes in typed:
        await stdin.write(strokes)
    stdin.end()
    assert await stdin.read() == read


async def test_ctrl_c_typed_into_a_console_interrupts() -> None:
    """A byte 03 is no character but a signal, and takes the line with it."""
    interrupts: list[int] = []
    stdin = ConsoleInput(Console(437), lambda: interrupts.append(1))
    await stdin.write(b"lost\x03kept\r\n")
    stdin.end()
    assert (await stdin.read(), len(interrupts)) == (b"kept\r\n", 1)
