"""How the hosts of runs ended, kept beside each run that is over once its log was read for that: a log is megabytes.

What is kept counts for the log and the result that it was made of, by their sizes and times.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import astuple
from pathlib import Path
from typing import Final

from orchestrator.model import trust
from orchestrator.model.errors import UntrustedPath
from orchestrator.model.message import Message
from orchestrator.model.private_file import write_private
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.host_endings import Ending, Endings, endings
from orchestrator.runs.store import Told

_FORM: Final = 1


def known_endings(folder: RunFolder, told: Told) -> Endings:
    """How the hosts of a run ended; see `endings`."""
    source, notes = _source(folder), list[Message]()
    path = folder.path / "endings.json"
    if source and (kept := _kept(path, source)):
        return kept
    found = endings(folder, notes.append)
    for said in notes:
        told(said)
    if source and not notes and not found.at_work and folder.listed_by is None and source == _source(folder):
        with contextlib.suppress(OSError):
            write_private(path, _content(found, source))
    return found


def _source(folder: RunFolder) -> list[int] | None:
    """What log and result are known by; None while there are not both."""
    try:
        found = [path.stat() for path in (folder.journal, folder.result)]
    except OSError:
        return None
    return [number for each in found for number in (each.st_size, each.st_mtime_ns)]


def _kept(path: Path, source: list[int]) -> Endings | None:
    try:
        kept = json.loads(trust.read(path))
        if kept["form"] != _FORM or kept["source"] != source:
            return None
        ended = {name: Ending(*rest) for name, *rest in kept["ended"]}
        return Endings(kept["run"], kept["playbook"], kept["check"], ended)
    except (OSError, UntrustedPath, ValueError, LookupError, TypeError):
        return None


def _content(found: Endings, source: list[int]) -> bytes:
    kept = {"form": _FORM, "source": source, "run": found.run, "playbook": found.playbook, "check": found.check}
    ended = [(name, *astuple(ending)) for name, ending in found.ended.items()]
    return json.dumps({**kept, "ended": ended}).encode()
