"""Every way to log on at every listener: it works where Windows takes it, and is refused in its own words elsewhere."""

from collections.abc import Iterator, Mapping

import pytest

from orchestrator.model.errors import LogonImpossible, LogonRefused
from orchestrator.model.host import Logon
from orchestrator.sentences import say
from sspr_lab.winrm_settings import Method
from tests.connect.authentication import ALL, STOCK, WAYS, Given, Listener, said, serving
from tests.saying import with_reason
from tests.sshd import Sshd, sshd

LISTENERS: Mapping[str, Listener] = {
    "HTTP, as it comes": Listener("http"),
    "HTTP, everything on": Listener("http", ALL),
    "HTTP, Kerberos alone": Listener("http", ("kerberos",)),
    "HTTP, Negotiate alone": Listener("http", ("negotiate",)),
    "HTTPS, as it comes": Listener("https"),
    "HTTPS, everything on": Listener("https", ALL),
    "HTTPS, everything on, CBT strict": Listener("https", ALL, "strict"),
    "HTTPS, Basic off": Listener("https", ("certificate", "credssp", *STOCK)),
}
METHODS: Mapping[Logon, Method] = {
    "ntlm": "negotiate",
    "kerberos": "kerberos",
    "basic": "basic",
    "certificate": "certificate",
    "credssp": "credssp",
}
NEEDS_HTTPS = ("basic", "certificate")
MATRIX = [
    pytest.param(way, listener, id=f"{way} at {listener}", marks=[pytest.mark.kerberos] * ("Kerberos" in way))
    for way in WAYS
    for listener, settings in LISTENERS.items()
    if settings.transport == "https" or WAYS[way] not in NEEDS_HTTPS
]


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A jump host for the tests of a process."""
    with sshd(tmp_path_factory.mktemp("gate")) as up:
        yield up


@pytest.mark.parametrize(("way", "listener"), MATRIX)
async def test_every_way_at_every_listener(way: str, listener: str, given: Given) -> None:
    """Where the way is switched on it logs on as whom it stands for, with one log-on; where it is off, it says so."""
    at = LISTENERS[listener]
    async with serving(at, given) as server:
        host = given.host(way, server, at)
        if METHODS[WAYS[way]] in at.auth:
            assert await said(host) == ("lab\\jane" if "Kerberos" in way else "pc-01\\administrator")
            assert (server.counters.refused, server.counters.connections) == (0, 1)
        elif way == "certificate":
            with pytest.raises(LogonRefused, check=with_reason("certificate")):
                await said(host)
        else:
            with pytest.raises(LogonImpossible, check=with_reason("the host offers no ")) as caught:
                await said(host)
            assert say(caught.value.remedy)
        assert server.counters.connections == 1


THROUGH = [pytest.param(way, id=way, marks=[pytest.mark.kerberos] * ("Kerberos" in way)) for way in WAYS]


@pytest.mark.parametrize("way", THROUGH)
async def test_every_way_through_a_jump_host(way: str, given: Given, gate: Sshd) -> None:
    """TLS, tickets and bindings are between us and the host: a jump host on the way sees and changes nothing."""
    at = LISTENERS["HTTPS, everything on, CBT strict"]
    async with serving(at, given) as server:
        host = given.host(way, server, at, via=(gate.jump_host(),))
        assert await said(host) == ("lab\\jane" if "Kerberos" in way else "pc-01\\administrator")
        assert server.counters.connections == 1
