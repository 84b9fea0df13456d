"""Faults of a line, and hostile words, at every stage of every way to log on: an error of ours, or the right answer."""

import random
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from orchestrator.connect import pywinrm
from orchestrator.connect.channel import ANSWER_LIMIT
from orchestrator.model.errors import HandshakeFailed, LogonRefused, Retry, TargetError
from orchestrator.model.host import Host
from tests.chaos.peers import ENDLESS, TRICKLES
from tests.chaos.proxies import Fault, Kind, Proxy, always, proxy
from tests.connect.authentication import ALL, Given, Listener, authority, said, serving
from tests.connect.conftest import given, kdc
from tests.connect.reach import SECONDS, shorten_pauses
from tests.connect.test_broken_lines import IN_BUFFERS
from tests.sshd import Sshd, sshd

__all__ = ["given", "kdc"]

HTTP, HTTPS = Listener("http", ALL), Listener("https", ALL)
WAYS_IN: dict[str, tuple[str, Listener]] = {
    "NTLM over HTTP": ("NTLM", HTTP),
    "NTLM over HTTPS": ("NTLM", HTTPS),
    "Basic over HTTPS": ("Basic", HTTPS),
    "CredSSP over HTTP": ("CredSSP", HTTP),
    "CredSSP over HTTPS": ("CredSSP", HTTPS),
    "Kerberos over HTTP": ("Kerberos with a password", HTTP),
    "Kerberos over HTTPS": ("Kerberos with a password", HTTPS),
}
THROUGH = [pytest.param(name, id=name, marks=[pytest.mark.kerberos] * ("Kerberos" in name)) for name in WAYS_IN]
STAGES = 9
"""Turns of a conversation that may be hit: TLS, the log-on's, and those of one command."""


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A jump host."""
    with sshd(tmp_path_factory.mktemp("gate")) as up:
        yield up


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly a pause, and no grace."""
    shorten_pauses(monkeypatch)
    monkeypatch.setattr(pywinrm, "GRACE_SECONDS", 0.5)


@asynccontextmanager
async def disturbed(
    way_in: str, fault: Fault, given: Given, gate: Sshd | None = None, *, inside: bool = False
) -> AsyncIterator[tuple[Host, Proxy]]:
    """A host behind a proxy with this fault on every connection, be it in what is inside the TLS of that host."""
    way, listener = WAYS_IN[way_in]
    async with serving(listener, given) as server:
        host = given.host(way, server, listener, via=(gate.jump_host(),) if gate else ())
        shown = spoken = None
        if inside and host.https:
            assert server._tls is not None
            shown = server._tls[0]
            spoken = ssl.create_default_context(cadata=authority().pem.decode())
            spoken.check_hostname = False
        async with proxy(host.port, always(fault), shown=shown, spoken=spoken) as line:
            yield replace(host, port=line.port), line


def faults(chance: random.Random, kinds: tuple[Kind, ...], number: int) -> Iterator[Fault]:
    for _ in range(number):
        place = chance.choice((chance.randrange(250), chance.randrange(1500)))
        yield Fault(chance.choice(kinds), at=place, turn=chance.randrange(STAGES), seconds=0, bit=chance.randrange(8))


async def error_of(host: Host, seconds: float = SECONDS) -> TargetError | None:
    """What came of a log-on and a command; None where the answer was right."""
    try:
        answer = await said(host, seconds=seconds)
    except TargetError as error:
        return error
    assert answer.endswith(("administrator", "jane"))
    return None


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("jump", [False, True], ids=["straight", "through a jump host"])
@pytest.mark.parametrize("way_in", THROUGH)
async def test_cuts(way_in: str, jump: bool, given: Given, gate: Sshd) -> None:
    """Cut, reset, half-closed: what was not heard to its end may be tried again, whatever was said before."""
    chance, happened = random.Random(way_in), 0
    for fault in faults(chance, ("fin", "rst", "half-close"), 40):
        async with disturbed(way_in, fault, given, gate if jump else None) as (host, line):
            error = await error_of(host)
            assert error is None or (line.happened and error.retry is Retry.RECONNECT), (fault, error)
            happened += len(line.happened)
    assert happened > 15


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("way_in", THROUGH)
async def test_damage(way_in: str, given: Given) -> None:
    """A flipped bit is found out, or harmless; what is dribbled or delayed arrives.

    In a token or a certificate it makes another one, and in headers other headers: that is told as the peer's.
    """
    chance, happened = random.Random(way_in), 0
    for fault in faults(chance, ("flip", "flip", "dribble", "delay"), 20):
        async with disturbed(way_in, fault, given) as (host, line):
            error = await error_of(host)
            if error is not None:
                assert fault.kind == "flip", (fault, error)
                others = isinstance(error, (LogonRefused, HandshakeFailed)) or fault.at < 400
                assert others or error.retry in {Retry.RECONNECT, Retry.ONCE}, (fault, error)
            happened += len(line.happened)
    assert happened > 5


@pytest.mark.slow
@pytest.mark.parametrize("way_in", THROUGH)
async def test_silence(way_in: str, given: Given) -> None:
    """A line that stalls holds nobody for longer than the deadline."""
    for turn in (0, 1):
        fault = Fault("stall", at=20, turn=turn)
        async with disturbed(way_in, fault, given) as (host, line):
            error = await error_of(host, 1.5)
            assert error is not None
            assert error.retry is Retry.RECONNECT, (fault, error)
            assert line.happened


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("jump", [False, True], ids=["straight", "through a jump host"])
@pytest.mark.parametrize("way_in", THROUGH)
async def test_words_without_end(way_in: str, jump: bool, given: Given, gate: Sshd) -> None:
    """In the place of any answer of the log-on or of a command: an error of ours, and little of it is read."""
    chance, errors = random.Random(way_in), 0
    for name in chance.sample(list(ENDLESS), 6) if jump else ENDLESS:
        fault = Fault("say", turn=chance.randrange(5), speech=ENDLESS[name])
        async with disturbed(way_in, fault, given, gate if jump else None, inside=True) as (host, line):
            error = await error_of(host)
            assert error is None or line.happened, (name, error)
            assert line.peer.sent < ANSWER_LIMIT + IN_BUFFERS, name
            errors += error is not None  # none where that was the answer to the deletion of the shell
    assert errors > 3


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("way_in", THROUGH)
async def test_words_that_trickle(way_in: str, given: Given) -> None:
    """A byte now and then, in the place of the first answer, holds nobody for longer than the deadline."""
    for name in random.Random(way_in).sample(list(TRICKLES), 2):
        fault = Fault("say", turn=0, speech=TRICKLES[name])
        async with disturbed(way_in, fault, given, inside=True) as (host, line):
            error = await error_of(host, 1.5)
            assert error is not None
            assert error.retry is Retry.RECONNECT, (name, error)
            assert line.happened


@pytest.mark.slow
@pytest.mark.parametrize("way", ["NTLM", "Basic", "CredSSP"])
async def test_the_end_of_tls_is_no_end_of_an_answer(way: str, given: Given) -> None:
    """An end in good order, with close_notify, in the middle of an answer inside TLS."""
    chance, happened = random.Random(way), 0
    for _ in range(25):
        fault = Fault("fin", at=chance.randrange(300), turn=chance.randrange(4))
        async with disturbed(f"{way} over HTTPS", fault, given, inside=True) as (host, line):
            error = await error_of(host)
            assert error is None or (line.happened and error.retry is Retry.RECONNECT), (fault, error)
            happened += len(line.happened)
    assert happened > 10
