r"""Where a text names a person so that nothing else can be meant: `DOMAIN\name`, profiles, fields, mail, SIDs, IPs.

All of it is looked for in bytes, in which the marks of every such place are ASCII, whatever the code page: UTF-8 and
all code pages of Windows have them alike. No place is longer than `LONGEST`, so that a text can be read in portions.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from orchestrator.harvest.redaction.well_known import FILE_ENDINGS, NO_DOMAINS

LONGEST: Final = 4096
"""Bytes of a place, with all that has to be seen around it."""


class Kind(StrEnum):
    """What is replaced, as manifests and cases count it."""

    ACCOUNT = "account"
    SID = "sid"
    MAIL = "mail"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Place:
    r"""A name in a text.

    Attributes:
        start: Where it begins in the bytes that were looked at.
        end: Where it ends.
        kind: What it is the name of.
        name: Its bytes.
        domain: What stands before its backslash where only that makes it an account; None elsewhere.
    """

    start: int
    end: int
    kind: Kind
    name: bytes
    domain: str | None = None


_SID: Final = re.compile(rb"(?<![0-9A-Za-z])S-1-(?:5-21|12-1)(?:-[0-9]{1,10}){2,12}+(?![0-9])", re.IGNORECASE)
"""Of accounts and domains, and of Microsoft Entra ID; all others are the same on every Windows, or of no person."""
_AT: Final = re.compile(
    rb"(?:@|%40)(?:[0-9A-Za-z\x80-\xff-]{1,63}\.){1,8}[A-Za-z\x80-\xff][0-9A-Za-z\x80-\xff-]{1,62}+"
)
_BEFORE_AT: Final = re.compile(rb"[0-9A-Za-z._+'\x80-\xff-]{1,128}$")
_LONGEST_LOCAL: Final = 128
_IP4: Final = re.compile(rb"(?<![0-9A-Za-z.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9]|\.[0-9])")
_IP6: Final = re.compile(rb"(?<![0-9A-Za-z:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}+(?![0-9A-Za-z]|\.[0-9])")
_IN_IP4: Final = re.compile(rb"\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]")
_IN_IP6: Final = re.compile(rb":[0-9A-Fa-f]{0,4}:")
"""What is in every one, and begins with a sign that is quickly found."""
_LONGEST_IP6: Final = 46
_COLONS: Final = 7
_VERSION: Final = re.compile(
    rb"(?:version|ver\.?|\bv)[\"'>:=\s\]]{0,24}(?P<name>(?:[0-9]{1,3}\.){3}[0-9]{1,3})(?![0-9]|\.[0-9])", re.IGNORECASE
)
_OF_EVENT: Final = re.compile(rb"<Data>(?P<name>(?:[0-9]{1,3}\.){3}[0-9]{1,3})</Data>")
_PROVIDER: Final = b"<Provider Name="
_INSTALLER: Final = b"MsiInstaller"
_PRIVATE: Final = tuple(
    map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"))
)
_NO_NAME: Final = rb"\s\\/:*?\"<>|,;=()\[\]"
"""What no account's name has, or none that could be told from what stands behind it.

learn.microsoft.com/windows/win32/adschema/a-samaccountname
"""
_PROFILE: Final = re.compile(
    rb"[\\/](?:Users|Documents and Settings)(?:\\{1,4}|/{1,2})(?P<name>"
    rb"[^" + _NO_NAME + rb"]{1,64}(?: [^" + _NO_NAME + rb"]{1,64}){0,2}(?=[\\/])|[^" + _NO_NAME + rb"]{1,64}+)",
    re.IGNORECASE,
)
_QUALIFIED: Final = re.compile(
    rb"(?<![0-9A-Za-z_\\/:.%$~-])(?P<domain>[0-9A-Za-z\x80-\xff][0-9A-Za-z\x80-\xff.-]{0,62})(?P<sign>\\{1,2})"
    rb"(?P<name>[^" + _NO_NAME + rb"@+&{}%!#]{1,64}+)(?!\\)"
)
_DATA: Final = re.compile(
    rb"<Data Name=['\"](?:[A-Za-z]{0,40}(?:User|UserName|AccountName|SamAccountName|Account|Upn|ProfileName)|"
    rb"[A-Za-z]{0,40}LogonName)['\"]>(?P<name>[^<>\r\n]{1,256})</Data>",
    re.IGNORECASE,
)
_JSON: Final = re.compile(
    rb"\"(?:users?|user_?name|accounts?|account_?name|logged_on|upn|(?:user_?)?principal_?name|owner|"
    rb"user_?display_?name)"
    rb"\"\s{0,4}:\s{0,200}(?:\"(?P<name>[^\"\r\n]{1,256})\"|\[(?P<names>[^\[\]{}]{1,3000})\])",
    re.IGNORECASE,
)
_JSON_PERSON: Final = re.compile(
    rb"\"user\"\s{0,4}:\s{0,200}\{[^{}]{0,1000}?\"display_?name\"\s{0,4}:\s{0,4}\"(?P<name>[^\"\r\n]{1,256})\"",
    re.IGNORECASE,
)
_JSON_STRING: Final = re.compile(rb"\"(?P<name>[^\"\r\n]{1,256})\"")
_REGISTRY: Final = re.compile(
    rb"^\"[^\"=\r\n]{0,60}(?:user ?name|samuser|onuser|\buser|ondisplayname|owner|account(?: ?name)?|"
    rb"upn)\"=\"(?P<name>[^\"\r\n]{1,256})\"",
    re.IGNORECASE | re.MULTILINE,
)
_QUSER: Final = re.compile(
    rb"^[> ](?P<name>[^\s\"<>|][^\r\n\"<>|]{0,30}?) {2,40}(?:\S{1,30} {1,40})?[0-9]{1,5} {1,40}\S{1,20} {1,40}"
    rb"\S{1,12} {1,10}\S{0,8}[0-9]{1,4}[./-] ?[0-9]{1,2}[./-] ?[0-9]{1,4}",
    re.MULTILINE,
)
_SAID: Final = re.compile(
    rb"\b(?:account name|user name|logon account|kontoname|benutzername)\s{0,3}[:=]\s{0,8}['\"]?"
    rb"(?P<name>[^" + _NO_NAME + rb"']{1,64}+)(?!\\)",
    re.IGNORECASE,
)
_PROPERTY: Final = re.compile(
    rb"\b(?:LogonUser|USERNAME)\s{0,3}[:=] {0,3}['\"]?(?P<name>[^\r\n'\"<>|,;]{1,64})", re.IGNORECASE
)
"""As Windows Installer lists its properties."""
_FIELDS: Final = (  # what has to be there, in lower case, and what is looked for then
    (b"<data name", _DATA),
    (b'":', _JSON),
    (b'" :', _JSON),
    (b'":', _JSON_PERSON),
    (b'" :', _JSON_PERSON),
    (b'"="', _REGISTRY),
    (b"  ", _QUSER),
    (b"user", _PROPERTY),
    (b"name", _SAID),
    (b"logon account", _SAID),
)
_PSEUDONYM: Final = re.compile(rb"\b(?:user|mail|sid|ip)-(?P<name>[0-9a-f]{8})(?P<check>[0-9a-f]{2})(?![0-9A-Za-z])")
_ESCAPE: Final = re.compile(rb"\\(?:\\|u[0-9a-fA-F]{4}|[\"/bfnrt])")
_ENDS: Final = b".'`"
"""What may end a sentence or a quotation, and no name."""


def unescaped(text: bytes) -> bytes:
    """JSON with blanks in the place of escapes, but for the backslash's: as long as it was, and read as it is meant."""
    return _ESCAPE.sub(_blanks, text) if b"\\" in text else text


def _blanks(found: re.Match[bytes]) -> bytes:
    return found[0] if found[0] == rb"\\" else b" " * len(found[0])


def places(text: bytes, *, escapes: bool) -> Iterator[Place]:
    r"""The places of a text, in no order; one may lie in another.

    Args:
        text: What is looked at; JSON `unescaped`.
        escapes: Whether it is JSON, in which two backslashes are one.
    """
    lowered = text.lower()
    if b"s-1-" in lowered:
        for found in _SID.finditer(text):
            yield Place(found.start(), found.end(), Kind.SID, found[0])
    if b"@" in text or b"%40" in text:
        yield from _mails(text)
    yield from _addresses(text)
    if b"\\" in text or b"/" in text:
        yield from _profiles(text, lowered)
        yield from _qualified(text, escapes=escapes)
    done = None
    for mark, pattern in _FIELDS:
        if pattern is not done and mark in lowered:
            yield from _fields(text, pattern)
            done = pattern


def pseudonyms(text: bytes) -> Iterator[tuple[int, int]]:
    """Where pseudonyms of ours stand already."""
    for found in _PSEUDONYM.finditer(text):
        if found["check"].decode() == check_digits(found["name"].decode()):
            yield found.span()


def check_digits(digits: str) -> str:
    """What stands behind the digits of a pseudonym, so that no account which is called alike is taken for one."""
    return hashlib.sha256(digits.encode()).hexdigest()[:2]


def versions(text: bytes) -> Iterator[bytes]:
    """What looks like an address and is called a version, or is among what Windows Installer says of a product."""
    yield from (found["name"] for found in _VERSION.finditer(text))
    for found in _OF_EVENT.finditer(text):
        provider = text.rfind(_PROVIDER, max(0, found.start() - LONGEST // 2), found.start())
        if provider >= 0 and text.startswith(_INSTALLER, provider + len(_PROVIDER) + 1):
            yield found["name"]


def is_private(address: str) -> bool:
    """Whether it is one of a network of one's own, which no version looks like."""
    read = ipaddress.ip_address(address)
    return not isinstance(read, ipaddress.IPv4Address) or any(read in network for network in _PRIVATE)


def _mails(text: bytes) -> Iterator[Place]:
    for found in _AT.finditer(text):
        before = _BEFORE_AT.search(text, max(0, found.start() - _LONGEST_LOCAL), found.start())
        if before is not None:
            end = found.end() - (len(found[0]) - len(found[0].rstrip(b"-")))
            start = before.start() + len(before[0]) - len(before[0].lstrip(b"'.-"))
            if start < found.start():
                yield Place(start, end, Kind.MAIL, text[start : found.start()])


def _addresses(text: bytes) -> Iterator[Place]:
    for mark, before, pattern in ((_IN_IP4, 3, _IP4), (_IN_IP6, _LONGEST_IP6, _IP6)):
        end = 0
        for marked in mark.finditer(text):
            if marked.start() < end:
                continue
            found = _around(marked, pattern, max(end, marked.start() - before))
            if found is None:
                continue
            end = found.end()
            written = found[0] if found[0].endswith(b"::") else found[0].removesuffix(b":")
            if pattern is _IP6 and written.count(b":") != _COLONS and b"::" not in written:
                continue
            try:
                read = ipaddress.ip_address(written.decode("ascii"))
            except ValueError:
                continue
            if not _is_common(read):
                yield Place(found.start(), found.start() + len(written), Kind.ADDRESS, str(read).encode())


def _around(marked: re.Match[bytes], pattern: re.Pattern[bytes], begin: int) -> re.Match[bytes] | None:
    """What has a mark in it, where that is all of what the pattern wants."""
    for found in pattern.finditer(marked.string, begin, marked.end() + _LONGEST_IP6):
        if found.end() > marked.start():
            return found if found.start() <= marked.start() else None
    return None


def _is_common(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether it is no machine's own: this machine, none, many, or a mask."""
    if isinstance(address, ipaddress.IPv4Address) and (address.is_reserved or address.packed[0] == 0):
        return True
    return address.is_loopback or address.is_unspecified or address.is_multicast


def _profiles(text: bytes, lowered: bytes) -> Iterator[Place]:
    if b"users" not in lowered and b"documents and settings" not in lowered:
        return
    for found in _PROFILE.finditer(text):
        yield from _account(found.start("name"), found["name"])


def _qualified(text: bytes, *, escapes: bool) -> Iterator[Place]:
    for found in _QUALIFIED.finditer(text):
        domain = found["domain"].decode("utf-8", "replace")
        if (escapes and len(found["sign"]) == 1) or domain.casefold() in NO_DOMAINS:
            continue
        if not found["name"].lower().endswith(FILE_ENDINGS):
            yield from _account(found.start("name"), found["name"], domain)


def _fields(text: bytes, pattern: re.Pattern[bytes]) -> Iterator[Place]:
    for found in pattern.finditer(text):
        if found["name"] is not None:
            yield from _value(found.start("name"), found["name"])
        else:
            for each in _JSON_STRING.finditer(found["names"]):
                yield from _value(found.start("names") + each.start("name"), each["name"])


def _value(start: int, value: bytes) -> Iterator[Place]:
    r"""What a field holds: a name, or one behind its domain; mail addresses and SIDs are found as such."""
    head, sign, name = value.rpartition(b"\\")
    if b"@" not in value and not name.upper().startswith(b"S-1-") and name.strip(b" -"):
        blanks = len(name) - len(name.lstrip(b" "))
        yield from _account(start + len(head) + len(sign) + blanks, name.strip(b" "))


def _account(start: int, name: bytes, domain: str | None = None) -> Iterator[Place]:
    """The name without what ends a sentence, or is a particle of a language that writes it behind names."""
    name = name.rstrip(_ENDS)
    first = re.match(rb"[0-9A-Za-z._-]+(?=[\x80-\xff]+$)", name)
    if first is not None and _is_particle(name[first.end() :]):
        name = first[0]
    if name:
        yield Place(start, start + len(name), Kind.ACCOUNT, name, domain)


def _is_particle(rest: bytes) -> bool:
    """Whether letters that stand right behind a name in ASCII have no cases, as those of Korean, Japanese and Thai."""
    try:
        return not any(letter.lower() != letter.upper() for letter in rest.decode("utf-8"))
    except UnicodeDecodeError:  # a code page: of East Asia where a letter takes two bytes
        return len(rest) > 1
