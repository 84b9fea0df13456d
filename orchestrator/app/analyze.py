"""Files of machines, from anywhere, become cases: found, read, judged, and joined with what our own runs did there."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from orchestrator.analysis.build import analyse
from orchestrator.analysis.machines import materials
from orchestrator.analysis.material import Material
from orchestrator.harvest.given import Given, files_of
from orchestrator.harvest.kinds import Kind
from orchestrator.model.case import Case, CaseFile, Moment
from orchestrator.model.errors import UsageError
from orchestrator.model.message import verbatim
from orchestrator.model.showable import printable
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.host_moments import moments_of
from orchestrator.sentences import say

_TELLING: Final = {Kind.EVENTS, Kind.REGISTRY, Kind.INSTALLATION_LOG, Kind.CHECK}
_DEPTH: Final = 3
"""How far below a run's folder a bundle's files are."""
_JOURNAL: Final = "journal"
_WHAT: Final = (
    "give a folder or zip file that `sspr logs collect` made, or event logs (.evtx, or the XML of wevtutil), logs of "
    "Windows Installer, exported keys (.reg), or folders, zip files and cabinets of such"
)


def analyze(paths: Sequence[Path]) -> tuple[Case, ...]:
    """What the files say, a case for each machine that they are of.

    Args:
        paths: Files and folders.

    Raises:
        UsageError: One is not there, or nothing in them tells anything.
        CoordinatorError: What is packed cannot be unpacked here.
    """
    with files_of(_named(paths)) as files:
        if not any(each.kind in _TELLING and each.lost is None for each in files.found):
            raise UsageError(_nothing(paths, files.found))
        runs = _Runs(files.found)
        return tuple(analyse(runs.beside(material)) for material in materials(files.found))


def _named(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Each with the name before those below it: none where it is the only one and a folder."""
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: there is no such file or folder; {_WHAT}")
        if not (path.is_dir() or path.is_file()):
            raise UsageError(f"{path}: is a pipe or a device; {_WHAT}")
    once = list({path.resolve(): path for path in paths}.values())
    if len(once) == 1:
        return [(once[0], "" if once[0].is_dir() else once[0].name)]
    own = [path.name or path.resolve().name for path in once]
    return [(path, name if own.count(name) == 1 else path.as_posix()) for path, name in zip(once, own, strict=True)]


def _nothing(paths: Sequence[Path], found: Sequence[Given]) -> str:
    where = ", ".join(map(str, paths))
    lost = [f"{each.name}: {say(each.lost)}" for each in found if each.lost is not None][:3]
    because = f" ({'; '.join(lost)})" if lost else ""
    return f"{where}: nothing there tells anything of a machine{because}; {_WHAT}"


class _Runs:
    """What our own runs did on machines whose files lie in the runs' folders; each log is read once."""

    def __init__(self, found: Sequence[Given]) -> None:
        self._places = {each.name: each.at.parent for each in found}
        self._names = {each.at: each.name for each in found if each.at.name == each.name.rpartition("/")[2]}
        self._read: dict[Path, _Steps] = {}

    def beside(self, material: Material) -> Material:
        """What was read, with these steps, and the logs that tell them among the files."""
        if material.host is None:
            return material
        places = dict.fromkeys(self._places[file.name] for file in material.files if file.name in self._places)
        journals = dict.fromkeys(journal for each in places if (journal := _journal_above(each)))
        read = [self._steps(journal) for journal in journals]
        steps = tuple(step for each in read for host, step in each.steps if printable(host) == material.host)
        files = {file.name: file for file in (*material.files, *(each.file for each in read))}
        return replace(material, steps=steps, files=tuple(files.values()))

    def _steps(self, journal: Path) -> _Steps:
        if journal not in self._read:
            name = self._names.get(journal) or printable(f"{journal.parent.name}/{journal.name}")
            self._read[journal] = _steps_of(journal, name)
        return self._read[journal]


@dataclass(frozen=True)
class _Steps:
    """What a run's log tells, each with the host, and the log itself."""

    steps: Sequence[tuple[str, Moment]]
    file: CaseFile


def _journal_above(folder: Path) -> Path | None:
    """The log of the run that has brought home what lies in a folder."""
    for above in folder.parents[:_DEPTH]:
        run = RunFolder(above)
        if folder.is_relative_to(run.hosts) and run.journal.is_file():
            return run.journal
    return None


def _steps_of(journal: Path, name: str) -> _Steps:
    """What could be read of them is told, whatever is wrong with the rest."""
    steps: list[tuple[str, Moment]] = []
    size, digest, lost = 0, "", None
    try:
        steps.extend(moments_of(journal, name))  # those before a line that cannot be read stay
    except UsageError as error:
        lost = verbatim(printable(str(error)))
    with contextlib.suppress(OSError), journal.open("rb") as file:
        digest, size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
    return _Steps(steps, CaseFile(name, _JOURNAL, size, digest, lost))
