"""Finds and reads playbooks: a file by its path, a shipped one by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from orchestrator.model.document import Document, Problems, load_document
from orchestrator.model.errors import UsageError, did_you_mean
from orchestrator.model.shared_files import load_shared
from orchestrator.model.validation import Location
from orchestrator.playbook import shipped_files
from orchestrator.playbook.entries import ConditionEntry, StepEntry, playbook_file
from orchestrator.playbook.plan import Condition, PlannedStep, Playbook
from orchestrator.steps.declaration import AnyKind
from orchestrator.steps.kinds import KINDS

_SUFFIXES: Final = (".yaml", ".yml")


def load_playbook(name_or_path: str, kinds: tuple[AnyKind, ...] = KINDS) -> Playbook:
    """A playbook: the file at a path (with a slash, or ending in .yaml), or else the shipped one of that name.

    Args:
        name_or_path: Which.
        kinds: The kinds of step that it may name.

    Raises:
        UsageError: No shipped playbook has the name.
        DocumentError: The file cannot be used. Every problem in it is told with its line.
        UntrustedPath: Another person may write it.
    """
    path = Path(name_or_path)
    if path.suffix in _SUFFIXES or path.name != name_or_path:
        return _read(load_shared(path), kinds)
    files = shipped_files()
    if name_or_path not in files:
        known = ", ".join(files)
        hint = did_you_mean(name_or_path, files)
        raise UsageError(
            f"there is no playbook `{name_or_path}`{hint or ';'} there are {known}; "
            f"one of your own is given by its path, as in ./{path.name or 'mine'}.yaml"
        )
    return _read(load_document(files[name_or_path]), kinds)


def shipped_playbooks() -> list[Playbook]:
    """The playbooks that come with the program, by name."""
    return [_read(load_document(file), KINDS) for file in shipped_files().values()]


def _read(written: Document, kinds: tuple[AnyKind, ...]) -> Playbook:
    document, notes = _with_present_names(written, kinds)
    file = document.parse(playbook_file(kinds))
    steps = tuple(_planned(entry) for entry in file.steps)
    _check_names(document, steps)
    return Playbook(file.name, file.description, steps, document.path, notes, file.strategy, file.guards, file.limits)


def _with_present_names(document: Document, kinds: tuple[AnyKind, ...]) -> tuple[Document, tuple[str, ...]]:
    """The document with each step under its kind's present name, and a note for each that had a former one."""
    present = {old: kind.name for kind in kinds for old in kind.formerly}
    names: dict[Location, str] = {}
    steps = document.data.get("steps")
    for position, step in enumerate(steps if isinstance(steps, list) else ()):
        for old in present.keys() & (step.keys() if isinstance(step, dict) else set()):
            names["steps", position, old] = present[old]
    notes = tuple(
        f"{document.path}:{document.line(*old)}: `{old[-1]}` is called `{now}` now" for old, now in names.items()
    )
    return document.renamed(names) if names else document, notes


def _planned(entry: StepEntry) -> PlannedStep:
    when = entry.when or ConditionEntry()
    return PlannedStep(
        kind=entry.kind,
        name=entry.name or entry.kind.name,
        parameters=entry.parameters,
        condition=Condition(frozenset(when.branch), frozenset(when.architecture)),
        deadline_seconds=60.0 * (entry.deadline_minutes or entry.parameters.allowed_minutes),
    )


def _check_names(document: Document, steps: tuple[PlannedStep, ...]) -> None:
    problems = Problems(document.path)
    first: dict[str, int] = {}
    for position, step in enumerate(steps):
        line = document.line("steps", position)
        if step.name in first:
            problems.add(
                line, f"a step `{step.name}` is there in line {first[step.name]}; give this one another `name`"
            )
        first.setdefault(step.name, line)
    problems.check()
