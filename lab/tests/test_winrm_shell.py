"""Remote shells of lab hosts, driven by unmodified pywinrm over real sockets."""

import asyncio
import base64
from dataclasses import replace

import pytest
from winrm.exceptions import WinRMOperationTimeoutError, WSManFaultError

from lab.tests.winrm_hosts import blocking, envelope, run, until, winrm_host
from sspr_lab.profile import Profile
from sspr_lab.registry import Value
from sspr_lab.winrm import namespaces as ns

WINDOWS_81 = Profile(branch="windows8.1")
POLICIES = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"


async def test_a_whole_cycle_leaves_no_shell_and_is_counted() -> None:
    """Create, Command, Receive, Signal and Delete work, cost what pywinrm is known to cost, and leave nothing."""
    async with winrm_host() as host:
        before = host.machine.snapshot()

        def cycle() -> tuple[bytes, bytes, int]:
            with host.client() as client:
                shell = client.open_shell()
                output = run(client, shell, "echo %COMPUTERNAME%")
                client.close_shell(shell)
                return output

        assert await blocking(cycle) == (b"PC-01\r\n", b"", 0)
        counters = host.server.counters
        receives = len(host.envelopes(ns.RECEIVE))
        assert counters.requests == 3 + 4 + receives
        assert (counters.connections, counters.unauthorized, counters.logons, counters.refused) == (1, 2, 1, 0)
        assert (counters.shells_created, counters.shells_open) == (1, 0)
        assert counters.bytes_in > sum(len(text) for action, text in host.messages if not action.endswith("Response"))
        assert counters.bytes_out > 0
        assert before.diff(host.machine.snapshot()) == []


async def test_nothing_readable_crosses_the_wire() -> None:
    """Between client and host there is no SOAP and no output in clear, in either direction."""
    seen = bytearray()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            seen.extend(data)
            writer.write(data)
            await writer.drain()
        writer.close()

    async with winrm_host() as host:

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", host.server.port)
            await asyncio.gather(pump(reader, onward_writer), pump(onward_reader, writer))

        proxy = await asyncio.start_server(relay, "127.0.0.1", 0)
        port = proxy.sockets[0].getsockname()[1]

        def work() -> bytes:
            with host.client() as client:
                client.transport.endpoint = f"http://127.0.0.1:{port}/wsman"
                shell = client.open_shell()
                stdout, _, _ = run(client, shell, "echo marker-of-the-output")
                client.close_shell(shell)
                return stdout

        assert await blocking(work) == b"marker-of-the-output\r\n"
        proxy.close()
        assert b"multipart/encrypted" in seen
        for clear in (b"marker-of-the-output", b"Envelope", b"ShellId", base64.b64encode(b"marker-of-the-output")[:16]):
            assert clear not in seen


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("exit 0", 0),
        ("exit 1603", 1603),
        ("exit 3010", 3010),
        ("exit -1", 4294967295),
        ("no-such-program", 1),
    ],
)
async def test_exit_codes_arrive_whole(line: str, expected: int) -> None:
    """ExitCode is the unsigned 32-bit exit code of cmd /C."""
    async with winrm_host() as host:

        def work() -> int:
            with host.client() as client:
                shell = client.open_shell()
                _, _, code = run(client, shell, line)
                client.close_shell(shell)
                return code

        assert await blocking(work) == expected


async def test_a_shell_has_directory_variables_and_code_page_of_its_own() -> None:
    """WorkingDirectory, Environment and WINRS_CODEPAGE of Create hold for the shell's commands."""
    async with winrm_host() as host:

        def work() -> bytes:
            with host.client() as client:
                shell = client.open_shell(
                    working_directory="C:\\Windows", env_vars={"Greeting": "hello there"}, codepage=65001
                )
                stdout, _, _ = run(client, shell, "echo %cd%,%GREETING%,ü")
                client.close_shell(shell)
                return stdout

        assert await blocking(work) == "C:\\Windows,hello there,ü\r\n".encode()


async def test_standard_input_reaches_a_file_unchanged_through_a_pipe() -> None:
    """Bytes sent in pieces to a command without console mode arrive in order and whole, and End ends them."""
    lines = [f"line {number} äöü".encode() for number in range(2000)]
    content = b"\r\n".join(lines) + b"\r\n"
    async with winrm_host() as host:

        def work() -> tuple[bytes, bytes, int]:
            with host.client() as client:
                shell = client.open_shell()
                command = client.run_command(shell, 'findstr "^" > C:\\up.txt', console_mode_stdin=False)
                for at in range(0, len(content), 10_000):
                    client.send_command_input(shell, command, content[at : at + 10_000])
                client.send_command_input(shell, command, b"", end=True)
                output: tuple[bytes, bytes, int] = client.get_command_output(shell, command)
                client.close_shell(shell)
                return output

        assert await blocking(work) == (b"", b"", 0)
        assert host.machine.files.read("C:\\up.txt") == content


async def test_input_that_nobody_reads_is_dropped() -> None:
    """Sending to a command that has ended is no error (MS-WSMV 3.1.4.13)."""
    async with winrm_host() as host:

        def work() -> int:
            with host.client() as client:
                shell = client.open_shell()
                command = client.run_command(shell, "exit 5", console_mode_stdin=False)
                client.send_command_input(shell, command, b"too late", end=True)
                _, _, code = client.get_command_output(shell, command)
                client.close_shell(shell)
                return int(code)

        assert await blocking(work) == 5


@pytest.mark.parametrize("console_mode", [True, False])
async def test_timeout_is_refused_whatever_the_input_is(console_mode: bool) -> None:
    """No input of a remote shell is a keyboard, not even one that is typed into its console."""
    async with winrm_host() as host:

        def work() -> tuple[bytes, bytes, int]:
            with host.client() as client:
                shell = client.open_shell()
                command = client.run_command(shell, "timeout /t 1", console_mode_stdin=console_mode)
                output: tuple[bytes, bytes, int] = client.get_command_output(shell, command)
                client.close_shell(shell)
                return output

        out, err, code = await blocking(work)
        assert (out, code) == (b"", 1)
        assert b"Input redirection is not supported" in err


async def test_much_output_comes_in_envelopes_that_fit() -> None:
    """Output beyond MaxEnvelopeSize is spread over several responses, and nothing of it is lost."""
    text = b"".join(b"%06d and some more\r\n" % number for number in range(30_000))
    async with winrm_host() as host:
        host.machine.files.write("C:\\big.txt", text)

        def work() -> bytes:
            with host.client() as client:
                shell = client.open_shell()
                stdout, _, _ = run(client, shell, "type C:\\big.txt")
                client.close_shell(shell)
                return stdout

        assert await blocking(work) == text
        responses = host.envelopes(f"{ns.RECEIVE}Response")
        assert len(responses) > 4
        assert max(len(envelope.encode()) for envelope in responses) <= 150 * 1024


async def test_the_end_may_come_apart_from_the_last_output() -> None:
    """Over many commands both happen: Done together with the last output, and Done alone in a further response."""
    async with winrm_host(WINDOWS_81) as host:

        def work() -> list[bytes]:
            with host.client() as client:
                shell = client.open_shell()
                outputs = [run(client, shell, "echo x")[0] for _ in range(16)]
                client.close_shell(shell)
                return outputs

        assert await blocking(work) == [b"x\r\n"] * 16
        done = [text for text in host.envelopes(f"{ns.RECEIVE}Response") if ns.STATE_DONE in text]
        with_output = [text for text in done if f">{base64.b64encode(b'x' + bytes([13, 10])).decode()}<" in text]
        assert len(done) == 16
        assert 0 < len(with_output) < 16
        assert all(text.count('End="true"') == 2 for text in done)


async def test_receive_without_output_ends_with_the_operation_timeout() -> None:
    """A silent command gives fault 2150858793 when the OperationTimeout has passed in host time, and runs on."""
    async with winrm_host(speed=50) as host:

        def work() -> int:
            with host.client(operation_timeout=5) as client:
                shell = client.open_shell()
                command = client.run_command(shell, "ping -n 21 127.0.0.1 > nul & exit 7")
                timeouts = 0
                while True:
                    try:
                        _, _, code, done = client.get_command_output_raw(shell, command)
                    except WinRMOperationTimeoutError:
                        timeouts += 1
                        continue
                    assert (code, done) == (7, True)
                    client.close_shell(shell)
                    return timeouts

        assert 1 <= await blocking(work) <= 4


async def test_terminate_ends_the_processes_and_forgets_the_command() -> None:
    """After Signal terminate nothing of the command runs, and its id is unknown."""
    async with winrm_host() as host:

        def work() -> int | None:
            with host.client() as client:
                shell = client.open_shell()
                command = client.run_command(shell, "ping -n 1000 127.0.0.1")
                client.cleanup_command(shell, command)
                with pytest.raises(WSManFaultError) as caught:
                    client.get_command_output_raw(shell, command)
                client.close_shell(shell)
                return caught.value.wsman_fault_code

        assert await blocking(work) == 2150858843
        await until(lambda: not host.machine.processes)


async def test_ctrl_c_ends_a_program_with_its_status() -> None:
    """Signal ctrl_c ends the program with STATUS_CONTROL_C_EXIT, and the command can still be received."""
    async with winrm_host() as host:

        def work() -> int:
            with host.client() as client:
                shell = client.open_shell()
                command = client.run_command(shell, "ping -n 1000 127.0.0.1 > nul")
                body = f'<rsp:Signal CommandId="{command}"><rsp:Code>{ns.SIGNAL_CTRL_C}</rsp:Code></rsp:Signal>'
                client.send_message(envelope(ns.SIGNAL, body, shell=shell))
                _, _, code = client.get_command_output(shell, command)
                client.close_shell(shell)
                return int(code)

        assert await blocking(work) == 0xC000013A


async def test_the_death_of_a_shell_ends_its_processes() -> None:
    """Delete takes the running programs of the shell along, and a waiting Receive is aborted with 995."""
    async with winrm_host() as host:

        def receive(shell: str, command: str) -> int | None:
            with host.client() as client, pytest.raises(WSManFaultError) as caught:
                client.get_command_output_raw(shell, command)
            return caught.value.wsman_fault_code

        def start() -> tuple[str, str]:
            with host.client() as client:
                shell = client.open_shell()
                return shell, client.run_command(shell, "ping -n 1000 127.0.0.1 > nul")

        def delete(shell: str) -> None:
            with host.client() as client:
                client.close_shell(shell)

        shell, command = await blocking(start)
        waiting = asyncio.create_task(asyncio.to_thread(receive, shell, command))
        await until(lambda: bool(host.envelopes(ns.RECEIVE)))
        await asyncio.to_thread(delete, shell)
        assert await waiting == 995
        await until(lambda: not host.machine.processes)


async def test_an_idle_shell_is_deleted() -> None:
    """After 180 host seconds without a request a Windows 7 shell is gone, with what ran in it."""
    async with winrm_host(speed=500) as host:

        def start() -> str:
            with host.client() as client:
                shell = str(client.open_shell())
                client.run_command(shell, "ping -n 100000 127.0.0.1 > nul")
                return shell

        def use(shell: str) -> int | None:
            with host.client() as client, pytest.raises(WSManFaultError) as caught:
                client.run_command(shell, "ver")
            return caught.value.wsman_fault_code

        shell = await blocking(start)
        started = host.machine.clock.now()
        await until(lambda: host.server.counters.shells_open == 0)
        assert 150 < (host.machine.clock.now() - started).total_seconds() < 600
        assert await asyncio.to_thread(use, shell) == 2150858843
        await until(lambda: not host.machine.processes)
        assert host.machine.shells == set()


@pytest.mark.parametrize(("branch", "allowed"), [(Profile(), 5), (WINDOWS_81, 30)], ids=["windows7", "windows8.1"])
async def test_shells_per_user_are_limited(branch: Profile, allowed: int) -> None:
    """One shell too many is refused with 2150859173 in an f:WSManFault; closing one makes room."""
    async with winrm_host(branch) as host:

        def work() -> int | None:
            with host.client() as client:
                shells = [client.open_shell() for _ in range(allowed)]
                with pytest.raises(WSManFaultError) as caught:
                    client.open_shell()
                client.close_shell(shells.pop(), close_session=False)
                client.open_shell()
                return caught.value.wsman_fault_code

        assert await blocking(work) == 2150859173
        assert host.server.counters.shells_open == allowed


async def test_operations_are_counted_until_their_shell_goes() -> None:
    """On Windows 7 a 16th command is refused, with error_Code and no WSManFault, until the shell is a new one."""
    async with winrm_host() as host:

        def work() -> tuple[WSManFaultError, bytes]:
            with host.client() as client:
                shell = client.open_shell()
                for _ in range(15):
                    run(client, shell, "ver")
                with pytest.raises(WSManFaultError) as caught:
                    client.run_command(shell, "ver")
                client.close_shell(shell, close_session=False)
                fresh = client.open_shell()
                stdout, _, _ = run(client, fresh, "echo again")
                client.close_shell(fresh)
                return caught.value, stdout

        error, stdout = await blocking(work)
        assert (error.wsman_fault_code, error.wmierror_code) == (None, 2150859174)
        assert stdout == b"again\r\n"


async def test_processes_per_shell_are_limited() -> None:
    """On Windows 7 a shell with 15 processes starts no further command (ERROR_NOT_ENOUGH_QUOTA)."""
    async with winrm_host() as host:

        def work() -> int | None:
            with host.client() as client:
                shell = client.open_shell()
                for _ in range(7):  # a cmd.exe and a ping.exe each
                    client.run_command(shell, "ping -n 1000 127.0.0.1 > nul")
                client.run_command(shell, "pause")
                with pytest.raises(WSManFaultError) as caught:
                    client.run_command(shell, "ver")
                client.close_shell(shell)
                return caught.value.wsman_fault_code

        assert await blocking(work) == 1816


@pytest.mark.parametrize(
    ("profile", "expected"), [(Profile(), 2), (WINDOWS_81, b"x\r\n")], ids=["windows7", "windows8.1 ignores it"]
)
async def test_skipping_cmd_starts_the_program_itself(profile: Profile, expected: int | bytes) -> None:
    """WINRS_SKIP_CMD_SHELL makes `echo` an unknown program, but not where the option is ignored (MS-WSMV note 117)."""
    async with winrm_host(profile) as host:

        def work() -> int | bytes | None:
            with host.client() as client:
                shell = client.open_shell()
                try:
                    stdout, _, _ = run(client, shell, "echo x", skip_cmd_shell=True)
                except WSManFaultError as error:
                    code: int | None = error.wsman_fault_code
                    return code
                return stdout

        assert await blocking(work) == expected


@pytest.mark.parametrize(
    ("username", "token_filter", "allowed"),
    [
        ("Administrator", 0, True),
        ("LAB\\jane", 0, True),
        ("user", 0, False),
        ("helpdesk", 0, False),
        ("helpdesk", 1, True),
    ],
)
async def test_only_administrators_get_a_shell(username: str, token_filter: int, allowed: bool) -> None:
    """A good password of somebody without an administrator's full token ends in HTTP 500 with code 5, not in 401."""
    profile = replace(Profile(), administrators=("Administrator", "helpdesk"))
    async with winrm_host(profile) as host:
        host.machine.registry.set(POLICIES, "LocalAccountTokenFilterPolicy", Value("REG_DWORD", token_filter))

        def work() -> tuple[int, int | None] | None:
            with host.client(username) as client:
                try:
                    client.open_shell()
                except WSManFaultError as error:
                    return error.code, error.wsman_fault_code
                return None

        assert await blocking(work) == (None if allowed else (500, 5))
        assert host.server.counters.logons == 1
