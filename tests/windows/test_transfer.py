"""Files as lines of text: encoded for the way up, and put together again on the way home."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.windows import transfer
from orchestrator.windows.command import Reply
from orchestrator.windows.transfer import LINE_BYTES, PIECE_LINES, Piece

NUMBERED = r"C:\numbered.txt"


def numbered_lines(content: bytes) -> list[str]:
    """A file as `certutil -encode` and `findstr /n` leave it."""
    body = transfer.encode_lines(content).decode().split("\r\n")[:-1]
    lines = ["-----BEGIN CERTIFICATE-----", *body, "-----END CERTIFICATE-----"]
    return [f"{number}:{line}" for number, line in enumerate(lines, 1)]


def patterns(offset: int) -> list[re.Pattern[str]]:
    """The patterns that the command for a piece gives findstr, where a blank means "or"."""
    (command,) = transfer.piece(NUMBERED, offset).commands
    match = re.fullmatch(r'findstr /r "([^"]*)" "C:\\numbered\.txt"', command.line)
    assert match, command.line
    return [re.compile(pattern) for pattern in match[1].split(" ")]


def selected(lines: list[str], offset: int) -> Reply:
    """What findstr prints of numbered lines for the piece at an offset."""
    wanted = patterns(offset)
    return Reply(0, "".join(f"{line}\n" for line in lines if any(pattern.match(line) for pattern in wanted)))


@given(content=st.binary(max_size=500))
def test_encoded_lines_decode(content: bytes) -> None:
    """What is sent up is base64 in lines of 64 characters, each ended, and decodes to what it was."""
    lines = transfer.encode_lines(content)
    assert base64.b64decode(lines) == content
    assert lines == b"" or lines.endswith(b"\r\n")
    assert all(len(line) == 64 for line in lines.split(b"\r\n")[:-2])


@given(portions=st.lists(st.integers(0, 4), max_size=5), rest=st.binary(max_size=47))
def test_portions_of_whole_lines_join(portions: list[int], rest: bytes) -> None:
    """A file may be encoded portion by portion, as long as each is a whole number of lines."""
    pieces = [bytes([number]) * LINE_BYTES * number for number in portions] + [rest]
    assert b"".join(map(transfer.encode_lines, pieces)) == transfer.encode_lines(b"".join(pieces))


@given(content=st.binary(min_size=1, max_size=1000), resumed=st.integers(0, 20))
def test_a_piece_goes_on_anywhere(content: bytes, resumed: int) -> None:
    """From the beginning of any line on, the file's bytes come home, and its end is known."""
    offset = min(resumed, len(content) // LINE_BYTES) * LINE_BYTES
    fact = transfer.piece(NUMBERED, offset)
    assert fact.parse([selected(numbered_lines(content), offset)]) == Piece(content[offset:], last=True)


@pytest.mark.parametrize("start", [0, 1, PIECE_LINES - 3, PIECE_LINES - 2, PIECE_LINES - 1, PIECE_LINES, 25_000])
def test_a_long_file_comes_in_pieces(start: int) -> None:
    """Fetching goes on from any line to the file's end, and every byte comes once."""
    content = b"".join(number.to_bytes(4, "big") * 12 for number in range(3 * PIECE_LINES + 5)) + b"end"
    lines = numbered_lines(content)
    arrived = content[: start * LINE_BYTES]
    for _ in range(20):
        piece = transfer.piece(NUMBERED, len(arrived)).parse([selected(lines, len(arrived))])
        arrived += piece.content
        if piece.last:
            break
    assert piece.last
    assert arrived == content


def test_every_line_number_is_in_one_piece() -> None:
    """Each line number is matched by exactly one pattern of exactly one piece, over all that may be offered."""
    most = transfer.ENCODE_LIMIT // LINE_BYTES + 3
    firsts = range(PIECE_LINES, most + 1, PIECE_LINES)
    offsets = [0, *((first - transfer.FIRST_LINE) * LINE_BYTES for first in firsts)]
    known = [pattern for offset in offsets for pattern in patterns(offset)]
    samples = {1, 2, 9, 10, 99, 100, 999, 1000, most}
    samples |= {edge + step for edge in range(PIECE_LINES, most, PIECE_LINES) for step in (-1, 0, 1)}
    samples |= set(range(1, most, 9973))
    for number in samples:
        assert sum(bool(pattern.match(f"{number}:")) for pattern in known) == 1, number


def test_an_offset_inside_a_line_is_refused() -> None:
    """Only the beginning of a line can be asked for."""
    with pytest.raises(ValueError, match="47"):
        transfer.piece(NUMBERED, 47)


@pytest.mark.parametrize(
    "output",
    ["3:QUJD\n", "2:QUJD\n4:QUJD\n", "QUJD\n", "2:QUJ!\n", "2:QÜJD\n", ":QUJD\n", "2.5:QUJD\n"],
    ids=["first missing", "one missing", "no number", "not base64", "not ASCII", "empty number", "half a number"],
)
def test_damaged_pieces_are_refused(output: str) -> None:
    """A piece with a line missing or spoilt is never taken for the file's content."""
    with pytest.raises(UnexpectedOutput):
        transfer.piece(NUMBERED, 0).parse([Reply(0, output)])


DIGEST = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
SPACED = " ".join(DIGEST[place : place + 2] for place in range(0, 64, 2))


@pytest.mark.parametrize(
    "output",
    [
        f"SHA256 hash of file a.msi:\n{SPACED}\nCertUtil: -hashfile command completed successfully.\n",
        f"SHA256 hash of a.msi:\n{DIGEST}\nCertUtil: -hashfile command completed successfully.\n",
        f"SHA256 해시(파일 a.msi):\n{SPACED}\nCertUtil: -hashfile 명령이 성공적으로 완료되었습니다.\n",
        f"SHA256-Hash der Datei a.msi:\n{SPACED.upper()}\nCertUtil: -hashfile-Befehl wurde erfolgreich ausgeführt.\n",
    ],
    ids=["7", "10", "Korean", "German"],
)
def test_a_hash_is_read(output: str) -> None:
    """The line of 64 hex digits is the hash, with the blanks of Windows 7 and 8.1 or without, in any language."""
    assert transfer.parse_hash(Reply(0, output)) == DIGEST


def test_no_file_has_no_hash() -> None:
    """certutil's failure means that there is no such file; a success without a hash is refused."""
    assert transfer.parse_hash(Reply(0x80070002, "CertUtil: The system cannot find the file specified.\n")) is None
    with pytest.raises(UnexpectedOutput):
        transfer.parse_hash(Reply(0, "CertUtil: -hashfile command completed successfully.\n"))
    with pytest.raises(UnexpectedOutput):
        transfer.parse_hash(Reply(0, DIGEST[:40] + "\n"))
