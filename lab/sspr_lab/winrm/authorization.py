"""The Authorization and WWW-Authenticate headers of HTTP as WinRM uses them: schemes, tokens, names and passwords."""

import base64
import binascii
from typing import Final

from sspr_lab.streams import codec_of
from sspr_lab.winrm.acceptor import LogonRefused
from sspr_lab.winrm_settings import ServiceSettings

CERTIFICATE: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
"""The scheme of a client that says who it is by its TLS certificate (DSP0226 C.3.3)."""

_SPELLED: Final = {"negotiate": "Negotiate", "kerberos": "Kerberos", "credssp": "CredSSP"}


def scheme_of(authorization: str) -> str:
    """The first word of the header, in lower case."""
    return authorization.partition(" ")[0].lower()


def token_of(authorization: str) -> bytes:
    """The token of a scheme that exchanges such. Raises LogonRefused when it is no base64."""
    try:
        return base64.b64decode(authorization.partition(" ")[2], validate=True)
    except binascii.Error as error:
        raise LogonRefused from error


def challenge(scheme: str, token: bytes) -> tuple[str, str]:
    """The WWW-Authenticate header that carries a token."""
    return "WWW-Authenticate", f"{_SPELLED[scheme]} {base64.b64encode(token).decode()}".rstrip()


def password_of(authorization: str, code_page: int) -> tuple[str, str]:
    """User and password of the Basic scheme, in the machine's ANSI code page as with IIS' Basic [mem].

    Raises:
        LogonRefused: they cannot be read.
    """
    try:
        user, colon, password = token_of(authorization).decode(codec_of(code_page)).partition(":")
    except UnicodeDecodeError as error:
        raise LogonRefused from error
    if not colon:
        raise LogonRefused
    return user, password


def offers(settings: ServiceSettings, *, is_tls: bool) -> list[tuple[str, str]]:
    """How a stranger is told to log on, a header each in Windows' order; Basic is for TLS alone.

    A log-on by certificate is not announced here: TLS asks for the certificate.
    """
    told = [spelled for method, spelled in _SPELLED.items() if method in settings.auth]
    if "basic" in settings.auth and is_tls:
        told.append('Basic realm="WSMAN"')
    return [("WWW-Authenticate", each) for each in told]
