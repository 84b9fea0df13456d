"""What VBScript and the objects of a stock Windows have and the lab has not: `beyond_vbscript.yaml` beside this.

Whoever asks for one of these is told so in the lab's own voice; what is not there Windows does not know either.
"""

from collections.abc import Mapping

from orchestrator.model.validation import Entry
from sspr_lab.data_beside import data_beside
from sspr_lab.unmodelled import NoModel


class _Beyond(Entry):
    source: str
    statements: frozenset[str]
    operators: frozenset[str]
    functions: frozenset[str]
    constants: str
    members: Mapping[str, frozenset[str]]
    objects: tuple[str, ...]


def _beyond() -> _Beyond:
    return data_beside(__file__, _Beyond)


def need_statement(word: str) -> None:
    """Raise NoModel for a word that begins a statement of the language."""
    if word.lower() in _beyond().statements:
        raise NoModel(f"VBScript's {word}")


def need_operator(token: str) -> None:
    """Raise NoModel for an operator that the lab has not."""
    if token.lower() in _beyond().operators:
        raise NoModel(f"VBScript's {token}")


def need_function(name: str) -> None:
    """Raise NoModel for a function or constant of the language."""
    if name in _beyond().functions or name.startswith(_beyond().constants):
        raise NoModel(f"VBScript's {name}")


def need_member(owner: str, name: str) -> None:
    """Raise NoModel for a member of an object."""
    if name in _beyond().members[owner]:
        raise NoModel(f"{owner}.{name}")


def need_object(program: str) -> None:
    """Raise NoModel for an object that a stock Windows makes by that name ("Scripting.FileSystemObject")."""
    if program.lower().startswith(_beyond().objects):
        raise NoModel(f"the object {program}")
