"""Reads the files that a host gave, each by its kind; one that cannot be read spoils none of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from orchestrator.harvest import eventlog, msi_log, registry_snapshot, timeline
from orchestrator.harvest.eventlog import EventRecord
from orchestrator.harvest.msi_log import MsiLogVerdict
from orchestrator.harvest.registry_snapshot import Snapshot
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import Message, message


@message("eventlog-unreadable-events")
def _unreadable_events(count: int) -> None: ...


@dataclass(frozen=True)
class Reading:
    """What the files say.

    Attributes:
        events: Every event, once, in the order of time.
        registry: All exported keys together.
        install_logs: By file name, what each log of Windows Installer says.
        problems: By file name, what could not be read of it.
    """

    events: tuple[EventRecord, ...]
    registry: Snapshot
    install_logs: Mapping[str, MsiLogVerdict]
    problems: Mapping[str, Message]


def read(files: Mapping[str, bytes]) -> Reading:
    """Reads .evtx, .xml, .reg and .log files; others are not looked into."""
    events: list[tuple[EventRecord, ...]] = []
    registry = Snapshot()
    install_logs: dict[str, MsiLogVerdict] = {}
    problems: dict[str, Message] = {}
    for name, content in sorted(files.items()):
        try:
            match PurePosixPath(name).suffix.lower():
                case ".evtx" | ".xml":
                    found = eventlog.read(content)
                    events.append(found.records)
                    if found.unreadable:
                        problems[name] = _unreadable_events(found.unreadable)
                case ".reg":
                    registry = registry.joined(registry_snapshot.read(content))
                case ".log":
                    install_logs[name] = msi_log.analyse(content)
                case _:
                    pass
        except UnexpectedOutput as error:
            problems[name] = error.reason
    return Reading(tuple(timeline.merge(events)), registry, install_logs, problems)
