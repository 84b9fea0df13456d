"""The operations of the WinRM service on remote shells: one WS-Management message in, one body out."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar
from xml.etree.ElementTree import Element

from sspr_lab.accounts import Account
from sspr_lab.interfaces.platform import Platform
from sspr_lab.streams import codec_of
from sspr_lab.winrm import faults, replies
from sspr_lab.winrm import namespaces as ns
from sspr_lab.winrm.beyond_shells import check_action, check_resource
from sspr_lab.winrm.command import Command, Received
from sspr_lab.winrm.durations import duration_of, seconds_of
from sspr_lab.winrm.faults import WsmanFault
from sspr_lab.winrm.shell import Shell, ShellRequest, Shells
from sspr_lab.winrm.soap import Message

_ENVELOPE_OVERHEAD: Final = 3072  # octets of a ReceiveResponse beside the base64 of its streams
_TRUE: Final = frozenset({"true", "1"})

T = TypeVar("T")


@dataclass(frozen=True)
class Caller:
    """Who sent a message, and from where."""

    account: Account
    address: str


class ShellService:
    """What the resource .../windows/shell/cmd answers on one machine."""

    def __init__(self, machine: Platform, shells: Shells, endpoint: str) -> None:
        self._machine = machine
        self._shells = shells
        self._endpoint = endpoint
        on_shell: Mapping[str, Callable[[Message, Shell], Awaitable[str]]] = {
            ns.DELETE: self._delete,
            ns.COMMAND: self._command,
            ns.SEND: self._send,
            ns.RECEIVE: self._receive,
            ns.SIGNAL: self._signal,
        }
        self._on_shell = on_shell

    async def handle(self, message: Message, caller: Caller) -> str:
        """The body that answers the message.

        Raises:
            NoModel: for what Windows has and the lab has not.
            WsmanFault: whatever Windows refuses it with. Get and Enumerate of shells are refused on the cmd resource
                since Windows 7 (MS-WSMV product notes 103 and 114).
        """
        if not caller.account.elevated:
            raise WsmanFault(faults.ACCESS_DENIED)
        check_resource(message.resource_uri, message.action)
        if message.action == ns.CREATE:
            return self._create(message, caller)
        check_action(message.action, self._machine.profile.quotas.stack)
        operation = self._on_shell.get(message.action)
        if operation is None:
            raise WsmanFault(faults.ACTION_NOT_SUPPORTED)
        shell_id = message.selectors.get("SHELLID")
        if not shell_id:
            raise WsmanFault(faults.SHELL_SELECTOR_MISSING)
        shell = self._shells.find(shell_id, caller.account)
        with self._shells.in_use(shell):
            return await operation(message, shell)

    def _create(self, message: Message, caller: Caller) -> str:
        request = _shell_request(message.payload("Shell"), message.options)
        shell = self._shells.create(caller.account, request, caller.address)
        domain = caller.account.domain or self._machine.profile.computer_name
        described = replies.elements(
            [
                ("ShellId", shell.id),
                ("ResourceUri", ns.CMD_RESOURCE),
                ("Owner", f"{domain}\\{caller.account.name}"),
                ("ClientIP", shell.client),
                ("IdleTimeOut", duration_of(shell.idle_timeout)),
                ("InputStreams", request.input_streams),
                ("OutputStreams", request.output_streams),
                ("ShellRunTime", "P0DT0H0M0S"),
                ("ShellInactivity", "P0DT0H0M0S"),
            ]
        )
        return replies.resource_created(self._endpoint, shell.id, f"<rsp:Shell>{described}</rsp:Shell>")

    async def _delete(self, message: Message, shell: Shell) -> str:
        del message
        self._shells.delete(shell)
        return ""

    async def _command(self, message: Message, shell: Shell) -> str:
        line = _command_line(message.payload("CommandLine"))
        self._shells.count_operation(shell)
        command = shell.start(
            line,
            console_mode=_option(message, "WINRS_CONSOLEMODE_STDIN"),
            skip_cmd=_option(message, "WINRS_SKIP_CMD_SHELL"),
        )
        return f"<rsp:CommandResponse><rsp:CommandId>{command.id}</rsp:CommandId></rsp:CommandResponse>"

    async def _send(self, message: Message, shell: Shell) -> str:
        streams = message.payload("Send").findall(f"{{{ns.SHELL}}}Stream")
        if not streams:
            raise WsmanFault(faults.SCHEMA)
        for stream in streams:
            command = shell.command(stream.get("CommandId", ""))
            if stream.get("Name", "").lower() != "stdin":
                raise WsmanFault(faults.INVALID_PARAMETER)
            await self._within(message, command.send(self._damaged(_content(stream)), end=_is_end(stream)))
        return "<rsp:SendResponse/>"

    async def _receive(self, message: Message, shell: Shell) -> str:
        desired = message.payload("Receive").find(f"{{{ns.SHELL}}}DesiredStream")
        if desired is None:
            raise WsmanFault(faults.SCHEMA)
        command = shell.command(desired.get("CommandId", ""))
        wanted = set((desired.text or "").lower().split()) & set(shell.output_streams)
        quota = self._machine.profile.quotas.max_envelope_size_kb * 1024
        envelope = min(message.max_envelope_size or quota, quota)
        limit = (envelope - _ENVELOPE_OVERHEAD) * 3 // 4
        received = await self._within(message, command.receive(wanted, limit))
        return f"<rsp:ReceiveResponse>{_streams(command, shell, received)}</rsp:ReceiveResponse>"

    async def _signal(self, message: Message, shell: Shell) -> str:
        signal = message.payload("Signal")
        command = shell.command(signal.get("CommandId", ""))
        code = (signal.findtext(f"{{{ns.SHELL}}}Code") or "").strip().lower()
        if code == ns.SIGNAL_TERMINATE:
            shell.terminate(command)
        elif code in (ns.SIGNAL_CTRL_C, ns.SIGNAL_CTRL_BREAK):
            command.interrupt()
        else:
            raise WsmanFault(faults.INVALID_PARAMETER)
        return "<rsp:SignalResponse/>"

    async def _within(self, message: Message, operation: Awaitable[T]) -> T:
        """Await it for the message's OperationTimeout, in host time. Raises WsmanFault 2150858793."""
        longest = self._machine.profile.quotas.max_timeout_ms / 1000
        seconds = longest if message.operation_timeout is None else min(message.operation_timeout, longest)
        try:
            async with asyncio.timeout(seconds / self._machine.clock.speed):
                return await operation
        except TimeoutError as error:
            raise WsmanFault(faults.TIMED_OUT) from error

    def _damaged(self, data: bytes) -> bytes:
        """The data, with a bit flipped in the middle while the machine has that fault."""
        if not data or not self._machine.faults.take("corrupt_upload"):
            return data
        middle = len(data) // 2
        return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def _shell_request(shell: Element, options: Mapping[str, str]) -> ShellRequest:
    variables = shell.findall(f"{{{ns.SHELL}}}Environment/{{{ns.SHELL}}}Variable")
    idle = shell.findtext(f"{{{ns.SHELL}}}IdleTimeOut")
    try:
        idle_timeout = seconds_of(idle) if idle else None
    except ValueError as error:
        raise WsmanFault(faults.SCHEMA) from error
    return ShellRequest(
        code_page=_code_page(options.get("WINRS_CODEPAGE", "")),
        working_directory=(shell.findtext(f"{{{ns.SHELL}}}WorkingDirectory") or "").strip() or None,
        environment={variable.get("Name", ""): variable.text or "" for variable in variables},
        idle_timeout=idle_timeout,
        input_streams=shell.findtext(f"{{{ns.SHELL}}}InputStreams") or "stdin",
        output_streams=shell.findtext(f"{{{ns.SHELL}}}OutputStreams") or "stdout stderr",
    )


def _code_page(option: str) -> int | None:
    """A code page that the system has. Raises WsmanFault for any other value."""
    if not option:
        return None
    with suppress(ValueError, LookupError):
        code_page = int(option)
        "".encode(codec_of(code_page))
        return code_page
    raise WsmanFault(faults.INVALID_OPTION)


def _command_line(element: Element) -> str:
    """The command and its arguments with single spaces between them, as the service joins them."""
    command = element.findtext(f"{{{ns.SHELL}}}Command")
    if not command or not command.strip():
        raise WsmanFault(faults.SCHEMA)
    arguments = [argument.text or "" for argument in element.findall(f"{{{ns.SHELL}}}Arguments")]
    return " ".join([command.strip(), *arguments])


def _option(message: Message, name: str) -> bool:
    return message.options.get(name, "").lower() in _TRUE


def _is_end(stream: Element) -> bool:
    return stream.get("End", "").lower() in _TRUE


def _content(stream: Element) -> bytes:
    try:
        return base64.b64decode("".join((stream.text or "").split()), validate=True)
    except binascii.Error as error:
        raise WsmanFault(faults.SCHEMA) from error


def _streams(command: Command, shell: Shell, received: Received) -> str:
    about = f'CommandId="{command.id}"'
    parts = [
        f'<rsp:Stream Name="{chunk.stream}" {about}>{base64.b64encode(chunk.data).decode()}</rsp:Stream>'
        for chunk in received.chunks
    ]
    if received.exit_code is None:
        return "".join(parts) + f'<rsp:CommandState {about} State="{ns.STATE_RUNNING}"/>'
    parts += [f'<rsp:Stream Name="{name}" {about} End="true"></rsp:Stream>' for name in shell.output_streams]
    state = f"<rsp:ExitCode>{received.exit_code}</rsp:ExitCode>"
    return "".join(parts) + f'<rsp:CommandState {about} State="{ns.STATE_DONE}">{state}</rsp:CommandState>'
