"""Packages that are not proved to be Microsoft's: refused, unless somebody answers for them, and then shown as such."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from orchestrator.app import load_playbook
from orchestrator.model.errors import PackageError
from orchestrator.model.result import HostResult
from orchestrator.package.verdict import Verdict
from orchestrator.sentences import say
from orchestrator.steps.msi import MsiDetail, MsiParameters
from sspr_lab.packages import standin
from tests.cli.conftest import Sspr
from tests.details import detail_of
from tests.lab_fixtures import UNSIGNED, Site, install
from tests.package.packages import SIGNATURE, other_text, stream, with_stream
from tests.package.signing import Identity, identity, needs_osslsigncode, signed

INVENTORY = """\
all: {credential: {username: Administrator, password: env:SSPR_TEST_PASSWORD}}
hosts:
  nobody: {address: 192.0.2.1}
"""


def unsigned(folder: Path, _: Identity) -> bytes:
    return standin("x64").read_bytes()


def foreign(folder: Path, who: Identity) -> bytes:
    return signed(folder, who)


def tampered(folder: Path, who: Identity) -> bytes:
    return other_text(signed(folder, who))


PACKAGES: Mapping[Verdict, Callable[[Path, Identity], bytes]] = {
    Verdict.UNSIGNED: unsigned,
    Verdict.FOREIGN: foreign,
    Verdict.BROKEN: tampered,
    Verdict.UNVERIFIED: foreign,
}


@pytest.fixture
def inventory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that nobody reaches; with `--limit` it is left out, once the package is judged."""
    monkeypatch.setenv("SSPR_TEST_PASSWORD", "x")
    path = folder / "inventory.yaml"
    path.write_text(INVENTORY, encoding="utf-8")
    return path


def package(folder: Path, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> Path:
    if verdict is not Verdict.UNSIGNED:
        needs_osslsigncode()
    path = folder / "SsprWindowsLogon.PROD.msi"
    path.write_bytes(PACKAGES[verdict](folder, identity("Contoso", "Contoso")))
    if verdict is Verdict.UNVERIFIED:
        monkeypatch.setenv("PATH", "")
    return path


@pytest.mark.parametrize(
    ("verdict", "words", "answered_for"),
    [
        (Verdict.UNSIGNED, ("is not signed", "as SYSTEM", "--set msi.allow_unsigned=true"), True),
        (Verdict.FOREIGN, ("has made out to itself", "--set msi.allow_unsigned=true"), True),
        (Verdict.BROKEN, ("has been changed since it was signed", "Get it again"), False),
        (Verdict.UNVERIFIED, ("sudo apt install osslsigncode",), False),
    ],
)
def test_what_is_not_proved_is_refused(
    sspr: Sspr,
    folder: Path,
    inventory: Path,
    monkeypatch: pytest.MonkeyPatch,
    verdict: Verdict,
    words: tuple[str, ...],
    *,
    answered_for: bool,
) -> None:
    """Before any host is touched, whatever --yes or a hash says; broken and unverified ones cannot be answered for."""
    file = package(folder, verdict, monkeypatch)
    run = ("run", "install", "-i", str(inventory), "--msi", str(file), "--yes", "--limit", "!nobody")
    sspr("msi", "inspect", str(file), "--json", "told.json")
    (told,) = json.loads((folder / "told.json").read_bytes())["packages"]
    assert told["signature"] == verdict
    for settings in ((), ("--set", f"msi.sha256={told['sha256']}")):
        ran = sspr(*run, *settings)
        assert ran.code == 2
        assert all(word in ran.error for word in (file.name, *words)), ran.error
    allowed = sspr(*run, "--set", UNSIGNED)
    assert ("leaves no host" in allowed.error) is answered_for, allowed.error
    assert all(word in allowed.error for word in words) is not answered_for


def test_what_libraries_tell_programmers_is_not_shown(folder: Path) -> None:
    """As cryptography does of a serial number below zero, such as old authorities gave out."""
    needs_osslsigncode()
    who = identity("Contoso", "Contoso")
    content, number = signed(folder, who), who.certificate.serial_number
    serial = number.to_bytes(number.bit_length() // 8 + 1)
    below = bytes([serial[0] | 0x80]) + serial[1:]
    file = folder / "below.msi"
    file.write_bytes(with_stream(content, SIGNATURE, stream(content, SIGNATURE).replace(serial, below)))
    words = [sys.executable, "-m", "orchestrator", "msi", "inspect", str(file)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    ran = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    assert ("Contoso" in ran.stdout, ran.stderr) == (True, "")


def test_no_shipped_playbook_answers_for_a_package() -> None:
    """That is the business of those who run it."""
    (parameters,) = (step.parameters for step in load_playbook("install").steps if step.takes("allow_unsigned"))
    assert isinstance(parameters, MsiParameters)
    assert parameters.allow_unsigned is False


async def test_what_was_judged_is_what_goes_out(tmp_path: Path) -> None:
    """Another file in its place, once the run has begun, is refused, be the first one pinned or not."""
    file = tmp_path / "package.msi"
    shutil.copyfile(standin("x64"), file)
    prepared = MsiParameters(packages=(file,), allow_unsigned=True).prepared("install")
    assert [each.version for each in prepared.read()] == ["1.0.10.0"]
    shutil.copyfile(standin("x64", "action"), file)
    with pytest.raises(PackageError, match="or with which the run began"):
        prepared.read()


def test_inspecting_shows_all_of_it(sspr: Sspr, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several files, on the screen, in a table and as JSON; whose outputs may be written again."""
    file = package(folder, Verdict.FOREIGN, monkeypatch)
    words = ("msi", "inspect", str(file), str(standin("x86")), "--json", "told.json", "--csv", "told.csv")
    for _ in range(2):
        ran = sspr(*words)
        assert ran.code == 0
    assert "foreign: is signed by a certificate that Contoso has made out to itself" in ran.out
    assert "Contoso, by Contoso, until" in ran.out
    assert "unsigned: is not signed" in ran.out
    told = json.loads((folder / "told.json").read_bytes())["packages"]
    with (folder / "told.csv").open(encoding="utf-8-sig", newline="") as table:
        rows = list(csv.DictReader(table, delimiter=";"))
    for found in (told, rows):
        assert [(each["file"], each["signature"]) for each in found] == [
            (str(file), "foreign"),
            (str(standin("x86")), "unsigned"),
        ]


def _said(host: HostResult) -> str:
    return " ".join(say(step.result.reason) for step in host.steps)


async def test_a_package_that_somebody_answers_for_is_shown(lab: Site) -> None:
    """In the result of each host that it went to, and in the words of the report."""
    rehearsed = (await lab.run(install(), "fit", check=True))["fit"]
    done = (await lab.run(install("reboot.when=never"), "fit"))["fit"]
    assert "(not signed)" in _said(rehearsed)
    assert "(not signed)" in _said(done)
    (result,) = (step.result for step in done.steps if isinstance(step.result.detail, MsiDetail))
    assert detail_of(result, MsiDetail).package_signature is Verdict.UNSIGNED
