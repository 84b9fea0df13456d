"""WinRMServer: the WinRM listeners of one machine, there only while the machine is up and its service runs."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from sspr_lab.link import Link, LinkSettings
from sspr_lab.tls.certificates import Authority
from sspr_lab.tls.schannel import server_context
from sspr_lab.winrm.authentication import AcceptorMaker
from sspr_lab.winrm.connection import Connection, Site, Transcript
from sspr_lab.winrm.counters import Counters
from sspr_lab.winrm.credssp import CredSSP
from sspr_lab.winrm.domain import Domain
from sspr_lab.winrm.logons import Logons
from sspr_lab.winrm.machine import ServedMachine
from sspr_lab.winrm.negotiation import kerberos_acceptor, own_acceptor
from sspr_lab.winrm.service import ShellService
from sspr_lab.winrm.shell import Shells

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
            for server in [each for each in self._servers if each.lags]:
                await server.follow_machine()


@dataclass(frozen=True)
class Trust:
    """What a machine and its clients know of each other beside passwords.

    Attributes:
        authority: Vouches for the machine's HTTPS listener and for the certificates of clients; there has to be one
            where the profile has HTTPS or CredSSP.
        certificates: Local account by the user principal name in a client's certificate.
        keytab: The machine's keys in a Kerberos realm.
        domain: The domain that the machine is a member of, for NTLM.
    """

    authority: Authority | None = None
    certificates: Mapping[str, str] = field(default_factory=dict)
    keytab: Path | None = None
    domain: Domain | None = None


class WinRMServer:
    """WinRM on one address: over HTTP, HTTPS or both, as the machine's profile says.

    Args:
        machine: the machine behind it.
        address: a loopback address, 127.x.y.z.
        port: the TCP port of HTTP; 0 for a free one, which `port` tells after `start`.
        credentials: password by account name, see `Logons`.
        https_port: the TCP port of HTTPS, in the same way.
        trust: certificates and keys.
        acceptor: makes what takes the Negotiate scheme's tokens on a connection; the lab's own when left out.
        watch: looks after many servers at once; a server alone has its own.
        transcript: called with the action and the envelope of every request that could be unsealed, and of every
            answer.

    Attributes:
        link: The line to the machine, where its faults say something of it.
    """

    def __init__(
        self,
        machine: ServedMachine,
        address: str,
        port: int,
        credentials: Mapping[str, str],
        *,
        https_port: int = 0,
        trust: Trust | None = None,
        acceptor: AcceptorMaker = own_acceptor,
        watch: Watch | None = None,
        transcript: Transcript | None = None,
    ) -> None:
        self.machine = machine
        self.address = address
        self.port = port
        self.https_port = https_port
        self._trust = trust or Trust()
        self._watch = watch or Watch()
        self._shells = Shells(machine)
        self._counters = Counters()
        endpoint = f"http://{machine.profile.computer_name}:{port}/wsman"
        service = ShellService(machine, self._shells, endpoint)
        trust = self._trust
        logons = Logons(machine, credentials, certificates=trust.certificates, keytab=trust.keytab, domain=trust.domain)
        self._acceptors: dict[str, AcceptorMaker] = {"negotiate": acceptor, "kerberos": kerberos_acceptor}
        self.link = _link_to(machine)
        self._site = Site(machine, service, logons, self._acceptors, self._counters, transcript, self.link)
        self._listeners: list[asyncio.Server] = []
        self._behind_link: list[asyncio.Server] = []
        self._tls: tuple[ssl.SSLContext, bytes] | None = None  # with the binding of its certificate; made once a boot
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
        return len(self._listeners) == len(self.machine.profile.winrm.listeners)

    async def start(self) -> None:
        """Listen as soon as the machine lets it. Raises OSError when the address is taken."""
        await self.follow_machine()
        self._watch.add(self)

    async def stop(self) -> None:
        """Close the listener, the connections and the shells."""
        await self._watch.remove(self)
        await self._close()

    @property
    def lags(self) -> bool:
        """Whether the machine's state asks for something else than what listens."""
        is_open = bool(self._listeners)
        return is_open != self._may_listen or (is_open and self._boot_time != self.machine.power.boot_time)

    @property
    def _may_listen(self) -> bool:
        machine = self.machine
        return machine.powered and machine.services.is_running(_SERVICE_NAME) and not machine.faults.find("unreachable")

    async def follow_machine(self) -> None:
        """Open or close the listeners, whichever the machine's state asks for."""
        machine = self.machine
        up = self._may_listen
        booted = self._boot_time != machine.power.boot_time
        if self._listeners and (not up or booted):
            await self._close()
        if up and not self._listeners:
            if booted:
                self._boot_time, self._tls = machine.power.boot_time, None
                if "credssp" in machine.profile.winrm.auth:
                    own = self._authority().self_signed(machine.profile.computer_name)
                    self._acceptors["credssp"] = CredSSP(machine, own).acceptor
            await self._open()

    async def _open(self) -> None:
        """Listen as the profile says. Raises OSError, with nothing left listening, when an address is taken."""
        kinds = self.machine.profile.winrm.listeners
        try:
            if "http" in kinds:
                self.port = await self._listen(self.port, None, b"")
            if "https" in kinds:
                if self._tls is None:
                    self._tls = self._made_tls()
                self.https_port = await self._listen(self.https_port, *self._tls)
        except OSError:
            await self._close()
            raise

    async def _listen(self, port: int, context: ssl.SSLContext | None, binding: bytes) -> int:
        """Open a listener and return its port."""
        accept = partial(self._accept, binding)
        if self.link is None:
            listener = await asyncio.start_server(accept, self.address, port, backlog=_BACKLOG, ssl=context)
        else:
            inner = await asyncio.start_server(accept, "127.0.0.1", 0, backlog=_BACKLOG, ssl=context)
            self._behind_link.append(inner)
            listener = await self.link.listen(self.address, port, inner.sockets[0].getsockname()[1])
        self._listeners.append(listener)
        bound: int = listener.sockets[0].getsockname()[1]
        return bound

    def _made_tls(self) -> tuple[ssl.SSLContext, bytes]:
        """TLS of the HTTPS listener, with the binding of its certificate."""
        machine, authority = self.machine, self._authority()
        certificate = authority.for_server(machine.profile.computer_name, machine.faults)
        clients = authority.pem if "certificate" in machine.profile.winrm.auth else b""
        return server_context(machine, certificate, clients), certificate.binding

    def _authority(self) -> Authority:
        assert self._trust.authority is not None, "HTTPS and CredSSP need a certificate"
        return self._trust.authority

    async def _close(self) -> None:
        for listeners in (self._listeners, self._behind_link):
            while listeners:
                listeners.pop().close()
        if self.link is not None:
            await self.link.close()
        tasks = dict(self._connections)
        for task, writer in tasks.items():
            writer.transport.abort()
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._shells.close()

    async def _accept(self, binding: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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
            # One that still has bytes to deliver is there until they are, and `_close` has to find it.
            with suppress(asyncio.CancelledError, OSError):
                await Connection(self._site, reader, writer, binding).serve()
                await writer.wait_closed()
        finally:
            del self._connections[task]


def _link_to(machine: ServedMachine) -> Link | None:
    """The line to a machine whose faults say something of it: that it is slow or breaks, or that the machine sleeps."""
    line, nap = machine.faults.find("link"), machine.faults.find("sleeps")
    if line is None and nap is None:
        return None
    settings = LinkSettings.of(line) if line is not None else LinkSettings()
    return Link(settings, machine.clock, machine.profile.computer_name)
