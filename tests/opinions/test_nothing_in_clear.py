"""What somebody on the line can read while the product works: nothing of what it says, hears, sends or logs on with."""

import asyncio
import base64
import random
import re
import zlib
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
import requests

from orchestrator.connect.connector import PywinrmConnector
from orchestrator.inventory.credentials import SecretResolver
from orchestrator.inventory.load import load_inventory
from orchestrator.remote import files
from orchestrator.remote.target import Target
from sspr_lab.winrm import namespaces as ns
from sspr_lab.winrm.ntlm import nt_hash
from tests.connect.recording_proxy import RecordingProxy, recording_proxy
from tests.e2e.program import sspr
from tests.opinions.labs import PASSWORD, Lab
from tests.opinions.wire import HttpMessage, messages

pytestmark = pytest.mark.opinions

MEGABYTE = 1 << 20
PIECE = 24
"""Bytes of a text that are looked for: too many to turn up by chance, too few to be cut in two often."""
MARKUP = (b"Envelope", b"ShellId", b"CommandLine", b"wsman/1/windows", b"<?xml", b"xmlns")
IDENTIFY = f'<s:Envelope xmlns:s="{ns.SOAP}"><s:Body><i:Identify xmlns:i="{ns.IDENTITY}"/></s:Body></s:Envelope>'


def text_of(size: int) -> bytes:
    """A file with words in it, no two lines alike."""
    dice = random.Random(size)
    lines = (b"confidential %08x %08x of the company\r\n" % (n, dice.getrandbits(32)) for n in range(size // 40))
    return b"".join(lines)


async def upload(inventory: Path, source: Path) -> None:
    """Copies a file to the Windows 7 machine, as the step that installs does."""
    (host,) = load_inventory(inventory).select("windows7")
    connector = PywinrmConnector(SecretResolver(inventory.parent), threads=1)
    target = Target(host, connector)
    try:
        await files.put(target, source, "C:\\sspr\\up\\file.txt", "C:\\sspr\\up", "C:\\sspr", lambda _: None)
    finally:
        await target.release()
        connector.close()


async def check(folder: Path, inventory: Path) -> str:
    """`sspr check`; what it printed."""
    process = sspr(folder, "check", "--inventory", str(inventory), "--folder", str(folder / "check"))
    output, errors = await asyncio.to_thread(process.communicate, timeout=120)
    assert "Traceback" not in errors
    return output


async def identify_in_clear(port: int) -> None:
    """The one SOAP message that a host takes from anybody."""
    headers = {"WSMANIDENTIFY": "unauthenticated", "Content-Type": "application/soap+xml;charset=UTF-8"}

    def ask() -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.post(f"http://127.0.0.1:{port}/wsman", IDENTIFY, headers=headers, timeout=120).raise_for_status()

    await asyncio.to_thread(ask)


def secrets_of(envelopes: list[str]) -> set[bytes]:
    """A piece of every command line and of every stream that the envelopes carry, as text and as base64."""
    found = set()
    for envelope in envelopes:
        root = fromstring(envelope)
        found |= {(each.text or "").encode()[-PIECE:] for each in root.iter(f"{{{ns.SHELL}}}Command")}
        for stream in root.iter(f"{{{ns.SHELL}}}Stream"):
            encoded = (stream.text or "").encode()
            content = base64.b64decode(encoded)
            middle = len(content) // 2
            found |= {encoded[:PIECE], content[:PIECE], content[middle : middle + PIECE]}
    return {each for each in found if len(each) >= 12}


def forms_of(password: str) -> Iterator[bytes]:
    """A password as it might be let slip: as text, as its NT hash, and either in base64 or in hex."""
    for raw in (password.encode(), password.encode("utf-16-le"), password.encode("latin-1"), nt_hash(password)):
        yield raw
        yield raw.hex().encode()
        for shift in range(3):  # wherever in a base64 text it may begin
            yield base64.b64encode(b"\0" * shift + raw)[4:-4]


def tokens(recorded: list[HttpMessage]) -> bytes:
    """All that was said at the log-ons, out of its base64."""
    found = [re.findall(rb"Negotiate ([A-Za-z0-9+/=]+)", message.head) for message in recorded]
    return b"\n".join(base64.b64decode(token) for each in found for token in each)


def recording(proxies: list[RecordingProxy]) -> list[HttpMessage]:
    """All messages of all connections, in both directions."""
    connections = [each for proxy in proxies for each in proxy.connections]
    streams = [bytes(stream) for each in connections for stream in (each.sent, each.received)]
    return [message for stream in streams for message in messages(stream)]


async def test_a_check_and_an_upload_can_be_read_by_nobody(own_lab: Lab) -> None:
    """No markup, no command, no output, no file content and no password crosses in clear, in either direction.

    Every body that is not empty is a sealed one, and all of them together are as good as noise: they do not compress.
    """
    source = own_lab.folder / "source.txt"
    source.write_bytes(text_of(3 * MEGABYTE))
    async with AsyncExitStack() as stack:
        proxies = {b: await stack.enter_async_context(recording_proxy(port)) for b, port in own_lab.ports.items()}
        inventory = own_lab.inventory("recorded", {branch: proxy.port for branch, proxy in proxies.items()})
        printed = await check(own_lab.folder, inventory)
        await upload(inventory, source)
        recorders = list(proxies.values())
    assert "windows7" in printed
    assert "windows8.1" in printed
    seen = b"".join(recorder.sent + recorder.received for recorder in recorders)
    recorded = recording(recorders)
    bodies = [message for message in recorded if message.body]
    sealed = b"".join(message.sealed or b"" for message in bodies)
    assert [message.head for message in bodies if message.sealed is None] == []
    assert len(sealed) > 4 * MEGABYTE
    assert len(zlib.compress(sealed)) > len(sealed)

    said = secrets_of(own_lab.envelopes())
    assert len(said) > 50
    assert [piece for piece in (*MARKUP, *said) if piece in seen] == []
    logons = tokens(recorded)
    assert logons.count(b"NTLMSSP\0\x03") >= 3
    assert [form for form in forms_of(PASSWORD) if form in seen or form in logons] == []


async def test_the_recorder_notices_what_is_in_clear(shared_lab: Lab) -> None:
    """An Identify that is not sealed is found by the very means with which nothing was found above."""
    async with recording_proxy(shared_lab.ports["windows7"]) as proxy:
        await identify_in_clear(proxy.port)
    recorded = recording([proxy])
    assert [message.sealed for message in recorded if message.body] == [None, None]
    assert b"Envelope" in proxy.sent
    assert b"Envelope" in proxy.received
