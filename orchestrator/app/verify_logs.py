"""Logs that were brought home, held against their manifests, and these against what the run wrote down."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from orchestrator.harvest.bundle import MANIFEST, bundles_in, read_manifest, verify
from orchestrator.harvest.names import folder_name
from orchestrator.model.errors import UsageError
from orchestrator.model.result import RunResult
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.result_file import read_result

_DEPTH: Final = 3
"""How far below a run's folder its bundles are."""
_INSTALL_LOG: Final = "-install.log"
"""How files end that are brought home beside what the steps have asked for, behind the name of a step."""


@dataclass(frozen=True)
class VerifiedLogs:
    """One folder of logs.

    Attributes:
        folder: Where it is.
        problems: What is not as it was brought home, a sentence each; empty when all is.
        host: Whose logs they are; None where there are problems.
        files: How many.
        manifest_sha256: Hash of its manifest.
        vouched: Whether the run's result file has that hash, so that the manifest was not rewritten.
    """

    folder: Path
    problems: tuple[str, ...]
    host: str | None = None
    files: int = 0
    manifest_sha256: str | None = None
    vouched: bool = False


@dataclass(frozen=True)
class _Recorded:
    """What a run wrote down of a bundle: whose it is, and the hash of its manifest, if it has noted that."""

    host: str
    manifest_sha256: str | None


def verify_logs(folder: Path) -> list[VerifiedLogs]:
    """Look at all logs at or below a folder: a run's, a host's, or the logs' own.

    Where they lie in the folder of their run, its result decides: none that it brought home may be missing, none be
    there that it did not, and no manifest differ from the one that was written then.

    Raises:
        UsageError: There are none.
        DocumentError: The run's result cannot be read.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder")
    top = folder.resolve()
    found = bundles_in(top)
    if (run := _run_of(top)) is None:
        verified = [_verified(bundle, None) for bundle in found]
    else:
        result = read_result(run.result)
        recorded = {bundle: known for bundle, known in _recorded(run, result) if bundle.is_relative_to(top)}
        expected = {bundle for bundle, known in recorded.items() if known.manifest_sha256 or bundle in found}
        verified = [
            _verified(bundle, recorded[bundle]) if bundle in recorded else _unknown(bundle)
            for bundle in sorted({*found, *expected})
        ]
        verified += _extra(run, result, top, found) if verified else []
    if not verified:
        raise UsageError(f"{folder} holds no logs that were brought home: no folder with a {MANIFEST} is in it")
    return [replace(each, folder=folder / each.folder.relative_to(top)) for each in verified]


def _run_of(top: Path) -> RunFolder | None:
    """The run in whose folder this is, or which has it."""
    for above in (top, *top.parents[:_DEPTH]):
        run = RunFolder(above)
        if run.result.is_file() and (above == top or top.is_relative_to(run.hosts)):
            return run
    return None


def _recorded(run: RunFolder, result: RunResult) -> Iterator[tuple[Path, _Recorded]]:
    """Where a run may have put bundles; those that it has sealed have a hash."""
    for host in result.hosts:
        for record in host.steps:
            sha256 = record.result.entries.get("manifest_sha256")
            known = _Recorded(host.name, sha256 if isinstance(sha256, str) else None)
            yield run.hosts / folder_name(host.name) / record.name, known


def _unknown(bundle: Path) -> VerifiedLogs:
    return VerifiedLogs(bundle, ("the run brought no such logs home",))


def _verified(bundle: Path, recorded: _Recorded | None) -> VerifiedLogs:
    if recorded and not bundle.exists():
        return VerifiedLogs(bundle, (f"the logs of {recorded.host} are gone",))
    sha256 = _sha256(bundle / MANIFEST)
    vouched = recorded is not None and recorded.manifest_sha256 is not None
    if recorded and vouched and sha256 not in {None, recorded.manifest_sha256}:
        problem = f"{MANIFEST} is not the one that the run wrote: its SHA-256 was {recorded.manifest_sha256}"
        return VerifiedLogs(bundle, (f"{problem}; what it says of the files counts for nothing",))
    if problems := verify(bundle):
        return VerifiedLogs(bundle, tuple(problems))
    manifest = read_manifest(bundle)
    return VerifiedLogs(bundle, (), manifest.host, len(manifest.files), sha256, vouched)


def _sha256(manifest: Path) -> str | None:
    try:
        return hashlib.sha256(manifest.read_bytes()).hexdigest()
    except OSError:
        return None


def _extra(run: RunFolder, result: RunResult, top: Path, found: list[Path]) -> Iterator[VerifiedLogs]:
    """What lies beside the logs and did not come home in this run; what is outside of `hosts` is not looked at."""
    steps = {folder_name(host.name): {record.name for record in host.steps} for host in result.hosts}
    told = {above for bundle in found for above in (bundle, *bundle.parents)}
    extra = {run.hosts: [path for path in _in(run.hosts) if path.name not in steps]}
    for folder in _in(run.hosts):
        if folder.name in steps:
            known = steps[folder.name]
            extra[folder] = [path for path in _in(folder) if path.name.removesuffix(_INSTALL_LOG) not in known]
    for folder, paths in extra.items():
        names = [path.name for path in paths if path not in told]
        if names and folder.is_relative_to(top):
            yield VerifiedLogs(folder, tuple(f"{name} was not brought home by this run" for name in names))


def _in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []
