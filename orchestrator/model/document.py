"""YAML files that people write: read strictly, each key with its line, every problem of a file told at once.

Less than YAML is read, so that a file means what it says: one document, keys and values at the top, no key twice, no
tags, no aliases (a few lines of them can unfold into gigabytes). Plain words are read as JSON would: `on`, `no`,
`22:30` and `007` are text, where YAML 1.1 makes them true, false, 1350 and 7.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.reader import Reader

from orchestrator.model.errors import DocumentError, UsageError
from orchestrator.model.validation import Location, explain

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML was built without libyaml: slower, otherwise the same
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

M = TypeVar("M", bound=BaseModel)

_WORDS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_DEEPEST: Final = 20
_MOST_TOLD: Final = 20


class Problems:
    """What is wrong with one file, gathered so that all of it is told at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: list[tuple[int, str]] = []

    def add(self, line: int, problem: str) -> None:
        """Note a problem: what is wrong and what is expected, naming the key. Lines count from 1."""
        self._found.append((line, problem))

    def stop(self, line: int, problem: str) -> NoReturn:
        """Note a problem after which nothing more can be said, and raise."""
        self.add(line, problem)
        raise self._told()

    def check(self) -> None:
        """Raise one DocumentError that tells all problems in the order of their lines, if there are any."""
        if self._found:
            raise self._told()

    def _told(self) -> DocumentError:
        ordered = list(dict.fromkeys(sorted(self._found, key=lambda found: found[0])))
        (line, problem), *others = ordered
        texts = [problem, *(f"{self._path}:{line}: {text}" for line, text in others[: _MOST_TOLD - 1])]
        if len(ordered) > _MOST_TOLD:
            texts.append(f"{self._path}: and {len(ordered) - _MOST_TOLD} more problems")
        return DocumentError(self._path, line, "\n".join(texts))


@dataclass(frozen=True)
class Document:
    """The content of a file, and where each part of it stands.

    Attributes:
        path: The file.
        data: Its keys and values: dict, list, str, int, float, bool, None.
        lines: The line, from 1, of every key and list item by its location, as in `("steps", 2, "msi")`.
    """

    path: Path
    data: dict[str, Any]
    lines: Mapping[Location, int]

    def line(self, *location: str | int) -> int:
        """The line of a key or item; that of the nearest thing around it when it is not in the file."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)

    def renamed(self, names: Mapping[Location, str]) -> Document:
        """The document with other names for the keys at these locations; its lines stay where they are."""
        data = copy.deepcopy(self.data)
        for location, name in names.items():
            around: Any = data
            for part in location[:-1]:
                around = around[part]
            entries = {name if key == location[-1] else key: value for key, value in around.items()}
            around.clear()
            around.update(entries)
        lines = {
            tuple(names.get(place[: depth + 1], part) for depth, part in enumerate(place)): line
            for place, line in self.lines.items()
        }
        return Document(self.path, data, lines)

    def parse(self, model: type[M]) -> M:
        """The document as a pydantic model; relative `DocumentPath`s in it are taken from the file's folder.

        Raises:
            DocumentError: It does not fit the model. All of its problems are told.
        """
        try:
            return model.model_validate(self.data, context={"folder": self.path.absolute().parent})
        except ValidationError as error:
            problems = Problems(self.path)
            for location, problem in explain(error, model):
                problems.add(self.line(*location), problem)
            problems.check()
            raise


def load_document(path: Path, read: Callable[[Path], bytes] = Path.read_bytes) -> Document:
    """Read a YAML file.

    Args:
        path: The file.
        read: Reads it. What decides about hosts, and does not come with the program, is judged in doing so.

    Raises:
        DocumentError: It cannot be read, is not the YAML that we read, or holds no keys and values at the top.
    """
    text = _decoded(path, read)
    problems = Problems(path)
    builder = _Builder(text, problems)
    try:
        data = builder.document()
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(path, text, error) from None
    problems.check()
    if not isinstance(data, dict):
        raise DocumentError(path, 1, "keys with values are expected at the top (`key: value`)")
    return Document(path, data, builder.lines)


def parse_value(text: str) -> Any:
    """A single value as it would be read in a file, as in `15`, `always` or `[a.msi, b.msi]`.

    Raises:
        UsageError: It is not the YAML that we read.
    """
    problems = Problems(Path("value"))
    try:
        value = _Builder(text, problems).document()
        problems.check()
    except (yaml.YAMLError, DocumentError):
        raise UsageError(f"`{text}` is not a value of YAML; put text with special characters in quotes") from None
    return value


def _decoded(path: Path, read: Callable[[Path], bytes]) -> str:
    try:
        content = read(path)
    except OSError as error:
        hint = "; see how its path is written" if isinstance(error, FileNotFoundError) else ""
        raise DocumentError(path, None, f"cannot be read: {error.strerror}{hint}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DocumentError(path, line, "is not UTF-8 text; save the file as UTF-8") from None
    if strange := Reader.NON_PRINTABLE.search(text):
        line = text.count("\n", 0, strange.start()) + 1
        raise DocumentError(path, line, f"holds the control character U+{ord(strange.group()):04X}; remove it")
    return text


def _not_yaml(path: Path, text: str, error: yaml.MarkedYAMLError) -> DocumentError:
    """The parser's complaint with its line, and our word on the mistakes that are made most."""
    mark = error.problem_mark or error.context_mark
    lines = text.splitlines()
    if mark is None or not lines:
        return DocumentError(path, None, f"is not YAML: {error.problem}")
    number = min(mark.line, len(lines) - 1)
    line = lines[number]
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return DocumentError(path, number + 1, "is indented with a tab; indent with spaces")
    if mark.line == number and "\\" in line[max(0, mark.column - 1) : mark.column + 1]:
        hint = "a backslash in double quotes begins an escape; use single quotes, as in 'DOMAIN\\user'"
        return DocumentError(path, number + 1, hint)
    begun = f", {error.context} that begins in line {error.context_mark.line + 1}" if error.context_mark else ""
    look = "look at indentation, quotes and brackets there and in the lines before"
    return DocumentError(path, number + 1, f"is not YAML: {error.problem}{begun}; {look}")


class _Builder:
    """Makes plain data from the parser's events, and notes the line of everything."""

    def __init__(self, text: str, problems: Problems) -> None:
        self.lines: dict[Location, int] = {}
        self._problems = problems
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=Loader)

    def document(self) -> Any:
        """The content of the one document; None when there is none."""
        data: Any = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._problems.add(_line(event), "a second document begins here; a file holds one")
                content = self._value(next(self._events), ())
                data = content if documents == 1 else data
        self.lines[()] = 1
        return data

    def _value(self, event: yaml.Event, location: Location) -> Any:
        self.lines.setdefault(location, _line(event))
        if len(location) > _DEEPEST:
            self._problems.stop(_line(event), f"is nested more than {_DEEPEST} levels deep")
        if isinstance(event, yaml.AliasEvent):
            self._problems.add(_line(event), "aliases (`*…`) are not read; write the value out (or put it in quotes)")
            return None
        if getattr(event, "tag", None) not in (None, "!"):
            self._problems.add(_line(event), "tags (`!…`) are not read; put text that begins with `!` in quotes")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(location)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(location)
        assert isinstance(event, yaml.ScalarEvent)
        return _plain(event.value) if event.implicit[0] else event.value

    def _mapping(self, location: Location) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for event in self._until(yaml.MappingEndEvent):
            key = self._key(event)
            following = next(self._events)
            inside = (*location, key)
            if key in data:
                first = self.lines[inside]
                self._problems.add(_line(event), f"the key `{key}` stands here twice, first in line {first}")
            self.lines.setdefault(inside, _line(event))
            data[key] = self._value(following, inside)
        return data

    def _key(self, event: yaml.Event) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.tag not in (None, "!"):
            self._problems.stop(_line(event), "a key is plain text; put it in quotes")
        return event.value

    def _sequence(self, location: Location) -> list[Any]:
        events = self._until(yaml.SequenceEndEvent)
        return [self._value(event, (*location, index)) for index, event in enumerate(events)]

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event


def _plain(text: str) -> Any:
    """A scalar without quotes: null, true, false, a number or text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


def _line(event: yaml.Event) -> int:
    assert event.start_mark is not None, "every event of a parser has its place"
    return event.start_mark.line + 1
