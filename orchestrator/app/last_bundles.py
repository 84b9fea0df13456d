"""How far each host's logs were brought home last time, by what earlier runs have written down."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from orchestrator.model.errors import UsageError
from orchestrator.model.host import Host
from orchestrator.model.result import HostResult, RunResult
from orchestrator.runs.folders import RunFolder, run_folders
from orchestrator.runs.result_file import read_result
from orchestrator.steps.collect import CollectDetail
from orchestrator.steps.since import MarkEntry, SinceEntry


def last_bundles(hosts: Iterable[Host]) -> dict[str, SinceEntry]:
    """What the step `collect` is to be told as `since`: by a host's name, the last bundle of which a run tells.

    It need not be there any more: whoever has it, knows it by the run and the hash.

    Raises:
        UsageError: The state folder is none.
        OSError: It cannot be read.
    """
    missing = {host.name for host in hosts}
    found: dict[str, SinceEntry] = {}
    for folder in run_folders():
        if not missing:
            break
        if (result := _result(folder)) is None:
            continue
        for host in result.hosts:
            if host.name in missing and (detail := _last(host)):
                found[host.name] = _since(result.id, detail)
                missing.discard(host.name)
    return found


def _result(folder: RunFolder) -> RunResult | None:
    """The result of a run that brought logs home; one that nobody can read tells nothing."""
    try:
        if not folder.ended or b'"manifest_sha256"' not in folder.result.read_bytes():
            return None
        return read_result(folder.result, Path.read_bytes)
    except (UsageError, OSError):
        return None


def _last(host: HostResult) -> CollectDetail | None:
    details = (record.result.detail for record in reversed(host.steps))
    return next((each for each in details if isinstance(each, CollectDetail) and each.marks), None)


def _since(run: str, detail: CollectDetail) -> SinceEntry:
    marks = {each.source: MarkEntry(log=each.log, record=each.record, written=each.written) for each in detail.marks}
    return SinceEntry(run=run, manifest_sha256=detail.manifest_sha256 or "", marks=marks)
