"""Commands to a host through pywinrm's Protocol, over a `WinRMTransport` of our own.

Of pywinrm only the single exchanges are used; its loop over Receive has no end of its own. They block, so they are
made on a thread (`connect.connector`).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, Final, TypeVar, cast

from winrm import protocol as pywinrm
from winrm.exceptions import WinRMOperationTimeoutError, WinRMTransportError, WSManFaultError

from orchestrator.connect.connection import Completed
from orchestrator.connect.translation import row_of, translated
from orchestrator.connect.transport import WinRMTransport
from orchestrator.model.clock import Deadline
from orchestrator.model.errors import (
    ConnectionLost,
    DeadlineExceeded,
    LogonRefused,
    Retry,
    TargetError,
    UnexpectedOutput,
    WsManFault,
)
from orchestrator.model.host import Host
from orchestrator.model.message import phrase
from orchestrator.windows.branches import WINRM_2, Quotas

T = TypeVar("T")

_NOT_TAKEN_IN_TIME = phrase("winrm-input-not-taken")
_NOT_FINISHED_IN_TIME = phrase("winrm-command-not-finished")
_ENDLESS_OUTPUT = phrase("winrm-endless-output")
_OVER_BEFORE_ASKED = phrase("winrm-over-before-asked")

OPERATION_SECONDS = 50
"""How long the host may hold a Receive open; MaxTimeoutms is 60,000 on every stock host."""
GRACE_SECONDS = 15
"""How much longer than that we wait for the answer to arrive."""
LOGON_SECONDS = 30.0
"""How long connecting and logging on may take; a host may have to ask its domain controller."""
CLOSE_SECONDS = 5.0
"""How long the host is given to delete its shell."""
CODE_PAGE = 65001
"""UTF-8; accepted by Windows 7 and later (knife-windows pull request 400)."""
SOAP_OVERHEAD = 4096
"""Bytes of an envelope that are not payload; pywinrm's header is about 2,200."""
OUTPUT_LIMIT = 32 * 1024 * 1024
"""Bytes of output of one command; whoever sends more is not what we asked for."""


FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds that the host has before a Receive reaches it. The service answers as soon as there is any output: whoever
asks at once fetches a batch's in many small answers. Where these stay small, the pauses grow. What a request is on its
way, and the last answer was, is a part of them."""
FLOWING_BYTES = 4096
"""An answer of this size shows that output comes faster than we ask; then there is no pause."""


MESSAGE_SECONDS: Final = 10.0
"""How long a message may take, as the one before it went."""
FIRST_BYTES: Final = 48 * 1024
"""Of content in the first message, when nothing is known of the line."""
LEAST_BYTES: Final = 6 * 1024


class MessageSize:
    """How many bytes of content the next message is to have.

    Args:
        largest: The most that the host takes.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self.bytes = min(FIRST_BYTES, largest)

    def took(self, seconds: float) -> None:
        """Tells how long the message that was just sent took, with its answer."""
        carried = self.bytes * MESSAGE_SECONDS / max(seconds, 0.001)
        self.bytes = max(LEAST_BYTES, min(self._largest, int(carried)))


class PywinrmConnection:
    """One connection and at most one shell on a host; see `connect.connection.Connection`.

    Commands that have ended are not signed off one by one: deleting the shell does that (see `windows.quotas`).
    """

    def __init__(
        self, host: Host, transport: WinRMTransport, in_thread: Callable[..., Any], orphans: list[str]
    ) -> None:
        self._host = host
        self._in_thread = in_thread
        self._orphans = orphans
        self._busy = threading.Lock()
        self._shell: str | None = None
        self._operations = 0
        self._lost = False
        self._quotas = WINRM_2
        self._transport = transport
        self._protocol = cast(Any, pywinrm.Protocol(host.address, transport="kerberos"))  # its own transport is unused
        self._protocol.transport = transport

    async def log_on(self, deadline: Deadline) -> None:
        """Connects and logs on, once; to be called before anything else. Raises as `Connector.connect` does."""
        await self._watched(self._log_on, deadline.within(LOGON_SECONDS))

    def learn_quotas(self, quotas: Quotas) -> None:
        self._quotas = quotas

    async def run(self, line: str, deadline: Deadline, stdin: Iterable[bytes] | None = None) -> Completed:
        return await self._watched(self._run, deadline, line, stdin)

    @property
    def clock_ahead(self) -> timedelta | None:
        return self._transport.clock_ahead

    async def close(self) -> None:
        await self._watched(self._close, Deadline.after(CLOSE_SECONDS))

    async def _watched(self, work: Callable[..., T], deadline: Deadline, *arguments: Any) -> T:
        """Works on a thread; some time after the deadline the connection is broken off under it.

        No read times out on a peer that sends a byte now and then.
        """
        breaking = asyncio.get_running_loop().call_later(deadline.remaining + GRACE_SECONDS, self._transport.break_off)
        try:
            done: T = await self._in_thread(work, deadline, *arguments)
            return done
        finally:
            breaking.cancel()

    def _log_on(self, deadline: Deadline) -> None:
        try:
            with translated(self._host, logged_on=False):
                self._wait_at_most(deadline)
                self._transport.read_timeout_sec = max(1, int(deadline.remaining))
                self._transport.log_on()
            with self._watching():
                self._bury_orphans()
        except TargetError:
            self._transport.close_session()
            raise

    def _run(self, deadline: Deadline, line: str, stdin: Iterable[bytes] | None) -> Completed:
        with self._busy, self._watching():
            self._wait_at_most(deadline)
            if self._operations >= self._quotas.operations_per_shell:
                self._leave_shell()
            self._bury_orphans()
            if self._shell is None:
                self._shell = self._protocol.open_shell(codepage=CODE_PAGE)
                self._operations = 0
            self._operations += 1
            command = self._protocol.run_command(self._shell, line, console_mode_stdin=stdin is None)
            if stdin is not None:
                self._send(command, stdin, deadline)
            return self._receive(command, line, deadline)

    def _send(self, command: str, stdin: Iterable[bytes], deadline: Deadline) -> None:
        size = MessageSize((self._quotas.envelope_bytes - SOAP_OVERHEAD) // 4 * 3)
        for chunk, last in _chunks(stdin, size):
            if deadline.expired:
                self._terminate(command)
                raise DeadlineExceeded(_NOT_TAKEN_IN_TIME())
            self._wait_at_most(deadline)
            began = time.monotonic()
            try:
                self._protocol.send_command_input(self._shell, command, chunk, end=last)
            except WSManFaultError as error:
                if row_of(error).retry is Retry.BACK_OFF:
                    raise
                # The command may have ended without reading on; what it left with is told by Receive.
                return
            size.took(time.monotonic() - began)

    def _receive(self, command: str, line: str, deadline: Deadline) -> Completed:
        stdout, stderr = bytearray(), bytearray()
        pause = FIRST_PAUSE
        while True:
            time.sleep(min(max(0.0, pause - self._transport.round_trip), deadline.remaining))
            if deadline.expired:
                self._terminate(command)
                raise DeadlineExceeded(_NOT_FINISHED_IN_TIME(), command=line)
            self._wait_at_most(deadline)
            try:
                out, err, exit_code, done = self._protocol.get_command_output_raw(self._shell, command)
            except WinRMOperationTimeoutError:
                continue
            stdout += out
            stderr += err
            if done:
                return Completed(exit_code & 0xFFFFFFFF, bytes(stdout), bytes(stderr))
            if len(stdout) + len(stderr) > OUTPUT_LIMIT:
                self._terminate(command)
                raise UnexpectedOutput(_ENDLESS_OUTPUT(), command=line)
            pause = 0.0 if len(out) + len(err) >= FLOWING_BYTES else min(2 * pause or FIRST_PAUSE, LONGEST_PAUSE)

    def _wait_at_most(self, deadline: Deadline) -> None:
        """Sets how long the next exchanges may take. Raises DeadlineExceeded when no time is left for any."""
        if deadline.expired:
            raise DeadlineExceeded(_OVER_BEFORE_ASKED())
        seconds = max(1, int(min(OPERATION_SECONDS, deadline.remaining)))
        self._protocol.operation_timeout_sec = seconds
        self._transport.read_timeout_sec = seconds + GRACE_SECONDS

    def _terminate(self, command: str) -> None:
        """Ends a command on the host, as far as that can be done."""
        with suppress(TargetError), translated(self._host, logged_on=True):
            self._protocol.cleanup_command(self._shell, command)

    def _leave_shell(self) -> None:
        if self._shell is not None:
            self._orphans.append(self._shell)
            self._shell = None

    def _bury_orphans(self) -> None:
        """Deletes shells that are not needed any more, also those that a lost connection left behind.

        That they are gone already is no failure. Until the service has answered they stay in the list.
        """
        while self._orphans:
            with suppress(WSManFaultError, WinRMTransportError, WinRMOperationTimeoutError):
                self._protocol.close_shell(self._orphans[-1], close_session=False)
            self._orphans.pop()

    def _close(self, deadline: Deadline) -> None:
        with self._busy:
            self._leave_shell()
            try:
                if not self._lost:
                    with self._watching():
                        self._wait_at_most(deadline)
                        self._bury_orphans()
            except TargetError:
                pass  # what could not be deleted stays among the orphans
            finally:
                self._transport.close_session()

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
                self._leave_shell()
            raise


def _chunks(stdin: Iterable[bytes], size: MessageSize) -> Iterator[tuple[bytes, bool]]:
    """The stream in pieces of the size that is right (the last may be shorter), each with whether it is the last."""
    waiting = bytearray()
    for part in stdin:
        waiting += part
        while len(waiting) > (taken := size.bytes):
            yield bytes(waiting[:taken]), False
            del waiting[:taken]
    yield bytes(waiting), True
