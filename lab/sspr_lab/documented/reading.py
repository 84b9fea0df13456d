"""A command line held against the table of its program: what of it Windows has and the lab has not."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from sspr_lab.documented import Grammar, Table, table

HELP: Final = "/?"
_MARKS: Final = ("/", "-")
_BETWEEN_ARGUMENTS: Final = re.compile(r"[ \t,;=]+")  # of a built-in command
_HELP_COMES_FIRST: Final = frozenset({"echo", "rem"})  # a later /? is text [mem]
_REMEMBERED: Final = 4096  # command lines: the machines of a fleet are sent the same ones


@lru_cache(_REMEMBERED)
def beyond_model(image: str, words: tuple[str, ...]) -> str | None:
    """What a command line asks for that Windows has and the lab has not, as in "sc create"; None when nothing.

    Args:
        image: The program's file, in lower case.
        words: What follows its name.
    """
    program = image.rpartition(".")[0]
    found = table(program)
    return None if found is None or found.reads_quotes else _Reading(found, found, program).beyond(words)


@lru_cache(_REMEMBERED)
def beyond_builtin(name: str, arguments: str) -> str | None:
    """The same of a command of cmd.exe itself: its name in lower case, and the text behind it. None for other names."""
    commands = table("cmd")
    assert commands is not None, "it is part of the lab"
    if name in commands.unmodelled_verbs:
        return name
    if name not in commands.verbs:
        return None
    words = [word for word in _BETWEEN_ARGUMENTS.split(arguments) if word]
    if HELP in (words[:1] if name in _HELP_COMES_FIRST else words):
        return f"{name} {HELP}"
    grammar = commands.verbs[name]
    if not grammar.unmodelled and not grammar.unmodelled_operands:
        return None
    parts = [part for word in words for part in _switches_apart(word)]
    return _Reading(commands, grammar, name, glues=True).beyond(parts)


def beyond_switch(program: str, switch: str) -> str | None:
    """The same of a single option, for a model that reads its command line itself."""
    about = table(program)
    return None if about is None else _Reading(about, about, program).beyond([switch])


def _switches_apart(word: str) -> Iterator[str]:
    """A slash begins a switch wherever it stands: `a.txt/d`."""
    head, *switches = word.split("/")
    if head:
        yield head
    yield from (f"/{switch}" for switch in switches)


@dataclass(frozen=True)
class _Option:
    is_modelled: bool
    takes_next: bool


class _Reading:
    """One command line, read from left to right: what comes first decides."""

    def __init__(self, about: Table, grammar: Grammar, name: str, *, glues: bool = False) -> None:
        self._about = about
        self._glues = glues  # a value may follow an option's letter at once: "/ah"
        self._grammar = grammar
        self._path = [name]
        self._verbs = _verbs(grammar)
        self._options = _options(grammar)

    def beyond(self, words: Sequence[str]) -> str | None:
        rest = list(words)
        follows = False
        while rest:
            word = rest.pop(0)
            verb = self._verb(word)
            if (_plain(word) == HELP and HELP not in self._options) or (verb and self._verbs[verb] is None):
                return self._named(word)
            if verb:
                self._descend(word, verb)
                follows = False
                continue
            option = self._option(word)
            follows = follows or option is None
            if option is None and self._is_beyond(word):
                return self._named(word)
            if option is None and self._ends(word):
                return None
            if option and not option.is_modelled:
                return self._named(word if _plain(word) in self._options else word.partition(":")[0])
            if option and option.takes_next:
                del rest[:1]
        return None if follows or self._grammar.alone else " ".join(self._path)

    def _ends(self, word: str) -> bool:
        """Whether a word that says nothing leaves open what follows: nobody knows it, or a script's arguments begin."""
        return word.startswith(_MARKS) or bool(self._verbs) or self._grammar.ends_at_operand

    def _descend(self, word: str, verb: str) -> None:
        grammar = self._verbs[verb]
        assert grammar is not None
        self._path.append(word)
        self._grammar = grammar
        self._verbs = _verbs(grammar)
        self._options = {**self._options, **_options(grammar)}

    def _named(self, word: str) -> str:
        return " ".join([*self._path, word])

    def _verb(self, word: str) -> str:
        """The verb that a word is here, "" when it is none."""
        word = _plain(word)
        if word in self._verbs:
            return word
        return next((verb for verb in self._verbs if verb.startswith(word)), "") if self._about.abbreviates else ""

    def _option(self, word: str) -> _Option | None:
        word = _plain(word)
        found = self._options.get(word) or self._options.get(word.partition(":")[0])
        return found or (self._options.get(word[:2]) if self._glues else None)

    def _is_beyond(self, word: str) -> bool:
        patterns = () if word.startswith(_MARKS) else self._grammar.unmodelled_operands
        return any(fnmatchcase(part, pattern) for part in word.lower().split(",") for pattern in patterns)


def _plain(word: str) -> str:
    """A word of a command line or a table, so that -S is /s."""
    return "/" + word[1:].lower() if word.startswith(_MARKS) else word.lower()


def _verbs(grammar: Grammar) -> dict[str, Grammar | None]:
    """By name; None where a verb has no model."""
    modelled = {_plain(name): found for names, found in grammar.verbs.items() for name in names.split("|")}
    return {**dict.fromkeys(map(_plain, grammar.unmodelled_verbs)), **modelled}


def _options(grammar: Grammar) -> Mapping[str, _Option]:
    return {**_read(grammar.unmodelled, is_modelled=False), **_read(grammar.modelled, is_modelled=True)}


def _read(options: Sequence[str], *, is_modelled: bool) -> dict[str, _Option]:
    found = {}
    for text in options:
        name, _, value = text.partition(" ")
        bare, _, glued = name.partition(":")
        found[_plain(name if glued.islower() or glued.isdecimal() else bare)] = _Option(is_modelled, bool(value))
    return found
