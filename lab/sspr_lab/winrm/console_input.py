"""Standard input as a console: what WINRS_CONSOLEMODE_STDIN=TRUE makes of the bytes that a client sends.

The remote shell types them into the console's input buffer, and programs read them in line mode: a line arrives when
Enter does, Ctrl+Z at the beginning of a line ends the input, Ctrl+C interrupts, Backspace takes back. It is no way to
carry bytes: they are characters of the code page, and line ends become CR LF.
"""

from collections.abc import Callable
from typing import Final

from sspr_lab.streams import Console, Kind, Pipe, codec_of

_CTRL_C: Final = "\x03"
_CTRL_Z: Final = "\x1a"
_BACKSPACE: Final = "\b"


class ConsoleInput:
    """An InputStream fed with key strokes.

    Args:
        console: whose code page the strokes and the reader's bytes are in.
        interrupt: called for Ctrl+C.
    """

    kind: Kind = "remote console"

    def __init__(self, console: Console, interrupt: Callable[[], None]) -> None:
        self._console = console
        self._interrupt = interrupt
        self._lines = Pipe()
        self._line = ""
        self._after_return = False
        self._ended = False

    async def write(self, data: bytes) -> None:
        """Type `data`."""
        for character in data.decode(codec_of(self._console.code_page), "replace"):
            self._type(character)

    def end(self) -> None:
        """No more strokes: the reader finds the end after the complete lines."""
        self._ended = True
        self._lines.end()

    def break_off(self) -> None:
        """Nobody reads any more."""
        self._lines.break_off()

    async def read(self, size: int = -1) -> bytes:
        return await self._lines.read(size)

    async def readline(self) -> bytes:
        return await self._lines.readline()

    def _type(self, character: str) -> None:
        follows_return, self._after_return = self._after_return, character == "\r"
        if character == _CTRL_C:
            self._line = ""
            self._interrupt()
        elif character == _BACKSPACE:
            self._line = self._line[:-1]
        elif character == "\r" or (character == "\n" and not follows_return):
            self._enter()
        elif character != "\n":
            self._line += character

    def _enter(self) -> None:
        line, self._line = self._line, ""
        if self._ended:
            return
        if line.startswith(_CTRL_Z):
            self.end()
        else:
            self._lines.feed(f"{line}\r\n".encode(codec_of(self._console.code_page), "replace"))
