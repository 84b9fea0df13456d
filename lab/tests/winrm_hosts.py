"""A WinRM host for tests, and unmodified pywinrm pointed at it; blocking work goes to a thread."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from xml.etree.ElementTree import fromstring

from winrm.exceptions import WinRMTransportError
from winrm.protocol import Protocol

from sspr_lab.clock import Clock
from sspr_lab.faults import Faults, fault
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from sspr_lab.winrm import namespaces as ns
from sspr_lab.winrm.server import Trust, WinRMServer

T = TypeVar("T")

PASSWORD = "Pässw0rd!"
IDENTIFY = f'<s:Envelope xmlns:s="{ns.SOAP}"><s:Body><i:Identify xmlns:i="{ns.IDENTITY}"/></s:Body></s:Envelope>'
CREDENTIALS = {"Administrator": PASSWORD, "user": PASSWORD, "helpdesk": PASSWORD, "LAB\\jane": PASSWORD}


@dataclass
class WinRMHost:
    """A machine behind a WinRM server on a free port of 127.0.0.1."""

    machine: Machine
    server: WinRMServer
    messages: list[tuple[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}/wsman"

    @contextmanager
    def client(
        self, username: str = "Administrator", password: str = PASSWORD, operation_timeout: int = 20
    ) -> Iterator[Protocol]:
        """pywinrm as its users have it: NTLM, always sealed."""
        protocol = Protocol(
            self.url,
            transport="ntlm",
            username=username,
            password=password,
            message_encryption="always",
            server_cert_validation="ignore",
            proxy=None,
            operation_timeout_sec=operation_timeout,
            read_timeout_sec=operation_timeout + 10,
        )
        try:
            yield protocol
        finally:
            protocol.transport.close_session()

    def envelopes(self, action: str) -> list[str]:
        """The envelopes of one action that have passed, oldest first."""
        return [envelope for name, envelope in self.messages if name == action]


@asynccontextmanager
async def winrm_host(
    profile: Profile | None = None, *, speed: float = 20, faults: Faults | None = None, trust: Trust | None = None
) -> AsyncIterator[WinRMHost]:
    """A host that is up inside the block; one with an HTTPS listener needs a `trust` with an authority."""
    clock = Clock(speed=speed)
    machine = Machine(profile or Profile(), clock, faults)
    messages: list[tuple[str, str]] = []
    credentials = CREDENTIALS | dict.fromkeys(machine.profile.administrators, PASSWORD)
    server = WinRMServer(
        machine,
        *("127.0.0.1", 0, credentials),
        trust=trust,
        transcript=lambda action, envelope: messages.append((action, envelope)),
    )
    await server.start()
    try:
        yield WinRMHost(machine, server, messages)
    finally:
        await server.stop()
        await clock.close()


def faulty(kind: str, **params: float) -> Faults:
    """The faults of a machine that has one."""
    return Faults([fault(kind, **params)])


async def blocking(work: Callable[[], T]) -> T:
    """Run what blocks on a thread."""
    return await asyncio.to_thread(work)


def run(client: Protocol, shell: str, line: str, *, skip_cmd_shell: bool = False) -> tuple[bytes, bytes, int]:
    """One command from Command to Signal terminate."""
    command = client.run_command(shell, line, skip_cmd_shell=skip_cmd_shell)
    output: tuple[bytes, bytes, int] = client.get_command_output(shell, command)
    client.cleanup_command(shell, command)
    return output


def envelope(
    action: str,
    body: str = "",
    *,
    shell: str = "",
    resource: str = ns.CMD_RESOURCE,
    headers: str = "",
    reply_to: str = ns.ANONYMOUS,
) -> str:
    """A request of our own making; `headers` and `body` are XML."""
    selectors = f'<w:SelectorSet><w:Selector Name="ShellId">{shell}</w:Selector></w:SelectorSet>' if shell else ""
    return (
        f'<s:Envelope xmlns:s="{ns.SOAP}" xmlns:a="{ns.ADDRESSING}" xmlns:w="{ns.WSMAN}" xmlns:rsp="{ns.SHELL}">'
        f"<s:Header><a:To>http://host/wsman</a:To><a:ReplyTo><a:Address>{reply_to}</a:Address></a:ReplyTo>"
        f"<a:MessageID>uuid:11111111-2222-3333-4444-555555555555</a:MessageID><a:Action>{action}</a:Action>"
        f"<w:ResourceURI>{resource}</w:ResourceURI>{selectors}{headers}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )


def exchange(client: Protocol, envelope: str) -> str:
    """What the host answers to an envelope, a fault or not."""
    try:
        answer: bytes = client.transport.send_message(envelope)
    except WinRMTransportError as error:
        return str(error.response_text)
    return answer.decode()


def fault_codes(answer: str) -> tuple[int | None, int | None, str]:
    """The code of a fault as WSManFault has it, as MSFT_WmiError has it, and its subcode."""
    root = fromstring(answer)
    wsman = root.find(f".//{{{ns.FAULT}}}WSManFault")
    wmi = root.findtext(f".//{{{ns.WMI_ERROR}}}error_Code")
    subcode = root.findtext(f".//{{{ns.SOAP}}}Subcode/{{{ns.SOAP}}}Value") or ""
    return None if wsman is None else int(wsman.get("Code", "")), None if wmi is None else int(wmi), subcode


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for a condition; TimeoutError when it does not come."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)
