"""Logging on: once, sealed, straight to the host, and never again after a refusal."""

import asyncio

import pytest

from lab.tests.winrm_hosts import PASSWORD, WinRMHost, faulty, winrm_host
from orchestrator.model.errors import AccessDenied, LogonRefused, Retry, SecretUnavailable, TargetError, Unreachable
from orchestrator.model.outcome import Outcome
from orchestrator.model.secret import Secret
from sspr_lab.profile import Profile
from tests.connect.peers import Peer, http, listening, log_on, new_context, next_request, saying, sealing
from tests.connect.reach import assert_nothing_stays, at, connector, reached, soon
from tests.connect.recording_proxy import recording_proxy
from tests.saying import with_reason

POLICIES = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
DEMAND = http("401 Unauthorized", b"", "WWW-Authenticate: Negotiate", "WWW-Authenticate: Kerberos")


async def refused_by(host: WinRMHost, username: str = "Administrator", password: str = PASSWORD) -> LogonRefused:
    """The refusal that a host gives."""
    async with connector(password) as made:
        with pytest.raises(LogonRefused) as caught:
            await made.connect(at(host.server.port, username), soon())
    return caught.value


@pytest.mark.parametrize(("username", "password"), [("Administrator", "wrong"), ("Nobody", PASSWORD), ("LAB\\x", "")])
async def test_a_refused_log_on_is_one_log_on(username: str, password: str) -> None:
    """A wrong name or password is tried exactly once, as the lab counts, and is never to be tried again."""
    async with winrm_host() as host:
        error = await refused_by(host, username, password)
        assert (host.server.counters.refused, host.server.counters.logons) == (1, 0)
        assert (host.server.counters.requests, host.server.counters.connections) == (2, 1)
        assert error.retry is Retry.NEVER
        assert error.outcome is Outcome.UNREACHABLE
        assert error.evidence == {"username": username}
        await assert_nothing_stays(host)


async def test_a_host_that_refuses_everybody_is_asked_once() -> None:
    """The fault `logon_refused` of the lab: right password, refused all the same, one attempt."""
    async with winrm_host(faults=faulty("logon_refused")) as host:
        await refused_by(host)
        assert host.server.counters.refused == 1


@pytest.mark.parametrize("username", ["user", "helpdesk"])
async def test_accounts_without_rights_are_told_apart_from_refused_ones(username: str) -> None:
    """A plain user, and a local administrator whom UAC filters over the network: logged on, but access is denied."""
    profile = Profile(administrators=("Administrator", "helpdesk"))
    async with winrm_host(profile) as host:
        host.machine.registry.delete_value(POLICIES, "LocalAccountTokenFilterPolicy")
        async with reached(host.server.port, username) as connection:
            with pytest.raises(AccessDenied) as caught:
                await connection.run("ver", soon())
        assert caught.value.retry is Retry.NEVER
        assert caught.value.outcome is Outcome.BLOCKED
        assert (host.server.counters.logons, host.server.counters.refused) == (1, 0)
        await assert_nothing_stays(host)


async def test_a_401_in_the_middle_of_a_conversation_is_no_second_log_on() -> None:
    """Whoever asks for another log-on once messages are sealed gets none: not a byte more is sent."""
    async with winrm_host() as host, recording_proxy(host.server.port) as proxy:
        async with reached(proxy.port) as connection:
            await connection.run("ver", soon())
            before = len(proxy.sent)
            proxy.interjection = DEMAND
            with pytest.raises(LogonRefused):
                await connection.run("ver", soon())
            assert b"Authorization:" not in proxy.sent[before:]
            assert proxy.sent[before:].count(b"POST /wsman") == 1
        assert len(proxy.connections) == 1
        assert (host.server.counters.logons, host.server.counters.connections) == (1, 1)


NO_NTLM = {
    "basic only": http("401 Unauthorized", b"", 'WWW-Authenticate: Basic realm="x"'),
    "kerberos only": http("401 Unauthorized", b"", "WWW-Authenticate: Kerberos"),
    "nothing named": http("401 Unauthorized", b""),
    "no challenge": DEMAND,
}


@pytest.mark.parametrize("answer", NO_NTLM.values(), ids=NO_NTLM.keys())
async def test_hosts_without_ntlm_are_named_as_such(answer: bytes) -> None:
    """A host whose policy forbids NTLM, or that is none: the reason does not blame the password."""
    async with listening(saying(answer)) as peer, connector() as made:
        with pytest.raises(LogonRefused, check=with_reason("offers no NTLM")) as caught:
            await made.connect(at(peer.port), soon())
        assert caught.value.retry is Retry.NEVER
        assert peer.connections == 1


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
async def test_a_redirection_is_not_followed(status: str) -> None:
    """The log-on goes to the host of the inventory and to nobody whom it names."""
    async with listening(saying(DEMAND)) as elsewhere:
        location = f"Location: http://127.0.0.1:{elsewhere.port}/wsman"
        async with listening(saying(http(status, b"", location))) as peer, connector() as made:
            with pytest.raises(Unreachable):
                await made.connect(at(peer.port), soon())
        assert elsewhere.connections == 0


async def test_a_redirection_in_the_middle_is_not_followed_either() -> None:
    """A sealed body is not carried to another address."""
    async with listening(saying(DEMAND)) as elsewhere:
        location = f"Location: http://127.0.0.1:{elsewhere.port}/wsman"
        answer = http("307 Temporary Redirect", b"", location)
        async with listening(sealing(lambda envelope: answer)) as peer, reached(peer.port) as connection:
            with pytest.raises(TargetError, check=with_reason("does not speak WinRM")):
                await connection.run("ver", soon())
        assert elsewhere.connections == 0


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """With dead proxies in every variable the host is still reached, and the variables are left alone."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "example.org")
    async with winrm_host() as host:
        async with reached(host.server.port) as connection:
            assert (await connection.run("echo straight", soon())).stdout == b"straight\r\n"
        assert host.server.counters.connections == 1


async def test_netrc_has_no_say(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """A .netrc with another account for the host is not read."""
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w", encoding="ascii") as file:  # noqa: ASYNC230, PTH123 - a line for a test
        file.write("machine 127.0.0.1 login nobody password nothing\n")
    monkeypatch.setenv("NETRC", netrc)
    async with winrm_host() as host:
        async with reached(host.server.port) as connection:
            completed = await connection.run("whoami", soon())
        assert completed.stdout == b"pc-01\\administrator\r\n"
        assert host.server.counters.refused == 0


async def test_a_missing_secret_is_found_out_before_the_host_is_bothered() -> None:
    """When the password cannot be had, no connection is made."""

    class Nowhere:
        def resolve(self, reference: str) -> Secret:
            raise SecretUnavailable(f"{reference} is not set")

    from orchestrator.connect.connector import PywinrmConnector  # noqa: PLC0415

    async with winrm_host() as host:
        made = PywinrmConnector(Nowhere(), threads=1)
        with pytest.raises(SecretUnavailable, match="env:SECRET"):
            await made.connect(at(host.server.port), soon())
        made.close()
        assert host.server.counters.connections == 0


async def test_many_log_ons_at_once_do_not_disturb_each_other() -> None:
    """Forty log-ons on several threads all succeed; nothing global, such as the environment, is changed on the way."""
    async with winrm_host(Profile(branch="windows8.1")) as host, connector() as made:
        connections = await asyncio.gather(*(made.connect(at(host.server.port), soon()) for _ in range(40)))
        assert host.server.counters.logons == 40
        await asyncio.gather(*(connection.close() for connection in connections))
        await assert_nothing_stays(host)


async def test_nothing_of_the_conversation_crosses_in_clear() -> None:
    """Of SOAP, the command, its input, its output and the password not a word is seen on the line, in any encoding."""
    words = ["Envelope", "CommandLine", "ComSpec", "topsecret", "inbound", "Stream", "http://schemas", PASSWORD]
    async with winrm_host() as host, recording_proxy(host.server.port) as proxy:
        async with reached(proxy.port) as connection:
            completed = await connection.run("echo topsecret&findstr inbound", soon(), stdin=[b"inbound goods\r\n"])
        assert completed.stdout == b"topsecret\r\ninbound goods\r\n"
        line = proxy.sent + proxy.received
        assert line.count(b"HTTP-SPNEGO-session-encrypted") > 5
        for word in words:
            for encoding in ("utf-8", "utf-16-le"):
                assert word.encode(encoding) not in line, f"{word} in {encoding}"


async def test_a_host_that_demands_and_then_says_nothing_leaves_no_socket() -> None:
    """A peer that closes in the middle of the log-on is unreachable, not an error of a library."""

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await next_request(peer, reader)
        assert request is not None
        writer.write(log_on(new_context(), request))
        await next_request(peer, reader)

    async with listening(handle) as peer, connector() as made:
        with pytest.raises(Unreachable):
            await made.connect(at(peer.port), soon())
        assert peer.connections == 1
