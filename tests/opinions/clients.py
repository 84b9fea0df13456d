"""pywinrm and pypsrp behind one set of verbs, so that one table of cases can be run by both.

Neither client's stock behaviour is changed; only the names of what they do, and of how they are refused, are made the
same.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import pypsrp.exceptions
import winrm.exceptions
from pypsrp.shell import Process, SignalCode, WinRS
from pypsrp.wsman import WSMan
from winrm.protocol import Protocol as WinRMProtocol

from lab.tests.winrm_hosts import fault_codes

Kind = Literal["fault", "http", "logon"]

TIMEOUT = 20
"""Seconds of OperationTimeout."""


@dataclass(frozen=True)
class Ended:
    """A command that ended."""

    stdout: bytes
    stderr: bytes
    code: int


@dataclass(frozen=True)
class Refusal:
    """How a host said no: with a fault and its code, with an HTTP status, or at the log-on."""

    kind: Kind
    code: int | None = None


class Refused(Exception):
    """A host said no."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


@dataclass(frozen=True)
class Setting:
    """What a shell is opened with."""

    code_page: int | None = None
    directory: str | None = None
    variables: Mapping[str, str] | None = None


class Client(Protocol):
    """One connection of one client. Every verb raises Refused."""

    def open(self, setting: Setting) -> str: ...

    def start(self, shell: str, line: str) -> str:
        """Command, with a pipe for standard input."""

    def send(self, shell: str, command: str, data: bytes, *, end: bool) -> None: ...

    def finish(self, shell: str, command: str) -> Ended:
        """Receive until the command is done."""

    def terminate(self, shell: str, command: str) -> None: ...

    def delete(self, shell: str) -> None: ...

    def close(self) -> None: ...


class PywinrmClient:
    """pywinrm's Protocol with NTLM, always sealed."""

    def __init__(self, port: int, username: str, password: str) -> None:
        self._protocol: Any = WinRMProtocol(
            f"http://127.0.0.1:{port}/wsman",
            transport="ntlm",
            username=username,
            password=password,
            message_encryption="always",
            server_cert_validation="ignore",  # without it pywinrm warns of certificates that the environment names
            proxy=None,
            operation_timeout_sec=TIMEOUT,
            read_timeout_sec=TIMEOUT + 10,
        )

    def open(self, setting: Setting) -> str:
        options: dict[str, Any] = {
            "codepage": setting.code_page,
            "working_directory": setting.directory,
            "env_vars": setting.variables,
        }
        with _pywinrm_refusals():
            return str(self._protocol.open_shell(**{name: value for name, value in options.items() if value}))

    def start(self, shell: str, line: str) -> str:
        with _pywinrm_refusals():
            return str(self._protocol.run_command(shell, line, console_mode_stdin=False))

    def send(self, shell: str, command: str, data: bytes, *, end: bool) -> None:
        with _pywinrm_refusals():
            self._protocol.send_command_input(shell, command, data, end=end)

    def finish(self, shell: str, command: str) -> Ended:
        with _pywinrm_refusals():
            return Ended(*self._protocol.get_command_output(shell, command))

    def terminate(self, shell: str, command: str) -> None:
        with _pywinrm_refusals():
            self._protocol.cleanup_command(shell, command)

    def delete(self, shell: str) -> None:
        with _pywinrm_refusals():
            self._protocol.close_shell(shell, close_session=False)

    def close(self) -> None:
        self._protocol.transport.close_session()


class PypsrpClient:
    """pypsrp's WinRS, always sealed; plain NTLM, or NTLM inside SPNEGO."""

    def __init__(self, port: int, username: str, password: str, *, auth: Literal["ntlm", "negotiate"]) -> None:
        self._connection = WSMan(
            "127.0.0.1",
            port=port,
            username=username,
            password=password,
            ssl=False,
            auth=auth,
            encryption="always",
            no_proxy=True,
            operation_timeout=TIMEOUT,
            read_timeout=TIMEOUT + 10,
        )
        self._shells: dict[str, WinRS] = {}
        self._processes: dict[str, Process] = {}

    def open(self, setting: Setting) -> str:
        shell = WinRS(
            self._connection,
            codepage=setting.code_page,
            working_directory=setting.directory,
            environment=dict(setting.variables) if setting.variables else None,
        )
        with _pypsrp_refusals():
            shell.open()
        assert shell.id is not None
        self._shells[shell.id] = shell
        return shell.id

    def start(self, shell: str, line: str) -> str:
        process = Process(self._shells[shell], line)
        with _pypsrp_refusals():
            process.begin_invoke()
        assert process.id is not None
        self._processes[process.id] = process
        return process.id

    def send(self, shell: str, command: str, data: bytes, *, end: bool) -> None:
        with _pypsrp_refusals():
            self._processes[command].send(data, end=end)

    def finish(self, shell: str, command: str) -> Ended:
        process = self._processes[command]
        with _pypsrp_refusals():
            process.end_invoke()
        assert process.rc is not None
        return Ended(process.stdout, process.stderr, process.rc)

    def terminate(self, shell: str, command: str) -> None:
        with _pypsrp_refusals():
            self._processes[command].signal(SignalCode.TERMINATE)

    def delete(self, shell: str) -> None:
        with _pypsrp_refusals():
            self._shells[shell].close()

    def close(self) -> None:
        self._connection.close()


Connect = Callable[[int, str, str], Client]

CLIENTS: Mapping[str, Connect] = {
    "pywinrm-ntlm": PywinrmClient,
    "pypsrp-ntlm": lambda port, username, password: PypsrpClient(port, username, password, auth="ntlm"),
    "pypsrp-negotiate": lambda port, username, password: PypsrpClient(port, username, password, auth="negotiate"),
}


@contextmanager
def _pywinrm_refusals() -> Iterator[None]:
    try:
        yield
    except winrm.exceptions.WSManFaultError as error:
        code = error.wmierror_code if error.wsman_fault_code is None else error.wsman_fault_code
        raise Refused(Refusal("fault", code)) from error
    except winrm.exceptions.InvalidCredentialsError as error:
        raise Refused(Refusal("logon")) from error
    except winrm.exceptions.WinRMTransportError as error:
        raise Refused(Refusal("http", error.code)) from error


@contextmanager
def _pypsrp_refusals() -> Iterator[None]:
    """pypsrp knows one of the two shapes of faults, and takes a page of HTML for a fault; the answer itself tells."""
    try:
        yield
    except pypsrp.exceptions.WSManFaultError as error:
        raise Refused(_of(error.__context__)) from error
    except pypsrp.exceptions.AuthenticationError as error:
        raise Refused(Refusal("logon")) from error


def _of(answer: BaseException | None) -> Refusal:
    assert isinstance(answer, pypsrp.exceptions.WinRMTransportError)
    if answer.code != 500:
        return Refusal("http", answer.code)
    wsman, wmi, _ = fault_codes(answer.response_text)
    return Refusal("fault", wmi if wsman is None else wsman)
