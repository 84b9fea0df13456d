"""What the one who starts a program gets: something to wait for and to end; see `process.Process` for each method."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sspr_lab.accounts import Account
from sspr_lab.streams import Console, InputStream, OutputStream


class RunningProcess(Protocol):
    """A process as others see it, running or ended."""

    @property
    def pid(self) -> int: ...

    @property
    def image(self) -> str: ...

    @property
    def bits(self) -> int: ...

    @property
    def command_line(self) -> str: ...

    @property
    def account(self) -> Account: ...

    @property
    def children(self) -> "Sequence[RunningProcess]": ...

    @property
    def exit_code(self) -> int | None: ...

    async def wait(self) -> int: ...

    def terminate(self, exit_code: int = 1) -> None: ...

    async def gone(self) -> None: ...


class Spawner(Protocol):
    """Who starts programs: the machine."""

    def spawn(
        self,
        command_line: str,
        *,
        account: Account,
        directory: str | None = None,
        environment: Mapping[str, str] | None = None,
        stdin: InputStream | None = None,
        stdout: OutputStream | None = None,
        stderr: OutputStream | None = None,
        code_page: int | None = None,
        application: str | None = None,
        console: Console | None = None,
        bits: int | None = None,
    ) -> RunningProcess:
        """CreateProcess; see `Machine.spawn`. Raises WindowsError."""
        ...
