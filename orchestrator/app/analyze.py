"""Files of machines, from anywhere, become cases: found, read, judged, and joined with what our own runs did there."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, Self

from orchestrator.analysis.build import analyse
from orchestrator.analysis.cloud import with_attempts
from orchestrator.analysis.machines import materials
from orchestrator.analysis.material import Material
from orchestrator.app.redact import redact_cases
from orchestrator.harvest import audit as audit_logs
from orchestrator.harvest.audit_record import Audit, AuditRecord
from orchestrator.harvest.eventlog import evtx_texts
from orchestrator.harvest.given import Given, files_of
from orchestrator.harvest.kinds import Kind
from orchestrator.harvest.redaction.bundle import Portions
from orchestrator.harvest.text import PORTION
from orchestrator.model.case import Case, CaseFile
from orchestrator.model.errors import UnexpectedOutput, UsageError
from orchestrator.model.message import Message, message, phrase, together, verbatim
from orchestrator.model.showable import printable
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.host_moments import HostMoment, moments_of
from orchestrator.sentences import say

_TELLING: Final = {Kind.EVENTS, Kind.REGISTRY, Kind.INSTALLATION_LOG, Kind.CHECK}
_DEPTH: Final = 3
"""How far below a run's folder a bundle's files are."""
_JOURNAL: Final = "journal"
_AUDIT: Final = "audit"
_WHAT: Final = (
    "give a folder or zip file that `sspr logs collect` made, or event logs (.evtx, or the XML of wevtutil), logs of "
    "Windows Installer, exported keys (.reg), or folders, zip files and cabinets of such"
)


_MORE_PAGES = phrase("audit-more-pages")
_BY_SHAPE = phrase("audit-by-shape")


@message("audit-records-lost")
def _records_lost(count: int) -> None: ...


@dataclass(frozen=True)
class Cloud:
    """What is known of resets beside a machine's files.

    Attributes:
        records: Of the directory's audit log, from exports of it.
        exports: These, as files of a case.
        addresses: By which the machine's network reaches the internet.
        user: Whose resets are told, whichever machine they are of; None for those of the machine.
    """

    records: Sequence[AuditRecord]
    exports: tuple[CaseFile, ...]
    addresses: Collection[str] = ()
    user: str | None = None

    @classmethod
    def told_by(cls, paths: Sequence[Path], addresses: Collection[str], user: str | None) -> Self:
        """What exports say. Raises DocumentError where one cannot be used."""
        audits, files = [audit_logs.load(path) for path in paths], []
        for path, audit in zip(paths, audits, strict=True):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                files.append(CaseFile(printable(path.name), _AUDIT, file.tell(), digest, _lost(audit)))
        return cls(audit_logs.together(audits).records, tuple(files), addresses, user)


def analyze(paths: Sequence[Path], cloud: Cloud | None = None, *, redact: bool = False) -> tuple[Case, ...]:
    """What the files say, a case for each machine that they are of.

    Args:
        paths: Files and folders.
        cloud: What the directory says beside them; None where nobody asked it.
        redact: Whether persons get pseudonyms.

    Raises:
        UsageError: One is not there, or nothing in them tells anything; the key of pseudonyms cannot be used.
        CoordinatorError: What is packed cannot be unpacked here.
    """
    with files_of(_named(paths)) as files:
        if not any(each.kind in _TELLING and each.lost is None for each in files.found):
            raise UsageError(_nothing(paths, files.found))
        runs = _Runs(files.found)
        cases = tuple(analyse(runs.beside(material)) for material in materials(files.found))
        if not any(_tells(case) for case in cases):
            raise UsageError(_nothing(paths, [file for case in cases for file in case.files]))
        if cloud:
            told = (cloud.records, cloud.exports, cloud.addresses, cloud.user)
            cases = tuple(with_attempts(case, *told) for case in cases)
        return redact_cases(cases, _texts(files.found)) if redact else cases


def _tells(case: Case) -> bool:
    """Whether anything at all was read of a machine."""
    return bool(case.timeline or case.problems or case.installations or case.windows or case.host)


def _lost(audit: Audit) -> Message | None:
    """What an export does not tell."""
    said = [_records_lost(audit.lost)] if audit.lost else []
    said += [_MORE_PAGES()] if audit.continues else []
    said += [_BY_SHAPE()] if audit.by_shape else []
    return together(said) if said else None


def _texts(found: Sequence[Given]) -> Iterator[tuple[str, Portions]]:
    """The files that say who is named in a case, the records of event logs as XML."""
    for each in found:
        if each.content is not None:
            is_log = each.kind is Kind.EVENTS and each.name.lower().endswith(".evtx")
            yield f"{each.name}.xml" if is_log else each.name, partial(_portions, each, is_log=is_log)


def _portions(file: Given, *, is_log: bool) -> Iterator[bytes]:
    with file.open() as content:
        if is_log:
            with contextlib.suppress(UnexpectedOutput):  # what cannot be read is not in the case either
                yield from (text.encode("utf-8", "replace") for text in evtx_texts(content) if text)
        else:
            yield from iter(partial(content.read, PORTION), b"")


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


def _nothing(paths: Sequence[Path], found: Sequence[Given | CaseFile]) -> str:
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
        own = [step for each in read for step in each.steps if printable(step.host) == material.host]
        steps, captured = tuple(step.moment for step in own), any(step.captures for step in own)
        files = {file.name: file for file in (*material.files, *(each.file for each in read))}
        return replace(material, steps=steps, captured=captured, files=tuple(files.values()))

    def _steps(self, journal: Path) -> _Steps:
        if journal not in self._read:
            name = self._names.get(journal) or printable(f"{journal.parent.name}/{journal.name}")
            self._read[journal] = _steps_of(journal, name)
        return self._read[journal]


@dataclass(frozen=True)
class _Steps:
    """What a run's log tells, and the log itself."""

    steps: Sequence[HostMoment]
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
    steps: list[HostMoment] = []
    size, digest, lost = 0, "", None
    try:
        steps.extend(moments_of(journal, name))  # those before a line that cannot be read stay
    except UsageError as error:
        lost = verbatim(printable(str(error)))
    with contextlib.suppress(OSError), journal.open("rb") as file:
        digest, size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
    return _Steps(steps, CaseFile(name, _JOURNAL, size, digest, lost))
