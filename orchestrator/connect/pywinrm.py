"""Commands to a host through pywinrm's Protocol: NTLM over HTTP 5985, every message sealed.

pywinrm blocks, so each carrier's work runs on a bounded thread pool, one call at a time. Of pywinrm only the single
exchanges are used; its loop over Receive has no end of its own.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar

from winrm import protocol as pywinrm
from winrm.exceptions import WinRMOperationTimeoutError, WinRMTransportError, WSManFaultError

from orchestrator.connect.carrier import Completed
from orchestrator.connect.sealed import SealedTransport
from orchestrator.connect.translation import translated
from orchestrator.model.deadline import Deadline
from orchestrator.model.errors import (
    AccessDenied,
    ConnectionLost,
    DeadlineExceeded,
    LogonRefused,
    Retry,
    UnexpectedOutput,
    WsManFault,
)
from orchestrator.model.host import Host
from orchestrator.model.secret import Secret
from orchestrator.windows.quotas import WINRM_2, Quotas

T = TypeVar("T")

OPERATION_SECONDS = 50
"""How long the host may hold a Receive open; MaxTimeoutms is 60,000 on every stock host."""
GRACE_SECONDS = 15
"""How much longer than that we wait for the answer to arrive."""
CODE_PAGE = 65001
"""UTF-8; accepted by Windows 7 and later (knife-windows pull request 400)."""
SOAP_OVERHEAD = 4096
"""Bytes of an envelope that are not payload; pywinrm's header is about 2,200."""
OUTPUT_LIMIT = 32 * 1024 * 1024
"""Bytes of output of one command; whoever sends more is not what we asked for."""


def _pauses() -> Iterator[float]:
    """Seconds before each Receive.

    The service answers as soon as there is any output: whoever asks at once fetches a batch's in many small answers.
    """
    pause = 0.1
    while True:
        yield pause
        pause = min(2 * pause, 1.0)


class PasswordSource(Protocol):
    """Where passwords come from at the moment of use."""

    def resolve(self, reference: str) -> Secret: ...


class PywinrmConnector:
    """Logs on to hosts; one for a run.

    Args:
        passwords: Resolves credential references.
        threads: How many hosts may be in an exchange at the same moment.
    """

    def __init__(self, passwords: PasswordSource, threads: int) -> None:
        self._passwords = passwords
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="winrm")
        self._orphans: dict[str, list[str]] = defaultdict(list)

    async def connect(self, host: Host, deadline: Deadline) -> PywinrmCarrier:
        return await self._in_thread(self._connect, host, deadline)

    async def probe(self, host: Host, deadline: Deadline) -> bool:
        try:
            async with asyncio.timeout(deadline.remaining):
                _, writer = await asyncio.open_connection(host.address, host.port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True

    def close(self) -> None:
        """Lets the threads go; connections have been closed by their owners."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)

    def _connect(self, host: Host, deadline: Deadline) -> PywinrmCarrier:
        password = self._passwords.resolve(host.credential.password)
        timeouts: dict[str, Any] = {
            "operation_timeout_sec": OPERATION_SECONDS,
            "read_timeout_sec": OPERATION_SECONDS + GRACE_SECONDS,
        }
        endpoint = f"http://{host.address}:{host.port}/wsman"
        log_on: dict[str, Any] = {
            "endpoint": endpoint,
            "username": host.credential.username,
            "password": password.reveal(),
            "proxy": None,
            "message_encryption": "always",
        }
        protocol = pywinrm.Protocol(transport="ntlm", **log_on, **timeouts)
        protocol.transport = transport = SealedTransport(
            auth_method="ntlm", read_timeout_sec=min(deadline.remaining, timeouts["read_timeout_sec"]), **log_on
        )
        with translated(host, logged_on=False):
            transport.build_session()
        carrier = PywinrmCarrier(host, protocol, self._in_thread, self._orphans[host.name])
        carrier.bury_orphans()
        return carrier


class PywinrmCarrier:
    """One connection and at most one shell on a host; see `connect.carrier.Carrier`.

    Commands that have ended are not signed off one by one: deleting the shell does that (see `windows.quotas`).
    """

    def __init__(self, host: Host, protocol: Any, in_thread: Callable[..., Any], orphans: list[str]) -> None:
        self._host = host
        self._protocol = protocol
        self._in_thread = in_thread
        self._orphans = orphans
        self._busy = threading.Lock()
        self._shell: str | None = None
        self._operations = 0
        self._lost = False
        self._quotas = WINRM_2

    def learn_quotas(self, quotas: Quotas) -> None:
        self._quotas = quotas

    async def run(self, line: str, deadline: Deadline, stdin: Iterable[bytes] | None = None) -> Completed:
        completed: Completed = await self._in_thread(self._run, line, deadline, stdin)
        return completed

    async def close(self) -> None:
        await self._in_thread(self._close)

    def bury_orphans(self) -> None:
        """Deletes shells that a lost connection left behind; that they are gone already is no failure."""
        while self._orphans:
            self._delete_shell(self._orphans.pop())

    def _run(self, line: str, deadline: Deadline, stdin: Iterable[bytes] | None) -> Completed:
        with self._busy, self._watching():
            if self._operations >= self._quotas.operations_per_shell:
                self._leave_shell()
            if self._shell is None:
                self._wait_at_most(deadline)
                self._shell = self._protocol.open_shell(codepage=CODE_PAGE)
                self._operations = 0
            self._operations += 1
            command = self._protocol.run_command(self._shell, line, console_mode_stdin=stdin is None)
            if stdin is not None:
                self._send(command, stdin, deadline)
            return self._receive(command, line, deadline)

    def _send(self, command: str, stdin: Iterable[bytes], deadline: Deadline) -> None:
        for chunk, last in _chunks(stdin, (self._quotas.envelope_bytes - SOAP_OVERHEAD) // 4 * 3):
            self._wait_at_most(deadline)
            if deadline.expired:
                self._terminate(command)
                raise DeadlineExceeded("the host did not take what was sent in time")
            try:
                self._protocol.send_command_input(self._shell, command, chunk, end=last)
            except WSManFaultError:
                # The command may have ended without reading on; what it left with is told by Receive.
                return

    def _receive(self, command: str, line: str, deadline: Deadline) -> Completed:
        stdout, stderr = bytearray(), bytearray()
        for pause in _pauses():
            time.sleep(min(pause, deadline.remaining))
            self._wait_at_most(deadline)
            try:
                out, err, exit_code, done = self._protocol.get_command_output_raw(self._shell, command)
            except WinRMOperationTimeoutError:
                out, err, exit_code, done = b"", b"", 0, False
            stdout += out
            stderr += err
            if done:
                return Completed(exit_code & 0xFFFFFFFF, bytes(stdout), bytes(stderr))
            if len(stdout) + len(stderr) > OUTPUT_LIMIT:
                self._terminate(command)
                raise UnexpectedOutput("a command's output has no end", command=line)
            if deadline.expired:
                self._terminate(command)
                raise DeadlineExceeded("the host did not finish a command in time", command=line)
        raise AssertionError("the pauses have no end")

    def _wait_at_most(self, deadline: Deadline) -> None:
        seconds = max(1, min(OPERATION_SECONDS, int(deadline.remaining)))
        self._protocol.operation_timeout_sec = seconds
        self._protocol.transport.read_timeout_sec = seconds + GRACE_SECONDS

    def _terminate(self, command: str) -> None:
        with suppress(WSManFaultError, WinRMTransportError, WinRMOperationTimeoutError):
            self._protocol.cleanup_command(self._shell, command)

    def _leave_shell(self) -> None:
        shell, self._shell = self._shell, None
        if shell is not None:
            self._delete_shell(shell)

    def _delete_shell(self, shell: str) -> None:
        with suppress(WSManFaultError, WinRMTransportError, WinRMOperationTimeoutError):
            self._protocol.close_shell(shell, close_session=False)

    def _close(self) -> None:
        with self._busy:
            try:
                if self._lost:
                    self._orphans.extend(filter(None, [self._shell]))
                else:
                    with self._watching():
                        self._leave_shell()
            except (ConnectionLost, LogonRefused, AccessDenied, WsManFault):
                pass
            finally:
                self._shell = None
                self._protocol.transport.close_session()

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """Translates errors, and remembers what they say about connection and shell."""
        try:
            with translated(self._host, logged_on=True):
                yield
        except (ConnectionLost, LogonRefused):
            self._lost = True
            raise
        except WsManFault as fault:
            if fault.retry is Retry.NEW_SHELL:
                self._orphans.extend(filter(None, [self._shell]))
                self._shell = None
            raise


def _chunks(stdin: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """The stream in pieces of `size` bytes (the last may be shorter), each with whether it is the last."""
    waiting = bytearray()
    for part in stdin:
        waiting += part
        while len(waiting) > size:
            yield bytes(waiting[:size]), False
            del waiting[:size]
    yield bytes(waiting), True
