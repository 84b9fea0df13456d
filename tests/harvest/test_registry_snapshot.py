"""Reading what `reg export` wrote."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.harvest.registry_snapshot import read
from orchestrator.model.errors import UnexpectedOutput

EXPORT = r"""Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\SOFTWARE\Foo\{86D2F0AC}]
@="SSPR"
"EnableLogging"=dword:00000001
"a \"quoted\" \\ name"=dword:ffffffff
"Text"="dword:00000005"
"Blob"=hex:01,02,\
  03,04

[HKEY_LOCAL_MACHINE\SOFTWARE\Foo\Empty]
""".replace("\n", "\r\n")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8"])
def test_reads_numbers_by_key_and_name(encoding: str) -> None:
    """REG_DWORDs are found without regard to case; other types, and keys or values that are not there, are None."""
    snapshot = read(EXPORT.encode(encoding))
    key = r"HKLM\software\FOO\{86d2f0ac}"
    assert snapshot.number(key, "enablelogging") == 1
    assert snapshot.number(key, 'A "quoted" \\ name') == 0xFFFFFFFF
    assert snapshot.number(key, "Text") is None
    assert snapshot.number(r"HKLM\SOFTWARE\Nowhere", "EnableLogging") is None


def test_tells_an_empty_key_from_none() -> None:
    """A key without values was exported, one that is not in the file was not."""
    snapshot = read(EXPORT.encode("utf-16"))
    assert snapshot.holds(r"HKLM\SOFTWARE\Foo\Empty")
    assert not snapshot.holds(r"HKLM\SOFTWARE\Foo")


@given(st.binary(max_size=300))
def test_other_files_are_refused(rubbish: bytes) -> None:
    """Any bytes are read or refused with UnexpectedOutput, also behind a true header."""
    with pytest.raises(UnexpectedOutput):
        read(b"REGEDIT4\r\n" + rubbish)
    with contextlib.suppress(UnexpectedOutput):
        read("Windows Registry Editor Version 5.00\r\n".encode("utf-16") + rubbish)
