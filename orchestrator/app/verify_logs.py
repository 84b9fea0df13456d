"""Logs that were brought home, held against their manifests, and these against what the run wrote down."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestrator.harvest.bundle import MANIFEST, bundles_in, read_manifest, verify
from orchestrator.harvest.names import folder_name
from orchestrator.model.errors import UsageError
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.result_file import read_result
from orchestrator.steps.collect import CollectDetail


@dataclass(frozen=True)
class VerifiedLogs:
    """One folder of logs.

    Attributes:
        folder: Where it is.
        problems: What is not as it was brought home, a sentence each; empty when all is.
        host: Whose logs they are; None where there are problems.
        files: How many.
        manifest_sha256: Hash of its manifest, which the run's result file has too.
    """

    folder: Path
    problems: tuple[str, ...]
    host: str | None = None
    files: int = 0
    manifest_sha256: str | None = None


def verify_logs(folder: Path) -> list[VerifiedLogs]:
    """Look at all logs at or below a folder: a run's, a host's, or the logs' own.

    In a run's folder with its result, none that the run brought home may be missing, and no manifest may differ from
    the one that was written then.

    Raises:
        UsageError: There are none.
        DocumentError: The run's result cannot be read.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder")
    recorded = dict(_recorded(RunFolder(folder)))
    if not (found := sorted({*bundles_in(folder), *recorded})):
        raise UsageError(f"{folder} holds no logs that were brought home: no folder with a {MANIFEST} is in it")
    return [_verified(bundle, recorded.get(bundle)) for bundle in found]


def _recorded(run: RunFolder) -> Iterator[tuple[Path, str]]:
    """Where a run has put its bundles, with the hashes of their manifests."""
    if not run.result.is_file():
        return
    for host in read_result(run.result).hosts:
        for record in host.steps:
            detail = record.result.detail
            if isinstance(detail, CollectDetail) and detail.manifest_sha256 is not None:
                yield run.hosts / folder_name(host.name) / record.name, detail.manifest_sha256


def _verified(bundle: Path, recorded: str | None) -> VerifiedLogs:
    if problems := verify(bundle):
        return VerifiedLogs(bundle, tuple(problems))
    manifest, found = read_manifest(bundle), hashlib.sha256((bundle / MANIFEST).read_bytes()).hexdigest()
    if recorded is not None and recorded != found:
        return VerifiedLogs(bundle, (f"{MANIFEST} is not the one that the run wrote: its SHA-256 was {recorded}",))
    return VerifiedLogs(bundle, (), manifest.host, len(manifest.files), found)
