"""Logs and cases with pseudonyms in the place of persons, for handing on."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from orchestrator.harvest.bundle import bundles_in, read_manifest, verify
from orchestrator.harvest.layout import MANIFEST, ZIP
from orchestrator.harvest.manifest import Manifest
from orchestrator.harvest.redaction.bundle import Portions, learned, redacted_bundle
from orchestrator.harvest.redaction.case import redacted_case
from orchestrator.harvest.redaction.pseudonyms import Pseudonyms
from orchestrator.harvest.redaction.texts import NotRewritten
from orchestrator.harvest.zipped import NoBundle
from orchestrator.model.case import Case
from orchestrator.model.errors import UnexpectedOutput, UsageError
from orchestrator.runs.redaction_key import redaction_key
from orchestrator.sentences import say

_NAMED: Final = 3


def redact_logs(place: Path, destination: Path) -> Manifest:
    """Writes a copy of one host's logs with pseudonyms, made by the operator's key.

    Args:
        place: The logs: their folder or zip file, or a folder above that has no others.
        destination: Where the copy is to be, a zip file or a folder.

    Returns:
        The copy's manifest.

    Raises:
        UsageError: There are none or several, they are not as they were brought home or redacted already, the copy
            would be in the place of logs or among them, or the key cannot be used.
        OSError: A file cannot be read or written.
    """
    bundle = _one(place)
    if problems := verify(bundle):
        raise UsageError(f"{bundle}: not as it was brought home: {problems[0]}; `sspr logs verify` names all of it")
    if read_manifest(bundle).redacted is not None:
        raise UsageError(f"{bundle}: persons have pseudonyms there already; hand it on as it is")
    _check(destination, bundle)
    try:
        return redacted_bundle(bundle, destination, Pseudonyms(redaction_key()))
    except NoBundle as error:
        raise UsageError(f"{bundle}: {error}") from error
    except UnexpectedOutput as error:
        raise UsageError(f"{bundle}: {say(error.reason)}") from error


def redact_cases(cases: Iterable[Case], files: Iterable[tuple[str, Portions]]) -> tuple[Case, ...]:
    """Cases with pseudonyms, made by the operator's key: the same as in the logs that they are of.

    Args:
        cases: The cases.
        files: What they were made of, each by its name and what gives its content. Those that are no text are passed
            over: of an event log that has no XML beside it, give that (`eventlog.evtx_texts`) by a name in `.xml`.

    Raises:
        UsageError: The key cannot be used, or there are more names than any machine has.
        OSError: A file or the key cannot be read.
    """
    pseudonyms = Pseudonyms(redaction_key())
    try:
        for name, portions in files:
            with suppress(NotRewritten):
                learned(pseudonyms, name, portions)
        return tuple(redacted_case(case, pseudonyms) for case in cases)
    except UnexpectedOutput as error:
        raise UsageError(say(error.reason)) from error


def _one(place: Path) -> Path:
    if not (place.is_dir() or (place.is_file() and place.suffix == ZIP)):
        raise UsageError(f"{place} is no folder, and no zip file of logs")
    there = bundles_in(place)
    if not there:
        raise UsageError(f"{place} holds no logs that were brought home: no folder with a {MANIFEST} is in it")
    found = [each for each in there if not _is_copy(each)] or there
    if len(found) > 1:
        named = ", ".join(str(each) for each in found[:_NAMED])
        raise UsageError(f"{place} holds {len(found)} bundles of logs; name one, such as {named}")
    return found[0]


def _check(destination: Path, bundle: Path) -> None:
    """A copy may replace an earlier one, and nothing that was brought home. Raises UsageError."""
    if destination.resolve().is_relative_to(bundle.resolve()):
        raise UsageError(f"{destination}: is, or is among, the logs themselves; give the name of another place")
    if not destination.exists():
        return
    if not _is_copy(destination):
        raise UsageError(f"{destination}: is there already, and is no redacted copy; give the name of another")


def _is_copy(place: Path) -> bool:
    try:
        return read_manifest(place).redacted is not None
    except (OSError, ValueError, NoBundle):
        return False
