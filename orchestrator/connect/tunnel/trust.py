"""Whether a jump host is the one that we know: its host key against a known_hosts file, which is never added to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import paramiko
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey

from orchestrator.connect.tunnel.transport import SshTransport
from orchestrator.model.errors import JumpHostRefused, UsageError
from orchestrator.model.host import SSH_PORT, JumpHost
from orchestrator.model.message import message


@dataclass
class KnownKeys:
    """What a known_hosts file says of one jump host."""

    trusted: list[paramiko.PKey] = field(default_factory=list)
    revoked: list[paramiko.PKey] = field(default_factory=list)

    def prefer(self, transport: SshTransport) -> None:
        """Lets the server show a key of a kind that is known, if it has one; to be called before the handshake."""
        kinds = {key.get_name() for key in self.trusted}
        options = transport.get_security_options()
        options.key_types = sorted(options.key_types, key=lambda algorithm: _kind(algorithm) not in kinds)


def known_keys(hop: JumpHost) -> KnownKeys:
    """Reads what is known of a jump host.

    Host names may be hashed; patterns with `*`, and certificates of an authority, are not looked at.

    Raises:
        UsageError: The file cannot be read.
    """
    name = known_name(hop)
    found = KnownKeys()
    for marker, entry in _entries(hop):
        if not _is_of(entry.hostnames, name):
            continue
        if marker == "@revoked":
            found.revoked.append(entry.key)
        elif not marker:
            found.trusted.append(entry.key)
    return found


@message("jump-host-key-revoked", remedy=True)
def _revoked(jump_host: str, file: str, key: str) -> None: ...


@message("jump-host-key-differs", remedy=True)
def _another_key(jump_host: str, file: str, name: str, key: str, others: str) -> None: ...


@message("jump-host-key-unknown", remedy=True)
def _unknown_key(jump_host: str, key: str, file: str, name: str, address: str, port: int) -> None: ...


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


def _entries(hop: JumpHost) -> Iterator[tuple[str, HostKeyEntry]]:
    """The marker and the entry of every line that holds a key."""
    try:
        lines = hop.known_hosts.read_text("utf-8", "replace").splitlines()
    except OSError as error:
        raise UsageError(f"the jump host `{hop.name}`: {hop.known_hosts} cannot be read: {error.strerror}") from error
    for line in lines:
        words = line.split()
        marker = words.pop(0) if words and words[0].startswith("@") else ""
        if not words or words[0].startswith("#"):
            continue
        try:
            entry = HostKeyEntry.from_line(" ".join(words))
        except (paramiko.SSHException, InvalidHostKey, ValueError):
            continue
        if entry is not None:
            yield marker, entry


def _is_of(names: Sequence[str], name: str) -> bool:
    hashed = paramiko.HostKeys.hash_host
    return any(hashed(name, known) == known if known.startswith("|1|") else known.lower() == name for known in names)


def _kind(algorithm: str) -> str:
    """The kind of key that a signature algorithm needs."""
    return "ssh-rsa" if algorithm.startswith("rsa-sha2-") else algorithm
