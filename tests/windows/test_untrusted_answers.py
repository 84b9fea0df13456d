"""What a host answers is untrusted: every parser understands it, or says that it does not, and never trips over it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.windows.batch import Batch
from orchestrator.windows.command import Command, Fact, Reply
from tests import catalogue

FACTS = {f"{number}-{fact.name}": fact for number, fact in enumerate(catalogue.facts())}
FRAGMENTS = (
    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes\\Installer\\Products\\0123456789abcdef0123456789abcdef\\SourceList",
    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion",
    "    CurrentVersion    REG_SZ    6.1",
    "    CSDVersion    REG_SZ    Service Pack ²",
    "    CSDVersion    REG_SZ    " + "9" * 5000,
    "    Start    REG_DWORD    0x2",
    "    Enabled    REG_DWORD    yes",
    "    Enabled    REG_QWORD    ",
    "    (기본값)    REG_SZ    (값 설정 안 됨)",
    "<EventRecordID>" + "7" * 5000 + "</EventRecordID>",
    "SystemTime='2024-01-31T07:00:00Z'",
    "LocalDateTime=20241399999999.000000+540",
    "LocalDateTime=00000000000000.000000+000",
    "    WinHttpSettings    REG_BINARY    1800000007000000030000000500000070726F78",
    "    WinHttpSettings    REG_BINARY    180000000700000003000000FFFFFFFF",
    "    WinHttpSettings    REG_BINARY    " + "0" * 5001,
    "    Functions    REG_SZ    " + "A," * 5000,
    "    InstallLanguage    REG_SZ    ²",
    "HKEY_USERS\\S-1-5-21-1-2-3-1001\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings",
    "    ProxyEnable    REG_SZ    1",
    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Packages\\Package_for_KB3140245~31bf~amd64~~" + "1." * 30,
    "    CurrentState    REG_DWORD    0x70",
    "Total # of free bytes : " + "1" * 5000,
    "2:QUJD",
    "2:@@@@",
    "9" * 5000 + ":QUJD",
    "٣:QUJD",
    "-----END CERTIFICATE-----",
    "yes",
    "-2147483648",
    "4" * 5000,
    "ab " * 32,
    '"HOST","\\task","N/A","Ready","Interactive/Background","1/31/2024 7:00:00 AM","267011","CONTOSO\\admin"',
    '"HOST","\\task\r","N/A"\r,',
    '"HOST"\0,"' + "A" * 200_000,
)
LINES = st.sampled_from(FRAGMENTS) | st.text(max_size=30)
REPLIES = st.builds(
    Reply,
    st.sampled_from((0, 0, 0, 1, 0x80070002, 0xFFFFFFFF)),
    st.lists(LINES, max_size=5).map("\n".join),
)


@pytest.mark.parametrize("name", FACTS)
@settings(max_examples=25)
@given(data=st.data())
def test_no_answer_breaks_a_parser(name: str, data: st.DataObject) -> None:
    """Whatever the replies, a fact is parsed or refused with UnexpectedOutput; no other error comes out."""
    parse(name, data)


@pytest.mark.slow
@pytest.mark.parametrize("name", FACTS)
@given(data=st.data())
def test_many_answers_break_no_parser(name: str, data: st.DataObject) -> None:
    """The same, longer."""
    parse(name, data)


def parse(name: str, data: st.DataObject) -> None:
    fact: Fact[Any] = FACTS[name]
    some = data.draw(st.lists(REPLIES, min_size=1, max_size=8))
    replies = [data.draw(st.sampled_from(some)) for _ in fact.commands]
    with suppress(UnexpectedOutput):
        fact.parse(replies)


ENDINGS = ("m4rk.1 0", "m4rk.2 " + "1" * 5000, "m4rk.2 -1 ", "m4rk.9999 1", "m4rk.0 1")


@given(output=st.lists(LINES | st.sampled_from(ENDINGS), max_size=6))
def test_no_output_breaks_a_batch(output: list[str]) -> None:
    """Whatever a line prints, it is taken apart into replies to its commands, and what belongs to none."""
    batch = Batch(tuple(Command(line, next(catalogue.commands()).evidence) for line in ("a", "b")), "m4rk")
    answers = batch.answers("\n".join(output))
    assert len(answers.replies) == 2
    assert all(0 <= reply.exit_code <= 0xFFFFFFFF for reply in answers.replies if reply)
    assert batch.come_to("\n".join(output)) in batch.commands
