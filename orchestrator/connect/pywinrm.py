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

from orchestrator.connect.connection import Completed, Throttle
from orchestrator.connect.messages import MessageSize, chunks, content_of, on_the_line
from orchestrator.connect.translation import row_of, translated
from orchestrator.connect.transport import WinRMTransport
from orchestrator.model.clock import Deadline
from orchestrator.model.errors import (
    ConnectionLost,
    DeadlineExceeded,
    EndlessOutput,
    LogonRefused,
    Retry,
    TargetError,
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
IDLE_SECONDS: Final = 180
"""After which a host gives up a shell that nobody asks anything, and ends what runs in it: as Windows 7 does by itself,
and later ones do after two hours. What a killed run has left holds files open as long as that."""
OUTPUT_LIMIT = 1536 * 1024
"""Bytes of output of one command; whoever sends more is not what we asked for. The longest is a piece of a file, of
half that size (`windows.transfer.PIECE_LINES`). All hosts of a run may be at it at the same moment."""

KEPT_BYTES = 2048
"""Of the end of what a command printed before time was up: enough to see how far its line had come."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds that the host has before a Receive reaches it. The service answers as soon as there is any output: whoever
asks at once fetches a batch's in many small answers. Where these stay small, the pauses grow. What a request is on its
way, and the last answer was, is a part of them."""
FLOWING_BYTES = 4096
"""An answer of this size shows that output comes faster than we ask; then there is no pause."""


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
        self._throttled = 0.0
        self._quotas = WINRM_2
        self._transport = transport
        self._protocol = cast(Any, pywinrm.Protocol(host.address, transport="kerberos"))  # its own transport is unused
        self._protocol.transport = transport

    async def log_on(self, deadline: Deadline) -> None:
        """Connects and logs on, once; to be called before anything else. Raises as `Connector.connect` does.

        What it waits for its turn does not count against the deadline.
        """
        await self._watched(self._log_on, deadline.within(LOGON_SECONDS))

    def learn_quotas(self, quotas: Quotas) -> None:
        self._quotas = quotas

    async def run(
        self,
        line: str,
        deadline: Deadline,
        stdin: Iterable[bytes] | None = None,
        throttle: Throttle | None = None,
    ) -> Completed:
        return await self._watched(self._run, deadline, line, stdin, throttle)

    @property
    def waited(self) -> float:
        return self._transport.waited + self._throttled

    @property
    def named(self) -> bool:
        return self._transport.named

    @property
    def clock_ahead(self) -> timedelta | None:
        return self._transport.clock_ahead

    async def close(self) -> None:
        await self._watched(self._close, Deadline.after(CLOSE_SECONDS))

    async def _watched(self, work: Callable[..., T], deadline: Deadline, *arguments: Any) -> T:
        """Works on a thread; some time after the deadline the connection is broken off under it.

        No read times out on a peer that sends a byte now and then.
        """
        breaking = asyncio.create_task(self._break_off_after(deadline))
        try:
            done: T = await self._in_thread(work, deadline, *arguments)
            return done
        finally:
            breaking.cancel()

    async def _break_off_after(self, deadline: Deadline) -> None:
        end, waited = deadline.remaining + GRACE_SECONDS, self.waited
        while end > 0:
            await asyncio.sleep(end)
            end, waited = self.waited - waited, self.waited
        self._transport.break_off()

    def _log_on(self, deadline: Deadline) -> None:
        try:
            with translated(self._host, logged_on=False):
                self._wait_at_most(deadline)
                self._transport.read_timeout_sec = max(1, int(deadline.remaining))
                self._transport.log_on()
            with self._watching():
                self._bury_orphans()
        except BaseException as error:
            self._transport.close_session()
            if isinstance(error, TargetError):
                error.waited = self._transport.waited
            raise

    def _run(
        self, deadline: Deadline, line: str, stdin: Iterable[bytes] | None, throttle: Throttle | None
    ) -> Completed:
        with self._busy, self._watching():
            self._wait_at_most(deadline)
            if self._operations >= self._quotas.operations_per_shell:
                self._leave_shell()
            self._bury_orphans()
            if self._shell is None:
                self._shell = self._exchange(
                    self._protocol.open_shell, codepage=CODE_PAGE, idle_timeout=f"PT{IDLE_SECONDS}S"
                )
                self._operations = 0
            self._operations += 1
            command = self._exchange(self._protocol.run_command, self._shell, line, console_mode_stdin=stdin is None)
            if stdin is not None:
                before = self._throttled
                self._send(command, stdin, deadline, throttle)
                deadline = deadline.later(self._throttled - before)
            return self._receive(command, line, deadline)

    def _send(self, command: str, stdin: Iterable[bytes], deadline: Deadline, throttle: Throttle | None) -> None:
        envelope = self._quotas.envelope_bytes
        size = MessageSize(content_of(min(envelope, throttle.largest) if throttle else envelope))
        for chunk, last in chunks(stdin, size):
            if throttle:
                held_up = throttle.wait(on_the_line(len(chunk)))
                self._throttled += held_up
                deadline = deadline.later(held_up)
            if deadline.expired:
                self._terminate(command)
                raise DeadlineExceeded(_NOT_TAKEN_IN_TIME())
            self._wait_at_most(deadline)
            began = time.monotonic()
            try:
                self._exchange(self._protocol.send_command_input, self._shell, command, chunk, end=last)
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
                printed = bytes(stdout[-KEPT_BYTES:]).decode("utf-8", "replace")
                raise DeadlineExceeded(_NOT_FINISHED_IN_TIME(), command=line, output=printed)
            self._wait_at_most(deadline)
            try:
                out, err, exit_code, done = self._exchange(self._protocol.get_command_output_raw, self._shell, command)
            except WinRMOperationTimeoutError:
                continue
            stdout += out
            stderr += err
            if done:
                return Completed(exit_code & 0xFFFFFFFF, bytes(stdout), bytes(stderr))
            if len(stdout) + len(stderr) > OUTPUT_LIMIT:
                self._terminate(command)
                raise EndlessOutput(_ENDLESS_OUTPUT(), command=line)
            pause = 0.0 if len(out) + len(err) >= FLOWING_BYTES else min(2 * pause or FIRST_PAUSE, LONGEST_PAUSE)

    def _exchange(self, exchange: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """One message of pywinrm's, and what it makes of the answer."""
        with self._transport.exchange():
            return exchange(*arguments, **options)

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
            self._exchange(self._protocol.cleanup_command, self._shell, command)

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
                self._exchange(self._protocol.close_shell, self._orphans[-1], close_session=False)
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
            self._transport.close_session()
            raise
        except WsManFault as fault:
            if fault.retry is Retry.NEW_SHELL:
                self._leave_shell()
            raise
