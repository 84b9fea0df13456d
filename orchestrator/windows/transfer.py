"""Files through a WinRM shell, with what a stock machine has.

Up: base64 text on the standard input of `findstr "^"`, which copies lines to a file, then `certutil -decode`. Down:
`certutil -encode`, then `findstr /n` numbers the lines, so that any stretch of them can be asked for again by number
after the line broke. `more` would page and stops at 65,534 lines; `find` and `sort` change text; `type` cannot start in
the middle.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import phrase
from orchestrator.windows.command import Command, Evidence, Fact, Reply, Sureness

BASE64_LINE = 64
"""Characters a line, as certutil -encode writes them."""
LINE_BYTES = BASE64_LINE // 4 * 3
"""Bytes of the file in one full line."""
PIECE_LINES = 10_000
"""Lines asked for at a time: 480 KB of the file, which are 990 KB on the line."""
FIRST_LINE = 2
"""Behind the header."""
SHORT_PIECE_LINES = 1_000
"""Lines asked for at a time where the line is slow: 99 KB, 12 s of 64 kbit/s."""
SLOWEST_PACE = 4_000
"""Bytes a second on the line, on average, below which a transfer need not come to an end: half of 64 kbit/s."""
MEGABYTE = 1024 * 1024
ENCODE_LIMIT = 64 * MEGABYTE
"""Bytes. `certutil -encode` is reported to take at most 74,472,684 (dostips.com)."""

_LINES_AT_END = 2
"""The last of a file's text, which may be short, and what certutil writes behind it."""

INVALID_DATA = 0x8007000D
"""HRESULT_FROM_WIN32(ERROR_INVALID_DATA), winerror.h: what certutil ends with where base64 is none any more."""

CERTUTIL = Evidence(
    "certutil -hashfile, -encode, -decode: learn.microsoft.com windows-commands/certutil; "
    "Windows 7 and 8.1 print spaces between the bytes of a hash (public transcripts)",
    Sureness.REPORTED,
)
FINDSTR = Evidence(
    "findstr /n and regular expressions: learn.microsoft.com/windows-server/administration/windows-commands/findstr; "
    "that it copies a WinRM shell's standard input is inferred (WINRS_CONSOLEMODE_STDIN=FALSE gives it a pipe); "
    "that a redirection which fails sets the exit code is the idiom for locks of files in batch scripts (dbenham, "
    "stackoverflow.com/a/9048097)",
    Sureness.INFERRED,
)
_HELD_WORD = "held"
CMD = Evidence("cmd.exe internal commands: learn.microsoft.com windows-commands", Sureness.DOCUMENTED)


_NO_HASH = phrase("transfer-no-hash")
_LINES_MISSING = phrase("transfer-lines-missing")
_NO_NUMBER = phrase("transfer-line-without-number")
_NOT_BASE64 = phrase("transfer-line-not-base64")


def minutes_for(size: int) -> int:
    """How long a file may take in either direction; base64 of base64 is what it is on the line."""
    return math.ceil(size * 2.1 / SLOWEST_PACE / 60)


def receive(path: str, folder: str, parent: str, *, onward: bool = False) -> Command:
    """Writes the standard input, text lines, to a file, or behind what is in it; makes the folder where it is missing.

    The last line must end in a line feed: Windows 7's findstr waits for ever on one that does not. Where the file is
    there and some program has it open so that nobody else can write it, the output says so, see `was_held`: right
    before it is written, since a moment later that program may have ended.
    """
    held = f'(if exist "{path}" (2>nul (>>"{path}" type nul)||echo {_HELD_WORD}))'
    write = f'findstr "^" {">>" if onward else ">"}"{path}"'
    return Command(f'md "{parent}" 2>nul&md "{folder}" 2>nul&{held}&{write}', FINDSTR)


def was_held(output: str) -> bool:
    """Whether `receive` has found, as its output says, that a program had the file open."""
    return output.strip() == _HELD_WORD


def encoded(path: str) -> str:
    """Where the text of a file is received that is to be decoded to a path."""
    return f"{path}.b64"


def received_bytes(path: str) -> Fact[int]:
    """Bytes of a file's text that an earlier attempt has brought; 0 when there are none."""
    text = encoded(path)
    line = f'if exist "{text}" for %i in ("{text}") do @echo %~zi'
    return Fact("received", (Command(line, CMD, accepts=None),), lambda replies: parse_received(replies[0]))


def parse_received(reply: Reply) -> int:
    """The length in the answer; 0 where it shows none."""
    digits = reply.output.strip()
    return int(digits) if re.fullmatch("[0-9]{1,12}", digits) else 0


def encode_lines(content: bytes) -> bytes:
    """Content as the base64 text that `receive` and `decode` expect: lines of 64 characters, CRLF after each."""
    text = base64.b64encode(content)
    return b"".join(text[place : place + BASE64_LINE] + b"\r\n" for place in range(0, len(text), BASE64_LINE))


def text_bytes(size: int) -> int:
    """Length of the text that `encode_lines` makes of so many bytes."""
    characters = (size + 2) // 3 * 4
    return characters + 2 * ((characters + BASE64_LINE - 1) // BASE64_LINE)


def on_the_line(text: int) -> int:
    """What so many bytes of text are on the line, where they are base64 once more, without envelopes."""
    return text * 4 // 3


def decode(text: str, path: str) -> tuple[Command, ...]:
    """Turns a received base64 file into the file it stands for, and removes the former.

    Where it is no base64 any more, there is no such file afterwards, or still the one that was there before.
    """
    return (
        Command(f'certutil -f -decode "{text}" "{path}" 2>&1', CERTUTIL, accepts=frozenset({0, INVALID_DATA})),
        Command(f'del /q "{text}"', CMD),
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
    raise UnexpectedOutput(_NO_HASH(), output=reply.output[:500])


def offer(path: str, numbered: str) -> tuple[Command, ...]:
    """Makes the file at `path` ready to be fetched piece by piece from `numbered`."""
    text = encoded(numbered)
    return (
        Command(f'certutil -f -encode "{path}" "{text}" 2>&1', CERTUTIL),
        Command(f'findstr /n "^" "{text}" >"{numbered}"', FINDSTR),
        Command(f'del /q "{text}"', CMD),
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


def piece(numbered: str, offset: int, lines: int = PIECE_LINES) -> Fact[Piece]:
    """The file's bytes from `offset` (a multiple of 48) to the end of the stretch of lines that it falls in.

    Line 1 is the header that certutil writes, so byte 0 is on line 2. Stretches have at most `lines` lines, a power of
    ten; a long one is asked for only where it begins at the offset, so that nothing comes twice.
    """
    if offset % LINE_BYTES:
        raise ValueError(f"{offset} is not at the start of a line")
    first = offset // LINE_BYTES + FIRST_LINE
    if first not in {FIRST_LINE, lines // 10} and first % lines:
        lines = min(lines, SHORT_PIECE_LINES)
    patterns = " ".join(_numbers(first, lines))
    command = Command(f'findstr /r "{patterns}" "{numbered}"', FINDSTR)

    def parse(replies: Sequence[Reply]) -> Piece:
        lines = replies[0].lines
        known = _full_lines(lines[:-_LINES_AT_END], first)  # nearly all, at once
        content = bytearray(known or b"")
        begun = 0 if known is None else len(lines[:-_LINES_AT_END])
        expected = first + begun
        for number, text in _numbered_lines(lines[begun:]):
            if number < expected:
                continue
            if number != expected:
                raise UnexpectedOutput(_LINES_MISSING(), expected=expected, found=number)
            expected += 1
            if text.startswith("-----END"):
                return Piece(bytes(content), last=True)
            content += _decoded(text)
        return Piece(bytes(content), last=False)

    return Fact("piece", (command,), parse)


def _numbers(first: int, lines: int) -> Iterator[str]:
    """Patterns of the line numbers from `first` to the end of its stretch; those before it may be among them."""
    block, places = first // lines, len(str(lines)) - 1
    if block:
        yield f"^{block}{'[0-9]' * places}:"
    else:
        for more in range(len(str(first)) - 1, places):
            yield "^[1-9]" + "[0-9]" * more + ":"


def _full_lines(lines: Sequence[str], first: int) -> bytes | None:
    """What full lines stand for that are numbered one after the other from `first` on; None where they are others."""
    texts = [line[-BASE64_LINE:] for line in lines]
    if lines != [f"{number}:{text}" for number, text in enumerate(texts, first)]:
        return None
    try:
        return base64.b64decode("".join(texts), validate=True)
    except ValueError:
        return None


def _numbered_lines(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for line in lines:
        number, colon, text = line.partition(":")
        if not colon or not re.fullmatch("[0-9]{1,10}", number):
            raise UnexpectedOutput(_NO_NUMBER(), line=line[:100])
        yield int(number), text.strip()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise UnexpectedOutput(_NOT_BASE64(), line=text[:100]) from error
