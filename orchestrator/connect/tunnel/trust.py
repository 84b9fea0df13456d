"""Whether a jump host is the one that we know: its host key against a known_hosts file, which is never added to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import paramiko
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey

from orchestrator.connect.tunnel.transport import SshTransport
from orchestrator.model.errors import JumpHostRefused, UsageError
from orchestrator.model.host import SSH_PORT, JumpHost
from orchestrator.model.message import message
from orchestrator.model.trust import read

_REVOKED: Final = "@revoked"
_AUTHORITY: Final = "@cert-authority"
_WILDCARDS: Final = {"*": ".*", "?": "."}


@dataclass
class KnownKeys:
    """What a known_hosts file says of one jump host.

    Attributes:
        trusted: Its keys.
        revoked: Keys that are not to be trusted.
        authorities: Numbers of the lines that trust a certificate authority for it, of which this program takes none.
    """

    trusted: list[paramiko.PKey] = field(default_factory=list)
    revoked: list[paramiko.PKey] = field(default_factory=list)
    authorities: list[int] = field(default_factory=list)

    def prefer(self, transport: SshTransport) -> None:
        """Lets the server show a key of a kind that is known, if it has one; to be called before the handshake."""
        kinds = {key.get_name() for key in self.trusted}
        options = transport.get_security_options()
        options.key_types = sorted(options.key_types, key=lambda algorithm: _kind(algorithm) not in kinds)


def known_keys(hop: JumpHost) -> KnownKeys:
    """Reads what is known of a jump host, as sshd(8) describes it under SSH_KNOWN_HOSTS FILE FORMAT.

    Names may be hashed and patterns. A line of a plain name speaks of another port too: where it revokes a key always,
    where it trusts one if no line speaks of that port, as ssh has it (`check_host_key` of OpenSSH's sshconnect.c).

    Raises:
        UsageError: The file cannot be read, or another person may write it.
    """
    name, address = known_name(hop), hop.address.lower()
    found, elsewhere = KnownKeys(), KnownKeys()
    for number, marker, names, key in _lines(hop):
        here = speaks_of(names, name)
        if not here and not speaks_of(names, address):
            continue
        keys = found if here else elsewhere
        if marker == _REVOKED:
            found.revoked.append(key)
        elif marker == _AUTHORITY:
            keys.authorities.append(number)
        elif not marker:
            keys.trusted.append(key)
    if found.trusted:
        return found
    return KnownKeys(elsewhere.trusted, found.revoked, [*found.authorities, *elsewhere.authorities])


@message("jump-host-key-revoked", remedy=True)
def _revoked(jump_host: str, file: str, key: str) -> None: ...


@message("jump-host-key-differs", remedy=True)
def _another_key(jump_host: str, file: str, name: str, key: str, others: str) -> None: ...


@message("jump-host-key-unknown", remedy=True)
def _unknown_key(jump_host: str, key: str, file: str, name: str, address: str, port: int) -> None: ...


@message("jump-host-key-by-authority", remedy=True)
def _by_authority(jump_host: str, key: str, file: str, line: int) -> None: ...


def check_host_key(hop: JumpHost, known: KnownKeys, shown: paramiko.PKey) -> None:
    """Raises JumpHostRefused, with the fingerprint and what to do, unless the key is trusted."""
    key = f"{shown.get_name()} {shown.fingerprint}"
    name, file = known_name(hop), hop.known_hosts
    if shown in known.revoked:
        raise JumpHostRefused(
            _revoked(hop.name, str(file), key),
            remedy=_revoked.remedy(hop.name, str(file), key),
            jump_host=hop.name,
        )
    if shown in known.trusted:
        return
    if known.trusted:
        others = ", ".join(f"{other.get_name()} {other.fingerprint}" for other in known.trusted)
        raise JumpHostRefused(
            _another_key(hop.name, str(file), name, key, others),
            remedy=_another_key.remedy(hop.name, str(file), name, key, others),
            jump_host=hop.name,
        )
    if known.authorities:
        line = known.authorities[0]
        raise JumpHostRefused(
            _by_authority(hop.name, key, str(file), line),
            remedy=_by_authority.remedy(hop.name, key, str(file), line),
            jump_host=hop.name,
        )
    asked = str(file), name, hop.address, hop.port
    raise JumpHostRefused(
        _unknown_key(hop.name, key, *asked),
        remedy=_unknown_key.remedy(hop.name, key, *asked),
        jump_host=hop.name,
    )


def known_name(hop: JumpHost) -> str:
    """What a jump host is called in known_hosts."""
    address = hop.address.lower()
    return address if hop.port == SSH_PORT else f"[{address}]:{hop.port}"


def speaks_of(names: str, name: str) -> bool:
    """Whether the names of a line mean a host: one of its patterns fits, and none of those with `!`."""
    fits = False
    for pattern in names.split(","):
        if _fits(pattern.removeprefix("!"), name):
            if pattern.startswith("!"):
                return False
            fits = True
    return fits


def _fits(pattern: str, name: str) -> bool:
    if pattern.startswith("|1|"):
        return bool(paramiko.HostKeys.hash_host(name, pattern) == pattern)
    parts = (_WILDCARDS.get(character) or re.escape(character) for character in pattern.lower())
    return re.fullmatch("".join(parts), name) is not None


def _lines(hop: JumpHost) -> Iterator[tuple[int, str, str, paramiko.PKey]]:
    """The number, marker, names and key of every line that holds a key of a kind that is known."""
    try:
        text = read(hop.known_hosts).decode("utf-8", "replace")
    except OSError as error:
        raise UsageError(f"the jump host `{hop.name}`: {hop.known_hosts} cannot be read: {error.strerror}") from error
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        marker = words.pop(0) if words and words[0].startswith("@") else ""
        if not words or words[0].startswith("#"):
            continue
        try:
            entry = HostKeyEntry.from_line(" ".join(words))
        except (paramiko.SSHException, InvalidHostKey, ValueError):
            continue
        if entry is not None:
            yield number, marker, words[0], entry.key


def _kind(algorithm: str) -> str:
    """The kind of key that a signature algorithm needs."""
    return "ssh-rsa" if algorithm.startswith("rsa-sha2-") else algorithm
