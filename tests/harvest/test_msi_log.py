"""Root causes read from Windows Installer logs: a case a file in data/msi, in the format of real logs."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.harvest import msi_log
from orchestrator.harvest.msi_verdict import MsiLogVerdict
from orchestrator.model.confidence import Confidence
from orchestrator.sentences import say

DATA = Path(__file__).parent / "data" / "msi"
CERTAIN, LIKELY, UNCLEAR = Confidence.CERTAIN, Confidence.LIKELY, Confidence.UNCLEAR


def analyse(data: bytes) -> MsiLogVerdict:
    return msi_log.analyse(BytesIO(data))


def log(case: str, encoding: str = "utf-16") -> bytes:
    """A case as Windows writes it: UTF-16LE with a byte order mark, and CRLF."""
    return (DATA / f"{case}.log").read_text(encoding="utf-8").replace("\n", "\r\n").encode(encoding)


CASES: dict[str, tuple[int | None, str | None, Confidence, str]] = {
    "success": (0, None, CERTAIN, "it was carried out"),
    "success-restart": (3010, None, CERTAIN, "needs a restart"),
    "secure-repair-harmless": (0, None, CERTAIN, "it was carried out"),
    "launch-condition": (1603, "LaunchConditions", CERTAIN, "needs Windows 7 Service Pack 1 or later"),
    "korean-launch-condition": (1603, "LaunchConditions", CERTAIN, "Windows 7 서비스 팩 1이 필요합니다"),
    "service-not-started": (1603, "InstallFinalize", CERTAIN, "a service of the package did not start: SSPR Helper"),
    "german-service": (1603, "InstallFinalize", CERTAIN, "a service of the package did not start: SSPR Helper"),
    "custom-action-program": (1603, "InstallFinalize", CERTAIN, "a program of the package failed: RegisterProvider"),
    "custom-action-dll": (1603, "CheckTenant", LIKELY, "custom action CheckTenant failed with code 1603"),
    "custom-action-ignored": (1603, "PublishProduct", UNCLEAR, "the action PublishProduct failed"),
    "dll-missing": (1603, "SetUp", CERTAIN, "a DLL that it needs is missing: SetUp"),
    "disk-full-file": (1603, "InstallFinalize", CERTAIN, r"the disk is full: C:\Program Files\SSPR\SsprLogon.dll"),
    "disk-full-validate": (1603, "InstallValidate", CERTAIN, "the disk is full"),
    "access-denied": (1603, "InstallFinalize", CERTAIN, r"refused access to a file or folder: C:\Program Files\SSPR"),
    "not-privileged": (1603, "InstallFinalize", CERTAIN, "may not install for all users"),
    "file-in-use": (1603, "InstallFinalize", CERTAIN, "in use by another program: C:"),
    "registry-denied": (1603, "InstallFinalize", CERTAIN, "refused access to a registry key: EnableLogging"),
    "old-source-missing": (1603, "RemoveExistingProducts", CERTAIN, "an older version could not be removed"),
    "secure-repair": (1603, "ProcessComponents", CERTAIN, "has no profile on the computer"),
    "busy": (1618, None, CERTAIN, "another installation is running"),
    "wrong-platform": (1633, None, CERTAIN, "another architecture"),
    "policy": (1625, None, CERTAIN, "policy"),
    "silent-action": (1603, "InstallFinalize", UNCLEAR, "InstallFinalize failed while doing SelfRegModules"),
    "killed": (None, None, UNCLEAR, "the log ends before the installer finished"),
}


@pytest.mark.parametrize("case", CASES)
def test_names_result_action_and_cause(case: str) -> None:
    """Each log's result, first failed action and root cause are found, and as surely as the log tells them."""
    verdict = analyse(log(case))
    result, action, confidence, cause = CASES[case]
    assert (verdict.result, verdict.action, verdict.confidence) == (result, action, confidence)
    assert cause in say(verdict.cause)


def test_every_log_has_its_case() -> None:
    """No file lies in data/msi that nothing reads."""
    assert {path.stem for path in DATA.glob("*.log")} == CASES.keys()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-8", "utf-8-sig", "cp1252"])
def test_other_encodings_change_nothing(encoding: str) -> None:
    """Without a byte order mark, in UTF-8 or in a code page, the verdict is the same."""
    one, other = analyse(log("german-service", encoding)), analyse(log("german-service"))
    assert one == other


@pytest.mark.parametrize("case", [case for case, (result, *_) in CASES.items() if result == 1603])
def test_evidence_shows_the_failure_and_no_secret(case: str) -> None:
    """The lines shown hold what failed and the end of the run, are few and short, and show no property's value."""
    verdict = analyse(log(case))
    assert any(line.text.rstrip(".").endswith(" 3") for line in verdict.evidence)
    assert verdict.evidence[-1].text.endswith("MainEngineThread is returning 1603")
    assert len(verdict.evidence) <= 8
    assert "hunter2" not in repr(verdict)


@pytest.mark.parametrize("case", ["access-denied", "disk-full-file", "service-not-started"])
def test_says_that_changes_were_undone(case: str) -> None:
    """A rollback is part of the answer to "what state is the host in?"."""
    assert say(analyse(log(case)).cause).endswith("what had been done was rolled back")


@pytest.mark.parametrize("case", ["busy", "secure-repair", "disk-full-validate", "launch-condition", "wrong-platform"])
def test_known_causes_come_with_a_remedy(case: str) -> None:
    """Where the cause is known, the admin is told what to do."""
    remedy = analyse(log(case)).remedy
    assert remedy is not None
    assert say(remedy)


def test_a_log_cut_off_within_a_character_is_read() -> None:
    """A log fetched while msiexec writes may end with half a character."""
    assert analyse(log("killed")[:-1]).cause == analyse(log("killed")).cause


@settings(deadline=None)
@given(st.binary(max_size=500))
def test_arbitrary_bytes_never_crash(rubbish: bytes) -> None:
    """Any bytes give a verdict, also in the middle of a log."""
    whole = log("service-not-started", "utf-8")
    for data in (rubbish, b"\xff\xfe" + rubbish, whole[:2000] + rubbish + whole[2000:]):
        assert say(analyse(data).cause)


@pytest.mark.parametrize(
    "line",
    [
        "20:27:49: " + "A" * 1990,
        "MSI (s) (64:F0) [20:27:49:007]: " + "x -- " * 390,
        "MSI (s) (64:F0) [20:27:49:007]: Note: 1: 1310" + " 2: " * 480,
        "MSI (s) (" * 220,
        "SECREPAIR: 8009034" * 110,
    ],
)
def test_hostile_lines_cost_little(line: str) -> None:
    """No line makes a pattern take more than time in proportion to its length."""
    began = time.process_time()
    analyse(f"{line}\n".encode() * 2000)
    assert time.process_time() - began < 10
