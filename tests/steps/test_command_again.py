"""A command that every run is to run, whatever becomes of the process that runs it: once a run, and nothing left."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from lab.tests.winrm_hosts import WinRMHost, until
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest
from orchestrator.sentences import say
from orchestrator.steps.command import CommandParameters, run_command
from tests.remote.targets import target
from tests.steps.one_step import context, one, to_end

MARK = r"C:\Windows\Temp\mark.txt"
ALWAYS = CommandParameters(run=f"echo x>>{MARK}&ping -n 20 127.0.0.1 >nul", always=True)


def clean(host: WinRMHost) -> bool:
    """Whether neither a task nor a folder of ours is left."""
    return list(host.machine.tasks) == [] and not host.machine.files.exists(r"C:\Windows\SsprOrchestrator")


async def killed(host: WinRMHost, folder: Path, run_id: str) -> None:
    """A run that is killed while the command is at work, which then ends with nobody there."""
    async with target(host.server.port) as reached:
        doing = asyncio.create_task(to_end(run_command, reached, ALWAYS, context(folder, run_id)))
        await until(lambda: host.machine.files.exists(MARK))
        doing.cancel()
        with suppress(asyncio.CancelledError):
            await doing
    await until(lambda: not any(task.instances for task in host.machine.tasks))


async def test_killed_and_called_again_under_the_same_run(tmp_path: Path) -> None:
    """What has ended unseen is the result; the command is not run a second time."""
    async with one() as (host, reached):
        await killed(host, tmp_path, "first")
        result = await to_end(run_command, reached, ALWAYS, context(tmp_path, "first"))
        assert result.outcome is Outcome.CHANGED, say(result.reason)
        assert host.machine.files.read(MARK) == b"x\r\n"
        assert clean(host)


async def test_another_run_sees_it_to_its_end_and_runs_its_own(tmp_path: Path) -> None:
    """What a run that was killed has left goes; the next run's command is run all the same."""
    async with one() as (host, reached):
        await killed(host, tmp_path, "first")
        result = await to_end(run_command, reached, ALWAYS, context(tmp_path, "second"))
        assert result.outcome is Outcome.CHANGED, say(result.reason)
        assert host.machine.files.read(MARK) == b"x\r\nx\r\n"
        assert clean(host)


async def test_a_record_that_was_lost(tmp_path: Path) -> None:
    """How it ended is kept before its traces go, so that a call that has to be made again gives the same result."""
    async with one() as (host, reached):
        last = context(tmp_path)
        while isinstance(end := await run_command(reached, ALWAYS, last), Rest):
            last = replace(last, state=end.state, continuing=True)
        assert clean(host)
        for continuing in (True, False):
            again = await run_command(reached, ALWAYS, replace(last, continuing=continuing))
            assert again == end
        assert host.machine.files.read(MARK) == b"x\r\n"
