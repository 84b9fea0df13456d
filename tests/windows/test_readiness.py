"""Preflight: what is said about a host. Each case is a sound host with one thing different."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from orchestrator.model.registry import Value
from orchestrator.windows import branches, tls
from orchestrator.windows.boot import Boot, RestartState
from orchestrator.windows.branches import Machine
from orchestrator.windows.provider import Provider
from orchestrator.windows.readiness.finding import Severity
from orchestrator.windows.readiness.judging import findings
from orchestrator.windows.readiness.kinds import KINDS
from orchestrator.windows.readiness.survey import Survey
from orchestrator.windows.registry import Key
from orchestrator.windows.sessions import Session
from orchestrator.windows.tls import TlsSettings
from tests.windows import windows_10

MINIMUM_MB = 200


def numbers(path: str, **values: int) -> Key:
    return Key(path, {name.lower(): Value("REG_DWORD", number) for name, number in values.items()})


MACHINE = Machine(branches.WINDOWS_7, "Windows 7 Professional", "Professional", "7601", 1, "x64", "PC-01")
ENABLED = TlsSettings(
    numbers(tls.CLIENT, Enabled=1, DisabledByDefault=0),
    numbers(tls.SERVER, Enabled=1, DisabledByDefault=0),
    numbers(tls.WINHTTP, DefaultSecureProtocols=0xA80),
    numbers(tls.WINHTTP_WOW64, DefaultSecureProtocols=0xA80),
)
RESTART = RestartState((), 0, False, None, None, None, 2)
BOOT = Boot(7, "2024-01-31T07:00:00Z")
SOUND = Survey(
    machine=MACHINE,
    tls=ENABLED,
    restart=RESTART,
    boot=BOOT,
    provider=Provider(None, None),
    add_in_codes=(),
    other_providers=(),
    other_filters=(),
    policies=numbers("policies", EnableLUA=1),
    free_bytes=60 * 1024**3,
    sessions=(),
)


def but(**changes: Any) -> Survey:
    """The sound host with other answers; `machine__x` and `restart__x` reach into those two."""
    whole = {name: value for name, value in changes.items() if "__" not in name}
    survey = dataclasses.replace(SOUND, **whole)
    for name, value in changes.items():
        part, _, field = name.partition("__")
        if field:
            survey = dataclasses.replace(survey, **{part: dataclasses.replace(getattr(survey, part), **{field: value})})
    return survey


CASES: dict[str, tuple[Survey, set[str], Severity]] = {
    **{
        f"Windows 10, {name}": (dataclasses.replace(SOUND, machine=machine, windows10=state), codes, severity)
        for name, (machine, state, codes, severity) in windows_10.CASES.items()
    },
    "a server": (but(machine__branch=branches.OTHER), {"unsupported"}, Severity.BLOCK),
    "another processor": (but(machine__architecture="other"), {"unsupported"}, Severity.BLOCK),
    "no service pack": (but(machine__service_pack=0), {"service_pack"}, Severity.BLOCK),
    "no TLS 1.2": (but(tls=TlsSettings(None, None, None, None)), {"tls12"}, Severity.BLOCK),
    "TLS 1.2 awaits a restart": (but(restart__awaited=BOOT.marker), {"tls12_restart"}, Severity.WARN),
    "log cleared while awaiting": (
        but(restart__awaited="6@x", boot=Boot(None, None)),
        {"tls12_restart"},
        Severity.WARN,
    ),
    "servicing": (but(restart__servicing=True), {"servicing"}, Severity.BLOCK),
    "full disk": (but(free_bytes=MINIMUM_MB * 1024**2 - 1), {"disk"}, Severity.BLOCK),
    "restart pending": (but(restart__waiting=("A waits", "B waits")), {"restart_pending"}, Severity.WARN),
    "renames": (but(restart__renames=3), {"file_renames"}, Severity.INFO),
    "WinRM by hand": (but(restart__winrm_start=3), {"winrm_start"}, Severity.WARN),
    "WinRM unknown": (but(restart__winrm_start=None), {"winrm_start"}, Severity.WARN),
    "UAC off": (but(policies=numbers("policies", EnableLUA=0)), {"uac"}, Severity.WARN),
    "another provider": (but(other_providers=("{A}",)), {"other_providers"}, Severity.WARN),
    "somebody logged on": (but(sessions=(Session("kim", "console", 1),)), {"logged_on"}, Severity.INFO),
    "another filter": (but(other_filters=("{A}", "{B}")), {"provider_filters"}, Severity.WARN),
}
SOUND_CASES = {
    "sound": SOUND,
    "Windows 10 is not asked before its branch is known": but(machine__branch=branches.WINDOWS_10),
    "Windows 8.1 without service packs": but(machine__branch=branches.WINDOWS_8_1, machine__service_pack=0),
    "32-bit": but(machine__architecture="x86"),
    "restarted since": but(restart__awaited="6@2024-01-30T07:00:00Z"),
    "just enough space": but(free_bytes=MINIMUM_MB * 1024**2),
    "space not known": but(free_bytes=None),
    "not known who is logged on": but(sessions=None),
    "no policies": but(policies=None),
    "policies without UAC": but(policies=Key("policies")),
}


@pytest.mark.parametrize("case", CASES)
def test_one_thing_makes_one_finding(case: str) -> None:
    """Each finding is provoked by its own cause alone, with the severity that decides about the host."""
    survey, codes, severity = CASES[case]
    always = windows_10.ALWAYS - codes
    found = [finding for finding in findings(survey, MINIMUM_MB) if finding.code not in always]
    assert {finding.code for finding in found} == codes
    assert {finding.severity for finding in found} == {severity}
    assert all(finding.message and finding.message == finding.message.strip() for finding in found)


@pytest.mark.parametrize("case", SOUND_CASES)
def test_a_sound_host_has_no_findings(case: str) -> None:
    """Nothing is said about what is in order, or is not known and does no harm."""
    assert list(findings(SOUND_CASES[case], MINIMUM_MB)) == []


def test_every_code_is_provoked_and_known() -> None:
    """The table provokes every code of KINDS, and no code that is not in it."""
    assert {code for _, codes, _ in CASES.values() for code in codes} == set(KINDS)


def test_blocking_findings_say_what_to_do() -> None:
    """Whoever is told that a host is blocked or warned about is told what to do about it."""
    for survey, _, _ in CASES.values():
        for finding in findings(survey, MINIMUM_MB):
            assert finding.remedy or finding.severity is Severity.INFO, finding.code


def test_everything_at_once_is_told_gravest_first() -> None:
    """A host with many faults hears of each, blocks before the rest."""
    survey = but(
        machine__service_pack=0,
        tls=TlsSettings(None, None, None, None),
        restart=RestartState(("A waits",), 2, True, None, None, None, 3),
        policies=numbers("policies", EnableLUA=0),
        other_providers=("{A}",),
        other_filters=("{B}",),
        free_bytes=0,
        sessions=(Session("kim", "console", 1),),
    )
    found = list(findings(survey, MINIMUM_MB))
    assert {finding.code for finding in found} == set(KINDS) - {"unsupported", "tls12_restart"}
    blocks = [finding.severity is Severity.BLOCK for finding in found]
    assert blocks == sorted(blocks, reverse=True)


def test_a_finding_is_plain_json() -> None:
    """Findings go to the result file as they are."""
    (finding,) = findings(CASES["full disk"][0], MINIMUM_MB)
    assert finding.as_json() == {
        "code": "disk",
        "severity": "block",
        "message": "less than 200 MB are free on the system drive",
        "evidence": {"free_bytes": MINIMUM_MB * 1024**2 - 1},
        "remedy": "free some space, for instance with Disk Cleanup",
    }
