"""What stays in memory of a log-on: connections that are logged on hold neither the password nor its hash."""

import gc
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import CoroutineType, FrameType, FunctionType, GeneratorType, ModuleType

import pytest

from orchestrator.connect.connector import PywinrmConnector
from orchestrator.connect.tunnel.tunnels import Tunnels
from orchestrator.model.host import CredentialReference
from sspr_lab.winrm.ntlm import nt_hash
from tests.connect import tunnels
from tests.connect.authentication import ALL, PASSWORD, Given, Listener, serving
from tests.connect.reach import soon
from tests.passwords import Passwords
from tests.sshd import PASSWORD as GATE
from tests.sshd import sshd

_ELSEWHERE = (CoroutineType, FrameType, FunctionType, GeneratorType, ModuleType, type)
"""What leads to the whole program, such as to the password in this file."""
WAYS: Mapping[str, tuple[CredentialReference, str, str]] = {
    "NTLM": (CredentialReference("Administrator", "env:SECRET"), "ntlm", PASSWORD),
    "NTLM with the NT hash": (
        CredentialReference("Administrator", nt_hash="env:SECRET"),
        "ntlm",
        nt_hash(PASSWORD).hex(),
    ),
    "CredSSP": (CredentialReference("Administrator", "env:SECRET"), "credssp", PASSWORD),
}


def reachable(start: object, without: object) -> Iterator[object]:
    """All objects to which an object leads, but not by way of another one."""
    seen = {id(without), *(id(vars(module)) for module in list(sys.modules.values()))}
    left = [start]
    while left:
        found = left.pop()
        if id(found) in seen or isinstance(found, _ELSEWHERE):
            continue
        seen.add(id(found))
        yield found
        left += gc.get_referents(found)


def holding(start: object, without: object, *secrets: bytes) -> list[object]:
    """The texts and bytes to which an object leads and in which a secret is."""
    sought = {form for secret in secrets for form in (secret, secret.hex().encode(), secret.hex().upper().encode())}
    texts = (found for found in reachable(start, without) if isinstance(found, str | bytes | bytearray))
    return [text for text in texts if any(form in _bytes(text) for form in sought)]


def _bytes(text: str | bytes | bytearray) -> bytes:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)


@pytest.mark.parametrize("way", WAYS)
async def test_a_connection_that_is_logged_on_holds_no_secret(way: str, tmp_path: Path) -> None:
    """It lives as long as the host is worked on; what it seals by is the session's."""
    credential, logon, secret = WAYS[way]
    passwords, given = Passwords(secret), Given(tmp_path, None)
    hashed, plain = nt_hash(PASSWORD), PASSWORD.encode()
    async with serving(Listener("http", ALL), given) as server:
        host = given.host("NTLM", server, Listener("http"), credential=credential, logon=logon)
        connector = PywinrmConnector(passwords, threads=1)
        try:
            connection = await connector.connect(host, soon())
            assert (await connection.run("whoami", soon())).exit_code == 0
            assert connector in reachable(connection, passwords), "it is looked through"
            assert holding(connection, passwords, plain, plain.decode().encode("utf-16-le"), hashed) == []
            await connection.close()
        finally:
            connector.close()


def test_a_tunnel_that_is_logged_on_holds_no_password(tmp_path: Path) -> None:
    """An SSH connection serves all hosts behind it, to the end of the run."""
    passwords = Passwords(GATE)
    with sshd(tmp_path, passwords=True) as gate, tunnels.echo() as port, tunnels.tunnels(passwords) as made:
        hop = gate.jump_host(key=None, password="env:SECRET")
        made.open((hop,), "127.0.0.1", port, soon()).close()
        assert isinstance(made, Tunnels)
        assert holding(made, passwords, GATE.encode()) == []
