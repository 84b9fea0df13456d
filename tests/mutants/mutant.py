"""One mutant: a text of the product that stands there once, what it is replaced by, and the tests that must notice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

LIST = Path(__file__).with_name("mutants.yaml")


class UnfitMutant(Exception):
    """The list names a text, or a mutant, that is not there exactly once."""


class Entry(BaseModel):
    """A mutant as it stands in mutants.yaml, which says what each field means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    why: str
    file: str
    find: str
    replace: str
    killed_by: tuple[str, ...]


@dataclass(frozen=True)
class Mutant:
    """An entry whose text was found.

    Attributes:
        name: What it is called.
        file: The file that it changes, below the project's root.
        content: That file, changed.
        killed_by: Tests, by their pytest node ids, of which at least one must fail.
    """

    name: str
    file: str
    content: str
    killed_by: tuple[str, ...]


def read(root: Path, names: Sequence[str]) -> list[Mutant]:
    """The mutants of the list, or those named, made from the sources below `root`.

    Raises:
        UnfitMutant: when a text does not stand exactly once in its file, or a name not exactly once in the list.
    """
    entries = TypeAdapter(list[Entry]).validate_python(yaml.safe_load(LIST.read_text(encoding="utf-8")))
    known = [entry.name for entry in entries]
    if odd := sorted({name for name in known if known.count(name) > 1} | set(names).difference(known)):
        raise UnfitMutant(f"not exactly once in {LIST.name}: {', '.join(odd)}")
    return [_made(root, entry) for entry in entries if not names or entry.name in names]


def _made(root: Path, entry: Entry) -> Mutant:
    source = (root / entry.file).read_text(encoding="utf-8")
    if (count := source.count(entry.find)) != 1:
        raise UnfitMutant(f"{entry.name}: {entry.file} has its text {count} times, not once")
    if entry.find == entry.replace:
        raise UnfitMutant(f"{entry.name}: changes nothing")
    return Mutant(entry.name, entry.file, source.replace(entry.find, entry.replace), entry.killed_by)
