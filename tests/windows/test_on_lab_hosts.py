"""Everything of the catalogue, run by the lab's own cmd.exe and tools, which know nothing of our idea of them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence

import pytest

from orchestrator.model.message import verbatim
from orchestrator.model.preflight import Language, Limits, Proxies, WinHttp, WinInet
from orchestrator.windows import beliefs, boot, branches, provider, registry, restoring, tls12, transfer
from orchestrator.windows.batch import compose, first_unaccepted
from orchestrator.windows.command import Command, Reply
from orchestrator.windows.readiness.finding import Policy
from orchestrator.windows.readiness.judging import findings
from orchestrator.windows.readiness.survey import PREFLIGHT
from orchestrator.windows.updates import WATCHED
from sspr_lab.clock import Clock
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from sspr_lab.registry import Value
from sspr_lab.streams import BytesInput, Collector, Console, OutputStream
from tests import catalogue

PROFILES = (
    Profile("windows7", "x64"),
    Profile("windows7", "x86", edition="HomePremium"),
    Profile("windows8", "x64"),
    Profile("windows8.1", "x64"),
    Profile("windows10", "x64"),
)
DIRECT = WinInet(None, None, None)
NOT_A_COMMAND, SYNTAX_ERROR = 9009, 255


@pytest.fixture
async def clock() -> AsyncIterator[Clock]:
    """A clock on which a host's minute passes in 60 ms."""
    clock = Clock(speed=1000)
    yield clock
    await clock.close()


async def run_line(machine: Machine, line: str, stdin: bytes = b"") -> tuple[int, str]:
    """A command line as the WinRM service starts it, with both outputs in UTF-8."""
    output, console = Collector(), Console(65001)
    stream = OutputStream(output, console)
    process = machine.spawn(
        f"cmd.exe /C {line}",
        account=log_on(machine, "Administrator"),
        stdin=BytesInput(stdin, kind="pipe"),
        stdout=stream,
        stderr=stream,
    )
    return await process.wait(), output.data.decode("utf-8")


async def ask(machine: Machine, commands: Sequence[Command]) -> list[Reply]:
    """Commands in batches, and their replies."""
    replies: list[Reply] = []
    for batch in compose(commands, "0123abcd"):
        _, output = await run_line(machine, batch.line)
        replies += batch.answers(output).complete or []
    return replies


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: f"{profile.branch}-{profile.architecture}")
async def test_every_fact_is_understood(profile: Profile, clock: Clock) -> None:
    """Every fact that there is gets an answer that its parser knows from a stock machine of every branch."""
    machine = Machine(profile, clock)
    await machine.boot()
    for fact in catalogue.facts():
        if fact.name == "piece":
            continue  # of a file that has been offered, as in the test of transfers
        replies = await ask(machine, fact.commands)
        assert first_unaccepted(fact.commands, replies) is None, fact.name
        fact.parse(replies)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: f"{profile.branch}-{profile.architecture}")
async def test_every_belief_holds(profile: Profile, clock: Clock) -> None:
    """What `sspr doctor` would test on a real machine holds on the lab's, which was made from documents alone."""
    machine = Machine(profile, clock)
    await machine.boot()
    for belief in beliefs.beliefs():
        assert belief.judge(await ask(machine, belief.question.commands)) is None, belief.sentence


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: f"{profile.branch}-{profile.architecture}")
async def test_a_stock_machine_is_recognised(profile: Profile, clock: Clock) -> None:
    """What the preflight understands of a stock machine is what the machine is."""
    machine = Machine(profile, clock)
    await machine.boot()
    survey = PREFLIGHT.parse(await ask(machine, PREFLIGHT.commands))
    seen = survey.machine
    assert (seen.branch.name, seen.architecture, seen.edition, seen.service_pack, seen.build, seen.computer_name) == (
        profile.branch,
        profile.architecture,
        profile.edition,
        profile.service_pack,
        str(profile.build),
        profile.computer_name,
    )
    assert survey.free_bytes == machine.files.free_bytes
    assert survey.boot.record is not None
    assert not survey.provider.registered
    assert survey.restart.waiting == ()
    assert survey.language == Language("en-US", ("en-US",), str(profile.oem_code_page))
    assert survey.updates is not None
    assert survey.updates.packages == (tuple(sorted(WATCHED)) if profile.branch == "windows7" else ())
    assert survey.proxy == Proxies(WinHttp(None, None), DIRECT, (DIRECT,), per_machine=False)
    assert (survey.cipher_order, survey.limits) == (None, Limits(False, (), (), False, None))
    assert (survey.other_providers, survey.other_filters) == ((), ())
    codes = {finding.code for finding in findings(survey, Policy())}
    windows_10 = {"windows10_join", "windows10_off", "windows10_not_readable"}
    assert codes == (windows_10 if profile.branch == "windows10" else {"tls12"})


@pytest.mark.parametrize("profile", PROFILES[:2], ids=lambda profile: f"{profile.branch}-{profile.architecture}")
async def test_every_change_is_a_command_that_the_tools_know(profile: Profile, clock: Clock) -> None:
    """No command of a change is refused by cmd.exe, and batches of them come back whole."""
    for change in catalogue.changes():
        machine = Machine(profile, clock)
        await machine.boot()
        for command, reply in zip(change.commands, await ask(machine, change.commands), strict=True):
            assert reply.exit_code not in {NOT_A_COMMAND, SYNTAX_ERROR}, command.line
            assert not re.search("syntax of the command|invalid syntax", reply.output, re.IGNORECASE), command.line


async def test_enabling_tls_satisfies_and_can_be_taken_back(clock: Clock) -> None:
    """Enabling TLS 1.2 makes the verdict ON, and putting back leaves the machine as it was, a prior value included."""
    machine = Machine(Profile("windows7", "x64"), clock)
    await machine.boot()
    machine.registry.set(tls12.WINHTTP, "DefaultSecureProtocols", Value.of(0xA0))
    before = machine.snapshot()
    look = tls12.SETTINGS.commands
    settings = tls12.SETTINGS.parse(await ask(machine, look))
    change = tls12.enable(settings, branches.WINDOWS_7, "x64")
    assert first_unaccepted(change.commands, await ask(machine, change.commands)) is None
    after = tls12.SETTINGS.parse(await ask(machine, look))
    assert tls12.judge(after, branches.WINDOWS_7, "x64").satisfied
    assert after.winhttp is not None
    assert after.winhttp.number("DefaultSecureProtocols") == 0x8A0
    question = restoring.standing(change.record)
    undo = restoring.restoration(verbatim("undo"), change.record, question.parse(await ask(machine, question.commands)))
    assert first_unaccepted(undo.change.commands, await ask(machine, undo.change.commands)) is None
    assert undo.undone(question.parse(await ask(machine, question.commands)))
    assert before.diff(machine.snapshot()) == []


@pytest.mark.parametrize("size", [1, 47, 48, 49, 3000, transfer.LINE_BYTES * 2 * transfer.PIECE_LINES + 100])
async def test_a_file_comes_up_and_home_again(size: int, clock: Clock) -> None:
    """Bytes survive the way to a host and back by findstr and certutil, over the borders of pieces too."""
    machine = Machine(Profile("windows7", "x64"), clock)
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]
    folder, path = r"C:\Windows\Sample", r"C:\Windows\Sample\a.bin"
    receive = transfer.receive(path + ".b64", folder, r"C:\Windows")
    code, _ = await run_line(machine, receive.line, transfer.encode_lines(content))
    assert code == 0
    steps = (*transfer.decode(path + ".b64", path), *transfer.offer(path, path + ".txt"))
    assert first_unaccepted(steps, await ask(machine, steps)) is None
    home = b""
    while True:
        piece_fact = transfer.piece(path + ".txt", len(home))
        piece = piece_fact.parse(await ask(machine, piece_fact.commands))
        home += piece.content
        if piece.last:
            break
    assert home == content


async def test_a_look_at_a_file_after_a_failed_command(clock: Clock) -> None:
    """Whether a file is there can be asked behind a command that failed, though `if` leaves its exit code standing."""
    machine = Machine(Profile(), clock)
    absent = registry.key("absent", r"HKLM\SOFTWARE\Absent")
    there = provider.file_exists(r"%SystemRoot%\System32\cmd.exe")
    commands = (*absent.commands, *there.commands)
    replies = await ask(machine, commands)
    assert first_unaccepted(commands, replies) is None
    assert there.parse(replies[1:]) is True


async def test_a_default_value_that_is_not_set(clock: Clock) -> None:
    """reg.exe shows a word in parentheses for a default value that is not set; it is not taken for data."""
    machine = Machine(Profile(), clock)
    machine.registry.set(r"HKLM\SOFTWARE\Sample", "Other", Value.of("x"))
    fact = registry.default_value("sample", r"HKLM\SOFTWARE\Sample")
    assert fact.parse(await ask(machine, fact.commands)) is None
    machine.registry.set(r"HKLM\SOFTWARE\Sample", "", Value.of(r"C:\Program Files (x86)\a.dll"))
    assert fact.parse(await ask(machine, fact.commands)) == r"C:\Program Files (x86)\a.dll"


async def test_a_scheduled_restart_is_cancelled(clock: Clock) -> None:
    """shutdown's exit codes are the ones we know: scheduled, scheduled already, cancelled, nothing to cancel."""
    machine = Machine(Profile(), clock)
    await machine.boot()
    schedule = boot.schedule(86_000, '50 % "done" & more')
    codes = [
        (await ask(machine, commands[:1]))[0].exit_code
        for commands in (schedule.commands, schedule.commands, boot.ABORT.commands, boot.ABORT.commands)
    ]
    known = boot.ShutdownCode
    assert codes == [known.DONE, known.ALREADY_SCHEDULED, known.DONE, known.NONE_PENDING]
