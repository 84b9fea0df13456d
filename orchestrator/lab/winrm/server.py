"""WinRMServer: the WinRM listener of one machine, there only while the machine is up and its service runs."""

import asyncio
import socket
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from orchestrator.lab.machine import Machine
from orchestrator.lab.winrm.connection import AcceptorMaker, Connection, Site, Transcript
from orchestrator.lab.winrm.counters import Counters
from orchestrator.lab.winrm.logons import Logons
from orchestrator.lab.winrm.negotiation import own_acceptor
from orchestrator.lab.winrm.service import ShellService
from orchestrator.lab.winrm.shell import Shells

_SERVICE_NAME: Final = "WinRM"
_LOOK_SECONDS: Final = 0.05  # real seconds between two looks at the machines
_BACKLOG: Final = 64


class Watch:
    """Looks after the listeners of many machines: opens and closes them as machines and services come and go."""

    def __init__(self) -> None:
        self._servers: list[WinRMServer] = []
        self._task: asyncio.Task[None] | None = None

    def add(self, server: "WinRMServer") -> None:
        self._servers.append(server)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._look())

    async def remove(self, server: "WinRMServer") -> None:
        """Forget a server; the looking ends with the last one."""
        self._servers.remove(server)
        if not self._servers and self._task is not None:
            task, self._task = self._task, None
            task.cancel()
            await asyncio.wait([task])

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for server in list(self._servers):
                await server.follow_machine()


class WinRMServer:
    """WinRM over HTTP on one address.

    Args:
        machine: the machine behind it.
        address: a loopback address, 127.x.y.z.
        port: the TCP port; 0 for a free one, which `port` tells after `start`.
        credentials: password by account name, see `Logons`.
        acceptor: authenticates the clients of each connection; the lab's own when left out.
        watch: looks after many servers at once; a server alone has its own.
        transcript: called with the action and the envelope of every request that could be unsealed, and of every
            answer.
    """

    def __init__(
        self,
        machine: Machine,
        address: str,
        port: int,
        credentials: Mapping[str, str],
        *,
        acceptor: AcceptorMaker = own_acceptor,
        watch: Watch | None = None,
        transcript: Transcript | None = None,
    ) -> None:
        self.machine = machine
        self.address = address
        self.port = port
        self._watch = watch or Watch()
        self._shells = Shells(machine)
        self._counters = Counters()
        endpoint = f"http://{machine.profile.computer_name}:{port}/wsman"
        service = ShellService(machine, self._shells, endpoint)
        self._site = Site(machine, service, Logons(machine, credentials), acceptor, self._counters, transcript)
        self._listener: asyncio.Server | None = None
        self._boot_time: datetime | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def counters(self) -> Counters:
        """The counters as they stand; the same object every time."""
        self._counters.shells_created = self._shells.created
        self._counters.shells_open = len(self._shells)
        return self._counters

    @property
    def listening(self) -> bool:
        return self._listener is not None

    async def start(self) -> None:
        """Listen as soon as the machine lets it. Raises OSError when the address is taken."""
        await self.follow_machine()
        self._watch.add(self)

    async def stop(self) -> None:
        """Close the listener, the connections and the shells."""
        await self._watch.remove(self)
        await self._close()

    async def follow_machine(self) -> None:
        """Open or close the listener, whichever the machine's state asks for."""
        machine = self.machine
        up = machine.powered and machine.services.is_running(_SERVICE_NAME) and not machine.faults.find("unreachable")
        if self._listener is not None and (not up or self._boot_time != machine.power.boot_time):
            await self._close()
        if self._listener is None and up:
            self._boot_time = machine.power.boot_time
            self._listener = await asyncio.start_server(self._accept, self.address, self.port, backlog=_BACKLOG)
            self.port = self._listener.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._listener is not None:
            listener, self._listener = self._listener, None
            listener.close()
        tasks = dict(self._connections)
        for task, writer in tasks.items():
            writer.transport.abort()
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._shells.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._connections) >= self.machine.profile.quotas.max_connections:
            writer.transport.abort()
            return
        sock: socket.socket = writer.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._counters.connections += 1
        self._connections[task] = writer
        try:
            # `_close` cancels what is still being served; asyncio's streams report a handler that ends cancelled.
            with suppress(asyncio.CancelledError):
                await Connection(self._site, reader, writer).serve()
        finally:
            del self._connections[task]
