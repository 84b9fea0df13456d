"""Packages that are not certainly the add-in's: refused, asked about, and looked at afterwards."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.model.outcome import Outcome
from orchestrator.sentences import say
from sspr_lab.machine import Machine
from sspr_lab.packages import Way, standin
from tests.cli.conftest import Sspr
from tests.lab_fixtures import UNSIGNED, install, kind, site

VARIANTS = Path(__file__).parents[2] / "lab" / "tests" / "packages"
CLSID = "{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}"
PROVIDER = rf"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Authentication\Credential Providers\{CLSID}"
PRODUCTS = r"HKLM\SOFTWARE\Classes\Installer\Products"
INVENTORY = """\
all: {credential: {username: Administrator, password: env:SSPR_TEST_PASSWORD}}
hosts:
  nobody: {address: 192.0.2.1}
"""


@pytest.fixture
def inventory(folder: Path) -> Path:
    """Machines that nobody reaches: nothing here gets as far as that."""
    path = folder / "inventory.yaml"
    path.write_text(INVENTORY, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "words"),
    [("other-provider", "registers another credential provider"), ("no-provider", "has nothing in it that could")],
)
def test_what_is_something_else_is_refused(sspr: Sspr, inventory: Path, name: str, words: str) -> None:
    """Before any host is touched, whatever is said about unproven packages; the file and what to do are named."""
    package = VARIANTS / f"{name}.x64.msi"
    for settings in ((), ("--set", "msi.unproven=true")):
        ran = sspr("run", "install", "-i", str(inventory), "--msi", str(package), "--yes", *settings)
        assert ran.code == 2
        assert package.name in ran.error
        assert words in ran.error
        assert "`copy` and `command`" in ran.error


@pytest.mark.parametrize("way", ["selfreg", "action"])
def test_a_script_has_to_say_that_an_unproven_package_is_meant(sspr: Sspr, inventory: Path, way: Way) -> None:
    """Where nobody can be asked, the run does not begin, and says what to write; --yes is no answer to that."""
    ran = sspr("run", "install", "-i", str(inventory), "--msi", str(standin("x64", way)), "--set", UNSIGNED, "--yes")
    assert ran.code == 2
    assert "does not say what it registers" in ran.error
    assert "--set msi.unproven=true" in ran.error


def test_inspecting_says_it(sspr: Sspr) -> None:
    """`sspr msi inspect` shows what is known beforehand."""
    assert "yes: registers" in sspr("msi", "inspect", str(standin("x64"))).out
    assert "unproven: does not say" in sspr("msi", "inspect", str(standin("x64", "selfreg"))).out
    assert "no: registers another" in sspr("msi", "inspect", str(VARIANTS / "other-provider.x64.msi")).out


@pytest.mark.parametrize("order", [("good", "damaged", "missing"), ("missing", "damaged", "good")])
def test_a_damaged_file_does_not_hide_the_others(sspr: Sspr, folder: Path, order: tuple[str, ...]) -> None:
    """What can be read is shown and written, what is wrong with each of the others said; without any, nothing is."""
    good = standin("x64").read_bytes()
    (folder / "good.msi").write_bytes(good)
    (folder / "damaged.msi").write_bytes(good[:5000])
    outputs = ("--json", "packages.json", "--csv", "packages.csv")
    ran = sspr("msi", "inspect", *(f"{name}.msi" for name in order), *outputs)
    assert (ran.code, ran.out.count("SHA-256")) == (1, 1)
    assert [package["file"] for package in json.loads(Path("packages.json").read_bytes())["packages"]] == ["good.msi"]
    assert Path("packages.csv").read_text("utf-8-sig").count("good.msi") == 1
    unread = [name for name in order if name != "good"]
    assert [line.split(".msi")[0] for line in ran.err.splitlines()] == [f"error: {name}" for name in unread]
    none = sspr("msi", "inspect", *(f"{name}.msi" for name in unread), "--json", "none.json")
    assert (none.code, none.out, Path("none.json").exists()) == (2, "", False)
    assert all(f"{name}.msi: " in none.error for name in unread)


@pytest.mark.parametrize("piped", [False, True], ids=["at a terminal", "with the output piped on"])
@pytest.mark.parametrize(("answers", "code"), [(("n",), 2), (("y", "n"), 2)])
def test_a_person_is_asked_once(
    folder: Path, inventory: Path, answers: tuple[str, ...], code: int, *, piped: bool
) -> None:
    """At a terminal the package is named and asked about, both architectures with one question; then comes the run.

    That the output goes to `tee` does not keep the questions away.
    """
    ours, theirs = pty.openpty()
    packages = [word for architecture in ("x64", "x86") for word in ("--msi", str(standin(architecture, "action")))]
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestrator", "run", "install", "-i", str(inventory), *packages, "--set", UNSIGNED],
        stdin=theirs,
        stdout=subprocess.DEVNULL if piped else theirs,
        stderr=theirs,
        env={**os.environ, "SSPR_STATE": str(folder / "state"), "TERM": "xterm", "SSPR_TEST_PASSWORD": "x"},
    )
    os.close(theirs)
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode("ascii"))
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    assert process.wait(timeout=120) == code
    assert shown.count(b"Install it all the same?") == 1
    assert (b"Run it on" in shown) is (len(answers) > 1)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the program has gone, and its end of the terminal with it
        return b""


@pytest.mark.parametrize("way", ["selfreg", "action"])
async def test_an_unproven_package_is_installed_and_proved(tmp_path: Path, way: Way) -> None:
    """Once somebody has said so; afterwards the provider is there, and so is the package's own file name."""
    with site(tmp_path, {"host": kind()}) as lab:
        playbook = install("msi.unproven=true", "reboot.when=never", packages=[standin("x64", way)])
        result = (await lab.run(playbook))["host"]
        assert result.outcome is Outcome.REBOOT_PENDING, result.reason
        assert lab.value("host", PROVIDER, "") == "AADPasswordResetCredentialProvider"
        assert lab.on("host", _package_names) == [f"StandInLogon.{way}.x64.msi"]


def _package_names(machine: Machine) -> list[str]:
    """The file names by which Windows Installer knows the packages of its products."""
    sources = [rf"{PRODUCTS}\{name}\SourceList" for name in machine.registry.key(PRODUCTS).subkey_names]
    found = [machine.registry.get(source, "PackageName") for source in sources]
    return [str(value.data) for value in found if value is not None]


async def test_a_package_that_registers_nothing_is_found_out(tmp_path: Path) -> None:
    """Windows Installer was content, but the provider's key is not there: the host fails, and what to do is said."""
    content = standin("x64", "action").read_bytes()
    idle = tmp_path / "Idle.msi"
    idle.write_bytes(content.replace(b"lab: on RegisterProvider", b"lab: on AnotherFunctions"))
    with site(tmp_path, {"host": kind()}) as lab:
        playbook = install("msi.unproven=true", "reboot.when=never", packages=[idle])
        result = (await lab.run(playbook))["host"]
        assert result.outcome is Outcome.FAILED, result.reason
        assert "has not registered the add-in's provider" in say(result.deciding.reason)
