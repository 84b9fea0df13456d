"""Lab hosts that a case is run on: modelled ones, and those whose registry, files and cmd.exe are Wine's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass

from orchestrator.windows.batch import Batch
from orchestrator.windows.command import Command, Evidence, Reply, Sureness
from sspr_lab.accounts import Account
from sspr_lab.errors import WindowsError
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.registry import Value
from sspr_lab.streams import BytesInput, Collector, Console, OutputStream

from .case import Case, Data
from .contents import Contents, agree, octets
from .readers import differences, read
from .reg_format import import_text, parse_export

MARKER = "0123abcd"
_NO_EVIDENCE = Evidence("the case", Sureness.INFERRED)
_SETUP, _LOOK = r"C:\Windows\Temp\setup.reg", r"C:\Windows\Temp\look.reg"
Values = dict[str, Value]


class Host(ABC):
    """A machine, and what a case has to be able to put there and to find there from outside the line under test."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    @abstractmethod
    async def put_registry(self, absent: list[str], wanted: dict[str, dict[str, Data | None]]) -> None:
        """Takes keys away, then sets values; null takes one away."""

    @abstractmethod
    async def look_up(self, key: str) -> Values | None:
        """The values of a key by lower-case name; None when there is no such key."""

    async def reply(self, case: Case) -> Reply:
        """What the line of a case answers, in the way in which the case has it sent."""
        match case.way:
            case "batch":
                batch = Batch((Command(case.line, _NO_EVIDENCE),), MARKER)
                _, output = await self.start(f"cmd.exe /C {batch.line}", case)
                [reply] = batch.answers(output).complete or []
                return reply
            case "alone":
                return Reply(*await self.start(f"cmd.exe /C {case.line}", case))
            case "process":
                return Reply(*await self.start(case.line, case))

    async def start(self, command_line: str, case: Case | None = None) -> tuple[int, str]:
        """A process as the WinRM service or the Task Scheduler starts it: exit code and both outputs."""
        output, console = Collector(), Console(65001)
        stream = OutputStream(output, console)
        stdin = octets(case.stdin) if case and case.stdin is not None else b""
        process = self.machine.spawn(
            command_line,
            account=self._account(case),
            stdin=BytesInput(stdin, kind="pipe"),
            stdout=stream,
            stderr=stream,
            console=console,
        )
        code = await process.wait()
        return code, output.data.decode("utf-8", "replace").replace("\r\n", "\n")

    def _account(self, case: Case | None) -> Account:
        """The machine's user for a case of one, else its administrator, whatever they are called there."""
        profile = self.machine.profile
        is_user = case is not None and case.account == "user"
        return log_on(self.machine, profile.users[0] if is_user else profile.administrators[0])

    async def prepare(self, case: Case) -> None:
        """Makes everything so as the case has it."""
        given, files = case.given, self.machine.files
        paths = [self.full(path) for path in given.absent if not path.startswith("HK")]
        for path in paths:
            if files.is_dir(path):
                files.rmdir(path, tree=True)
            elif files.exists(path):
                files.delete(path)
        await self.put_registry([path for path in given.absent if path.startswith("HK")], given.registry)
        for path in given.folders:
            self._make_folder(self.full(path))
        for path, contents in given.files.items():
            self._make_folder(self.full(path).rpartition("\\")[0])
            files.write(self.full(path), octets(contents))
        for line in given.before:
            await self.start(f"cmd.exe /C {line}")

    async def complaints(self, case: Case, reply: Reply) -> list[str]:
        """Everything in which the answer and what is left differ from the case."""
        found = []
        if case.code not in {None, reply.exit_code}:
            found.append(f"exit code {reply.exit_code} is not {case.code}: {reply.output}")
        for reader, expected in case.reads.items():
            found += differences(reader, expected, read(reader, case.line, reply))
        for key, expected_values in case.leaves.registry.items():
            found += _registry_complaints(key, expected_values, await self.look_up(key))
        for path, contents in case.leaves.files.items():
            found += self._file_complaints(path, contents)
        for line, expected_code in case.leaves.then.items():
            code, output = await self.start(f"cmd.exe /C {line}")
            if code != expected_code:
                found.append(f"afterwards {line} ends with {code} and not {expected_code}: {output}")
        return found

    def full(self, path: str) -> str:
        """A path with its variables expanded."""
        return path.replace("%SystemRoot%", r"C:\Windows")

    def _make_folder(self, path: str) -> None:
        parts = path.split("\\")
        for depth in range(2, len(parts) + 1):
            with suppress(WindowsError):
                self.machine.files.mkdir("\\".join(parts[:depth]))

    def _file_complaints(self, shown: str, expected: Contents | bool | None) -> list[str]:
        files, path = self.machine.files, self.full(shown).rstrip("\\")
        is_there = files.is_dir(path) if shown.endswith("\\") else files.exists(path) and not files.is_dir(path)
        if expected is None or expected is True or not is_there:
            return [] if is_there is bool(expected) else [f"{shown} is {'there' if is_there else 'not there'}"]
        assert not isinstance(expected, bool)
        content = files.read(path)
        return [] if agree(expected, content) else [f"{shown} holds {content[:400]!r}"]


class ModelHost(Host):
    """A modelled machine; its registry is read and set without a tool."""

    async def put_registry(self, absent: list[str], wanted: dict[str, dict[str, Data | None]]) -> None:
        registry = self.machine.registry
        for key in absent:
            with suppress(WindowsError):
                registry.delete_key(key)
        for key, values in wanted.items():
            registry.create(key)
            for name, data in values.items():
                if data is not None:
                    registry.set(key, name, value_of(data))
                elif registry.get(key, name) is not None:
                    registry.delete_value(key, name)

    async def look_up(self, key: str) -> Values | None:
        if not self.machine.registry.exists(key):
            return None
        return {name.lower(): value for name, value in self.machine.registry.key(key).values.items()}


class WineHost(Host):
    """A Wine prefix; its registry is set and read with .reg files, which Wine's reg.exe takes and gives."""

    async def put_registry(self, absent: list[str], wanted: dict[str, dict[str, Data | None]]) -> None:
        if absent or wanted:
            values = {key: {n: None if d is None else value_of(d) for n, d in v.items()} for key, v in wanted.items()}
            self.machine.files.write(_SETUP, import_text(absent, values).encode("utf-16"))
            code, output = await self.start(f'reg.exe import "{_SETUP}"')
            assert code == 0, output

    async def look_up(self, key: str) -> Values | None:
        code, _ = await self.start(f'reg.exe export "{key}" "{_LOOK}" /y')
        return parse_export(self.machine.files.read(_LOOK).decode("utf-16"), key) if code == 0 else None


def value_of(data: Data) -> Value:
    """A value as a case writes it."""
    if isinstance(data, dict):
        match next(iter(data.items())):
            case "REG_EXPAND_SZ", text:
                return Value("REG_EXPAND_SZ", text)
            case "REG_QWORD", digits:
                return Value("REG_QWORD", int(digits, 16))
            case "REG_BINARY", digits:
                return Value("REG_BINARY", bytes.fromhex(digits))
            case kind, _:
                raise ValueError(f"no such type: {kind}")
    return Value.of(data)


def _registry_complaints(key: str, expected: dict[str, Data | None] | None, found: Values | None) -> list[str]:
    if expected is None or found is None:
        return [] if expected is None and found is None else [f"{key} is {'not there' if found is None else 'there'}"]
    wanted = {name.lower(): None if data is None else value_of(data) for name, data in expected.items()}
    listed = {name: found.get(name) for name in wanted}
    return [] if listed == wanted else [f"{key} has {listed} and not {wanted}"]


@dataclass(frozen=True)
class Outcome:
    """What running a case came to."""

    reply: Reply
    complaints: list[str]


async def run(host: Host, case: Case) -> Outcome:
    """Prepares, runs and judges a case."""
    await host.prepare(case)
    reply = await host.reply(case)
    return Outcome(reply, await host.complaints(case, reply))
