"""What single values of an inventory may be: names, addresses, references, fingerprints."""

from __future__ import annotations

import ipaddress
import itertools
import math
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from orchestrator.inventory.credentials import NO_REFERENCE, REFERENCE, is_reference
from orchestrator.model.errors import UntrustedPath
from orchestrator.model.host import is_ip_address, not_to_connect_to

_NAME: Final = re.compile(r"\w[\w.-]{0,254}")
_DNS_NAME: Final = re.compile(r"[\w.-]{1,255}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_RANGE: Final = re.compile(r"\[(\d{1,9}):(\d{1,9})\]")
MOST_HOSTS: Final = 100_000
"""Of an inventory, and so of one range."""


def unusable(path: Path, judge: Callable[[Path], None]) -> str | None:
    """Why a file cannot be read or, by what `judge` raises of it, is not to be trusted; None when it can be used."""
    if not path.exists():
        return f"there is no file {path}"
    if not path.is_file():
        return f"{path} is not a file"
    try:
        judge(path)
    except UntrustedPath as error:
        return str(error)
    return None if os.access(path, os.R_OK) else f"{path} cannot be read"


def expand(text: str) -> Iterator[str]:
    """Every name that a text with any number of ranges stands for; the text itself when there is none in it.

    Ends are included. A range that begins with a zero gives numbers of at least so many digits.

    Raises:
        ValueError: A range runs backwards, or more than 100,000 names would come of it (a slip of the keyboard).
    """
    pieces = _RANGE.split(text)
    literals, starts, ends = pieces[::3], pieces[1::3], pieces[2::3]
    ranges = [range(int(start), int(end) + 1) for start, end in zip(starts, ends, strict=True)]
    for start, end, numbers in zip(starts, ends, ranges, strict=True):
        if not numbers:
            raise ValueError(f"the range [{start}:{end}] runs backwards")
    if math.prod(map(len, ranges)) > MOST_HOSTS:
        raise ValueError(f"more than {MOST_HOSTS:,} names would come of it")
    widths = [len(start) if start.startswith("0") else 1 for start in starts]
    return _names(literals, ranges, widths)


def _names(literals: list[str], ranges: list[range], widths: list[int]) -> Iterator[str]:
    for numbers in itertools.product(*ranges):
        written = [f"{number:0{width}}" for number, width in zip(numbers, widths, strict=True)]
        yield "".join(itertools.chain(*itertools.zip_longest(literals, written, fillvalue="")))


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("a name is made of letters, digits, `-`, `_` and `.`, and begins with a letter or a digit")
    if text.casefold() == "all":
        raise ValueError("`all` always means every host; choose another name")
    return text


def _host_names(text: str) -> str:
    """The names that a range stands for differ in digits alone, so that its ends speak for all of them."""
    try:
        expand(text)
        for end in (1, 2):
            _name(_RANGE.sub(rf"\{end}", text))
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
    elif problem := not_to_connect_to(text):
        raise ValueError(f"`{text}` {problem}; write an address as four plain numbers, or a DNS name")
    return text


def _computer_name(text: str) -> str:
    if not _NAME.fullmatch(text) or is_ip_address(text):
        raise ValueError("expected the name of a computer, as the command `hostname` shows it there")
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
ComputerName = Annotated[str, AfterValidator(_computer_name)]
SpnHost = Annotated[str, AfterValidator(_spn_host)]
Fingerprint = Annotated[str, AfterValidator(_fingerprint)]
"""The SHA-256 of a certificate; arrives as 64 digits in lower case."""
GroupName = Annotated[str, AfterValidator(_name)]
JumpHostName = Annotated[str, AfterValidator(_name)]
HostNames = Annotated[str, AfterValidator(_host_names), Field(description="A name, or several as in PC-[003:120].")]
