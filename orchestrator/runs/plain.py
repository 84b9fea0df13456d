"""What a run knows, as JSON has it: whatever a step has put into its result, nothing costs a run its file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum

from orchestrator.model.detail import Detail
from orchestrator.model.message import Message
from orchestrator.sentences import say


def plain(value: object) -> object:
    """The value as `json.dumps` takes it.

    Messages come with their code, their parameters and, for readers, their text; details with their kind; dates in UTC.
    What JSON cannot hold is written as best it can be: half a surrogate pair from a host's output as a question mark,
    a number that is none as null, anything else by its text.
    """
    match value:
        case Enum():
            return plain(value.value)
        case float():
            return value if math.isfinite(value) else None
        case None | bool() | int():
            return value
        case Message():
            return {"code": value.code, "parameters": plain(value.parameters), "text": plain(say(value))}
        case Mapping():
            return {_text(key): plain(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(inner) for inner in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            kind = {"kind": value.kind} if isinstance(value, Detail) else {}
            return {**kind, **{each.name: plain(getattr(value, each.name)) for each in fields(value)}}
        case _:
            return _text(value)


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value).encode("utf-8", "replace").decode("utf-8")
