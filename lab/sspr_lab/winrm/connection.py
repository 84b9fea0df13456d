"""One TCP connection to WinRM: authentication, sealing, and the order in which requests are refused."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from xml.etree.ElementTree import Element

from sspr_lab.accounts import Account
from sspr_lab.link import Exchange, Link
from sspr_lab.unmodelled import NoModel
from sspr_lab.winrm import encrypted_mime, replies, soap
from sspr_lab.winrm import namespaces as ns
from sspr_lab.winrm.acceptor import SealBroken
from sspr_lab.winrm.authentication import AcceptorMaker, Authentication, Refused, Session
from sspr_lab.winrm.channel import Channel
from sspr_lab.winrm.counters import Counters
from sspr_lab.winrm.faults import WsmanFault
from sspr_lab.winrm.http import BadRequest, Request, Response, read_request
from sspr_lab.winrm.logons import Logons
from sspr_lab.winrm.machine import ServedMachine
from sspr_lab.winrm.service import Caller, ShellService

Transcript = Callable[[str, str], None]

IDENTIFY_ACTION: Final = f"{ns.IDENTITY}/Identify"

_PATH: Final = "/wsman"
_SEALING_BYTES: Final = 16_384  # more than multipart/encrypted adds to an envelope
_IDLE_SECONDS: Final = 120.0  # host seconds; the connection timeout of http.sys and WinRM's MaxPacketRetrievalTime
_SOAP_TYPE: Final = "application/soap+xml;charset=UTF-8"
_LOG_ON: Final = ("Log on", "")  # purpose and command of a request that brings no message
_HTML: Final = "<html><head><title>{0}</title></head><body><h2>{0}</h2><p>HTTP Error {1}.</p></body></html>"


class Dropped(Exception):
    """The connection breaks here, because the machine has a fault that says so."""


@dataclass(frozen=True)
class Site:
    """What all connections of one server share."""

    machine: ServedMachine
    service: ShellService
    logons: Logons
    acceptors: Mapping[str, AcceptorMaker]
    counters: Counters
    transcript: Transcript | None
    link: Link | None


class Connection:
    """Serves the requests of one client until it leaves, is idle for too long, or breaks the rules of HTTP.

    Args:
        site: what is served.
        reader: of the connection, TLS included.
        writer: the same.
        binding: the channel binding of the listener's certificate, see `Channel`; empty without TLS.
    """

    def __init__(self, site: Site, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, binding: bytes) -> None:
        self._site = site
        self._reader = reader
        self._writer = writer
        self._channel = Channel(binding, site.machine.profile.winrm.cbt)
        tls: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
        certificate = (tls.getpeercert(binary_form=True) if tls else None) or b""
        self._authentication = Authentication(site.machine, site.logons, site.acceptors, self._channel, certificate)
        self._asked = _LOG_ON
        self._installed = site.machine.installer.runs

    async def serve(self) -> None:
        """Answer until the end of the connection, and close it."""
        try:
            while await self._serve_one():
                pass
            self._writer.close()
        except (ConnectionError, TimeoutError):
            self._writer.close()
        except Dropped:
            self._writer.transport.abort()

    async def _serve_one(self) -> bool:
        """One request and its response. False when the connection ends."""
        machine = self._site.machine
        longest = machine.profile.quotas.max_envelope_size_kb * 1024 + _SEALING_BYTES
        try:
            async with asyncio.timeout(_IDLE_SECONDS / machine.clock.speed):
                request = await read_request(self._reader, longest)
        except BadRequest as error:
            await self._write(_refusal(error.status), None)
            return False
        if request is None:
            return False
        self._site.counters.requests += 1
        self._site.counters.bytes_in += request.size
        self._asked = _LOG_ON
        response = await self._respond(request)
        if slow := machine.faults.find("slow"):
            await machine.clock.sleep(slow.number("seconds", 1))
        if response.status is HTTPStatus.UNAUTHORIZED:
            self._site.counters.unauthorized += 1
        await self._write(response, request)
        return request.keeps_alive and not response.closes

    async def _write(self, response: Response, request: Request | None) -> None:
        data = response.encode(self._site.machine.clock.date)
        self._site.counters.bytes_out += len(data)
        if self._site.link is not None and request is not None:
            exchange = Exchange(*self._asked, request.size, len(data), self._site.machine.clock.now())
            self._site.link.answered(exchange, self._site.machine.faults)
        self._writer.write(data)
        await self._writer.drain()

    async def _respond(self, request: Request) -> Response:
        if request.path.rstrip("/").lower() != _PATH:
            return _refusal(HTTPStatus.NOT_FOUND)
        if request.method != "POST":
            return _refusal(HTTPStatus.METHOD_NOT_ALLOWED, ("Allow", "POST"))
        if request.header("wsmanidentify").lower() == "unauthenticated":
            return self._identify(request)
        headers: list[tuple[str, str]] = []
        session = self._authentication.session
        if authorization := request.header("authorization"):
            try:
                taken = self._authentication.take(authorization)
            except Refused as error:
                self._site.counters.refused += 1
                return Response(HTTPStatus.UNAUTHORIZED, error.headers)
            session, headers = taken.session, taken.headers
            if session is None:
                return Response(HTTPStatus.UNAUTHORIZED, headers)
            self._site.counters.logons += 1
        if session is None:
            return self._unauthorized()
        if not request.body:
            return Response(HTTPStatus.OK, headers)
        return await self._serve_body(request, session, headers)

    async def _serve_body(self, request: Request, session: Session, headers: list[tuple[str, str]]) -> Response:
        """A message, sealed or under TLS; in the clear there is none, AllowUnencrypted being false."""
        sealed = encrypted_mime.is_sealed(request.header("content-type"))
        if not sealed and not self._channel.is_tls:
            return self._unauthorized()
        try:
            text = self._opened(request.body, session) if sealed else request.text()
        except (encrypted_mime.MimeError, SealBroken, UnicodeDecodeError):
            self._authentication.session = None
            return _refusal(HTTPStatus.BAD_REQUEST)
        if len(text.encode()) > self._site.machine.profile.quotas.max_envelope_size_kb * 1024:
            return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        status, answer = await self._answer(text, session.account)
        if not sealed or session.sealing is None:
            return Response(status, headers, answer.encode(), _SOAP_TYPE)
        content_type, body = encrypted_mime.pack(answer, session.sealing, session.protocol)
        return Response(status, headers, body, content_type)

    def _opened(self, body: bytes, session: Session) -> str:
        if session.sealing is None:
            raise SealBroken
        return encrypted_mime.unpack(body, session.sealing)

    def _unauthorized(self) -> Response:
        """401, and the client is a stranger again."""
        self._authentication.session = None
        return Response(HTTPStatus.UNAUTHORIZED, self._authentication.offers)

    def _identify(self, request: Request) -> Response:
        """wsmid:Identify without authentication; nothing else is open to strangers."""
        try:
            envelope = soap.read_envelope(request.body.decode("utf-8", "replace"))
        except WsmanFault:
            return self._unauthorized()
        if not soap.is_identify(envelope):
            return self._unauthorized()
        body = replies.identify(self._site.machine.profile, authenticated=False).encode()
        return Response(HTTPStatus.OK, body=body, content_type=_SOAP_TYPE)

    async def _answer(self, text: str, account: Account) -> tuple[HTTPStatus, str]:
        profile = self._site.machine.profile
        relates_to = ""
        try:
            envelope = soap.read_envelope(text)
            if soap.is_identify(envelope):
                self._record(IDENTIFY_ACTION, text)
                return HTTPStatus.OK, replies.identify(profile, authenticated=True)
            relates_to = soap.message_id(envelope)
            return HTTPStatus.OK, await self._perform(envelope, text, account)
        except (WsmanFault, NoModel) as error:
            answer = replies.fault(profile, error, relates_to)
            self._record(ns.WSMAN_FAULT_ACTION, answer)
            return HTTPStatus.INTERNAL_SERVER_ERROR, answer

    async def _perform(self, envelope: Element, text: str, account: Account) -> str:
        message = soap.read_message(envelope)
        self._record(message.action, text)
        self._asked = (message.action.rpartition("/")[2], _line_of(message) if message.action == ns.COMMAND else "")
        address, *_ = self._writer.get_extra_info("peername")
        body = await self._site.service.handle(message, Caller(account, address))
        self._drop_if_due(message.action)
        answer = replies.response(self._site.machine.profile, message.action, message.message_id, body)
        self._record(f"{message.action}Response", answer)
        return answer

    def _drop_if_due(self, action: str) -> None:
        """Break the connection where a fault says so: what the request did stands, its answer is lost.

        One that drops while something is installed drops with the next answer, be the installation over by then.
        """
        machine = self._site.machine
        installed, self._installed = self._installed, machine.installer.runs
        if machine.faults.find("drop_install") and (machine.installer.busy or machine.installer.runs > installed):
            machine.faults.take("drop_install")
            raise Dropped
        if action != ns.RECEIVE:
            return
        self._site.counters.receives += 1
        drop = machine.faults.find("drop_receive")
        if drop is not None and self._site.counters.receives >= drop.number("nth", 1):
            machine.faults.take("drop_receive")
            raise Dropped

    def _record(self, action: str, envelope: str) -> None:
        if self._site.transcript is not None:
            self._site.transcript(action, envelope)


def _refusal(status: HTTPStatus, *headers: tuple[str, str]) -> Response:
    """http.sys' own answer to a request that never reaches the service; it closes the connection."""
    body = _HTML.format(status.phrase, status.value).encode()
    return Response(status, headers, body, "text/html; charset=us-ascii", closes=True)


def _line_of(message: soap.Message) -> str:
    """The command line that a Command brings."""
    return message.payload("CommandLine").findtext(f"{{{ns.SHELL}}}Command") or ""
