"""The SSH connection to one jump host: one for everything behind it, made anew when it broke."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import paramiko

from orchestrator.connect.lockout.guard import Guard
from orchestrator.connect.tunnel.handshake import failure_of
from orchestrator.connect.tunnel.logon import Identities, log_on
from orchestrator.connect.tunnel.transport import ChannelRefused, SshTransport, Stream, ended_after
from orchestrator.connect.tunnel.trust import check_host_key, known_keys
from orchestrator.model.clock import Deadline, uptime
from orchestrator.model.coordinator import exhausted
from orchestrator.model.errors import (
    JumpHostDefers,
    JumpHostRefused,
    JumpHostUnreachable,
    LogonWithheld,
    Resource,
    ResourcesExhausted,
    TargetError,
    Unreachable,
)
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
FIRST_DEFERRED_PAUSE, LONGEST_DEFERRED_PAUSE = 15.0, 60.0
"""The same where the jump host has said that it takes us later: OpenSSH's shortest penalty is 15 seconds, its longest
ten minutes (PerSourcePenalties in sshd_config(5))."""
BROKEN_LOG_ONS: Final = 3
"""How many log-ons in a row may end with the connection before that is taken for the answer."""

Dial = Callable[[Deadline], Stream]
Refusals = dict[JumpHost, JumpHostRefused | LogonWithheld]


def _about(jump_host: str) -> None:
    """What is said of a jump host itself."""


_NO_ANSWER_BEYOND = message("jump-host-no-answer-beyond")(_about)
_LEAVES = message("jump-host-leaves")(_about)
_NOT_IN_TIME = message("jump-host-not-in-time")(_about)
_NOT_NEEDED = message("jump-host-not-needed")(_about)
_SILENT = message("jump-host-silent")(_about)
_LEFT_AT_LOGON = message("jump-host-left-at-logon")(_about)
_NO_ROOM = message("jump-host-no-room")(_about)


@message("jump-host-name-unknown", remedy=True)
def _name_unknown(jump_host: str, address: str) -> None: ...


@message("jump-host-nothing-listens", remedy=True)
def _nothing_listens(jump_host: str, port: int) -> None: ...


@message("jump-host-cannot-connect", remedy=True)
def _cannot_connect(jump_host: str, said: str) -> None:
    """In the jump host's own words, for which SSH has no code."""


@message("jump-host-logon-breaks", remedy=True)
def _logon_breaks(jump_host: str) -> None: ...


@message("jump-host-forbids", remedy=True)
def _forbids(jump_host: str, user: str) -> None: ...


class SshConnection:
    """The connection to a jump host by one way; may be used on any thread.

    A jump host that was there once in this run is waited for when it goes away; one that never was is not. One that
    refused us is not asked again, by whichever way. Whoever comes between two attempts hears what the last one ended
    with.

    Args:
        hop: The jump host.
        dial: Gives the stream to speak SSH over: a socket, or a channel of the jump host before this one.
        identities: What we have to show.
        guard: Asked before a password is said.
        refusals: Who has refused us so far; shared by all connections.
    """

    def __init__(self, hop: JumpHost, dial: Dial, identities: Identities, guard: Guard, refusals: Refusals) -> None:
        self._hop, self._dial, self._identities, self._refusals = hop, dial, identities, refusals
        self._guard = guard
        self._transport: SshTransport | None = None
        self._keeping: threading.Thread | None = None
        self._making = threading.Lock()
        self._closed = threading.Event()
        self._last_seen: float | None = None
        self._failures = 0
        self._trouble: JumpHostUnreachable | None = None
        self._not_before = 0.0
        self._broken_log_ons = 0

    def open(self, address: str, port: int, deadline: Deadline) -> paramiko.Channel:
        """A channel to an address, which the jump host looks up and connects to.

        Raises:
            JumpHostUnreachable: There is no connection to the jump host, nor was there one in time.
            JumpHostRefused: Its key is not trusted, or it refuses our log-on or to connect onwards.
            LogonWithheld: Its account was refused so often that it may be locked by another time.
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
            raise self._known_trouble() or self._unreachable(_NOT_IN_TIME)
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
        if (trouble := self._known_trouble()) and (pause >= deadline.remaining or (pause and not awaited)):
            raise trouble
        if self._closed.wait(pause):
            raise self._unreachable(_NOT_NEEDED)
        try:
            self._transport = self._made(Deadline.after(CONNECT_SECONDS))
        except JumpHostUnreachable as error:
            self._trouble = error
            self._not_before = uptime() + self._pause_after(error)
            self._failures += 1
            if not awaited:
                raise
        else:
            self._failures, self._trouble = 0, None
            self._watch(self._transport)

    def _pause_after(self, error: JumpHostUnreachable) -> float:
        """Seconds until the next attempt; with jitter, which takes nothing away from what the server wants to pass."""
        if isinstance(error, JumpHostDefers):
            least = min(LONGEST_DEFERRED_PAUSE, FIRST_DEFERRED_PAUSE * 2**self._failures)
            return random.uniform(least, least * 1.2)  # noqa: S311 - no secret
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**self._failures)
        return random.uniform(longest / 2, longest)  # noqa: S311 - no secret

    def _known_trouble(self) -> JumpHostUnreachable | None:
        """What the last attempt ended with; None where it was successful, or there was none."""
        return self._trouble and self._trouble.with_traceback(None)

    def _made(self, deadline: Deadline) -> SshTransport:
        """A new connection, over which we are logged on."""
        known = known_keys(self._hop)
        try:
            stream = self._dial(deadline)
        except TargetError:
            raise
        except OSError as error:
            raise exhausted(error) or self._not_dialled(error) from error
        transport = SshTransport(stream)
        try:
            with ended_after(transport, deadline.remaining):
                known.prefer(transport)
                check_host_key(self._hop, known, self._shake_hands(transport, deadline))
                transport.believe()
                self._log_on(transport)
        except (JumpHostRefused, LogonWithheld) as refusal:
            self._refusals[self._hop] = refusal
            transport.end(stream)
            raise
        except BaseException:
            transport.end(stream)
            raise
        return transport

    def _shake_hands(self, transport: SshTransport, deadline: Deadline) -> paramiko.PKey:
        """The key that the server shows; paramiko says of time that was up no more than that there is none."""
        try:
            transport.start_client(timeout=deadline.remaining)
            return transport.get_remote_server_key()
        except RuntimeError as error:  # a Thread's, when none can be started
            raise ResourcesExhausted(Resource.THREADS) from error
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise failure_of(transport, self._hop) from error

    def _log_on(self, transport: SshTransport) -> None:
        try:
            log_on(transport, self._hop, self._identities, self._guard)
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

    def _not_dialled(self, error: OSError) -> JumpHostUnreachable:
        """Why there is no TCP connection to the jump host."""
        hop = self._hop
        if isinstance(error, socket.gaierror):
            told = hop.name, hop.address
            return JumpHostUnreachable(_name_unknown(*told), remedy=_name_unknown.remedy(*told), address=hop.place)
        if isinstance(error, ConnectionRefusedError):
            at = hop.name, hop.port
            return JumpHostUnreachable(_nothing_listens(*at), remedy=_nothing_listens.remedy(*at), address=hop.place)
        return self._unreachable(_SILENT)

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
            told = name, refusal.said
            return Unreachable(
                _cannot_connect(*told), remedy=_cannot_connect.remedy(*told), address=place, jump_host=name
            )
        return self._unreachable(_NO_ROOM)

    def _unreachable(self, says: Declared[[str]]) -> JumpHostUnreachable:
        return JumpHostUnreachable(says(self._hop.name), address=self._hop.place)
