"""What known_hosts says of a jump host: read as ssh reads it, and where a key is refused at least as widely."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from orchestrator.connect.tunnel.trust import speaks_of
from orchestrator.model.errors import JumpHostRefused
from orchestrator.sentences import say
from tests.connect.tunnels import reaches, tunnels
from tests.sshd import Sshd, make_key, program, sshd

KNOWN, UNKNOWN, REVOKED, OTHER = "known", "is not known", "is marked as revoked", "shows another host key"
AUTHORITY = "trusts an authority"

FILES: dict[str, tuple[str, str]] = {
    "its name and port": ("[127.0.0.1]:{port} {key}", KNOWN),
    "in a list": ("gate,[127.0.0.1]:{port} {key}", KNOWN),
    "a pattern": ("[127.0.0.*]:{port} {key}", KNOWN),
    "one character": ("[127.0.0.?]:{port} {key}", KNOWN),
    "everything": ("* {key}", KNOWN),
    "another pattern": ("[127.0.1.*]:{port} {key}", UNKNOWN),
    "brackets are no pattern": ("[127]*:{port} {key}", UNKNOWN),
    "all but this one": ("*,![127.0.0.1]:{port},!127.0.0.1 {key}", UNKNOWN),
    "all but this one, yet without a port": ("*,![127.0.0.1]:{port} {key}", KNOWN),
    "all but another": ("*,![127.0.0.2]:{port} {key}", KNOWN),
    "all but this one, and this one": ("![127.0.0.1]:{port},[127.0.0.1]:{port} {key}", UNKNOWN),
    "another port": ("[127.0.0.1]:1 {key}", UNKNOWN),
    "no port": ("127.0.0.1 {key}", KNOWN),
    "no port, and another key with it": ("127.0.0.1 {key}\n[127.0.0.1]:{port} {other}", OTHER),
    "hashed": ("{hashed} {key}", KNOWN),
    "hashed without a port": ("{hashed_plain} {key}", KNOWN),
    "behind blanks": ("  \t[127.0.0.1]:{port} {key} and a comment", KNOWN),
    "a comment": ("# [127.0.0.1]:{port} {key}", UNKNOWN),
    "within a line": ("# a note\u2028[127.0.0.1]:{port} {key}\n#\x0b* {key}", UNKNOWN),
    "an odd marker": ("@trusted [127.0.0.1]:{port} {key}", UNKNOWN),
    "another key": ("[127.0.0.1]:{port} {other}", OTHER),
    "one of two": ("[127.0.0.1]:{port} {other}\n[127.0.0.1]:{port} {key}", KNOWN),
    "an authority": ("@cert-authority * {other}", AUTHORITY),
    "its key as an authority": ("@cert-authority [127.0.0.1]:{port} {key}", AUTHORITY),
    "an authority and its key": ("@cert-authority * {other}\n[127.0.0.1]:{port} {key}", KNOWN),
    "an authority of others": ("@cert-authority pc-* {other}", UNKNOWN),
    "revoked": ("[127.0.0.1]:{port} {key}\n@revoked [127.0.0.1]:{port} {key}", REVOKED),
    "revoked for all": ("[127.0.0.1]:{port} {key}\n@revoked * {key}", REVOKED),
    "revoked by a pattern": ("[127.0.0.1]:{port} {key}\n@revoked gate,[127.?.0.*]:* {key}", REVOKED),
    "revoked beforehand": ("@revoked * {key}\n[127.0.0.1]:{port} {key}", REVOKED),
    "revoked, hashed": ("[127.0.0.1]:{port} {key}\n@revoked {hashed} {key}", REVOKED),
    "revoked without a port": ("[127.0.0.1]:{port} {key}\n@revoked 127.0.0.1 {key}", REVOKED),
    "revoked for others": ("[127.0.0.1]:{port} {key}\n@revoked *,![127.0.0.1]:*,!127.* {key}", KNOWN),
    "another key revoked": ("[127.0.0.1]:{port} {key}\n@revoked * {other}", KNOWN),
}


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A jump host; tests write its known_hosts."""
    with sshd(tmp_path_factory.mktemp("gate")) as up:
        yield up


@pytest.mark.parametrize(("file", "expected"), FILES.values(), ids=FILES)
def test_it_is_read_as_ssh_reads_it(file: str, expected: str, gate: Sshd, tmp_path: Path) -> None:
    """By this program and by ssh itself: what ssh refuses is never trusted here."""
    hash_host = paramiko.HostKeys.hash_host
    known = tmp_path / "known_hosts"
    text = file.format(
        port=gate.port,
        key=(gate.folder / "host_key.pub").read_text("ascii").strip(),
        other=make_key(tmp_path / "other"),
        hashed=hash_host(f"[127.0.0.1]:{gate.port}"),
        hashed_plain=hash_host("127.0.0.1"),
    )
    known.write_text(text, encoding="utf-8")
    known.chmod(0o600)
    assert verdict(gate, known) == expected
    assert trusted_by_ssh(gate, known) or expected != KNOWN


def verdict(gate: Sshd, known: Path) -> str:
    """What this program says of the jump host's key."""
    with tunnels() as made:
        try:
            reaches(made, gate.port, gate.jump_host(known_hosts=known))
        except JumpHostRefused as refused:
            said = say(refused.reason)
            return next(each for each in (REVOKED, OTHER, AUTHORITY, UNKNOWN) if each in said)
    return KNOWN


def trusted_by_ssh(gate: Sshd, known: Path) -> bool:
    """Whether ssh gets beyond the host key."""
    words = [program("ssh", "openssh-client"), "-F", "none", "-v", "-p", str(gate.port), "-i", str(gate.folder / "id")]
    options = {
        "BatchMode": "yes",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": str(known),
        "GlobalKnownHostsFile": "/dev/null",
        "HostKeyAlgorithms": "ssh-ed25519",
    }
    asked = [*words, *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]
    said = subprocess.run([*asked, "127.0.0.1", "true"], capture_output=True, check=False, timeout=120).stderr
    assert b"Server host key: ssh-ed25519" in said
    return b"Host key verification failed" not in said


@pytest.mark.parametrize(
    ("names", "name", "fits"),
    [
        ("Gate.Contoso.com", "gate.contoso.com", True),
        ("*.contoso.com", "contoso.com", False),
        ("*.contoso.com", "a.b.contoso.com", True),
        ("gate??", "gate12", True),
        ("gate??", "gate1", False),
        ("gate.contoso.com", "gatexcontoso.com", False),
        ("[fe80::1]:2222", "[fe80::1]:2222", True),
        ("fe80::*", "fe80::1", True),
        ("!gate", "other", False),
        ("", "gate", False),
        (",,", "gate", False),
    ],
)
def test_patterns(names: str, name: str, fits: bool) -> None:
    """`*` and `?` alone are wildcards; case does not count, and `!` alone lets nobody in."""
    assert speaks_of(names, name) is fits
