"""What single values of an inventory may be: names, addresses, references, fingerprints."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from orchestrator.inventory.credentials import NO_REFERENCE, REFERENCE, is_reference
from orchestrator.inventory.ranges import expand
from orchestrator.model.host import is_ip_address

_NAME: Final = re.compile(r"\w[\w.-]{0,254}")
_DNS_NAME: Final = re.compile(r"[\w.-]{1,255}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("a name is made of letters, digits, `-`, `_` and `.`, and begins with a letter or a digit")
    if text.casefold() == "all":
        raise ValueError("`all` always means every host; choose another name")
    return text


def _host_names(text: str) -> str:
    try:
        for name in expand(text):
            _name(name)
    except ValueError as error:
        raise ValueError(f"{error}; a range is written as in `PC-[003:120]`") from None
    return text


def _address(text: str) -> str:
    if ":" in text:
        try:
            ipaddress.IPv6Address(text)
        except ValueError:
            raise ValueError("expected a DNS name or an IP address alone; a port goes into the key `port`") from None
    elif not _DNS_NAME.fullmatch(text):
        raise ValueError("expected a DNS name or an IP address")
    return text


def _username(text: str) -> str:
    if not text.strip() or _CONTROL.search(text):
        raise ValueError(r"expected the name of a user; one with a backslash goes into single quotes: 'DOMAIN\user'")
    return text


def _reference(text: str) -> str:
    if not is_reference(text):
        raise ValueError(NO_REFERENCE)
    return text


def _fingerprint(text: str) -> str:
    digits = re.sub(r"[:\s-]", "", text.lower().removeprefix("sha256:"))
    if re.fullmatch(r"[0-9a-f]{40}", digits):
        raise ValueError("expected a SHA-256; this is a SHA-1, as Windows shows it for a thumbprint")
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ValueError(
            "expected the SHA-256 of a certificate, 64 hexadecimal digits with or without colons, as "
            "`openssl x509 -noout -fingerprint -sha256 -in FILE` gives it"
        )
    return digits


def _spn_host(text: str) -> str:
    if is_ip_address(text):
        raise ValueError("expected a DNS name: Kerberos has no tickets for IP addresses")
    return _address(text)


Reference = Annotated[str, AfterValidator(_reference), Field(json_schema_extra={"pattern": REFERENCE})]
UserName = Annotated[str, AfterValidator(_username)]
Address = Annotated[str, AfterValidator(_address)]
SpnHost = Annotated[str, AfterValidator(_spn_host)]
Fingerprint = Annotated[str, AfterValidator(_fingerprint)]
"""The SHA-256 of a certificate; arrives as 64 digits in lower case."""
GroupName = Annotated[str, AfterValidator(_name)]
JumpHostName = Annotated[str, AfterValidator(_name)]
HostNames = Annotated[str, AfterValidator(_host_names), Field(description="A name, or several as in PC-[003:120].")]
