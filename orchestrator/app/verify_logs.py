"""Logs that were brought home, held against their manifests, and these against what the run wrote down."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from orchestrator.harvest import zipped
from orchestrator.harvest.bundle import bundles_in, manifest_sha256, read_manifest, verify
from orchestrator.harvest.layout import MANIFEST, ZIP
from orchestrator.harvest.names import folder_name, objection
from orchestrator.model.errors import UsageError
from orchestrator.model.result import RunResult
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.result_file import read_result
from orchestrator.steps import collect, installer

_DEPTH: Final = 3
"""How far below a run's folder its bundles are."""
_HALF: Final = (collect.CABINET, installer.CABINET)
"""How names begin of what is left where bringing something home was broken off."""


@dataclass(frozen=True)
class VerifiedLogs:
    """One folder of logs.

    Attributes:
        folder: Where it is, a folder or a zip file.
        problems: What is not as it was brought home, a sentence each; empty when all is.
        host: Whose logs they are; None where there are problems.
        files: How many.
        manifest_sha256: Hash of its manifest.
        taken: When they were brought home, as their manifest has it; None where there are problems.
        bytes: Of all files together, as they lie there.
        vouched: Whether the run's result file has that hash, so that the manifest was not rewritten.
        copy_of: Of a redacted copy, the hash that it gives of the original's manifest; nothing proves that.
    """

    folder: Path
    problems: tuple[str, ...]
    host: str | None = None
    files: int = 0
    manifest_sha256: str | None = None
    taken: datetime | None = None
    bytes: int = 0
    vouched: bool = False
    copy_of: str | None = None


@dataclass(frozen=True)
class _Recorded:
    """What a run wrote down of a bundle: whose it is, and the hash of its manifest."""

    host: str
    manifest_sha256: str


def verify_logs(folder: Path) -> list[VerifiedLogs]:
    """Look at all logs at or below a folder: that of some runs, a run's, a host's, or the logs' own.

    Where they lie in the folder of their run, its result decides: none that it brought home may be missing, none be
    there that it did not, and no manifest differ from the one that was written then.

    Raises:
        UsageError: There are none.
        DocumentError: The run's result cannot be read.
    """
    if not (folder.is_dir() or (folder.is_file() and folder.suffix == ZIP)):
        raise UsageError(f"{folder} is no folder, and no zip file of logs")
    top = folder.resolve()
    runs, found = _runs(top), bundles_in(top)
    copies = [bundle for bundle in found if _is_copy_beside(bundle, runs)]
    found = [bundle for bundle in found if bundle not in copies]
    alone = [bundle for bundle in found if not any(bundle.is_relative_to(run.path) for run in runs)] + copies
    verified = [
        *(each for run in runs for each in _of_run(run, top, found)),
        *(_verified(each, None) for each in alone),
    ]
    if not verified:
        raise UsageError(f"{folder} holds no logs that were brought home: no folder with a {MANIFEST} is in it")
    return [replace(each, folder=folder / each.folder.relative_to(top)) for each in verified]


def _is_copy_beside(bundle: Path, runs: Sequence[RunFolder]) -> bool:
    """Whether it is a redacted copy that was put into a run's folder, and not among what the run brought home."""
    if not any(bundle.is_relative_to(run.path) and not bundle.is_relative_to(run.hosts) for run in runs):
        return False
    try:
        return read_manifest(bundle).redacted is not None
    except (OSError, ValueError, zipped.NoBundle):
        return False


def _runs(top: Path) -> list[RunFolder]:
    """The run in whose folder this is, or which has it; else those whose folders lie below, where no link leads."""
    if run := _run_of(top):
        return [run]
    below = []
    for place, folders, files in os.walk(top):
        run = RunFolder(Path(place))
        if run.result.name in files and run.hosts.name in folders:
            below.append(run)
            folders.clear()
    return sorted(below, key=lambda run: run.path)


def _run_of(top: Path) -> RunFolder | None:
    """The run in whose folder this is, or which has it."""
    for above in (top, *top.parents[:_DEPTH]):
        run = RunFolder(above)
        if run.ended and (above == top or top.is_relative_to(run.hosts)):
            return run
    return None


def _of_run(run: RunFolder, top: Path, bundles: list[Path]) -> list[VerifiedLogs]:
    """What lies at or below `top` and in the run's folder, held against the run's result."""
    result, found = (
        read_result(run.result, Path.read_bytes),
        {bundle for bundle in bundles if bundle.is_relative_to(run.path)},
    )
    recorded = {bundle: known for bundle, known in _recorded(run, result) if bundle.is_relative_to(top)}
    verified = [
        _held_against(recorded[bundle], bundle, run)
        if bundle in recorded
        else VerifiedLogs(bundle, ("the run brought no such logs home",))
        for bundle in sorted({*found, *recorded})
    ]
    return [*verified, *_extra(run, result, top, bundles)] if verified else []


def _recorded(run: RunFolder, result: RunResult) -> Iterator[tuple[Path, _Recorded]]:
    """Where a run has put bundles."""
    for host in result.hosts:
        for record in host.steps:
            sha256 = record.result.entries.get("manifest_sha256")
            if isinstance(sha256, str) and objection(record.name) is None:  # which would lead out of the folder
                ending = ZIP if record.result.entries.get("archive") else ""
                place = run.hosts / folder_name(host.name) / f"{record.name}{ending}"
                yield place, _Recorded(host.name, sha256)


def _held_against(recorded: _Recorded, bundle: Path, run: RunFolder) -> VerifiedLogs:
    folders = (bundle, *bundle.parents)
    if link := next((each for each in folders[: folders.index(run.path)] if each.is_symlink()), None):
        return VerifiedLogs(bundle, (f"{link.name} is a link now, and not the folder that the run made",))
    if not bundle.exists():
        return VerifiedLogs(bundle, (f"the logs of {recorded.host} are gone",))
    return _verified(bundle, recorded.manifest_sha256)


def _verified(bundle: Path, recorded: str | None) -> VerifiedLogs:
    sha256 = _sha256(bundle)
    if recorded is not None and sha256 not in {None, recorded}:
        problem = f"{MANIFEST} is not the one that the run wrote: its SHA-256 was {recorded}"
        return VerifiedLogs(bundle, (f"{problem}; what it says of the files counts for nothing",))
    if problems := verify(bundle):
        return VerifiedLogs(bundle, tuple(problems))
    manifest, place = read_manifest(bundle), bundle.parent
    if place.parent == RunFolder(place.parent.parent).hosts and place.name != folder_name(manifest.host):
        return VerifiedLogs(bundle, (f"{MANIFEST} is that of {manifest.host}, and this the folder of another host",))
    return VerifiedLogs(
        folder=bundle,
        problems=(),
        host=manifest.host,
        files=len(manifest.files),
        manifest_sha256=sha256,
        taken=manifest.taken,
        bytes=sum(file.bytes for file in manifest.files) if bundle.is_dir() else bundle.stat().st_size,
        vouched=recorded is not None,
        copy_of=manifest.redacted.manifest_sha256 if manifest.redacted else None,
    )


def _sha256(bundle: Path) -> str | None:
    try:
        return manifest_sha256(bundle)
    except (OSError, zipped.NoBundle):
        return None


def _extra(run: RunFolder, result: RunResult, top: Path, found: list[Path]) -> Iterator[VerifiedLogs]:
    """What lies beside the logs and did not come home in this run; what is outside of `hosts` is not looked at."""
    steps = {folder_name(host.name): {record.name for record in host.steps} for host in result.hosts}
    told = {above for bundle in found for above in (bundle, *bundle.parents)}
    broken_off = {folder_name(host.name) for host in result.hosts if not host.outcome.fine}
    extra = {run.hosts: [path for path in _in(run.hosts) if path.name not in steps]}
    for folder in _in(run.hosts):
        if folder.name in steps:
            known, half = steps[folder.name], _HALF if folder.name in broken_off else ()
            others = [path for path in _in(folder) if path.name.removesuffix(installer.LOG_ENDING) not in known]
            extra[folder] = [path for path in others if not path.name.startswith(half)]
    for folder, paths in extra.items():
        names = [path.name for path in paths if path not in told]
        if names and folder.is_relative_to(top):
            yield VerifiedLogs(folder, tuple(f"{name} was not brought home by this run" for name in names))


def _in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []
