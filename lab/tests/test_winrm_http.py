"""HTTP, authentication and sealing of lab hosts: what is wrong on the wire is refused as http.sys and WinRM do."""

import asyncio
import base64
import contextlib
import struct
import time
from collections.abc import Callable

import pytest
import requests
import spnego
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)
from winrm.protocol import Protocol

from lab.tests.winrm_hosts import (
    IDENTIFY,
    PASSWORD,
    WinRMHost,
    blocking,
    envelope,
    faulty,
    run,
    until,
    winrm_host,
)
from sspr_lab.faults import Faults, fault
from sspr_lab.profile import Profile
from sspr_lab.winrm import namespaces as ns

SEALED = {"Content-Type": 'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted"'}
STRANGER = {"WSMANIDENTIFY": "unauthenticated", "Content-Type": "application/soap+xml;charset=UTF-8"}


async def ask(host: WinRMHost, method: str, path: str = "/wsman", **options: object) -> requests.Response:
    """One plain request, without authentication."""

    def work() -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, host.url.removesuffix("/wsman") + path, timeout=120, **options)  # type: ignore[arg-type]

    return await blocking(work)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/wsman", 405),
        ("PUT", "/wsman", 405),
        ("POST", "/", 404),
        ("GET", "/wsman/other", 404),
        ("POST", "/wsman", 401),
        ("POST", "/WSMAN?PSVersion=2.0", 401),
    ],
)
async def test_only_posts_to_wsman_reach_the_service(method: str, path: str, status: int) -> None:
    """Other methods and paths end at http.sys; a POST is asked to authenticate."""
    async with winrm_host() as host:
        response = await ask(host, method, path)
        assert response.status_code == status
        assert response.headers["Server"] == "Microsoft-HTTPAPI/2.0"
        assert ("WWW-Authenticate" in response.headers) == (status == 401)


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic QWRtaW46eA==", "Kerberos YIIB", "Negotiate", "Negotiate !!!", "Negotiate TlRMTVNTUAAD", "Bearer x"],
)
async def test_strangers_are_told_how_to_authenticate(authorization: str) -> None:
    """Without a token that makes sense the answer is 401, offering Negotiate and Kerberos and nothing else."""
    async with winrm_host() as host:
        response = await ask(host, "POST", headers={"Authorization": authorization} if authorization else {})
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Negotiate, Kerberos"
        assert response.content == b""


@pytest.mark.parametrize(
    ("username", "password"), [("Administrator", "wrong"), ("nobody", PASSWORD), ("LAB\\joe", "x")]
)
async def test_wrong_credentials_end_in_401(username: str, password: str) -> None:
    """A bad password and an unknown user look the same, and are counted as one refused logon."""
    async with winrm_host() as host:

        def work() -> None:
            with host.client(username, password) as client, pytest.raises(InvalidCredentialsError):
                client.open_shell()

        await blocking(work)
        assert (host.server.counters.refused, host.server.counters.logons) == (1, 0)


@pytest.mark.parametrize("username", ["Administrator", "administrator", "PC-01\\Administrator", ".\\Administrator"])
async def test_local_accounts_have_several_names(username: str) -> None:
    """An account is known by its name, with or without the machine's, in any case."""
    async with winrm_host() as host:

        def work() -> bytes:
            with host.client(username) as client:
                shell = client.open_shell()
                stdout, _, _ = run(client, shell, "whoami")
                client.close_shell(shell)
                return stdout

        assert await blocking(work) == b"pc-01\\administrator\r\n"


@pytest.mark.parametrize("protocol", ["ntlm", "negotiate"])
async def test_tokens_may_be_plain_or_wrapped(protocol: str) -> None:
    """NTLM works as it is and inside SPNEGO, sealing included."""
    async with winrm_host() as host:
        answer = await blocking(lambda: converse(host, protocol, seal))
        assert "OS: 6.1.7601" in answer


async def test_an_unsealed_body_is_refused_after_a_good_logon() -> None:
    """AllowUnencrypted is false: clear SOAP gets 401 although the password was right, and nothing is done."""
    async with winrm_host() as host:
        assert await blocking(lambda: converse(host, "ntlm", in_clear)) == "401"
        assert host.server.counters.logons == 1
        assert host.messages == []


async def test_a_body_sealed_under_another_context_is_refused() -> None:
    """What was sealed for one connection gets 400 on another, and that client is a stranger again."""
    async with winrm_host() as host:

        def work() -> tuple[int, int]:
            with host.client() as first, host.client() as second:
                first.open_shell()
                second.open_shell()
                second.transport.encryption = first.transport.encryption
                with pytest.raises(WinRMTransportError) as caught:
                    second.transport.send_message(envelope(ns.ENUMERATE))
                return caught.value.code, host.server.counters.shells_open

        assert await blocking(work) == (400, 2)


async def test_an_envelope_beyond_the_limit_is_refused() -> None:
    """150 KB of SOAP pass on Windows 7, more gets HTTP 413; 8.1 takes 500 KB."""
    fitting = envelope(ns.ENUMERATE, "x" * (150 * 1024 - len(envelope(ns.ENUMERATE))))
    async with winrm_host() as host:

        def work(text: str) -> int:
            with host.client() as client, pytest.raises(WinRMTransportError) as caught:
                client.transport.send_message(text)
            return caught.value.code

        assert len(fitting) == 150 * 1024
        assert await asyncio.to_thread(work, fitting) == 500
        assert await asyncio.to_thread(work, fitting.replace("xx", "xxx", 1)) == 413
        assert await asyncio.to_thread(work, fitting * 2) == 413
    async with winrm_host(Profile(branch="windows8.1")) as host:
        assert await asyncio.to_thread(work, fitting.replace("xx", "xxx", 1)) == 500


async def test_identify_is_open_to_strangers_only_with_its_header() -> None:
    """Unauthenticated Identify tells no version; the header opens nothing else, and without it the answer is 401."""
    async with winrm_host() as host:
        told = await ask(host, "POST", data=IDENTIFY, headers=STRANGER)
        assert told.status_code == 200
        assert "OS: 0.0.0 SP: 0.0 Stack: 2.0" in told.text
        assert (await ask(host, "POST", data=envelope(ns.CREATE), headers=STRANGER)).status_code == 401
        assert (await ask(host, "POST", data=IDENTIFY)).status_code == 401


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"POST /wsman HTTP/1.1\r\nHost: x\r\n\r\n", b"411"),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"POST /wsman HTTP/1.1\r\n no-name: x\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", b"400"),
    ],
)
async def test_broken_http_is_refused_and_the_connection_closed(raw: bytes, status: bytes) -> None:
    """http.sys answers what is no request, or too much of one, and hangs up."""
    async with winrm_host() as host:
        reader, writer = await asyncio.open_connection("127.0.0.1", host.server.port)
        writer.write(raw)
        answer = await asyncio.wait_for(reader.read(), 60)
        writer.close()
        assert answer.startswith(b"HTTP/1.1 " + status)


async def test_an_idle_connection_is_closed() -> None:
    """After 120 host seconds without a request the server hangs up."""
    async with winrm_host(speed=500) as host:
        reader, writer = await asyncio.open_connection("127.0.0.1", host.server.port)
        assert await asyncio.wait_for(reader.read(), 60) == b""
        writer.close()


async def test_a_body_replayed_on_a_new_connection_is_refused() -> None:
    """pywinrm repeats a body on a new connection when the old one was closed; sealed for the old one, it gets 400."""
    async with winrm_host(speed=500) as host:

        def work() -> int:
            with host.client() as client:
                shell = client.open_shell()
                time.sleep(0.5)  # longer than the 120 host seconds after which the server hangs up
                with pytest.raises(WinRMTransportError) as caught:
                    client.run_command(shell, "ver")
                return caught.value.code

        assert await blocking(work) == 400
        assert host.server.counters.logons == 2
        assert host.envelopes(ns.COMMAND) == []


def _receive_for_ever(client: Protocol, shell: str, command: str) -> None:
    """Until the line breaks; the end of a command that is stopped may still come home before that."""
    while True:
        with contextlib.suppress(WinRMOperationTimeoutError, WSManFaultError):
            client.get_command_output_raw(shell, command)


async def test_a_restart_drops_everything_and_winrm_comes_late() -> None:
    """A shutdown ends connections and shells; the port stays closed until the delayed WinRM service has started."""
    async with winrm_host(speed=200) as host:

        def work() -> None:
            with host.client() as client:
                shell = client.open_shell()
                command = client.run_command(shell, "ping -n 100000 127.0.0.1 > nul")
                with pytest.raises(requests.ConnectionError):
                    _receive_for_ever(client, shell, command)

        waiting = asyncio.create_task(asyncio.to_thread(work))
        await until(lambda: bool(host.envelopes(ns.RECEIVE)))
        asked = host.machine.clock.now()
        host.machine.power.initiate(0)
        await waiting
        await until(lambda: not host.server.listening)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", host.server.port)
        assert host.machine.shells == set()
        assert host.server.counters.shells_open == 0
        await until(lambda: host.server.listening)
        profile = host.machine.profile
        away = (host.machine.clock.now() - asked).total_seconds()
        assert away >= profile.stop_seconds + profile.start_seconds + 120
        assert (await ask(host, "POST")).status_code == 401


async def test_a_stopped_service_closes_the_port() -> None:
    """No WinRM service, no listener."""
    async with winrm_host() as host:
        host.machine.services.stop("WinRM")
        await until(lambda: not host.server.listening)
        host.machine.services.start("WinRM")
        await until(lambda: host.server.listening)


async def test_an_unreachable_host_does_not_listen() -> None:
    """The fault `unreachable` leaves nothing to connect to."""
    async with winrm_host(faults=faulty("unreachable")) as host:
        assert not host.server.listening


async def test_logons_are_refused_where_a_fault_says_so() -> None:
    """The fault `logon_refused` turns a right password into 401."""
    async with winrm_host(faults=faulty("logon_refused")) as host:

        def work() -> None:
            with host.client() as client, pytest.raises(InvalidCredentialsError):
                client.open_shell()

        await blocking(work)


async def test_a_slow_host_takes_its_time_for_every_response() -> None:
    """The fault `slow` adds its host seconds to each response."""
    async with winrm_host(speed=10, faults=faulty("slow", seconds=2)) as host:
        before = host.machine.clock.now()
        await ask(host, "POST")
        assert (host.machine.clock.now() - before).total_seconds() >= 2


async def test_the_connection_drops_in_the_nth_receive() -> None:
    """The fault `drop_receive` breaks one Receive when its output was fetched: that is lost, the shell is not."""
    async with winrm_host(faults=faulty("drop_receive", nth=2)) as host:

        def work() -> bytes:
            with host.client() as client:
                shell = client.open_shell()
                client.get_command_output_raw(shell, client.run_command(shell, "echo one& pause"))
                lost = client.run_command(shell, "echo two")
                with pytest.raises(requests.ConnectionError):
                    client.get_command_output_raw(shell, lost)
            with host.client() as client:
                stdout, _, code, _ = client.get_command_output_raw(shell, lost)
                assert code in (0, -1)
                client.close_shell(shell)
                return bytes(stdout)

        assert await blocking(work) == b""


async def test_the_connection_drops_once_while_an_installation_runs() -> None:
    """The fault `drop_install` lets what was asked happen, loses the answer, and does so once."""
    faults = Faults([fault("drop_install"), fault("installer_busy", seconds=100_000)])
    async with winrm_host(faults=faults) as host:

        def work() -> None:
            with host.client() as client, pytest.raises(requests.ConnectionError):
                client.open_shell()
            with host.client() as client:
                client.open_shell()

        await blocking(work)
        assert host.server.counters.shells_open == 2


async def test_quota_faults_wear_off() -> None:
    """The fault `quota` refuses Create so often as it says, and no more."""
    async with winrm_host(faults=faulty("quota", times=2)) as host:

        def work() -> list[int | None]:
            with host.client() as client:
                codes: list[int | None] = []
                for _ in range(3):
                    try:
                        client.open_shell()
                        codes.append(0)
                    except WSManFaultError as error:
                        codes.append(error.wsman_fault_code)
                return codes

        assert await blocking(work) == [2150859173, 2150859173, 0]


async def test_an_upload_is_corrupted_once() -> None:
    """The fault `corrupt_upload` flips one bit of one Send."""
    sent = b"0123456789abcdef\r\n"
    async with winrm_host(faults=faulty("corrupt_upload")) as host:

        def work() -> list[bytes]:
            with host.client() as client:
                shell = client.open_shell()
                received = []
                for _ in range(2):
                    command = client.run_command(shell, 'findstr "^"', console_mode_stdin=False)
                    client.send_command_input(shell, command, sent, end=True)
                    received.append(bytes(client.get_command_output(shell, command)[0]))
                client.close_shell(shell)
                return received

        first, second = await blocking(work)
        assert second == sent
        assert sum((a ^ b).bit_count() for a, b in zip(first, sent, strict=True)) == 1


Body = Callable[[spnego.ContextProxy], tuple[dict[str, str], bytes]]


def seal(context: spnego.ContextProxy) -> tuple[dict[str, str], bytes]:
    """An Identify, sealed."""
    text = IDENTIFY.encode()
    wrapped = context.wrap_winrm(text)
    return SEALED, (
        b"--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
        b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n"
        % len(text)
        + b"--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n"
        + struct.pack("<I", len(wrapped.header))
        + wrapped.header
        + wrapped.data
        + b"--Encrypted Boundary--\r\n"
    )


def in_clear(context: spnego.ContextProxy) -> tuple[dict[str, str], bytes]:
    """An Identify that anyone can read."""
    return {"Content-Type": "application/soap+xml;charset=UTF-8"}, IDENTIFY.encode()


def converse(host: WinRMHost, protocol: str, body: Body) -> str:
    """Log on with pyspnego and send one body; the unsealed answer, or the status when there is none."""
    context = spnego.client("Administrator", PASSWORD, hostname="127.0.0.1", service="http", protocol=protocol)
    with requests.Session() as session:
        session.trust_env = False
        token = context.step()
        while token is not None and not context.complete:
            header = {"Authorization": f"Negotiate {base64.b64encode(token).decode()}"}
            response = session.post(host.url, headers=header, timeout=120)
            answer = response.headers.get("WWW-Authenticate", "").removeprefix("Negotiate").strip()
            token = context.step(base64.b64decode(answer)) if answer else None
        if token is not None:
            header = {"Authorization": f"Negotiate {base64.b64encode(token).decode()}"}
            assert session.post(host.url, headers=header, timeout=120).status_code == 200
        headers, data = body(context)
        response = session.post(host.url, headers=headers, data=data, timeout=120)
    if not response.content:
        return str(response.status_code)
    sealed = response.content.split(b"application/octet-stream\r\n")[1].removesuffix(b"--Encrypted Boundary--\r\n")
    (size,) = struct.unpack_from("<I", sealed)
    return context.unwrap_winrm(sealed[4 : 4 + size], sealed[4 + size :]).decode()
