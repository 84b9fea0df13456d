"""Which Windows a machine runs, by the table in machines.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.windows import branches
from orchestrator.windows.command import Reply

CASES = yaml.safe_load((Path(__file__).parent / "machines.yaml").read_text(encoding="utf-8"))


def shown(values: dict[str, Any]) -> Reply:
    lines = [
        f"    {name}    REG_DWORD    {data:#x}" if isinstance(data, int) else f"    {name}    REG_SZ    {data}"
        for name, data in values.items()
    ]
    return Reply(0, "\n".join(["", "HKEY_LOCAL_MACHINE\\X", *lines, "", ""]))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_a_machine_is_recognised(case: dict[str, Any]) -> None:
    """Branch, service pack and architecture follow from the registry, and make the title an admin would use."""
    version = case["version"]
    architecture = {"PROCESSOR_ARCHITECTURE": case["architecture"]}
    machine = branches.MACHINE.parse([shown(version), shown(architecture), shown({"ComputerName": "PC-01"})])
    assert (machine.branch.name, machine.service_pack, machine.title) == (
        case["branch"],
        case["service_pack"],
        case["title"],
    )
    assert machine.edition == version.get("EditionID", "unknown")
    assert machine.product == version.get("ProductName", "unknown")
    assert machine.build == version.get("CurrentBuild", "unknown")
    assert machine.computer_name == "PC-01"


def test_a_machine_that_says_nothing() -> None:
    """Where nothing can be read, the machine is another Windows, to be reached with the tightest limits."""
    machine = branches.MACHINE.parse([Reply(1, "")] * 3)
    assert machine.branch is branches.OTHER
    assert machine.architecture == "other"
    assert machine.branch.quotas == branches.WINDOWS_7.quotas


def test_which_windows_is_asked_once() -> None:
    """The answer lasts: neither version nor architecture changes while we are connected."""
    assert branches.MACHINE.lasting


def test_only_windows_7_lacks_tls_12_in_schannel() -> None:
    """Defaults are those of the documents: Schannel of 7 lacks TLS 1.2, WinHTTP of 7 and 8 does."""
    known = (branches.WINDOWS_7, branches.WINDOWS_8, branches.WINDOWS_8_1, branches.WINDOWS_10)
    assert [branch.tls12_by_default for branch in known] == [False, True, True, True]
    assert [branch.winhttp_needs_default_secure_protocols for branch in known] == [True, True, False, False]


def test_quotas_are_within_what_windows_allows() -> None:
    """We keep below 15 operations and 150 KB on Windows 7, and below 1,500 and 500 KB on the later ones."""
    seven, later = branches.WINDOWS_7.quotas, branches.WINDOWS_8_1.quotas
    assert (seven.operations_per_shell < 15, seven.envelope_bytes <= 153_600) == (True, True)
    assert (later.operations_per_shell < 1500, later.envelope_bytes <= 512_000) == (True, True)
