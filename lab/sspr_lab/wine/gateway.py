"""Where programs inside Wine prefixes call the lab: launchers that want their command line, and stand-ins for tools.

Whoever calls shows the token of the command line that it belongs to, and gets nothing without one.
"""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from sspr_lab.process import Process
from sspr_lab.wine.launch import Launch, ModelHost
from sspr_lab.wine.remote_tool import serve
from sspr_lab.wine.wire import Frame, HungUp, Wire, unpack_texts

_ADDRESS: Final = "127.0.0.1"


class Gateway:
    """Listens on the loopback for the prefixes of one fleet. `port` is known after `start`."""

    def __init__(self) -> None:
        self.port = 0
        self.keeper_token = secrets.token_hex(16)
        """Who shows this is kept waiting for a command line for as long as the lab lives."""
        self._launches: dict[str, Launch] = {}
        self._listener: asyncio.Server | None = None
        self._calls: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._listener = await asyncio.start_server(self._accept, _ADDRESS, 0)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more, and end what is being served."""
        if self._listener is not None:
            self._listener.close()
        for call in list(self._calls):
            call.cancel()
        if self._calls:
            await asyncio.wait(self._calls)

    @contextmanager
    def launch(self, machine: ModelHost, process: Process) -> Iterator[Launch]:
        """Inside the block, callers that show the launch's token are let in."""
        launch = Launch(machine, process)
        self._launches[launch.token] = launch
        try:
            yield launch
        finally:
            del self._launches[launch.token]
            if launch.launcher.done():
                launch.launcher.result().hang_up()
            launch.launcher.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._calls.add(task)
        wire = Wire(reader, writer)
        try:
            if not await self._answer(wire):
                wire.hang_up()
        except HungUp:
            wire.hang_up()
        finally:
            self._calls.discard(task)

    async def _answer(self, wire: Wire) -> bool:
        """Find out who calls. False for somebody who has no business here; a launcher's connection is passed on."""
        with suppress(ValueError):  # no frame of ours
            frame, data = await wire.receive()
            if frame is Frame.LAUNCH:
                token = data.decode("utf-16-le", "replace")
                if token == self.keeper_token:
                    await wire.receive()
                launch = self._launches.get(token)
                if launch is None or launch.launcher.done():
                    return False
                launch.launcher.set_result(wire)
                return True
            if frame is Frame.TOOL:
                (token,), _ = unpack_texts(data, 1)
                launch = self._launches.get(token)
                if launch is not None:
                    await serve(wire, launch, data)
        return False
