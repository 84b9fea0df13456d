"""One TCP connection to WinRM: authentication, sealing, and the order in which requests are refused."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from xml.etree.ElementTree import Element

from orchestrator.lab.accounts import log_on
from orchestrator.lab.errors import WindowsError
from orchestrator.lab.machine import Machine
from orchestrator.lab.process import Account
from orchestrator.lab.winrm import encrypted_mime, negotiate_header, replies, soap
from orchestrator.lab.winrm import namespaces as ns
from orchestrator.lab.winrm.acceptor import Acceptor, Logon, LogonRefused, SealBroken, Sealing
from orchestrator.lab.winrm.counters import Counters
from orchestrator.lab.winrm.faults import WsmanFault
from orchestrator.lab.winrm.http import BadRequest, Request, Response, read_request
from orchestrator.lab.winrm.logons import Logons
from orchestrator.lab.winrm.service import Caller, ShellService

AcceptorMaker = Callable[[Logons], Acceptor]
Transcript = Callable[[str, str], None]

IDENTIFY_ACTION: Final = f"{ns.IDENTITY}/Identify"

_PATH: Final = "/wsman"
_SEALING_BYTES: Final = 4096  # more than multipart/encrypted adds to an envelope
_IDLE_SECONDS: Final = 120.0  # host seconds; the connection timeout of http.sys and WinRM's MaxPacketRetrievalTime
_SOAP_TYPE: Final = "application/soap+xml;charset=UTF-8"
_HTML: Final = "<html><head><title>{0}</title></head><body><h2>{0}</h2><p>HTTP Error {1}.</p></body></html>"


class Dropped(Exception):
    """The connection breaks here, because the machine has a fault that says so."""


@dataclass(frozen=True)
class _Session:
    """An authenticated connection."""

    account: Account
    security: Sealing


@dataclass(frozen=True)
class Site:
    """What all connections of one server share."""

    machine: Machine
    service: ShellService
    logons: Logons
    acceptor: AcceptorMaker
    counters: Counters
    transcript: Transcript | None


class Connection:
    """Serves the requests of one client until it leaves, is idle for too long, or breaks the rules of HTTP."""

    def __init__(self, site: Site, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._site = site
        self._reader = reader
        self._writer = writer
        self._acceptor: Acceptor | None = None
        self._session: _Session | None = None

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
            await self._write(_refusal(error.status))
            return False
        if request is None:
            return False
        self._site.counters.requests += 1
        self._site.counters.bytes_in += request.size
        response = await self._respond(request)
        if slow := machine.faults.find("slow"):
            await machine.clock.sleep(slow.number("seconds", 1))
        if response.status is HTTPStatus.UNAUTHORIZED:
            self._site.counters.unauthorized += 1
        await self._write(response)
        return request.keeps_alive and not response.closes

    async def _write(self, response: Response) -> None:
        data = response.encode()
        self._site.counters.bytes_out += len(data)
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
        if authorization := request.header("authorization"):
            challenge = self._authenticate(authorization, headers)
            if challenge is not None:
                return challenge
        if self._session is None:
            return self._unauthorized()
        if not request.body:
            return Response(HTTPStatus.OK, headers)
        if not encrypted_mime.is_sealed(request.header("content-type")):
            return self._unauthorized()  # AllowUnencrypted is false
        return await self._sealed(request, self._session, headers)

    def _authenticate(self, authorization: str, headers: list[tuple[str, str]]) -> Response | None:
        """Take one token. None once the client is logged on; `headers` then has what goes with the response."""
        logons = self._site.logons
        acceptor = self._acceptor or self._site.acceptor(logons)
        self._acceptor, self._session = None, None
        try:
            step = acceptor.step(negotiate_header.token_of(authorization))
            if step.logon is None:
                self._acceptor = acceptor
                return Response(HTTPStatus.UNAUTHORIZED, [negotiate_header.challenge(step.token)])
            self._session = self._opened(step.logon)
        except LogonRefused:
            self._site.counters.refused += 1
            return self._unauthorized()
        self._site.counters.logons += 1
        if step.token:
            headers.append(negotiate_header.challenge(step.token))
        return None

    def _opened(self, logon: Logon) -> _Session:
        """The session of a client that proved its password. Raises LogonRefused when it names no account."""
        name = self._site.logons.account_name(logon.domain, logon.user)
        if name is None:
            raise LogonRefused
        try:
            return _Session(log_on(self._site.machine, name), logon.security)
        except WindowsError as error:
            raise LogonRefused from error

    def _unauthorized(self) -> Response:
        """401, and the client is a stranger again."""
        self._session = None
        return Response(HTTPStatus.UNAUTHORIZED, [("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "Kerberos")])

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

    async def _sealed(self, request: Request, session: _Session, headers: list[tuple[str, str]]) -> Response:
        try:
            text = encrypted_mime.unpack(request.body, session.security)
        except (encrypted_mime.MimeError, SealBroken):
            self._session = None
            return _refusal(HTTPStatus.BAD_REQUEST)
        if len(text.encode()) > self._site.machine.profile.quotas.max_envelope_size_kb * 1024:
            return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        status, answer = await self._answer(text, session.account)
        body = encrypted_mime.pack(answer, session.security)
        return Response(status, headers, body, encrypted_mime.CONTENT_TYPE)

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
        except WsmanFault as error:
            answer = replies.fault(profile, error, relates_to)
            self._record(ns.WSMAN_FAULT_ACTION, answer)
            return HTTPStatus.INTERNAL_SERVER_ERROR, answer

    async def _perform(self, envelope: Element, text: str, account: Account) -> str:
        message = soap.read_message(envelope)
        self._record(message.action, text)
        address, *_ = self._writer.get_extra_info("peername")
        body = await self._site.service.handle(message, Caller(account, address))
        self._drop_if_due(message.action)
        answer = replies.response(self._site.machine.profile, message.action, message.message_id, body)
        self._record(f"{message.action}Response", answer)
        return answer

    def _drop_if_due(self, action: str) -> None:
        """Break the connection where a fault says so: what the request did stands, its answer is lost."""
        machine = self._site.machine
        if machine.faults.find("drop_install") and machine.installer.busy:
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
