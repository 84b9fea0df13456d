"""msiexec as a job: the arguments it gets, and the package under its own file name."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from orchestrator.windows import msiexec, product
from orchestrator.windows.command import Reply
from orchestrator.windows.job import Job
from orchestrator.windows.msiexec import Brought
from sspr_lab.cmd.parser import parse

JOB = Job("0123456789abcdef")
NAME = "A maker's package & more (x64).msi"
CODE = "{01234567-89AB-CDEF-0123-456789ABCDEF}"
DIGEST = "ab" * 32


@pytest.mark.parametrize("code", ["", f"{CODE} & calc", CODE.lower(), CODE + "\n", '{"}', "/x"])
def test_only_product_codes_are_uninstalled(code: str) -> None:
    """What is to be removed is run by SYSTEM, so that nothing but a product code gets there."""
    assert not product.is_product_code(code)
    with pytest.raises(ValueError, match="product code"):
        msiexec.uninstall_arguments(JOB, code)


@pytest.mark.parametrize(
    "arguments",
    [
        msiexec.install_arguments(JOB, NAME, {}),
        msiexec.install_arguments(JOB, "한국어.msi", {"A": "<&>", "B": "한국어", "C": 'say "x" & stop'}),
        msiexec.uninstall_arguments(JOB, CODE),
    ],
    ids=["plain", "properties", "uninstall"],
)
def test_the_task_hands_msiexec_its_arguments(arguments: str) -> None:
    """Arguments come through the XML as they are, and cmd.exe waits for msiexec's end."""
    content = msiexec.task_xml(JOB, arguments, limit_minutes=45)
    assert content.isascii()
    script = ET.fromstring(content).findtext(".//{*}Exec/{*}Arguments")
    assert script is not None
    assert f'start "" /wait "%SystemRoot%\\System32\\msiexec.exe" {arguments}&call echo' in script
    parse(script.removeprefix('/c "').removesuffix('"'))


def test_installing_is_silent_and_never_restarts() -> None:
    """Neither installing nor removing shows anything or restarts the host, and both keep a log that can be read."""
    for arguments in (msiexec.install_arguments(JOB, NAME, {}), msiexec.uninstall_arguments(JOB, CODE)):
        assert {"/qn", "/norestart", "REBOOT=ReallySuppress"} <= set(arguments.split())
        assert arguments.endswith(f'/l*v "{msiexec.log(JOB)}"')
    assert msiexec.install_arguments(JOB, NAME, {}).startswith(f'/i "{msiexec.package(JOB, NAME)}" ')
    assert msiexec.uninstall_arguments(JOB, CODE).startswith(f"/x {CODE} ")


def test_properties_stay_inside_their_quotes() -> None:
    """A property's value is quoted, and quotes in it are doubled as Windows Installer has it."""
    arguments = msiexec.install_arguments(JOB, NAME, {"NAME": "two words", "QUOTE": '5" & calc'})
    assert ' NAME="two words" QUOTE="5"" & calc" /l*v' in arguments


def test_the_package_keeps_its_own_file_name() -> None:
    """It is called on the host as here, in a folder where it meets none of the job's own files."""
    assert msiexec.package(JOB, NAME) == JOB.path(rf"package\{NAME}")
    assert msiexec.package(JOB, "task.xml") != JOB.path("task.xml")


@pytest.mark.parametrize(
    "name", ['a"b.msi', "a%TEMP%b.msi", "a/b.msi", "..", "con.msi", "trailing.", "a" * 190 + ".msi"]
)
def test_a_name_that_no_host_takes(name: str) -> None:
    """What cmd.exe would act on, or Windows refuses, gets into no command line."""
    with pytest.raises(ValueError, match="no path"):
        msiexec.package(JOB, name)


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ((Reply(0x80070002, ""), Reply(1, "")), Brought(None, 0)),
        ((Reply(0, f"SHA256 hash of x:\n{DIGEST}\n"), Reply(1, "")), Brought(DIGEST, 0)),
        ((Reply(0x80070002, ""), Reply(0, "137504\n")), Brought(None, 137_504)),
    ],
    ids=["nothing", "package", "broken upload"],
)
def test_what_has_come_of_a_package(replies: tuple[Reply, ...], expected: Brought) -> None:
    """It is known by its hash, and what a broken upload has left by its length."""
    assert msiexec.brought(JOB, NAME).parse(replies) == expected
