"""Commands that look at files of this machine, and at nothing else."""

import hashlib
from pathlib import Path
from typing import get_args

import pytest

from orchestrator.playbook.load import load_playbook, shipped_playbooks
from sspr_lab.packages import standin
from sspr_lab.profile import Architecture
from tests.cli.conftest import Sspr

INVENTORY = """\
all:
  credential: {username: 'CONTOSO\\installer', password: env:NOBODY_SETS_THIS}
groups:
  seoul: {hosts: ["PC-[001:003]"], port: 15985}
hosts:
  PC-009: {address: 10.0.0.9}
"""


def test_playbooks_are_listed(sspr: Sspr) -> None:
    """Every shipped playbook is in the list, with its steps."""
    ran = sspr("playbooks")
    assert ran.code == 0
    for playbook in shipped_playbooks():
        assert f" {playbook.name} " in ran.out
    assert "verify-tls12" in ran.out


def test_a_playbook_is_printed_as_it_is(sspr: Sspr, folder: Path) -> None:
    """What is printed is the file, byte for byte, and a copy of it is a playbook that runs the same steps."""
    ran = sspr("playbooks", "install")
    shipped = load_playbook("install")
    assert ran.code == 0
    assert ran.out == shipped.path.read_text(encoding="utf-8")
    (folder / "mine.yaml").write_text(ran.out, encoding="utf-8")
    assert load_playbook("./mine.yaml").steps == shipped.steps


@pytest.mark.parametrize("architecture", get_args(Architecture))
def test_a_package_is_inspected(sspr: Sspr, architecture: Architecture) -> None:
    """Product, version, architecture and hash are those of the file."""
    file = standin(architecture)
    ran = sspr("msi", "inspect", str(file))
    told = dict(line.split(maxsplit=1) for line in ran.out.splitlines() if line.strip())
    assert ran.code == 0
    assert told["Version"].strip() == "1.0.10.0"
    assert told["Architecture"].strip() == architecture
    assert told["SHA-256"].strip() == hashlib.sha256(file.read_bytes()).hexdigest()


def test_an_inventory_is_listed(sspr: Sspr, folder: Path) -> None:
    """Each chosen host with where and how it is reached; no password is looked up for that."""
    (folder / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    ran = sspr("inventory", "list", "-i", "inventory.yaml", "--limit", "all,!PC-002")
    assert ran.code == 0
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["PC-001", "PC-001", "15985", "ntlm", r"CONTOSO\installer", "env:NOBODY_SETS_THIS", "seoul"] in rows
    assert ["PC-009", "10.0.0.9", "5985", "ntlm", r"CONTOSO\installer", "env:NOBODY_SETS_THIS"] in rows
    assert "PC-002" not in ran.out
    assert rows[-1] == ["3", "machines"]
