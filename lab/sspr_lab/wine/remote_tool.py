"""A tool that Wine calls by its name and the lab's model carries out: its streams are those of the program in Wine."""

from typing import Final

from sspr_lab.environment import Environment
from sspr_lab.errors import BROKEN_PIPE, WindowsError
from sspr_lab.streams import Kind, OutputStream
from sspr_lab.wine.launch import Launch
from sspr_lab.wine.wire import Frame, HungUp, Wire, pack_number, unpack_texts

PLACE_VARIABLE: Final = "=Lab"
_KINDS: Final[dict[str, Kind]] = {"pipe": "pipe", "file": "file", "nul": "nul", "console": "console"}
_AT_ONCE: Final = 65_536


class RemoteInput:
    """The standard input of a stand-in, read only as far as the model asks."""

    def __init__(self, wire: Wire, kind: Kind) -> None:
        self.kind: Kind = kind
        self._wire = wire
        self._held = bytearray()
        self._ended = False

    async def read(self, size: int = -1) -> bytes:
        while not self._ended and (size < 0 or not self._held):
            await self._more()
        return self._take(len(self._held) if size < 0 else size)

    async def readline(self) -> bytes:
        searched = 0
        while not self._ended and self._held.find(b"\n", searched) < 0:
            searched = len(self._held)
            await self._more()
        at = self._held.find(b"\n", searched)
        return self._take(len(self._held) if at < 0 else at + 1)

    async def _more(self) -> None:
        try:
            await self._wire.send(Frame.STDIN, pack_number(_AT_ONCE))
            _, data = await self._wire.receive()
        except HungUp as error:
            raise WindowsError(BROKEN_PIPE) from error
        self._held += data
        self._ended = not data

    def _take(self, size: int) -> bytes:
        piece = bytes(self._held[:size])
        del self._held[:size]
        return piece


class RemoteOutput:
    """A standard output of a stand-in; what it is connected to in Wine is not known."""

    kind: Kind = "pipe"

    def __init__(self, wire: Wire, frame: Frame) -> None:
        self._wire = wire
        self._frame = frame

    async def write(self, data: bytes) -> None:
        try:
            await self._wire.send(self._frame, data)
        except HungUp as error:
            raise WindowsError(BROKEN_PIPE) from error


async def serve(wire: Wire, launch: Launch, request: bytes) -> None:
    """Run the model of the tool that called, for the account of the command line that it is part of. Raises HungUp."""
    (_, path, line, directory, kind), environment = unpack_texts(request, 5)
    environment.pop(PLACE_VARIABLE, None)
    console = launch.process.console
    process = launch.machine.call_model(
        launch.process,
        path=path,
        command_line=line,
        directory=directory,
        environment=Environment(environment),
        stdin=RemoteInput(wire, _KINDS.get(kind, "nul")),
        stdout=OutputStream(RemoteOutput(wire, Frame.STDOUT), console),
        stderr=OutputStream(RemoteOutput(wire, Frame.STDERR), console),
    )
    try:
        code = await process.wait()
    finally:
        process.terminate()
    await wire.send(Frame.EXITED, pack_number(code))
