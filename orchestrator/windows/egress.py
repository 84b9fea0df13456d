r"""Whether a host itself reaches a service by TLS: asked of WinHTTP, whose settings a host is being prepared for.

A stock Windows has no program that tells what WinHTTP says of a connection, but a script host and an object for it.
`certutil -urlcache` reports less, leaves traces in two caches, and virus scanners take it for an attack; bitsadmin
refuses accounts that have logged on by the network. So a script of one line is written where only administrators can
write, run with a time limit, and deleted in the same command line. It asks for the headers of one page, follows no
redirection, and sends nothing that says who we are.

WinHttpRequest goes by the machine's own proxy (`netsh winhttp`), offers what DefaultSecureProtocols and Schannel allow,
and checks the certificate. Errors are HRESULTs whose lower half is one of WinHTTP's codes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.model.host import not_to_connect_to
from orchestrator.windows.command import Command, Evidence, Fact, Reply, Sureness

SERVICE = "passwordreset.microsoftonline.com"
HTTPS = 443

RESOLVE_SECONDS, CONNECT_SECONDS, ANSWER_SECONDS = 10, 15, 15
LIMIT_SECONDS = 60
"""When the script host ends the script: a service with many addresses, none of which answers, takes several waits."""

_SCRIPT = r"%SystemRoot%\SsprOrchestrator-egress.vbs"
_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_HIGHEST_PORT = 65535
_ENABLE_REDIRECTS = 6
"""WinHttpRequestOption_EnableRedirects."""

_EVIDENCE = Evidence(
    "WinHttpRequest, its methods, options and proxy: learn.microsoft.com/windows/win32/winhttp/winhttprequest; error "
    "codes in the lower 16 bits of its HRESULTs: MicrosoftDocs/win32, WinHttp/error-messages; cscript /t and /e: "
    "learn.microsoft.com/windows-server/administration/windows-commands/cscript; that it goes by "
    "DefaultSecureProtocols: pyenv-win issue 15; that a network log-on may use it is inferred",
    Sureness.INFERRED,
)


@dataclass(frozen=True)
class Endpoint:
    """What is to be reached.

    Raises:
        ValueError: The name is no host name, or the port none.
    """

    name: str = SERVICE
    port: int = HTTPS

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"`{self.name}` is not a host's name")
        if problem := not_to_connect_to(self.name):
            raise ValueError(f"`{self.name}` {problem}; give the service's name")
        if not 0 < self.port <= _HIGHEST_PORT:
            raise ValueError(f"{self.port} is not a port")

    def __str__(self) -> str:
        return f"{self.name}:{self.port}"


class End(StrEnum):
    """How far an attempt came."""

    REACHED = "reached"
    """The handshake is done, and the service has answered."""
    NO_NAME = "no name"
    NO_ROUTE = "no route"
    NO_HANDSHAKE = "no handshake"
    BAD_CERTIFICATE = "bad certificate"
    PROXY = "proxy"
    UNKNOWN = "unknown"
    """The host could not be asked, or said something that we do not know."""


_ENDS: Mapping[int, End] = {
    12007: End.NO_NAME,  # NAME_NOT_RESOLVED
    12002: End.NO_ROUTE,  # TIMEOUT
    12029: End.NO_ROUTE,  # CANNOT_CONNECT
    12030: End.NO_HANDSHAKE,  # CONNECTION_ERROR: reset, or "an incompatible SSL protocol was encountered"
    12152: End.NO_HANDSHAKE,  # INVALID_SERVER_RESPONSE
    12157: End.NO_HANDSHAKE,  # SECURE_CHANNEL_ERROR
    12175: End.NO_HANDSHAKE,  # SECURE_FAILURE: certificates, and on Windows 7 versions of TLS as well
    12037: End.BAD_CERTIFICATE,  # SECURE_CERT_DATE_INVALID
    12038: End.BAD_CERTIFICATE,  # SECURE_CERT_CN_INVALID
    12045: End.BAD_CERTIFICATE,  # SECURE_INVALID_CA
    12057: End.BAD_CERTIFICATE,  # SECURE_CERT_REV_FAILED
    12169: End.BAD_CERTIFICATE,  # SECURE_INVALID_CERT
    12170: End.BAD_CERTIFICATE,  # SECURE_CERT_REVOKED
    12179: End.BAD_CERTIFICATE,  # SECURE_CERT_WRONG_USAGE
    12044: End.REACHED,  # CLIENT_AUTH_CERT_NEEDED: told in a handshake that went well until then
}
"""WinHTTP's errors (ERROR_WINHTTP_…) → what they say of the way."""
_PROXY_ASKS = 407
_OF_PROXIES = frozenset({403, _PROXY_ASKS, 502, 503, 504})
"""Statuses with which proxies refuse a connection, where there is a proxy."""
_FACILITY_WIN32 = 0x8007


@dataclass(frozen=True)
class Egress:
    """What the host said.

    Attributes:
        endpoint: What it was to reach.
        error: HRESULT, unsigned; 0 when there was none, None when the host could not be asked.
        status: HTTP status of the answer, when there was one.
    """

    endpoint: Endpoint
    error: int | None
    status: int | None = None

    @property
    def code(self) -> int | None:
        """WinHTTP's error; None when there is none, or one of somebody else."""
        if self.error is None or self.error >> 16 != _FACILITY_WIN32:
            return None
        return self.error & 0xFFFF

    def end(self, *, by_proxy: bool) -> End:
        """How far the attempt came on a host that has a proxy, or has none."""
        if self.error == 0 and self.status is not None:
            refused = self.status == _PROXY_ASKS or (by_proxy and self.status in _OF_PROXIES)
            return End.PROXY if refused else End.REACHED
        return _ENDS.get(self.code or 0, End.UNKNOWN)

    @property
    def hresult(self) -> str | None:
        """The error as people look it up, in hexadecimal; None when there is none."""
        return f"{self.error:#010x}" if self.error else None

    @property
    def shown(self) -> dict[str, int | str | None]:
        """As evidence."""
        return {
            "asked_for": str(self.endpoint),
            "error": self.hresult,
            "winhttp_error": self.code,
            "http_status": self.status,
        }


def reach(endpoint: Endpoint) -> Fact[Egress]:
    """Whether the host reaches an endpoint; its answer takes up to LIMIT_SECONDS."""
    waits = f"{RESOLVE_SECONDS}000,{CONNECT_SECONDS}000,{ANSWER_SECONDS}000,{ANSWER_SECONDS}000"
    script = ":".join(
        (
            "On Error Resume Next",
            'Set r=CreateObject^("WinHttp.WinHttpRequest.5.1"^)',
            f"r.SetTimeouts {waits}",
            f'r.Open "HEAD","https://{endpoint}/",False',
            f"r.Option^({_ENABLE_REDIRECTS}^)=False",
            "Err.Clear",  # nothing else takes an earlier error away, and only that of Send is of interest
            "r.Send",
            "WScript.Echo Err.Number",
            "WScript.Echo r.Status",
        )
    )
    run = f'cscript //nologo //e:vbscript //t:{LIMIT_SECONDS} "{_SCRIPT}" 2>nul'
    line = f'>"{_SCRIPT}" echo {script}&{run}&del "{_SCRIPT}"'

    def parse(replies: Sequence[Reply]) -> Egress:
        numbers = [said.strip() for said in replies[0].lines if re.fullmatch(r"\s*-?[0-9]{1,10}\s*", said)]
        error = int(numbers[0]) & 0xFFFFFFFF if numbers else None
        status = int(numbers[1]) if len(numbers) > 1 and error == 0 else None
        return Egress(endpoint, error, status)

    return Fact("egress", (Command(line, _EVIDENCE, accepts=None),), parse)
