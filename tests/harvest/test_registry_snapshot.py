"""Reading what `reg export` wrote."""

from __future__ import annotations

import contextlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.harvest import registry_snapshot
from orchestrator.harvest.registry_snapshot import Snapshot
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


def read(data: bytes) -> Snapshot:
    return registry_snapshot.read(BytesIO(data))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8"])
def test_reads_numbers_by_key_and_name(encoding: str) -> None:
    """REG_DWORDs are found without regard to case; other types, and keys or values that are not there, are None."""
    snapshot = read(EXPORT.encode(encoding))
    key = r"HKLM\software\FOO\{86d2f0ac}"
    assert snapshot.number(key, "enablelogging") == 1
    assert snapshot.number(key, 'A "quoted" \\ name') == 0xFFFFFFFF
    assert snapshot.number(key, "Text") is None
    assert [name for name in ("EnableLogging", "Text", "Blob", "None") if snapshot.mistyped(key, name)] == [
        "Text",
        "Blob",
    ]
    assert snapshot.number(r"HKLM\SOFTWARE\Nowhere", "EnableLogging") is None


def test_tells_an_empty_key_from_none() -> None:
    """A key without values was exported, one that is not in the file was not."""
    snapshot = read(EXPORT.encode("utf-16"))
    assert snapshot.holds(r"HKLM\SOFTWARE\Foo\Empty")
    assert not snapshot.holds(r"HKLM\SOFTWARE\Foo")


LINES = [
    "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Real]",
    '"Notes"="first\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Fake]\r\n\\"EnableLogging\\"=dword:00000001\r\n',
    '"EnableLogging"=dword:00000002',
    '"Long"="' + "x\\\\" * 5_000 + "\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Fake]\r\n" + "y" * 40_000 + '"',
    '@="one\\\\"',
    '"Blob"=hex:22,\\',
    "  22",
    '[HKEY_LOCAL_MACHINE\\SOFTWARE\\a "quote]',
    '"After"=dword:00000003',
    "[HKEY_LOCAL_MACHINE\\SOFTWARE\\a\u2028b\x85c\x0bd]",
    '"Name\u2029"=dword:00000004',
]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8"])
def test_text_of_several_lines_is_text(encoding: str) -> None:
    """What stands in a value is neither a key nor a value, and what ends lines elsewhere ends none here."""
    lines = ["Windows Registry Editor Version 5.00", "", *LINES]
    lines[3] = lines[3].rstrip("\r\n") + '"'
    snapshot = read("\r\n".join([*lines, ""]).encode(encoding))
    numbers = {
        path: {name: found.value.number if found.value else None for name, found in key.values.items() if name}
        for path, key in snapshot.keys.items()
    }
    assert numbers == {
        "hkey_local_machine\\software\\real": {"notes": None, "enablelogging": 2, "long": None, "blob": None},
        'hkey_local_machine\\software\\a "quote': {"after": 3},
        "hkey_local_machine\\software\\a\u2028b\x85c\x0bd": {"name\u2029": 4},
    }


@given(st.binary(max_size=300))
def test_other_files_are_refused(rubbish: bytes) -> None:
    """Any bytes are read or refused with UnexpectedOutput, also behind a true header."""
    with pytest.raises(UnexpectedOutput):
        read(b"REGEDIT4\r\n" + rubbish)
    with contextlib.suppress(UnexpectedOutput):
        read("Windows Registry Editor Version 5.00\r\n".encode("utf-16") + rubbish)
