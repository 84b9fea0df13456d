"""What is kept of a case for a ticket: one page, and one zip file of what the machine gave."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from orchestrator.app.analyze import Cloud, analyze
from orchestrator.app.redact import redact_logs
from orchestrator.console.case_page import page_bytes
from orchestrator.harvest import zipped
from orchestrator.harvest.layout import ZIP
from orchestrator.harvest.names import folder_name
from orchestrator.model.capture import CaptureDetail
from orchestrator.model.case import Case, Lane
from orchestrator.model.errors import UsageError
from orchestrator.model.private_file import make_folder, try_private, write_private
from orchestrator.model.result import HostResult
from orchestrator.steps.collect import CollectDetail

_MOST_FOLDERS: Final = 100
_AMISS: Final = 2
"""Seconds that a clock's offset may be wrong by."""


@dataclass(frozen=True)
class Kept:
    """A case, and where what is attached to a ticket lies."""

    case: Case
    page: Path
    archive: Path


def folder_for(host: str, now: datetime) -> Path:
    """Where a case's files go unless somebody says: a new folder here, by host and minute."""
    name = f"case-{folder_name(host)}-{now:%Y%m%d-%H%M}"
    names = (name, *(f"{name}-{number}" for number in range(2, _MOST_FOLDERS)))
    return next((Path(each) for each in names if not Path(each).exists()), Path(name))


@contextmanager
def ready(folder: Path) -> Iterator[None]:
    """A folder for a case's files, tried before any host is touched; one that stays empty goes with the block.

    Raises:
        UsageError: It holds files already, or cannot be written.
    """
    new = not folder.exists()
    try:
        if not new and any(folder.iterdir()):
            raise UsageError(f"{folder} holds files already; name another folder")
        make_folder(folder)
        try_private(folder / "page.html")
    except OSError as error:
        raise UsageError(f"{folder}: cannot be a folder for the page and the zip file: {error.strerror}") from error
    try:
        yield
    finally:
        if new:
            with suppress(OSError):
                folder.rmdir()


def add_in_wrote(host: HostResult, case: Case) -> bool:
    """Whether the add-in wrote anything since the capture that was for trying it; true where there was none."""
    details = [step.result.detail for step in host.steps]
    begun = next((each.since for each in details if isinstance(each, CaptureDetail) and each.on and each.since), None)
    if begun is None:
        return True
    since = begun - timedelta(seconds=(case.clock_ahead_seconds or 0.0) + _AMISS)
    return any(moment.lane is Lane.ADD_IN and moment.utc >= since for moment in case.timeline)


def bundle_of(host: HostResult) -> Path | None:
    """The logs that a run brought home from a host; None where it brought none."""
    details = [step.result.detail for step in host.steps]
    places = [each.archive or each.folder for each in details if isinstance(each, CollectDetail)]
    return next((Path(place) for place in places if place), None)


def keep(folder: Path, bundle: Path, cloud: Cloud | None, *, redact: bool) -> Kept:
    """Reads what a host gave, and writes the page and the zip file.

    Args:
        folder: Where to; see `ready`.
        bundle: The host's logs, a folder or a zip file.
        cloud: What the directory says; None where nobody asked it.
        redact: Whether persons get pseudonyms, in both.

    Raises:
        UsageError: The key of pseudonyms cannot be used.
        OSError: Something cannot be written.
    """
    (case,) = analyze([bundle], cloud, redact=redact)
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
