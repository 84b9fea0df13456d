"""What the models of people's files have in common, and what is wrong with a file in words that a person can act on."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, ValidationInfo

from orchestrator.model.errors import did_you_mean

Location: TypeAlias = tuple[str | int, ...]
"""Where in a document something stands: keys, and positions in lists from 0."""


class Entry(BaseModel):
    """Base of everything that is read from a file: a key that is not known is refused, nothing changes afterwards.

    A field with `repr=False` is never shown in a problem: it may hold a secret that was put in the wrong place.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


def _from_folder(path: Path, info: ValidationInfo) -> Path:
    return Path((info.context or {}).get("folder", "")) / path.expanduser()


DocumentPath = Annotated[Path, AfterValidator(_from_folder)]
"""A path that is relative to the folder of the file in which it is written."""

_EXPECTED: Final[Mapping[str, str]] = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "keys with values",
    "float_type": "a number",
    "frozen_set_type": "a list",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "keys with values",
    "path_type": "a path",
    "string_type": "text",
    "tuple_type": "a list",
}
_LIMIT: Final[Mapping[str, str]] = {
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "at least {min_length} character(s)",
    "too_short": "at least {min_length} item(s)",
    "literal_error": "{expected}",
}


def explain(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[Location, str]]:
    """Each problem of a model's data: where it is, and a text with the key, what was found and what is expected."""
    for detail in error.errors(include_url=False):
        location: Location = tuple(part for part in detail["loc"] if part != "[key]")
        place = _Place.find(model, location)
        kind, context = detail["type"], detail.get("ctx", {})
        if kind == "too_short" and len(detail["input"]) >= context["min_length"]:
            continue  # it has items enough; pydantic counts only the good ones, and tells of the bad ones as well
        found = "" if place.hidden else f", found {describe(detail['input'])}"
        if kind == "extra_forbidden":
            text = place.unknown(str(location[-1]))
        elif kind == "missing":
            text = _at(location[:-1], f"the key `{location[-1]}` is missing")
        elif kind == "value_error":
            text = _at(location, str(context["error"]))
        elif kind in _EXPECTED:
            text = _at(location, f"expected {_EXPECTED[kind]}{found}{_quotes(kind, detail['input'])}")
        elif kind in _LIMIT:
            text = _at(location, f"expected {_LIMIT[kind].format(**context)}{found}")
        else:
            text = _at(location, detail["msg"])
        yield location, text


def describe(value: object) -> str:
    """A value of a document in few words, as in "found …"."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "keys with values"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text if len(text) <= 60 else text[:60] + '…'}`"  # noqa: PLR2004


def _quotes(expected: str, value: object) -> str:
    """What to do about a number that should be text, or text that should be a number."""
    if expected == "string_type" and isinstance(value, int | float):
        return "; put it in quotes"
    if expected == "int_type" and isinstance(value, str) and value.isdecimal():
        return "; write it without quotes"
    return ""


def _at(location: Sequence[str | int], text: str) -> str:
    dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    return f"`{dotted}`: {text}" if dotted else text


class _Place:
    """A location seen from the model: the keys that are known there, and whether it may be shown."""

    def __init__(self, known: Iterable[str], hidden: bool) -> None:
        self.known = list(known)
        self.hidden = hidden

    @classmethod
    def find(cls, model: type[BaseModel], location: Location) -> _Place:
        annotation: Any = model
        known: Iterable[str] = ()
        hidden = False
        for part in location:
            annotation = _bare(annotation)
            known = ()
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
                known = fields
                field = fields.get(str(part))
                annotation = field.annotation if field else None
                hidden = hidden or (field is not None and not field.repr)
            elif arguments := get_args(annotation):
                annotation = arguments[1 if isinstance(part, str) else 0]
        return cls(known, hidden)

    def unknown(self, key: str) -> str:
        """What to say about a key that the model does not have."""
        known = ", ".join(f"`{name}`" for name in self.known)
        return f"unknown key `{key}`{did_you_mean(key, self.known) or ';'} known here: {known}"


def _bare(annotation: Any) -> Any:
    """The type without `Annotated` and `| None`."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        else:
            return annotation
