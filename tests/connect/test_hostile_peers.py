"""Peers that are no Windows machine, or one that was taken over: a plain error, soon, and no harm to this side."""

import asyncio
import random
import time
import uuid
from base64 import b64encode
from collections.abc import Callable

import pytest

from orchestrator.connect import pywinrm
from orchestrator.connect.channel import ANSWER_LIMIT
from orchestrator.model.clock import Deadline
from orchestrator.model.errors import (
    AnswerDamaged,
    ConnectionLost,
    LogonRefused,
    LogonWithheld,
    Retry,
    TargetError,
    Unreachable,
    WsManFault,
)
from sspr_lab.profile import Profile
from sspr_lab.winrm import faults as lab_faults
from sspr_lab.winrm import namespaces as ns
from sspr_lab.winrm import replies
from sspr_lab.winrm.faults import WsmanFault
from tests.connect.peers import SEALED_TYPE, Handler, Peer, Sealed, http, listening, next_request, saying, sealing
from tests.connect.reach import at, connector, reached, soon
from tests.saying import with_reason

HTML = b"<html><body><h1>It works!</h1></body></html>"
CHALLENGE = "WWW-Authenticate: Negotiate "

AT_LOG_ON: dict[str, tuple[bytes, type[TargetError]]] = {
    "a web page": (http("200 OK", HTML, "Content-Type: text/html"), Unreachable),
    "an empty 200": (http("200 OK", b""), Unreachable),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", Unreachable),
    "404": (http("404 Not Found", HTML), Unreachable),
    "503": (http("503 Service Unavailable", HTML), Unreachable),
    "500 with SOAP in clear": (http("500 Internal Server Error", b"<s:Envelope/>"), Unreachable),
    "407": (http("407 Proxy Authentication Required", b"", "Proxy-Authenticate: NTLM"), Unreachable),
    "garbage": (b"SSH-2.0-OpenSSH_9.2\r\n", Unreachable),
    "zeros": (bytes(4096), Unreachable),
    "a status that is none": (b"HTTP/1.1 abc\r\n\r\n", Unreachable),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", Unreachable),
    "a chunk that is none": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", Unreachable),
    "gzip that is none": (http("200 OK", b"no gzip", "Content-Encoding: gzip"), Unreachable),
    "a challenge that is none": (http("401 Unauthorized", b"", CHALLENGE + "!!!"), Unreachable),
    "a challenge of zeros": (http("401 Unauthorized", b"", CHALLENGE + b64encode(bytes(64)).decode()), Unreachable),
    "a short challenge": (http("401 Unauthorized", b"", CHALLENGE + "TlRMTVNTUAACAAAA"), Unreachable),
}


@pytest.mark.parametrize(("answer", "error"), AT_LOG_ON.values(), ids=AT_LOG_ON.keys())
async def test_log_ons_to_what_is_no_winrm(answer: bytes, error: type[TargetError]) -> None:
    """Whatever answers on the port, the log-on ends with one of our errors, and on one connection."""
    async with listening(saying(answer)) as peer, connector() as made:
        with pytest.raises(error):
            await made.connect(at(peer.port), Deadline.after(2))
        assert peer.connections == 1


async def test_challenges_of_any_bytes_are_refused_in_order() -> None:
    """200 challenges with flipped and cut bytes: an error of ours each, never one of a library."""
    chance = random.Random(5)
    good = bytearray.fromhex(
        "4e544c4d53535000020000000c000c003800000035828ae20123456789abcdef000000000000000024002400440000000601b11d0000000f"
        "530065007200760065007200"
        "02000c0044006f006d00610069006e0001000c00530065007200760065007200000000000000"
    )

    def spoiled() -> bytes:
        token = bytearray(good[: chance.randrange(8, len(good) + 1)])
        for _ in range(chance.randrange(4)):
            token[chance.randrange(len(token))] = chance.randrange(256)
        return http("401 Unauthorized", b"", CHALLENGE + b64encode(token).decode())

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await next_request(peer, reader):
            writer.write(spoiled())

    async with listening(handle) as peer, connector() as made:
        for _ in range(200):
            with pytest.raises((Unreachable, LogonRefused, LogonWithheld)):
                await made.connect(at(peer.port), soon())


@pytest.mark.parametrize("framing", ["length", "chunked", "until the end"])
@pytest.mark.parametrize("status", ["401 Unauthorized", "200 OK"])
async def test_endless_answers_to_a_log_on_are_not_read_to_the_end(status: str, framing: str) -> None:
    """A body of 300 MB is left after a few: neither memory nor time is spent on it."""
    headers = {
        "length": b"Content-Length: 300000000\r\n",
        "chunked": b"Transfer-Encoding: chunked\r\n",
        "until the end": b"",
    }
    block = b"x" * 0x10000
    portion = b"10000\r\n" + block + b"\r\n" if framing == "chunked" else block

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await next_request(peer, reader)
        writer.write(f"HTTP/1.1 {status}\r\nWWW-Authenticate: Negotiate\r\n".encode() + headers[framing] + b"\r\n")
        for _ in range(300_000_000 // len(block)):
            writer.write(portion)
            await writer.drain()
            peer.sent += len(portion)

    async with listening(handle) as peer, connector() as made:
        with pytest.raises(Unreachable):
            await made.connect(at(peer.port), soon())
    assert peer.sent < ANSWER_LIMIT + 16 * 1024 * 1024, "what is beyond the limit fits the sockets' buffers"


def answered(action: str, body: str) -> Sealed:
    """A well-formed answer to an action."""
    return Sealed(replies.response(Profile(), action, "", body))


def received(body: str) -> Callable[[str], Sealed]:
    """Answers as a host does up to the Receive, which gets `body` for the answer's."""

    def answer(envelope: str) -> Sealed:
        if ns.CREATE in envelope:
            return answered(ns.CREATE, replies.resource_created("http://pc/wsman", str(uuid.uuid4()), ""))
        if ns.RECEIVE in envelope:
            return answered(ns.RECEIVE, f"<rsp:ReceiveResponse>{body}</rsp:ReceiveResponse>")
        return answered(ns.COMMAND, "<rsp:CommandResponse><rsp:CommandId>C0FFEE</rsp:CommandId></rsp:CommandResponse>")

    return answer


DONE = '<rsp:CommandState State="http://x/CommandState/Done"><rsp:ExitCode>{}</rsp:ExitCode></rsp:CommandState>'
ENTITIES = "".join(f'<!ENTITY l{number + 1} "{f"&l{number};" * 10}">' for number in range(9))
EVERYTHING = (
    '<a><b Name="ShellId">1</b><CommandId>1</CommandId>'
    '<c State="http://x/CommandState/Done"><ExitCode>0</ExitCode></c></a>'
)
"""Enough of an answer for every exchange of a command."""
ACCESS_DENIED = replies.fault(Profile(), WsmanFault(lab_faults.ACCESS_DENIED), "")
QUADRATIC = '<!DOCTYPE a [<!ENTITY b "' + "b" * 100_000 + '">]><a>' + "&b;" * 10_000 + "</a>"

LONG = "urn:" + "x" * 50_000
SEALED_NONSENSE: dict[str, str] = {
    "tiny elements": EVERYTHING[:-4] + "<d/>" * 200_000 + "</a>",
    "tiny attributes": EVERYTHING[:-4] + "<d " + " ".join(f"a{number}=''" for number in range(50_000)) + "/></a>",
    "a long namespace in many names": f"{EVERYTHING[:-4]}<d xmlns:n='{LONG}'>"
    + "".join(f"<n:e{number}/>" for number in range(5_000))
    + "</d></a>",
    "nothing": "",
    "no XML": "hello",
    "cut XML": "<s:Envelope",
    "no SOAP": "<html/>",
    "billion laughs": f'<!DOCTYPE a [{ENTITIES}<!ENTITY l0 "lol">]><a>&l9;</a>',
    "quadratic blow-up": QUADRATIC,
    "a harmless document type": "<!DOCTYPE a>" + EVERYTHING,
    "an external entity": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "NUL": "<a>\0</a>",
    "very deep": "<a>" * 200_000 + "</a>" * 200_000,
    "an empty ShellId": '<a><b Name="ShellId"/></a>',
}


async def test_what_is_sealed_counts() -> None:
    """The same answers without anything forbidden are taken: what the others lack is the reason for refusing them."""
    async with listening(sealing(lambda envelope: Sealed(EVERYTHING))) as peer, reached(peer.port) as connection:
        assert (await connection.run("ver", soon())).exit_code == 0


@pytest.mark.parametrize("text", SEALED_NONSENSE.values(), ids=SEALED_NONSENSE.keys())
@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
async def test_sealed_nonsense(status: str, text: str) -> None:
    """A host that was taken over may seal what it likes: an error of ours, for a second or two of CPU."""
    async with listening(sealing(lambda envelope: Sealed(text, status))) as peer, reached(peer.port) as connection:
        began = time.process_time()
        with pytest.raises((WsManFault, ConnectionLost)):
            await connection.run("ver", soon())
        assert time.process_time() - began < 3


RECEIVED_NONSENSE: dict[str, str] = {
    "an exit code that is none": DONE.format("zero"),
    "no exit code": '<rsp:CommandState State="http://x/CommandState/Done"/>',
    "a stream that is no base64": '<rsp:Stream Name="stdout">QQ</rsp:Stream>',
    "a stream without a name": "<rsp:Stream>QQ==</rsp:Stream>",
    "a stream in Greek": '<rsp:Stream Name="stdout">λ</rsp:Stream>',
}


@pytest.mark.parametrize("body", RECEIVED_NONSENSE.values(), ids=RECEIVED_NONSENSE.keys())
async def test_output_that_is_none(body: str) -> None:
    """An answer to Receive that cannot be read is no output, and nothing to be retried."""
    async with listening(sealing(received(body))) as peer, reached(peer.port) as connection:
        with pytest.raises(WsManFault) as caught:
            await connection.run("ver", soon())
        assert caught.value.retry is Retry.NEVER


@pytest.mark.parametrize(("code", "unsigned"), [("-1", 0xFFFFFFFF), ("99999999999", 99999999999 & 0xFFFFFFFF)])
async def test_exit_codes_out_of_range_are_cut_to_32_bits(code: str, unsigned: int) -> None:
    """As Windows has no others."""
    async with listening(sealing(received(DONE.format(code)))) as peer, reached(peer.port) as connection:
        assert (await connection.run("ver", soon())).exit_code == unsigned


async def test_output_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that would fill our memory is stopped at a limit, here a smaller one."""
    monkeypatch.setattr(pywinrm, "OUTPUT_LIMIT", 1_000_000)
    stream = f'<rsp:Stream Name="stdout">{b64encode(bytes(400_000)).decode()}</rsp:Stream>'
    async with listening(sealing(received(stream))) as peer, reached(peer.port) as connection:
        with pytest.raises(TargetError, check=with_reason("without end")):
            await connection.run("ver", soon())
        assert peer.requests == 2 + 2 + 3 + 1


UNSEALED: dict[str, tuple[bytes, type[TargetError]]] = {
    "SOAP in clear": (http("200 OK", EVERYTHING.encode(), "Content-Type: application/soap+xml"), AnswerDamaged),
    "a fault in clear": (http("500 Internal Server Error", ACCESS_DENIED.encode()), ConnectionLost),
    "not sealed with our key": (http("200 OK", bytes(200), f"Content-Type: {SEALED_TYPE}"), AnswerDamaged),
    "cut": (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nabc", ConnectionLost),
    "chunks that break off": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", ConnectionLost),
    "400": (http("400 Bad Request", b""), ConnectionLost),
    "413": (http("413 Request Entity Too Large", b""), WsManFault),
    "401": (http("401 Unauthorized", b"", CHALLENGE), LogonRefused),
}


@pytest.mark.parametrize(("answer", "error"), UNSEALED.values(), ids=UNSEALED.keys())
async def test_answers_in_clear_to_sealed_questions(answer: bytes, error: type[TargetError]) -> None:
    """Only what is sealed under this log-on counts as said by the host."""
    async with listening(_once(answer)) as peer, reached(peer.port) as connection:
        with pytest.raises(error):
            await connection.run("ver", soon())
    assert peer.connections == 1


async def test_a_sealed_answer_beyond_the_limit_is_not_read() -> None:
    """In the middle of a conversation as well."""
    answer = http("200 OK", bytes(ANSWER_LIMIT + 1), f"Content-Type: {SEALED_TYPE}")
    async with listening(sealing(lambda envelope: answer)) as peer, reached(peer.port) as connection:
        with pytest.raises(WsManFault):
            await connection.run("ver", soon())


@pytest.mark.usefixtures("brisk")
async def test_spoiled_seals_are_never_output() -> None:
    """60 conversations, each with a bit flipped in one sealed answer: an error of ours, or what was really said."""
    chance = random.Random(11)
    usual = received(f'<rsp:Stream Name="stdout">QUJD</rsp:Stream>{DONE.format(0)}')

    def spoiling(write: Callable[[bytes], None], peer: Peer, victim: int) -> Callable[[bytes], None]:
        def spoil(data: bytes) -> None:
            head, blank, body = data.partition(b"\r\n\r\n")
            if peer.requests == victim:
                spoiled = bytearray(body)
                spoiled[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
                body = bytes(spoiled)
            write(head + blank + body)

        return spoil

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        victim = chance.choice([3, 4, 5])  # the answer to Create, Command or Receive
        setattr(writer, "write", spoiling(writer.write, peer, victim))  # noqa: B010 - a method is replaced on purpose
        await sealing(usual)(peer, reader, writer)

    errors = 0
    for _ in range(60):
        async with listening(handle) as peer, reached(peer.port) as connection:
            try:
                assert (await connection.run("ver", soon())).stdout == b"ABC"
            except (WsManFault, ConnectionLost):
                errors += 1
    assert errors > 45, "only a flip in words of the multipart headers may go unnoticed"


def _once(answer: bytes) -> Handler:
    """Logs on, answers the first envelope with bytes, and closes the connection."""

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def last(envelope: str) -> bytes:
            asyncio.get_running_loop().call_later(0.02, writer.close)
            return answer

        await sealing(last)(peer, reader, writer)

    return handle
