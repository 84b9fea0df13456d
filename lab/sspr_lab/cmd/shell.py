"""The state of one cmd.exe: variables, current directory, ERRORLEVEL, switches, running batch files."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from sspr_lab.cmd import expansion, modifiers
from sspr_lab.cmd.batch import Frame, Scope
from sspr_lab.cmd.scanner import CommandSyntaxError
from sspr_lab.cmd.wildcards import true_path
from sspr_lab.environment import Environment
from sspr_lab.errors import DIRECTORY, PATH_NOT_FOUND, WindowsError
from sspr_lab.interfaces.files import Entry, Files
from sspr_lab.languages.pictures import shown
from sspr_lab.process import Process
from sspr_lab.streams import InputStream, OutputStream

LINE_LIMIT: Final = 8191  # characters of a command line (Microsoft KB830473)
_EXTENSION_VERSION: Final = "2"
_LONGEST_DYNAMIC: Final = len("CMDEXTVERSION")


@dataclass(frozen=True)
class Handles:
    """The standard handles of one command."""

    stdin: InputStream
    stdout: OutputStream
    stderr: OutputStream


class Shell:
    """One cmd.exe. Variables and the current directory are those of its process, so that children inherit them."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.echo = True
        self.delayed = False
        self.errorlevel = 0
        self.is_interactive = False
        self.for_variables: dict[str, str] = {}
        self.frames: list[Frame] = []
        self.directories: list[str] = []  # PUSHD's

    @cached_property
    def _dice(self) -> random.Random:
        return random.Random(self.process.pid)

    @property
    def files(self) -> Files:
        return self.process.machine.files

    @property
    def environment(self) -> Environment:
        return self.process.environment

    @property
    def directory(self) -> str:
        return self.process.directory

    @property
    def frame(self) -> Frame | None:
        """The batch file or label that runs, None on a command line."""
        return self.frames[-1] if self.frames else None

    def text(self, english: str, **values: object) -> str:
        """A message as the machine words it."""
        return self.process.text(english, **values)

    @property
    def handles(self) -> Handles:
        return Handles(self.process.stdin, self.process.stdout, self.process.stderr)

    @property
    def local_time(self) -> datetime:
        """The machine's local time, without a zone."""
        offset = timedelta(minutes=self.process.machine.profile.utc_offset_minutes)
        return (self.process.machine.clock.now() + offset).replace(tzinfo=None)

    def lookup(self, name: str) -> str | None:
        """The value of a variable, or of a dynamic one that no variable hides."""
        value = self.environment.find(name)
        return self._dynamic(name.upper()) if value is None and len(name) <= _LONGEST_DYNAMIC else value

    def _dynamic(self, name: str) -> str | None:
        match name:
            case "CD":
                return self.directory
            case "DATE":
                return self.date(self.local_time)
            case "TIME":
                now, decimal = self.local_time, self.process.spoken.formats.decimal
                return f"{now.hour:2}:{now:%M:%S}{decimal}{now.microsecond // 10_000:02}"
            case "RANDOM":
                return str(self._dice.randrange(32768))
            case "ERRORLEVEL":
                return str(self.errorlevel)
            case "CMDEXTVERSION":
                return _EXTENSION_VERSION
            case "CMDCMDLINE":
                return self.process.command_line
        return None

    def date(self, moment: datetime) -> str:
        """A date as %DATE% and DATE /T show it, in some locales with the day of the week."""
        spoken = self.process.spoken
        weekday = shown(spoken.formats.cmd_weekday, moment, "", "")
        return f"{weekday}{spoken.cmd_date(moment)}"

    def expand_line(self, line: str) -> str:
        """Percent expansion, by the rules of a batch file while one runs.

        Raises:
            CommandSyntaxError: the result is longer than a command line may be.
        """
        expanded = expansion.expand_percent(line, self.lookup, self.modify, self.frame)
        if len(expanded) > LINE_LIMIT:
            raise CommandSyntaxError("The input line is too long.")
        return expanded

    def expand_for(self, text: str) -> str:
        return expansion.expand_for(text, self.for_variables, self.modify) if self.for_variables else text

    def expand(self, text: str) -> str:
        """What happens to a piece of text right before it is used: FOR variables, then !variables! if they are on."""
        text = self.expand_for(text)
        return expansion.expand_delayed(text, self.lookup) if self.delayed else text

    def modify(self, value: str, wanted: modifiers.Modifiers) -> str:
        return modifiers.apply(value, wanted, self, self.lookup)

    def prompt(self) -> str:
        """PROMPT's text with its $ codes filled in."""
        codes = {"P": self.directory, "G": ">", "L": "<", "_": "\n", "$": "$", "S": " ", "A": "&", "B": "|"}
        codes |= {"C": "(", "F": ")", "Q": "=", "H": "\b \b", "D": self.lookup("DATE") or "", "N": self.directory[:1]}
        codes |= {"T": self.lookup("TIME") or "", "E": "\x1b", "V": self.version, "+": "", "M": ""}
        first, *rest = self.environment.get("PROMPT", "$P$G").replace("$$", "\0").split("$")
        text = first + "".join(codes.get(piece[:1].upper(), "") + piece[1:] for piece in rest)
        return text.replace("\0", "$")

    @property
    def version(self) -> str:
        """The line that VER prints."""
        profile = self.process.machine.profile
        return self.text("Microsoft Windows [Version {version}]", version=f"{profile.version}.{profile.build}")

    @property
    def command_processor(self) -> str:
        """The cmd.exe that runs the sides of pipes and the commands of FOR /F."""
        return self.environment.get("ComSpec", "C:\\Windows\\system32\\cmd.exe")

    def set_variable(self, name: str, value: str) -> None:
        """Set a variable; an empty value deletes it."""
        if value:
            self.environment[name] = value
        else:
            self.environment.pop(name, None)

    def save(self) -> Scope:
        return Scope(Environment(self.environment), self.directory, self.delayed)

    def restore(self, scope: Scope) -> None:
        self.environment.clear()
        self.environment.update(scope.environment)
        self.process.directory = scope.directory
        self.delayed = scope.delayed

    def change_directory(self, path: str) -> None:
        """Make `path` current. Raises WindowsError (3: not there, 267: not a directory)."""
        entry = self.stat(path)
        if entry is None or not entry.is_dir:
            raise WindowsError(PATH_NOT_FOUND if entry is None else DIRECTORY, path)
        self.process.directory = true_path(self.files, self.full_path(path))

    # what the %~ modifiers ask

    def full_path(self, path: str) -> str:
        return self.files.full_path(path, self.directory)

    def exists(self, path: str) -> bool:
        return self.stat(path) is not None

    def stat(self, path: str) -> Entry | None:
        """The directory entry of a path, None when nothing can be found there."""
        try:
            return self.files.stat(self.full_path(path))
        except WindowsError:
            return None

    def attributes(self, path: str) -> str:
        entry = self.stat(path)
        return "" if entry is None else "d--------" if entry.is_dir else "--a------"

    def timestamp(self, path: str) -> str:
        entry = self.stat(path)
        return "" if entry is None else self.moment(entry.modified, " ")

    def moment(self, moment: datetime, blanks: str) -> str:
        """When a file was changed, as DIR and %~t show it."""
        spoken, local = self.process.spoken, self.to_local(moment)
        return f"{spoken.cmd_date(local)}{blanks}{spoken.cmd_time(local)}"

    def size(self, path: str) -> str:
        entry = self.stat(path)
        return "" if entry is None else str(entry.size)

    def to_local(self, moment: datetime) -> datetime:
        """A file's time as the machine's clock on the wall shows it."""
        return (moment + timedelta(minutes=self.process.machine.profile.utc_offset_minutes)).replace(tzinfo=None)
