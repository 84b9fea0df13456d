"""Files through a WinRM shell, with what a stock machine has.

Up: base64 text on the standard input of `findstr "^"`, which copies lines to a file, then `certutil -decode`. Down:
`certutil -encode`, then `findstr /n` numbers the lines, so that any stretch of them can be asked for again by number
after the line broke. `more` would page and stops at 65,534 lines; `find` and `sort` change text; `type` cannot start in
the middle.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.windows.command import Command, Evidence, Fact, Reply, Sureness

BASE64_LINE = 64
"""Characters a line, as certutil -encode writes them."""
LINE_BYTES = BASE64_LINE // 4 * 3
"""Bytes of the file in one full line."""
PIECE_LINES = 10_000
"""Lines asked for at a time: 480 KB of the file."""
ENCODE_LIMIT = 64 * 1024 * 1024
"""Bytes. `certutil -encode` is reported to take at most 74,472,684 (dostips.com)."""

CERTUTIL = Evidence(
    "certutil -hashfile, -encode, -decode: learn.microsoft.com windows-commands/certutil; "
    "Windows 7 and 8.1 print spaces between the bytes of a hash (public transcripts)",
    Sureness.REPORTED,
)
FINDSTR = Evidence(
    "findstr /n and regular expressions: learn.microsoft.com/windows-server/administration/windows-commands/findstr; "
    "that it copies a WinRM shell's standard input is inferred (WINRS_CONSOLEMODE_STDIN=FALSE gives it a pipe)",
    Sureness.INFERRED,
)
CMD = Evidence("cmd.exe internal commands: learn.microsoft.com windows-commands", Sureness.DOCUMENTED)


def receive(path: str, folder: str, parent: str) -> str:
    """The command line that writes its standard input, text lines, to a file; makes the folder where it is missing.

    The last line must end in a line feed: Windows 7's findstr waits for ever on one that does not.
    """
    return f'md "{parent}" 2>nul&md "{folder}" 2>nul&findstr "^" >"{path}"'


def encode_lines(content: bytes) -> bytes:
    """Content as the base64 text that `receive` and `decode` expect: lines of 64 characters, CRLF after each."""
    text = base64.b64encode(content)
    return b"".join(text[place : place + BASE64_LINE] + b"\r\n" for place in range(0, len(text), BASE64_LINE))


def decode(encoded: str, path: str) -> tuple[Command, ...]:
    """Turns a received base64 file into the file it stands for, and removes the former."""
    return (
        Command(f'certutil -f -decode "{encoded}" "{path}" 2>&1', CERTUTIL),
        Command(f'del /q "{encoded}"', CMD),
    )


def hash_of(path: str) -> Fact[str | None]:
    """SHA-256 of a file on the host in lower-case hex; None when there is no such file."""
    command = Command(f'certutil -hashfile "{path}" SHA256 2>nul', CERTUTIL, accepts=None)
    return Fact("hash", (command,), lambda replies: parse_hash(replies[0]))


def parse_hash(reply: Reply) -> str | None:
    """The SHA-256 in certutil's answer: its one line of 64 hex digits, with or without spaces between the bytes.

    Raises:
        UnexpectedOutput: when certutil was content but shows no such line.
    """
    if reply.exit_code != 0:
        return None
    for line in reply.lines:
        digits = line.replace(" ", "").strip().lower()
        if re.fullmatch(r"[0-9a-f]{64}", digits):
            return digits
    raise UnexpectedOutput("certutil shows no SHA-256", output=reply.output[:500])


def offer(path: str, numbered: str) -> tuple[Command, ...]:
    """Makes the file at `path` ready to be fetched piece by piece from `numbered`."""
    encoded = numbered + ".b64"
    return (
        Command(f'certutil -f -encode "{path}" "{encoded}" 2>&1', CERTUTIL),
        Command(f'findstr /n "^" "{encoded}" >"{numbered}"', FINDSTR),
        Command(f'del /q "{encoded}"', CMD),
    )


@dataclass(frozen=True)
class Piece:
    """A stretch of a file.

    Attributes:
        content: Its bytes, from where they were asked for.
        last: Whether the file ends with it.
    """

    content: bytes
    last: bool


def piece(numbered: str, offset: int) -> Fact[Piece]:
    """The file's bytes from `offset` (a multiple of 48) to the end of the stretch of lines that it falls in.

    Line 1 is the header that certutil writes, so byte 0 is on line 2.
    """
    if offset % LINE_BYTES:
        raise ValueError(f"{offset} is not at the start of a line")
    first = offset // LINE_BYTES + 2
    patterns = " ".join(_numbers(first // PIECE_LINES))
    command = Command(f'findstr /r "{patterns}" "{numbered}"', FINDSTR)

    def parse(replies: Sequence[Reply]) -> Piece:
        content = bytearray()
        expected = first
        for number, text in _numbered_lines(replies[0]):
            if number < expected:
                continue
            if number != expected:
                raise UnexpectedOutput("lines of a file are missing", expected=expected, found=number)
            expected += 1
            if text.startswith("-----END"):
                return Piece(bytes(content), last=True)
            content += _decoded(text)
        return Piece(bytes(content), last=False)

    return Fact("piece", (command,), parse)


def _numbers(block: int) -> Iterator[str]:
    """Patterns of the line numbers from `block` * 10,000 on; none of them is below 1."""
    digits = "[0-9]" * 4
    if block:
        yield f"^{block}{digits}:"
    else:
        for places in range(4):
            yield "^[1-9]" + "[0-9]" * places + ":"


def _numbered_lines(reply: Reply) -> Iterator[tuple[int, str]]:
    for line in reply.lines:
        number, colon, text = line.partition(":")
        if not colon or not re.fullmatch("[0-9]{1,10}", number):
            raise UnexpectedOutput("a line of a file has no number", line=line[:100])
        yield int(number), text.strip()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise UnexpectedOutput("a line of a file is not base64", line=text[:100]) from error
