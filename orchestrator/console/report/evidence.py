"""What a step has to tell, or an error, as indented text that a person can read and search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from orchestrator.console.words import clean
from orchestrator.model.message import Message
from orchestrator.sentences import say

SHOWN_ELSEWHERE = frozenset({"remedy", "findings"})


def evidence(entries: Mapping[str, object], limit: int) -> str:
    """Keys and values, a line each, nested ones indented; cut after `limit` characters with a word about the rest."""
    rest = {key: value for key, value in entries.items() if key not in SHOWN_ELSEWHERE}
    text = clean("\n".join(_lines(rest, "")))
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n… {len(text) - limit:,} more characters in the result file"


def _lines(value: Any, indent: str) -> Iterator[str]:
    items = value.items() if isinstance(value, Mapping) else (("-", each) for each in value)
    for key, item in items:
        each = _plain(item)
        label = key if key == "-" else f"{key}:"
        if isinstance(each, str) and "\n" in each:
            yield f"{indent}{label}"
            yield from (f"{indent}  {line}" for line in each.splitlines())
        elif isinstance(each, Mapping | list | tuple) and each:
            yield f"{indent}{label}"
            yield from _lines(each, f"{indent}  ")
        else:
            yield f"{indent}{label} {_scalar(each)}"


def _plain(value: Any) -> Any:
    """A message in its words, and a dataclass by its fields."""
    if isinstance(value, Message):
        return say(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return value


def _scalar(value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case {} | [] | ():
            return "none"
        case _:
            return str(value)
