"""msiexec's job on a host: the task that runs it, the arguments it gets, and where it stands."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.windows import installer_job, product
from orchestrator.windows.boot import Boot
from orchestrator.windows.command import Reply
from orchestrator.windows.installer_job import Job, JobState
from sspr_lab.cmd.parser import parse

JOB = Job("0123456789abcdef")
CODE = "{01234567-89AB-CDEF-0123-456789ABCDEF}"
BOOT = Boot(7, "2024-01-31T07:00:00Z")
SCHEMA = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
DIGEST = "ab" * 32


def task(arguments: str) -> ET.Element:
    return ET.fromstring(installer_job.task_xml(JOB, arguments, limit_minutes=45))


def text(element: ET.Element, path: str) -> str | None:
    return element.findtext("/".join(f"{SCHEMA}{part}" for part in path.split("/")))


@pytest.mark.parametrize(
    "token", ["", "short", "a" * 33, "ABCDEFGH", "abcdefg&", "..\\..\\..", "abcdefgh\n", "abcd efgh", '"abcdefgh']
)
def test_a_token_is_letters_and_digits(token: str) -> None:
    """Nothing else gets into the names of folder and task."""
    with pytest.raises(ValueError, match="job token"):
        Job(token)


@pytest.mark.parametrize("code", ["", f"{CODE} & calc", CODE.lower(), CODE + "\n", '{"}', "/x"])
def test_only_product_codes_are_uninstalled(code: str) -> None:
    """What is to be removed is run by SYSTEM, so that nothing but a product code gets there."""
    assert not product.is_product_code(code)
    with pytest.raises(ValueError, match="product code"):
        installer_job.uninstall_arguments(JOB, code)


def test_the_task_runs_as_system_whatever_the_power() -> None:
    """The task is SYSTEM's by its SID, which no language translates, starts on battery, has no trigger and an end."""
    root = task(installer_job.uninstall_arguments(JOB, CODE))
    assert text(root, "Principals/Principal/UserId") == "S-1-5-18"
    assert text(root, "Principals/Principal/RunLevel") == "HighestAvailable"
    assert text(root, "Settings/DisallowStartIfOnBatteries") == "false"
    assert text(root, "Settings/StopIfGoingOnBatteries") == "false"
    assert text(root, "Settings/MultipleInstancesPolicy") == "IgnoreNew"
    assert text(root, "Settings/AllowStartOnDemand") == "true"
    assert text(root, "Settings/ExecutionTimeLimit") == "PT45M"
    triggers = root.find(f"{SCHEMA}Triggers")
    assert triggers is not None
    assert list(triggers) == []


@pytest.mark.parametrize(
    "arguments",
    [
        installer_job.install_arguments(JOB, {}),
        installer_job.install_arguments(JOB, {"A": "<&>", "B": "한국어", "C": 'say "x" & stop'}),
        installer_job.uninstall_arguments(JOB, CODE),
    ],
    ids=["plain", "properties", "uninstall"],
)
def test_the_task_hands_msiexec_its_arguments(arguments: str) -> None:
    """Arguments come through the XML as they are; the exit code is written under another name and then renamed."""
    content = installer_job.task_xml(JOB, arguments, limit_minutes=45)
    assert content.isascii()
    script = text(ET.fromstring(content), "Actions/Exec/Arguments")
    assert script is not None
    assert f'start "" /wait "%SystemRoot%\\System32\\msiexec.exe" {arguments}&call echo' in script
    assert script.index("result.tmp") < script.index("move /y") < script.rindex("result.txt")
    parse(script.removeprefix('/c "').removesuffix('"'))


def test_installing_is_silent_and_never_restarts() -> None:
    """Neither installing nor removing shows anything or restarts the host, and both keep a log that can be read."""
    for arguments in (installer_job.install_arguments(JOB, {}), installer_job.uninstall_arguments(JOB, CODE)):
        assert {"/qn", "/norestart", "REBOOT=ReallySuppress"} <= set(arguments.split())
        assert arguments.endswith(f'/l*v "{JOB.log}"')
    assert installer_job.install_arguments(JOB, {}).startswith(f'/i "{JOB.package}" ')
    assert installer_job.uninstall_arguments(JOB, CODE).startswith(f"/x {CODE} ")


def test_properties_stay_inside_their_quotes() -> None:
    """A property's value is quoted, and quotes in it are doubled as Windows Installer has it."""
    arguments = installer_job.install_arguments(JOB, {"NAME": "two words", "QUOTE": '5" & calc'})
    assert ' NAME="two words" QUOTE="5"" & calc" /l*v' in arguments


def test_everything_lies_below_the_windows_folder() -> None:
    """Package, log and task are named by the job's token; the package by a name that later finds the product."""
    assert JOB.folder == r"%SystemRoot%\SsprOrchestrator\0123456789abcdef"
    assert JOB.package == JOB.folder + r"\SsprWindowsLogon.PROD.msi"
    assert JOB.log == JOB.folder + r"\install.log"
    assert JOB.task == "SsprOrchestrator-0123456789abcdef"


YES, NO = Reply(1, "yes\n"), Reply(1, "no\n")
HASH, NO_FILE = Reply(0, f"SHA256 hash of x:\n{DIGEST}\n"), Reply(0x80070002, "")
NOTHING = Reply(1, "")


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ((NO, NO_FILE, NOTHING, NOTHING, NOTHING), JobState(False, None, 0, None, None)),
        ((YES, HASH, NOTHING, NOTHING, NOTHING), JobState(True, DIGEST, 0, None, None)),
        ((YES, HASH, NOTHING, Reply(0, "7@x\n"), NOTHING), JobState(True, DIGEST, 0, "7@x", None)),
        ((YES, HASH, NOTHING, Reply(0, "7@x \n"), Reply(0, "3010\n")), JobState(True, DIGEST, 0, "7@x", 3010)),
        (
            (YES, NO_FILE, NOTHING, Reply(0, "7@x\n"), Reply(0, "-1073741510 \n")),
            JobState(True, None, 0, "7@x", 0xC000013A),
        ),
        ((YES, NO_FILE, Reply(0, "137504\n"), NOTHING, NOTHING), JobState(True, None, 137_504, None, None)),
    ],
    ids=["nothing", "package", "running", "ended", "killed", "broken upload"],
)
def test_state(replies: tuple[Reply, ...], expected: JobState) -> None:
    """Where a job stands is read from its files; the exit code is unsigned, and there only when msiexec has ended."""
    assert installer_job.state(JOB).parse(replies) == expected
    assert installer_job.wait(JOB, 40).parse([Reply(9, "anything"), *replies]) == expected


@pytest.mark.parametrize("result", ["", "ECHO is on.", "12x", "99999999999"])
def test_a_result_that_is_no_number(result: str) -> None:
    """A result file without a number is refused; it is not taken for success."""
    with pytest.raises(UnexpectedOutput):
        installer_job.state(JOB).parse([YES, HASH, NOTHING, Reply(0, "7@x\n"), Reply(0, result)])


def test_starting_notes_the_boot_before_it_runs() -> None:
    """The boot is noted between registering and running, so that a job that a restart cut off is known for it."""
    (command,) = installer_job.start(JOB, BOOT, "install").commands
    steps = [command.line.index(word) for word in ("result.txt", "/create", BOOT.marker, "/run")]
    assert steps == sorted(steps)
    assert command.line.count("&&") == 2


def test_what_starting_leaves_is_what_cleaning_removes() -> None:
    """Task, folder and root are removed."""
    lines = [command.line for command in installer_job.clean_up(JOB).commands]
    assert [JOB.task in lines[0], JOB.folder in lines[1], lines[2]] == [True, True, f'rd "{installer_job.ROOT}" 2>nul']
    assert all(command.accepts is None for command in installer_job.clean_up(JOB).commands)


def test_another_attempt_keeps_the_package() -> None:
    """Forgetting an end removes its marks and nothing else."""
    (command,) = installer_job.forget_end(JOB).commands
    assert "started.txt" in command.line
    assert "result.txt" in command.line
    assert ".msi" not in command.line
