"""Answers of the service with something wrong in them: understood, or an error of ours, whatever reads them first."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from winrm.exceptions import WinRMTransportError
from winrm.protocol import Protocol

from orchestrator.connect.certificate_hash import CertificateUnreadable, signature_hash
from orchestrator.connect.channel import ahead_of_us
from orchestrator.connect.soap import judge
from orchestrator.connect.translation import translated
from orchestrator.model.errors import TargetError
from sspr_lab.profile import Profile
from sspr_lab.tls.certificates import Authority
from sspr_lab.winrm import faults, namespaces, replies
from sspr_lab.winrm.faults import WsmanFault
from tests.connect.old_certificates import element
from tests.connect.reach import at
from tests.damage import damaged, damaged_text, few

NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
DONE: Final = (
    '<rsp:ReceiveResponse><rsp:Stream Name="stdout" CommandId="C0FFEE">aGVsbG8=</rsp:Stream><rsp:CommandState '
    'CommandId="C0FFEE" State="http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/Done">'
    "<rsp:ExitCode>0</rsp:ExitCode></rsp:CommandState></rsp:ReceiveResponse>"
)


def answer(action: str, body: str) -> bytes:
    return replies.response(Profile(), action, "", body).encode()


class Answering:
    """What stands behind pywinrm's protocol: it gives the same answer to everything."""

    def __init__(self, content: bytes, status: int) -> None:
        self._content, self._status = content, status

    def send_message(self, _: str | bytes) -> bytes:
        judge(self._content)
        if self._status != 200:
            raise WinRMTransportError("http", self._status, self._content.decode("utf-8", "replace"))
        return self._content


def speaking_to(peer: Answering) -> Any:
    """Pywinrm's protocol over it, as `PywinrmConnection` has it over a transport of ours."""
    protocol = cast(Any, Protocol("http://pc", transport="kerberos"))
    protocol.transport = peer
    return protocol


EXCHANGES: Final[dict[str, tuple[Callable[[Any], object], bytes]]] = {
    "create": (
        lambda protocol: protocol.open_shell(codepage=65001, idle_timeout="PT60S"),
        answer(namespaces.CREATE, replies.resource_created("http://pc/wsman", str(uuid.UUID(int=7)), "")),
    ),
    "command": (
        lambda protocol: protocol.run_command("shell", "ver"),
        answer(namespaces.COMMAND, "<rsp:CommandResponse><rsp:CommandId>C0FFEE</rsp:CommandId></rsp:CommandResponse>"),
    ),
    "receive": (
        lambda protocol: protocol.get_command_output_raw("shell", "C0FFEE"),
        answer(namespaces.RECEIVE, DONE),
    ),
}
FAULTS: Final = tuple(
    replies.fault(Profile(), WsmanFault(faults.ACCESS_DENIED, wmi_shape=shape), "").encode() for shape in (False, True)
)


def exchange(name: str, data: st.DataObject) -> None:
    work, sound = EXCHANGES[name]
    status = data.draw(st.sampled_from((200, 500)))
    content = data.draw(damaged((sound, *FAULTS)))
    protocol = speaking_to(Answering(content, status))
    with suppress(TargetError), translated(at(5985), logged_on=True):
        work(protocol)


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_sound_answer_is_taken(name: str) -> None:
    """Or nothing would be damaged below."""
    work, sound = EXCHANGES[name]
    assert work(speaking_to(Answering(sound, 200)))


@pytest.mark.parametrize("name", EXCHANGES)
@few(30)
@given(data=st.data())
def test_a_damaged_answer_is_an_error_of_ours(name: str, data: st.DataObject) -> None:
    exchange(name, data)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", EXCHANGES)
@few(200)
@given(data=st.data())
def test_many_damaged_answers_are_errors_of_ours(name: str, data: st.DataObject) -> None:
    exchange(name, data)


@few(40)
@given(
    damaged_text(
        ("Wed, 31 Jan 2024 07:00:00 GMT", "Sat, 01 Jan 0001 00:00:00 +1400", "Fri, 31 Dec 9999 23:59:59 -1400")
    )
)
def test_a_host_s_clock_is_one_that_can_be_reckoned_with(date: str) -> None:
    """Whatever the Date, what a run adds to the host's time has a place in the calendar."""
    if (ahead := ahead_of_us(date, NOW)) is not None:
        there = NOW + ahead
        assert there - timedelta(days=366) < there < there + timedelta(days=366)


CERTIFICATE: Final = x509.load_pem_x509_certificate(Authority().pem).public_bytes(Encoding.DER)


@few(40)
@given(damaged((CERTIFICATE,)))
def test_a_damaged_certificate_is_unreadable(certificate: bytes) -> None:
    with suppress(CertificateUnreadable):
        signature_hash(certificate)


def test_a_signature_of_an_endless_name() -> None:
    """An object identifier that is as long as a certificate is of no algorithm, and costs nothing."""
    identifier = element(0x06, b"\x2a" + b"\xff" * 60_000 + b"\x01")
    certificate = element(0x30, element(0x30, b"") + element(0x30, identifier))
    assert signature_hash(certificate) is None
