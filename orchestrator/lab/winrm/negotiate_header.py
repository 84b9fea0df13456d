"""The Negotiate scheme of HTTP (RFC 4559): tokens in Authorization and WWW-Authenticate headers."""

import base64
import binascii
from typing import Final

from orchestrator.lab.winrm.acceptor import LogonRefused

_SCHEME: Final = "negotiate "


def token_of(authorization: str) -> bytes:
    """The token in the value of an Authorization header. Raises LogonRefused for another scheme or no base64."""
    if not authorization.lower().startswith(_SCHEME):
        raise LogonRefused
    try:
        return base64.b64decode(authorization[len(_SCHEME) :], validate=True)
    except binascii.Error as error:
        raise LogonRefused from error


def challenge(token: bytes) -> tuple[str, str]:
    """The WWW-Authenticate header that carries a token."""
    return "WWW-Authenticate", f"Negotiate {base64.b64encode(token).decode()}".rstrip()
