"""The installer's log file (/l): which lines the mode asks for, in the layout of real logs, as UTF-16LE.

The layout was checked against logs that people attached to public issues (Windows 7 and later; for instance
OpenSSH's Win32-OpenSSH #1923, kolide/launcher #629, wazuh #14716).
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Literal

from sspr_lab.errors import WindowsError
from sspr_lab.languages import ENGLISH, Language

Side = Literal["c", "s"]
Write = Callable[[bytes], None]

DEFAULT_MODE: Final = frozenset("iwearmo")  # of "/l file" without flags
EVERYTHING: Final = frozenset("iwearucmop")  # what "*" means: all but v and x
FLAGS: Final = frozenset("iwearucmopvx+!*")
_BUFFERED_LINES: Final = 20  # without "!" the log is written in bunches of twenty lines


def log_mode(flags: str) -> frozenset[str]:
    """The set of modes that the flags of /l mean. Raises ValueError for an unknown flag."""
    chosen = frozenset(flags.lower())
    if not chosen <= FLAGS:
        raise ValueError(flags)
    if "*" in chosen:
        return (chosen | EVERYTHING) - {"*"}
    return chosen if chosen - {"+", "!"} else chosen | DEFAULT_MODE


class MsiLog:
    """The log of one installation; without `write` nothing is kept.

    Args:
        write: appends bytes to the file; a WindowsError that it raises is ignored, as the installer does.
        now: the machine's local time.
        mode: what log_mode() gave.
        is_new: the file is empty, so that it needs a byte order mark.
        client: process id of the msiexec that was called; the service's own is fixed.
        spoken: the machine's language: the installer's messages, the lines about actions and dates follow it, the
            engine's own trace does not.
    """

    def __init__(
        self,
        write: Write | None,
        now: Callable[[], datetime],
        *,
        mode: frozenset[str] = frozenset(),
        is_new: bool = True,
        client: int = 0,
        service: int = 0,
        spoken: Language = ENGLISH,
    ) -> None:
        self._spoken = spoken
        self._write = write
        self._now = now
        self._mode = mode
        self._lines: list[str] = []
        self._prefix = b"\xff\xfe" if is_new else b""
        self._threads = {"c": f"{client & 0xFF:02X}:{client * 5 & 0xFC:02X}", "s": f"{service & 0xFF:02X}:3C"}

    def client(self, message: str) -> None:
        """A line of the msiexec that was called."""
        self._engine("c", message)

    def server(self, message: str) -> None:
        """A line of the Windows Installer service."""
        self._engine("s", message)

    def message(self, flag: str, message: str) -> None:
        """A message that stands without a prefix: an error ("e"), information ("i"), out of disk ("o")."""
        if flag in self._mode:
            self._line(message)

    def action_start(self, action: str) -> None:
        if "a" in self._mode:
            self._line(self._spoken.text("Action start {time}: {action}.", time=self._time(), action=action))

    def action_ended(self, action: str, result: int) -> None:
        """The end of an action: 1 success, 2 user exit, 3 failure, 0 not done."""
        if "a" in self._mode:
            text = "Action ended {time}: {action}. Return value {result}."
            self._line(self._spoken.text(text, time=self._time(), action=action, result=result))

    def action_message(self, action: str, description: str) -> None:
        if "a" in self._mode:
            text = "Action {time}: {action}. {description}"
            self._line(self._spoken.text(text, time=self._time(), action=action, description=description))

    def properties(self, side: Side, properties: Mapping[str, str]) -> None:
        """The property dump at the end."""
        if "p" in self._mode:
            for name, value in properties.items():
                self._line(f"Property({side.upper()}): {name} = {value}")

    def started(self, build: str) -> None:
        """The first line; `build` is the engine's version, "5.00.7601.00"."""
        if not self._verbose:
            self._line(f"=== Logging started: {self._date()}  {self._time()} ===")
            return
        self._line(
            f"=== Verbose logging started: {self._date()}  {self._time()}  Build type: SHIP UNICODE {build}  "
            "Calling process: C:\\Windows\\system32\\msiexec.exe ==="
        )

    def service_stopped(self) -> None:
        """The line that the service writes when it is done; the client's log goes on after it."""
        self._line(f"=== Logging stopped: {self._date()}  {self._time()} ===")

    def stopped(self) -> None:
        """The last line; everything is in the file after it."""
        if self._verbose:
            self._line(f"=== Verbose logging stopped: {self._date()}  {self._time()} ===")
            self._line("")
        self.flush()

    def flush(self) -> None:
        """Write what is buffered."""
        if self._write is None or not self._lines:
            return
        text = "".join(f"{line}\r\n" for line in self._lines)
        self._lines.clear()
        data, self._prefix = self._prefix + text.encode("utf-16-le", "surrogatepass"), b""
        with suppress(WindowsError):
            self._write(data)

    @property
    def _verbose(self) -> bool:
        return "v" in self._mode

    def _engine(self, side: Side, message: str) -> None:
        if self._verbose:
            moment = self._now()
            stamp = f"{moment:%H:%M:%S}:{moment.microsecond // 1000:03}"
            self._line(f"MSI ({side}) ({self._threads[side]}) [{stamp}]: {message}")

    def _line(self, line: str) -> None:
        if self._write is None:
            return
        self._lines.extend(line.split("\n"))
        if "!" in self._mode or len(self._lines) >= _BUFFERED_LINES:
            self.flush()

    def _date(self) -> str:
        return self._spoken.date(self._now())

    def _time(self) -> str:
        """The time of day in the en-US form of these lines: no leading zero for the hour."""
        moment = self._now()
        return f"{moment.hour}:{moment:%M:%S}"


def local_time(now: Callable[[], datetime], utc_offset_minutes: int) -> Callable[[], datetime]:
    """The machine's local time from a clock that tells UTC."""
    offset = timedelta(minutes=utc_offset_minutes)
    return lambda: now() + offset
