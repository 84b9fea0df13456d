"""What Windows' own programs understand, by their documentation: which part of it the lab models, and which not.

One file here for each program that has a model, named like it (`sc.yaml` is about sc.exe), and `cmd.yaml` about cmd.exe
with its built-in commands. What is `modelled` is the tool's own business. What is `unmodelled` Windows has and the lab
has not: nothing that Windows might answer is claimed then. What is in neither list Windows does not know either, and
the tool answers as Windows does. `reading.py` holds a command line against a file.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import Field

from orchestrator.model.document import load_document
from orchestrator.model.validation import Entry

_FOLDER: Final = Path(__file__).parent
_SAME: Final = {"net1": "net"}


class Grammar(Entry):
    """The words behind a program's name, or behind one of its verbs.

    An option is written as documentation does: `/svc` stands alone, `/s SYSTEM` takes the next word, `/q:QUERY` has its
    value behind a colon. A value in lower case means itself: `/format:list`.

    Attributes:
        verbs: Verbs that have a model, each with what may follow it; `el|enum-logs` are two names of one.
        unmodelled_verbs: Verbs without one, whatever follows.
        modelled: Options that have a model.
        unmodelled: Options without one.
        unmodelled_operands: Patterns of other words, or of the parts of a list with commas, that have no model.
        ends_at_operand: Whether what follows the first word that is no option is no business of the program's.
        alone: Whether there is a model when nothing follows, or options alone.
    """

    verbs: Mapping[str, "Grammar"] = Field(default_factory=dict)
    unmodelled_verbs: tuple[str, ...] = ()
    modelled: tuple[str, ...] = ()
    unmodelled: tuple[str, ...] = ()
    unmodelled_operands: tuple[str, ...] = ()
    ends_at_operand: bool = False
    alone: bool = True


class Table(Grammar):
    """A program's.

    Attributes:
        source: Where it is documented.
        abbreviates: Whether the beginning of a verb stands for it.
        reads_quotes: The program does not take its command line apart into words as most do; its model asks itself.
    """

    source: str
    abbreviates: bool = False
    reads_quotes: bool = False


@cache
def table(program: str) -> Table | None:
    """The table of a program ("sc"), None where there is none. Raises DocumentError."""
    path = _FOLDER / f"{_SAME.get(program, program)}.yaml"
    return load_document(path).parse(Table) if path.exists() else None


def programs() -> frozenset[str]:
    """The programs that have a table."""
    return frozenset(path.stem for path in _FOLDER.glob("*.yaml")) | _SAME.keys()
