"""Step `command`: a person's command line is run where it is not done, once, and judged by what it was for."""

from pathlib import Path
from typing import Any

import pytest

from lab.tests.winrm_hosts import WinRMHost
from orchestrator.model.events import Event, Progress
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.sentences import say
from orchestrator.steps.command import CommandDetail, CommandParameters, run_command
from sspr_lab.faults import fault
from sspr_lab.profile import Profile
from sspr_lab.registry import Value
from tests.details import detail_of
from tests.lab_fixtures import Site, kind, site
from tests.playbook.written import playbook
from tests.steps.one_step import context, in_check_mode, one, to_end

OK, CHANGED, FAILED, UNKNOWN = Outcome.OK, Outcome.CHANGED, Outcome.FAILED, Outcome.UNKNOWN
MARK = r"C:\Windows\Temp\mark.txt"
WAYS = pytest.mark.parametrize("detached", [True, False], ids=["as SYSTEM", "in our session"])
DONE: dict[str, tuple[str, dict[str, Any]]] = {
    "file": (f"echo x>{MARK}", {"file": MARK}),
    "no_file": (r"del C:\Windows\win.ini", {"no_file": r"%SystemRoot%\win.ini"}),
    "query": (f"echo x>{MARK}", {"query": {"run": f'findstr x "{MARK}"'}}),
    "query by another code": (f"echo x>{MARK}", {"query": {"run": f"if exist {MARK} exit 7", "exit_codes": [7]}}),
    "registry_value": (
        r"reg add HKLM\SOFTWARE\Contoso /v A /t REG_DWORD /d 1 /f",
        {"registry_value": {"key": r"HKLM\SOFTWARE\Contoso", "name": "A", "type": "REG_DWORD", "data": 1}},
    ),
    "no registry_value": (
        r'reg delete "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v Background /f',
        {
            "registry_value": {
                "key": r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon",
                "name": "Background",
                "state": "absent",
            }
        },
    ),
}
"""A command → what tells that it is done."""


def printed(result: StepResult) -> str:
    return detail_of(result, CommandDetail).output or ""


def command(run: str, **said: Any) -> CommandParameters:
    return CommandParameters.model_validate({"run": run, **said})


def clean(host: WinRMHost) -> bool:
    """Whether neither a task nor a folder of ours is left."""
    return list(host.machine.tasks) == [] and not host.machine.files.exists(r"C:\Windows\SsprOrchestrator")


@WAYS
@pytest.mark.parametrize("way", DONE)
async def test_it_is_run_where_it_is_not_done(tmp_path: Path, way: str, detached: bool) -> None:
    """Looked at, run, looked at again; the next run sees that it is done and runs nothing."""
    line, when_done = DONE[way]
    parameters = command(line, when_done=when_done, detached=detached)
    async with one() as (host, reached):
        result = await to_end(run_command, reached, parameters, context(tmp_path))
        assert result.outcome is CHANGED, say(result.reason)
        assert detail_of(result, CommandDetail).exit_code == 0
        await reached.release()
        before = host.machine.snapshot()
        again = await to_end(run_command, reached, parameters, context(tmp_path, "second"))
        assert again.outcome is OK
        await reached.release()
        assert before.diff(host.machine.snapshot()) == []
        assert clean(host)


@WAYS
async def test_signs_reach_the_command_as_they_are_written(tmp_path: Path, detached: bool) -> None:
    """Whatever is in the line is read once, as at a prompt: quotes, pipes, variables, parentheses, redirections."""
    line = f'(echo "a & b" (c^) ^& %SystemDrive% ^^ 50%& echo "&"|findstr /v nothing)>"{MARK}"& exit 3'
    async with one() as (host, reached):
        result = await to_end(
            run_command, reached, command(line, always=True, exit_codes=[3], detached=detached), context(tmp_path)
        )
        assert (result.outcome, detail_of(result, CommandDetail).exit_code) == (CHANGED, 3), result
        assert host.machine.files.read(MARK) == b'"a & b" (c) & C: ^ 50%\r\n"&"\r\n'


@WAYS
async def test_its_output_is_kept(tmp_path: Path, detached: bool) -> None:
    """What it printed is in the result, the end of it when it is much."""
    async with one() as (_, reached):
        short = command("echo one&echo two 1>&2", always=True, detached=detached)
        assert printed(await to_end(run_command, reached, short, context(tmp_path))) == "one\ntwo \n"
        much = command("for /l %i in (1,1,2000) do @echo line %i", always=True, detached=detached)
        output = printed(await to_end(run_command, reached, much, context(tmp_path)))
        assert output.endswith("line 2000\n")
        assert len(output) <= 16_000


async def test_korean_output_is_read_in_the_host_s_own_code_page(tmp_path: Path) -> None:
    """A task of SYSTEM writes the OEM code page, here 949, and the result shows the letters."""
    line = command("echo 한국어", always=True)
    async with one(Profile(language="ko-KR")) as (_, reached):
        assert printed(await to_end(run_command, reached, line, context(tmp_path))) == "한국어\n"


@WAYS
async def test_who_it_runs_as(tmp_path: Path, detached: bool) -> None:
    """Detached it is SYSTEM, else the account that logged on."""
    async with one() as (_, reached):
        result = await to_end(
            run_command, reached, command("whoami", always=True, detached=detached), context(tmp_path)
        )
        assert ("system" in printed(result)) is detached


@WAYS
@pytest.mark.parametrize(
    ("line", "said", "outcome", "words"),
    [
        ("exit 5", {"always": True}, FAILED, "ended with 5"),
        ("exit 5", {"always": True, "exit_codes": [0, 5]}, CHANGED, "ended with 5"),
        ("exit -1073741510", {"always": True, "exit_codes": [0xC000013A]}, CHANGED, "ended with 3221225786"),
        ("no-such-program", {"always": True}, FAILED, "ended with 1"),
        ("exit 0", {"when_done": {"file": MARK}}, FAILED, "what it is for is not done"),
    ],
)
async def test_how_it_is_judged(
    tmp_path: Path, line: str, said: dict[str, Any], outcome: Outcome, words: str, detached: bool
) -> None:
    """By its exit code, and by what it was for; a failure leaves nothing of ours behind."""
    async with one() as (host, reached):
        result = await to_end(run_command, reached, command(line, detached=detached, **said), context(tmp_path))
        assert (result.outcome, words in say(result.reason)) == (outcome, True), say(result.reason)
        assert clean(host)


async def test_a_restart_is_asked_for_by_code(tmp_path: Path) -> None:
    """3010 says that a restart is needed, where the playbook says so."""
    async with one() as (_, reached):
        result = await to_end(
            run_command, reached, command("exit 3010", always=True, restart_codes=[3010]), context(tmp_path)
        )
        assert (result.outcome, result.reboot_required) == (CHANGED, True)


@WAYS
async def test_it_is_foretold(tmp_path: Path, detached: bool) -> None:
    """Under --check the look is taken, the line is told, and nothing is run."""
    async with one(check=True) as (host, reached):
        parameters = command(f"echo x>{MARK}", when_done={"file": MARK}, detached=detached)
        result = await in_check_mode(run_command(reached, parameters, context(tmp_path)))
        assert (result.outcome, say(result.reason)) == (CHANGED, f"would run echo x>{MARK}")
        assert not host.machine.files.exists(MARK)
        done = command("exit 1", when_done={"file": r"C:\Windows\win.ini"}, detached=detached)
        assert (await to_end(run_command, reached, done, context(tmp_path))).outcome is OK


class BreakAtWork:
    """Breaks the line once, while the command is at work."""

    def __init__(self, lab: Site) -> None:
        self._lab = lab
        self._broken = False

    def notify(self, event: Event) -> None:
        if isinstance(event, Progress) and say(event.message) == "the command is at work" and not self._broken:
            self._lab.on("host", lambda machine: machine.faults.add(fault("drop_receive")))
            self._broken = True


@pytest.mark.parametrize(
    ("detached", "always", "outcome"),
    [(True, True, CHANGED), (True, False, CHANGED), (False, False, CHANGED), (False, True, UNKNOWN)],
    ids=["SYSTEM, always", "SYSTEM, when done", "ours, when done", "ours, always"],
)
async def test_a_line_that_breaks_repeats_nothing(
    tmp_path: Path, detached: bool, always: bool, outcome: Outcome
) -> None:
    """What runs as SYSTEM is found again; what ran in our session is looked at, or, with no way to look, not known."""
    until = "always: true" if always else rf"when_done: {{file: '{MARK}'}}"
    line = rf"echo x>>{MARK}&ping -n 60 127.0.0.1 >nul"
    step = f"command: {{run: '{line}', {until}, detached: {str(detached).lower()}}}"
    with site(tmp_path, {"host": kind()}) as lab:
        result = (await lab.run(playbook(tmp_path, step), listeners=[BreakAtWork(lab)]))["host"]
        content = lab.on("host", lambda machine: machine.files.read(MARK))
        left = lab.on("host", lambda machine: list(machine.tasks))
    assert (result.outcome, result.steps[0].attempts) == (outcome, 2), say(result.reason)
    assert content == b"x\r\n"
    assert left == []


async def test_an_architecture_without_the_variable_has_no_such_file(tmp_path: Path) -> None:
    """On a 32-bit Windows nothing is below %ProgramFiles(x86)%."""
    async with one(Profile(architecture="x86")) as (_, reached):
        parameters = command("exit 0", when_done={"no_file": r"%ProgramFiles(x86)%\x.txt"})
        assert (await to_end(run_command, reached, parameters, context(tmp_path))).outcome is OK


async def test_a_registry_value_of_either_view_tells(tmp_path: Path) -> None:
    """What 32-bit programs see is looked at where they see it."""
    place = {"key": r"HKLM\SOFTWARE\Contoso", "name": "A", "type": "REG_DWORD", "data": 1, "view": 32}
    async with one() as (host, reached):
        host.machine.registry.set(r"HKLM\SOFTWARE\Contoso", "A", Value.of(1), 32)
        parameters = command("exit 1", when_done={"registry_value": place})
        assert (await to_end(run_command, reached, parameters, context(tmp_path))).outcome is OK
