"""The folders of runs: one each below the user's state folder, with its journal, its result and what came home."""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

from orchestrator.model.errors import UsageError
from orchestrator.model.private_file import create_private, make_folder, write_private
from orchestrator.model.result import RESULT_BEGINS
from orchestrator.model.trust import check_folder, working_directory

LAST: Final = "last"
"""What people call the newest run."""
_RUN_ID: Final = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4,6}")
_RESULT_NAMES: Final = re.compile(RESULT_BEGINS.pattern + rb'\s*:\s*"(?P<run>[^"]*)"')
_LONGEST_BEGINNING: Final = 10_000
"""Bytes of a result file, up to where its run's name ends."""
_LONGEST_LINE: Final = 1_000_000
"""The first of a log, with a pattern of thousands of names and the hashes of hundreds of files."""
_ELSEWHERE: Final = ".folder"
"""Ends the name of a file that says where a run is kept that has a folder of its own choice."""


def new_run_id(now: datetime) -> str:
    """An identifier that sorts by time, as in `20261122-130501-9f3c21`.

    Behind the second stands which 256th of it, so that the last of two runs is known to be the last, and chance.
    """
    return f"{now:%Y%m%d-%H%M%S}-{(now.microsecond << 8) // 1_000_000:02x}{secrets.token_hex(2)}"


@dataclass(frozen=True)
class RunFolder:
    """Where one run keeps what it leaves.

    Attributes:
        path: The folder.
        named: What the run is called where its folder is called otherwise.
        listed_by: The file of the state folder that tells where the folder is; None where it lies there itself.
    """

    path: Path
    named: str | None = None
    listed_by: Path | None = None

    @property
    def name(self) -> str:
        """What the run is called."""
        return self.named or self.path.name

    @property
    def reference(self) -> str:
        """What a person types for the run in a command: its name, or its folder where the name leads nowhere."""
        above, place = runs_folder(), self.path.resolve()
        known = (_folder(path) for path in (above / self.name, above / f"{self.name}{_ELSEWHERE}"))
        if any(each.path.resolve() == place for each in known):
            return self.name
        return shlex.quote(str(self.path.absolute()))

    @property
    def began(self) -> datetime | None:
        """When the run was begun, by its name; None where that does not tell."""
        if not _RUN_ID.fullmatch(self.name):
            return None
        try:
            return datetime.strptime(self.name[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return None

    def enlist(self, run_id: str) -> None:
        """Has a run whose folder lies elsewhere known among the others, by a file that says where.

        Raises:
            OSError: The file cannot be written.
        """
        above = runs_folder()
        if self.path.resolve().parent != above.resolve():
            write_private(above / f"{run_id}{_ELSEWHERE}", f"{self.path.resolve()}\n".encode())

    @property
    def journal(self) -> Path:
        """Its events, a JSON line each."""
        return self.path / "log.jsonl"

    @property
    def result(self) -> Path:
        """Its result file; not there before the run has ended."""
        return self.path / "result.json"

    @property
    def kept(self) -> Path:
        """What the run was when it began; there only if it can be gone on with."""
        return self.path / "kept.json"

    @property
    def program_log(self) -> Path:
        """What went wrong in this program meanwhile; there only if something did."""
        return self.path / "program.jsonl"

    @property
    def ended(self) -> bool:
        """Whether the run has a result; one that has none is at work or was killed, and is known by its journal."""
        return os.path.isfile(self.result)  # noqa: PTH113 - False where we may not look

    @property
    def hosts(self) -> Path:
        """What came home, a folder a host."""
        return self.path / "hosts"

    def check(self) -> None:
        """Looks whether one run can have it for itself.

        Raises:
            UsageError: Another run has it, or a folder above it: what that one has kept must not be mixed with more.
            UntrustedPath: Another person may write there, or above.
            OSError: It cannot be looked at.
        """
        if self.path.exists() and not self.path.is_dir():
            raise UsageError(f"{self.path}: is a file; give a folder for what the run leaves")
        check_folder(self.path)
        if any(os.path.lexists(path) for path in (self.journal, self.result, self.hosts, self.program_log, self.kept)):
            run = f" ({named})" if (named := self.name_in_log) else ""
            raise UsageError(
                f"{self.path}: another run{run} has this folder already, so nothing was begun; give each run a folder "
                f"of its own, such as {self._free_beside}"
            )
        for above in map(RunFolder, Path(os.path.realpath(self.path)).parents):
            if above.holds_a_run:
                raise UsageError(f"{self.path}: is in the folder of another run, {above.path}; give one outside of it")

    @property
    def _free_beside(self) -> Path:
        """A folder beside it that is not there yet: `ticket-2` for `ticket`."""
        place = self.path if self.path.name else self.path.absolute()
        beside = (place.with_name(f"{place.name}-{number}") for number in count(2))
        return next(path for path in beside if not os.path.lexists(path))

    @property
    def holds_a_run(self) -> bool:
        """Whether journal or result tell that a run has it; files of that name may be anybody's."""
        if self.name_in_log:
            return True
        return self.name_in_result is not None

    @property
    def name_in_result(self) -> str | None:
        """The name of the run whose result file it is, by that; None where it is none."""
        try:
            if not self.ended:
                return None
            with self.result.open("rb") as file:
                begins = _RESULT_NAMES.match(file.read(_LONGEST_BEGINNING))
        except OSError:
            return None
        return begins["run"].decode("utf-8", "replace") if begins else None

    @property
    def name_in_log(self) -> str | None:
        """The name of the run that writes the journal, by its first line; None where that does not tell."""
        try:
            if not self.journal.is_file():
                return None
            with self.journal.open(encoding="utf-8") as file:
                run = json.loads(file.readline(_LONGEST_LINE))["run"]
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return None
        return run if isinstance(run, str) and _RUN_ID.fullmatch(run) else None

    def claim(self) -> None:
        """Makes it one run's own, by its journal.

        Raises:
            UsageError: Another run has it.
            UntrustedPath: Another person may write there, or above.
            OSError: It cannot be made.
        """
        self.check()
        make_folder(self.path)
        check_folder(self.path)  # what has just been made, or was by somebody quicker
        try:
            os.close(create_private(self.journal))
        except FileExistsError:  # of a process that was quicker
            self.check()
            raise

    def reopen(self) -> None:
        """Makes it ready for its run to go on: what that had come to when it was stopped no longer is its result.

        Raises:
            UntrustedPath: Another person may write there, or above.
            OSError: It cannot be changed.
        """
        check_folder(self.path)
        self.result.unlink(missing_ok=True)


def state_folder() -> Path:
    """`$SSPR_STATE`, or the place for state that the operating system's users expect.

    Raises:
        UsageError: It is, or is to be below, what is no folder.
        OSError: It is relative, and the working directory has been removed.
    """
    chosen = os.environ.get("SSPR_STATE")
    folder = Path(chosen) if chosen else _usual_state_folder()
    if not folder.is_absolute():
        working_directory()
    for place in (*reversed(folder.parents), folder, folder / "runs"):
        if os.path.lexists(place) and not os.path.isdir(place):  # noqa: PTH112 - False where we may not look
            if chosen:
                raise UsageError(f"the variable SSPR_STATE says {chosen}, but {place} is no folder; name a folder")
            raise UsageError(
                f"runs are to be kept in {folder}, but {place} is no folder; name another with the variable SSPR_STATE"
            )
    return folder


def _usual_state_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "sspr"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "sspr"
    return Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local" / "state")) / "sspr"


def runs_folder() -> Path:
    """Where runs have their folders, unless somebody names one."""
    return state_folder() / "runs"


def log_ons_file() -> Path:
    """Where what is remembered of log-ons is kept, for all runs together."""
    return state_folder() / "logons.sqlite3"


def progress_file() -> Path:
    """Where it is kept how far runs are, unless somebody names another database."""
    return state_folder() / "progress.sqlite3"


def log_index_file() -> Path:
    """Where it is kept which words are where in what came home."""
    return state_folder() / "logs.sqlite3"


def run_folders() -> list[RunFolder]:
    """The folders of runs that are kept below the state folder, or known there, newest first.

    Those are among them that we may not look into.

    Raises:
        UsageError: The state folder is none.
        OSError: The state folder cannot be read.
    """
    above = runs_folder()
    folders = [_folder(path) for path in above.iterdir()] if above.is_dir() else []
    known = [folder for folder in folders if folder.ended or _is_there(folder.journal)]
    return sorted(known, key=lambda folder: folder.name, reverse=True)


def folder_at(path: Path) -> RunFolder:
    """The folder of a run at a path that somebody has named, with the name by which the run itself goes."""
    folder = RunFolder(path)
    return RunFolder(path, folder.name_in_log or folder.name_in_result)


def _folder(path: Path) -> RunFolder:
    """What an entry of the state folder stands for: itself, or the folder that it tells."""
    if path.suffix != _ELSEWHERE or not path.is_file():
        return RunFolder(path)
    return RunFolder(Path(path.read_text(encoding="utf-8", errors="replace").rstrip("\n")), path.stem, path)


def _is_there(path: Path) -> bool:
    """Whether a file is there, as far as we may look."""
    try:
        return path.is_file()
    except PermissionError:
        return True
