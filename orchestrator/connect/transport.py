"""What pywinrm's Protocol sends its messages by: one connection, one log-on, and every message sealed or inside TLS.

Over HTTP each message is sealed by the context that the log-on agreed to, and only a sealed answer counts. Inside TLS
messages are plain SOAP, as Windows' own client sends them. A 401 in the middle of a conversation is a refusal.
"""

from __future__ import annotations

import math
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http import HTTPStatus

from winrm.exceptions import WinRMTransportError

from orchestrator.connect import logon
from orchestrator.connect.channel import Answer, Channel
from orchestrator.connect.credentials import Secrets
from orchestrator.connect.https import Security, channel_bindings
from orchestrator.connect.lockout.trial import Trial
from orchestrator.connect.logon import LogonNotOffered, LogonRejected
from orchestrator.connect.sealing import AnswerNotSealed, MessageSealing
from orchestrator.connect.soap import AnswerNotSoap, judge
from orchestrator.model.clock import Clock
from orchestrator.model.host import Host

PATH = "/wsman"
SOAP = "application/soap+xml;charset=UTF-8"
_IDENTIFY = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
    "<s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>"
)
"""The smallest message that a service answers, for log-ons that come with each message."""
_TURNS = threading.BoundedSemaphore(4)
"""How many answers are opened and read at the same moment, in all connections; none of that waits for a host. To
unseal one and to make a tree of it takes some ten times its size."""


class WinRMTransport:
    """One conversation with one host.

    Args:
        host: With its way to log on.
        secrets: What its credential refers to.
        security: How TLS is spoken; None for HTTP, where `host.logon` has to be one that seals.
        clock: What the host's clock is compared with.
        trial: Asked before what proves the account is shown.

    Attributes:
        read_timeout_sec: How long the next exchanges may take.
    """

    def __init__(self, host: Host, secrets: Secrets, security: Security | None, clock: Clock, trial: Trial) -> None:
        if security is None and host.logon in logon.UNSEALED:
            raise ValueError(f"a log-on by {host.logon} has to be inside TLS")
        self.read_timeout_sec = 0
        self._host, self._secrets, self._trial = host, secrets, trial
        self._secured = security is not None
        self._channel = Channel(host.address, host.port, security, clock)
        self._sealing: MessageSealing | None = None
        self._headers: Mapping[str, str] = {}
        self._reading = ExitStack()

    def speak_over(self, line: socket.socket) -> None:
        """Reaches the host over a connected socket, as through a tunnel; it is closed with the session.

        To be called before the log-on.
        """
        self._channel.speak_over(line)

    @property
    def clock_ahead(self) -> timedelta | None:
        """How far the host's clock was ahead of ours at its last answer; None while it has not told."""
        return self._channel.clock_ahead

    @property
    def round_trip(self) -> float:
        """Seconds that the quickest exchange took; 0 before there was one."""
        return self._channel.round_trip

    @property
    def waited(self) -> float:
        """Seconds that the log-on has waited for its turn so far; may be asked on any thread."""
        return self._trial.waited

    @property
    def named(self) -> bool:
        """Whether the host has called itself, at the log-on, what the machine that is meant is called."""
        return self._trial.named

    def log_on(self) -> None:
        """Connects and logs on; once. The secrets are not kept beyond that."""
        secrets, self._secrets = self._secrets, Secrets()
        self._trial.look()
        self._channel.open(self.read_timeout_sec)
        header = logon.authorization(self._host, secrets)
        if header is None:
            self._log_on_by_tokens(secrets)
            return
        with self.exchange():
            self._log_on_with(header)

    @contextmanager
    def exchange(self) -> Iterator[None]:
        """Stands around a message that is sent, and around all that is done with the text of its answer."""
        with ExitStack() as self._reading:
            yield

    def send_message(self, message: str | bytes) -> bytes:
        """Sends SOAP and gives the SOAP of the answer, as pywinrm's Protocol wants it; inside an `exchange`.

        Raises:
            LogonRejected: HTTP 401.
            WinRMTransportError: Another HTTP error, with the SOAP of a fault if there is one.
            AnswerNotSealed, AnswerNotSoap, AnswerTooLarge: What no Windows machine answers.
        """
        text = message.encode() if isinstance(message, str) else message
        if self._sealing is None:
            answer = self._post({**self._headers, "Content-Type": SOAP}, text)
        else:
            content_type, body = self._sealing.seal(text)
            answer = self._post({"Content-Type": content_type}, body)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise LogonRejected
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise WinRMTransportError("http", answer.status, self._fault(answer))
        if answer.status != HTTPStatus.OK:
            raise AnswerNotSealed
        return self._text(answer)

    def break_off(self) -> None:
        """Ends the connection under whoever waits on it; may be called from any thread."""
        self._channel.break_off()

    def close_session(self) -> None:
        """Ends the connection; it is not made anew."""
        self._channel.close()
        self._headers = {}

    def _log_on_with(self, header: str) -> None:
        """Shows an Authorization header that is to go with every message."""
        self._headers = {"Authorization": header}
        with self._trial.judged(logon.verdict_of):
            if self._host.logon == "basic":
                self._trial.before_host()
            self._let_in()

    def _let_in(self) -> None:
        """Asks the service who it is, which it tells those whom it knows."""
        answer = self._post({**self._headers, "Content-Type": SOAP}, _IDENTIFY.encode())
        if answer.status == HTTPStatus.UNAUTHORIZED:
            offered = self._host.logon == "certificate" or answer.challenge("Basic") is not None
            raise LogonRejected if offered else LogonNotOffered
        if answer.status != HTTPStatus.OK:
            raise WinRMTransportError("http", answer.status, "")
        if b"IdentifyResponse" not in self._text(answer):
            raise AnswerNotSoap

    def _log_on_by_tokens(self, secrets: Secrets) -> None:
        certificate = self._channel.certificate
        context = logon.negotiate(
            self._host,
            secrets,
            channel_bindings(certificate) if certificate else None,
            lambda headers: self._post(headers, b""),
            self._trial,
            seals=not self._secured,
        )
        if not self._secured:
            self._sealing = MessageSealing(context, self._host.logon)

    def _post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        return self._channel.post(PATH, headers, body, min(self.read_timeout_sec, self._trial.seconds or math.inf))

    def _fault(self, answer: Answer) -> str:
        """The text of an error that the service itself gives; empty when it is anybody else's."""
        if self._sealing is not None and not self._sealing.sealed(answer.content_type):
            return ""
        return self._text(answer).decode("utf-8", "replace")

    def _text(self, answer: Answer) -> bytes:
        """The SOAP of an answer, when it is the connection's turn to read one."""
        self._reading.enter_context(_TURNS)
        text = answer.body if self._sealing is None else self._sealing.open(answer.content_type, answer.body)
        judge(text)
        return text
