"""What the further steps refuse to be told, in words that say why, before any host is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.model.errors import DocumentError
from orchestrator.steps.command import CommandParameters
from orchestrator.steps.copy import CopyParameters
from orchestrator.steps.registry_value import RegistryValueParameters
from tests.playbook.written import playbook

VALUE = r"key: 'HKLM\SOFTWARE\Contoso', name: A"
REFUSED = {
    # registry_value
    r"registry_value: {key: 'HKCU\Software\X', name: A, state: absent}": "begins with no hive that is the same for",
    r"registry_value: {key: 'HKLM\SOFTWARE', name: A, state: absent}": "is no key that values belong in",
    r"registry_value: {key: 'HKLM\SOFTWARE\\X', name: A, state: absent}": "'' is empty, too long",
    r"registry_value: {key: 'HKLM\SOFTWARE\X ', name: A, state: absent}": "'X ' is empty, too long",
    r"registry_value: {key: 'HKLM\SAM\SAM', name: A, state: absent}": "accounts are no matter of registry values",
    r"registry_value: {key: 'HKLM\SOFTWARE\SsprOrchestrator', name: A, state: absent}": "keeps its own notes there",
    "registry_value: {key: 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication\\Credential Providers\\"
    "{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}', name: A, state: absent}": "the add-in's own key",
    r"registry_value: {key: 'HKLM\SOFTWARE\X', name: '', state: absent}": "default value cannot be told",
    r"registry_value: {key: 'HKLM\SOFTWARE\X', name: 'a    b', state: absent}": "no name of a value that can",
    r"registry_value: {key: 'HKLM\SYSTEM\X', name: A, state: absent, view: 32}": "view 32: only below",
    r"registry_value: {key: 'HKLM\SOFTWARE\Classes\X', name: A, state: absent, view: 32}": "not parted by views",
    r"registry_value: {key: 'HKLM\SOFTWARE\Policies\X', name: A, state: absent, view: 32}": "not parted by views",
    f"registry_value: {{{VALUE}}}": "the keys `type` and `data` are missing",
    f"registry_value: {{{VALUE}, state: absent, type: REG_SZ}}": "that is to be absent has no `type`",
    f"registry_value: {{{VALUE}, type: REG_DWORD, data: -1}}": "a REG_DWORD is a number of 32 bits",
    f"registry_value: {{{VALUE}, type: REG_DWORD, data: 4294967296}}": "a REG_DWORD is a number of 32 bits",
    f"registry_value: {{{VALUE}, type: REG_DWORD, data: one}}": "a REG_DWORD is a number, as in 1 or 0x1",
    f"registry_value: {{{VALUE}, type: REG_DWORD, data: true}}": "expected a number, text, or a list of texts",
    f"registry_value: {{{VALUE}, type: REG_SZ, data: 5}}": "a REG_SZ is text; put it in quotes",
    f'registry_value: {{{VALUE}, type: REG_SZ, data: "a\\nb"}}': "control characters",
    f"registry_value: {{{VALUE}, type: REG_SZ, data: '{'x' * 7000}'}}": "too long for a command line",
    f"registry_value: {{{VALUE}, type: REG_MULTI_SZ, data: []}}": "a list of one text or more",
    f"registry_value: {{{VALUE}, type: REG_MULTI_SZ, data: [a, '']}}": "none of them empty",
    f"registry_value: {{{VALUE}, type: REG_MULTI_SZ, data: ['a\\0b']}}": r"none with \0 in it",
    f"registry_value: {{{VALUE}, type: REG_MULTI_SZ, data: a}}": "a REG_MULTI_SZ is a list of texts",
    f"registry_value: {{{VALUE}, type: REG_BINARY, data: '0'}}": "a REG_BINARY is hex digits, two a byte",
    # command
    "command: {run: dir}": "a command needs `when_done`",
    "command: {run: dir, always: true, when_done: {file: 'C:\\x'}}": "`always` and `when_done` exclude each other",
    "command: {run: dir, when_done: {}}": "expected one of `registry_value`, `file`, `no_file`, `query`",
    "command: {run: dir, when_done: {file: 'C:\\x', no_file: 'C:\\y'}}": "expected one of `registry_value`, `file`",
    'command: {run: "a\\nb", always: true}': "a command line of one line",
    f"command: {{run: '{'x' * 2001}', always: true}}": "at most 2000 characters",
    # copy
    "copy: {source: nothing.txt, destination: 'C:\\x'}": "there is no file",
    "copy: {source: empty.txt, destination: 'C:\\x'}": "has 0 bytes",
    "copy: {source: a.txt, destination: 'x.txt'}": "begins with neither a drive nor an environment variable",
    "copy: {source: a.txt, destination: '\\\\server\\share\\x'}": "begins with neither a drive nor",
    "copy: {source: a.txt, destination: '%APPDATA%\\x'}": "%APPDATA% is not the same for every account",
    "copy: {source: a.txt, destination: 'C:'}": "it names no file",
    "copy: {source: a.txt, destination: 'C:\\x\\'}": "it has an empty part",
    "copy: {source: a.txt, destination: 'C:\\..\\x'}": "or one of dots",
    "copy: {source: a.txt, destination: 'C:\\a%b%\\x'}": "no name holds '%'",
    "copy: {source: a.txt, destination: 'C:\\a:b'}": "no name holds ':'",
    "copy: {source: a.txt, destination: 'C:/a'}": "begins with neither a drive nor",
    "copy: {source: a.txt, destination: 'C:\\x/y'}": "no name holds '/'",
    "copy: {source: a.txt, destination: 'C:\\*.txt'}": "no name holds '*'",
    "copy: {source: a.txt, destination: 'C:\\x.'}": "Windows would take the blanks or the dot away",
    "copy: {source: a.txt, destination: 'C:\\nul.txt'}": "nul.txt is a device",
    f"copy: {{source: a.txt, destination: 'C:\\{'x' * 200}'}}": "it is longer than 200 characters",
    "copy: {source: a.txt, destination: '%SystemRoot%\\SsprOrchestrator\\x'}": "keeps its own work",
    "copy: {source: a.txt, destination: '%SystemDrive%\\Windows\\ssprorchestrator\\x'}": "keeps its own work",
    "copy: {source: a.txt, destination: 'C:\\Windows\\System32\\config\\SAM'}": "Windows keeps this place for itself",
    "copy: {source: a.txt, destination: 'D:\\Boot\\BCD'}": "Windows keeps this place for itself",
    # fetch
    "fetch: {files: ['C:\\*\\x']}": "no name holds '*'",
    "fetch: {files: ['C:\\x\\']}": "it has an empty part",
}
"""A step → what is said about it."""


@pytest.mark.parametrize("step", REFUSED, ids=range(len(REFUSED)))
def test_it_is_refused(tmp_path: Path, step: str) -> None:
    """Each mistake is told with its line, and the words say what is wrong."""
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(DocumentError) as raised:
        playbook(tmp_path, step)
    assert "written.yaml:4: " in str(raised.value)
    assert REFUSED[step] in str(raised.value)


def test_what_is_said_arrives(tmp_path: Path) -> None:
    """Hives in their short form, paths from the file's folder, numbers and hex digits as they are meant."""
    (tmp_path / "a.txt").write_text("x")
    steps = playbook(
        tmp_path,
        r"registry_value: {key: 'hkey_local_machine\SOFTWARE\X', name: A, type: REG_QWORD, data: '0xFF'}",
        "command: {run: dir, when_done: {file: 'C:\\x'}, minutes: 60}",
        "copy: {source: a.txt, destination: '%programdata%\\x.txt'}",
    ).steps
    value, command, copy = (step.parameters for step in steps)
    assert isinstance(value, RegistryValueParameters)
    assert value.value is not None
    assert (value.key, value.value.data) == (r"HKLM\SOFTWARE\X", 255)
    assert isinstance(command, CommandParameters)
    assert steps[1].deadline_seconds == 65 * 60
    assert isinstance(copy, CopyParameters)
    assert copy.source == tmp_path / "a.txt"
