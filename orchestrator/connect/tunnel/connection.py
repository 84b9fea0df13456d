"""The SSH connection to one jump host: one for everything behind it, made anew when it broke."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import paramiko

from orchestrator.connect.tunnel.logon import Identities, log_on
from orchestrator.connect.tunnel.transport import ChannelRefused, SshTransport, Stream, ended_after
from orchestrator.connect.tunnel.trust import check_host_key, known_keys
from orchestrator.model.clock import Deadline, uptime
from orchestrator.model.errors import JumpHostRefused, JumpHostUnreachable, TargetError, Unreachable
from orchestrator.model.host import JumpHost
from orchestrator.model.message import Declared, message

CONNECT_SECONDS: Final = 20.0
"""How long connecting and logging on to a jump host may take; it may have to ask a directory."""
OPEN_SECONDS: Final = 10.0
"""How long a jump host is given to connect onwards; as long as we would take ourselves."""
OPEN_ATTEMPTS: Final = 3
"""How often it is asked, when it goes away over it."""
KEEPALIVE_SECONDS = 15.0
"""How often a jump host has to show that it is there, and how long it may take for it."""
RETURN_SECONDS: Final = 120.0
"""How long a jump host that went away is waited for: its SSH server restarts, or the whole machine does."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds between attempts to connect."""
BROKEN_LOG_ONS: Final = 3
"""How many log-ons in a row may end with the connection before that is taken for the answer."""

Dial = Callable[[Deadline], Stream]
Refusals = dict[JumpHost, JumpHostRefused]


def _about(jump_host: str) -> None:
    """What is said of a jump host itself."""


_NO_ANSWER_BEYOND = message("jump-host-no-answer-beyond")(_about)
_LEAVES = message("jump-host-leaves")(_about)
_NOT_IN_TIME = message("jump-host-not-in-time")(_about)
_NOT_A_MOMENT_AGO = message("jump-host-not-a-moment-ago")(_about)
_NOT_NEEDED = message("jump-host-not-needed")(_about)
_SILENT = message("jump-host-silent")(_about)
_NO_SSH = message("jump-host-no-ssh")(_about)
_LEFT_AT_LOGON = message("jump-host-left-at-logon")(_about)
_NO_ROOM = message("jump-host-no-room")(_about)
_CANNOT_CONNECT = message("jump-host-cannot-connect")(_about)


@message("jump-host-logon-breaks", remedy=True)
def _logon_breaks(jump_host: str) -> None: ...


@message("jump-host-forbids", remedy=True)
def _forbids(jump_host: str, user: str) -> None: ...


class SshConnection:
    """The connection to a jump host by one way; may be used on any thread.

    A jump host that was there once in this run is waited for when it goes away; one that never was is not. One that
    refused us is not asked again, by whichever way.

    Args:
        hop: The jump host.
        dial: Gives the stream to speak SSH over: a socket, or a channel of the jump host before this one.
        identities: What we have to show.
        refusals: Who has refused us so far; shared by all connections.
    """

    def __init__(self, hop: JumpHost, dial: Dial, identities: Identities, refusals: Refusals) -> None:
        self._hop, self._dial, self._identities, self._refusals = hop, dial, identities, refusals
        self._transport: SshTransport | None = None
        self._keeping: threading.Thread | None = None
        self._making = threading.Lock()
        self._closed = threading.Event()
        self._last_seen: float | None = None
        self._failures = 0
        self._not_before = 0.0
        self._broken_log_ons = 0

    def open(self, address: str, port: int, deadline: Deadline) -> paramiko.Channel:
        """A channel to an address, which the jump host looks up and connects to.

        Raises:
            JumpHostUnreachable: There is no connection to the jump host, nor was there one in time.
            JumpHostRefused: Its key is not trusted, or it refuses our log-on or to connect onwards.
            Unreachable: It cannot connect to the address.
        """
        place = f"{address}:{port}"
        for _ in range(OPEN_ATTEMPTS):
            transport = self._connected(deadline)
            try:
                return transport.open_to(address, port, min(OPEN_SECONDS, deadline.remaining))
            except ChannelRefused as refusal:
                raise self._explained(refusal, place) from refusal
            except (paramiko.SSHException, EOFError, OSError) as error:
                if transport.is_active():
                    raise Unreachable(
                        _NO_ANSWER_BEYOND(self._hop.name), address=place, jump_host=self._hop.name
                    ) from error
        raise self._unreachable(_LEAVES)

    def close(self) -> None:
        """Ends the connection and everything that runs over it; nobody connects anew."""
        self._closed.set()
        if self._transport is not None:
            self._transport.close()
            self._transport.join()
        if self._keeping is not None:
            self._keeping.join()

    def _connected(self, deadline: Deadline) -> SshTransport:
        """The connection; made by the first who finds it gone, while the others wait."""
        transport = self._transport
        if transport is not None and transport.is_active():
            return transport
        if not self._making.acquire(timeout=min(deadline.remaining, threading.TIMEOUT_MAX)):
            raise self._unreachable(_NOT_IN_TIME)
        try:
            while True:
                if self._transport is not None and self._transport.is_active():
                    return self._transport
                self._attempt(deadline)
        finally:
            self._making.release()

    def _attempt(self, deadline: Deadline) -> None:
        """Connects once, when the time for it has come. Raises unless it may be tried again after that.

        What is made is made for all, so an attempt takes the time it needs, whatever the caller has left.
        """
        if self._hop in self._refusals:
            raise self._refusals[self._hop].with_traceback(None)
        awaited = self._last_seen is not None and uptime() < self._last_seen + RETURN_SECONDS
        pause = max(0.0, self._not_before - uptime())
        if pause >= deadline.remaining or (pause and not awaited):
            raise self._unreachable(_NOT_A_MOMENT_AGO)
        if self._closed.wait(pause):
            raise self._unreachable(_NOT_NEEDED)
        try:
            self._transport = self._made(Deadline.after(CONNECT_SECONDS))
        except JumpHostUnreachable:
            longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**self._failures)
            self._failures += 1
            self._not_before = uptime() + random.uniform(longest / 2, longest)  # noqa: S311 - no secret
            if not awaited:
                raise
        else:
            self._failures = 0
            self._watch(self._transport)

    def _made(self, deadline: Deadline) -> SshTransport:
        """A new connection, over which we are logged on."""
        known = known_keys(self._hop)
        try:
            stream = self._dial(deadline)
        except TargetError:
            raise
        except OSError as error:
            raise self._unreachable(_SILENT) from error
        transport = SshTransport(stream)
        try:
            with ended_after(transport, deadline.remaining):
                known.prefer(transport)
                self._shake_hands(transport, deadline)
                check_host_key(self._hop, known, transport.get_remote_server_key())
                self._log_on(transport)
        except JumpHostRefused as refusal:
            self._refusals[self._hop] = refusal
            transport.end(stream)
            raise
        except BaseException:
            transport.end(stream)
            raise
        return transport

    def _shake_hands(self, transport: SshTransport, deadline: Deadline) -> None:
        try:
            transport.start_client(timeout=deadline.remaining)
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise self._unreachable(_NO_SSH) from error

    def _log_on(self, transport: SshTransport) -> None:
        try:
            log_on(transport, self._hop, self._identities)
        except (paramiko.SSHException, EOFError, OSError) as error:
            self._broken_log_ons += 1
            if self._broken_log_ons < BROKEN_LOG_ONS:
                raise self._unreachable(_LEFT_AT_LOGON) from error
            raise JumpHostRefused(
                _logon_breaks(self._hop.name),
                remedy=_logon_breaks.remedy(self._hop.name),
                jump_host=self._hop.name,
            ) from error
        self._broken_log_ons = 0

    def _watch(self, transport: SshTransport) -> None:
        self._last_seen = uptime()
        self._keeping = threading.Thread(target=self._keep, args=(transport,), name="ssh-keepalive", daemon=True)
        self._keeping.start()
        if self._closed.is_set():
            transport.close()

    def _keep(self, transport: SshTransport) -> None:
        """Asks for a sign of life now and then, and ends the connection when none comes."""
        while not self._closed.wait(KEEPALIVE_SECONDS) and transport.is_active():
            self._last_seen = uptime()
            with ended_after(transport, KEEPALIVE_SECONDS), suppress(paramiko.SSHException, EOFError, OSError):
                transport.global_request("keepalive@openssh.com")

    def _explained(self, refusal: ChannelRefused, place: str) -> TargetError:
        """What it means for the host that no channel is opened to it."""
        name = self._hop.name
        if refusal.by_rule:
            return JumpHostRefused(
                _forbids(name, self._hop.username),
                remedy=_forbids.remedy(name, self._hop.username),
                jump_host=name,
                address=place,
            )
        if refusal.not_connected:
            return Unreachable(_CANNOT_CONNECT(name), address=place, jump_host=name, said=refusal.said)
        return self._unreachable(_NO_ROOM)

    def _unreachable(self, says: Declared[[str]]) -> JumpHostUnreachable:
        address = f"{self._hop.address}:{self._hop.port}"
        return JumpHostUnreachable(says(self._hop.name), address=address)
