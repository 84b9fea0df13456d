"""What is kept of a case for a ticket: one page, and one zip file of what the machine gave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestrator.app.analyze import Cloud, analyze
from orchestrator.app.redact import redact_logs
from orchestrator.console.case_page import page_bytes
from orchestrator.harvest import zipped
from orchestrator.harvest.layout import ZIP
from orchestrator.harvest.names import folder_name
from orchestrator.model.case import Case
from orchestrator.model.private_file import make_folder, write_private
from orchestrator.model.result import HostResult
from orchestrator.steps.collect import CollectDetail


@dataclass(frozen=True)
class Kept:
    """A case, and where what is attached to a ticket lies."""

    case: Case
    page: Path
    archive: Path


def folder_for(host: str, now: datetime) -> Path:
    """Where a case's files go unless somebody says: below the current folder, by host and minute."""
    return Path(f"case-{folder_name(host)}-{now:%Y%m%d-%H%M}")


def bundle_of(host: HostResult) -> Path | None:
    """The logs that a run brought home from a host; None where it brought none."""
    details = [step.result.detail for step in host.steps]
    places = [each.archive or each.folder for each in details if isinstance(each, CollectDetail)]
    return next((Path(place) for place in places if place), None)


def keep(folder: Path, bundle: Path, cloud: Cloud | None, *, redact: bool) -> Kept:
    """Reads what a host gave, and writes the page and the zip file.

    Args:
        folder: Where to; it is made for us alone.
        bundle: The host's logs, a folder or a zip file.
        cloud: What the directory says; None where nobody asked it.
        redact: Whether persons get pseudonyms, in both.

    Raises:
        UsageError: An export, or the key of pseudonyms, cannot be used.
        OSError: Something cannot be written.
    """
    (case,) = analyze([bundle], cloud, redact=redact)
    make_folder(folder)
    name = folder_name(case.host or "host")
    page, archive = folder / f"{name}.html", folder / f"{name}{ZIP}"
    if redact:
        redact_logs(bundle, archive)
    elif bundle.is_dir():
        zipped.pack(bundle, archive)
    else:
        write_private(archive, bundle.read_bytes())
    write_private(page, page_bytes(case))
    return Kept(case, page, archive)
