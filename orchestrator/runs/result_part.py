"""A step's result in files: result file and journal hold it in the same form, and both read it back equal."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)

import orchestrator.steps.kinds  # noqa: F401 - a detail is known as soon as its class is there
from orchestrator.model.detail import Detail, OtherDetail
from orchestrator.model.message import Message
from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import PreflightDetail
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import StepResult
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


_MESSAGE_SCHEMA: Final = {
    "type": "object",
    "description": "Something said: its code, what it is said of, and for readers the same in words.",
    "properties": {
        "code": {"type": "string", "description": "The same in every version and language."},
        "parameters": {"type": "object", "additionalProperties": True},
        "text": {"type": "string", "description": "One sentence in plain words."},
    },
    "required": ["code", "parameters"],
}
MessagePart = Annotated[Message, WithJsonSchema(_MESSAGE_SCHEMA)]


_FIRST_YEAR: Final = 1970
"""Where clocks begin that nobody has set."""
_LAST_YEAR: Final = 9000


def _of_a_run(moment: datetime) -> datetime:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError("no run was in that year")
    return moment


RunTime = Annotated[AwareDatetime, AfterValidator(_of_a_run)]
"""A date of a run in files. At the ends of the calendar none can be shown in another zone, or reckoned with."""


class DetailPart(BaseModel):
    """What the step itself has to tell; its keys are those of its kind."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, JsonValue]

    kind: str | None = Field(default=None, description="Which keys there are; null where nothing says so.")

    @property
    def typed(self) -> Detail:
        """The detail's class, unless it is not known or its keys are not the class's: somebody may have edited them."""
        rest = self.model_dump(mode="json", exclude_unset=True, exclude={"kind"})
        kind = self.kind or (PreflightDetail.kind if "findings" in rest else "")  # so in files that tell no kinds
        try:
            found: Detail = _reader(kind).validate_json(json.dumps(rest), strict=True)
        except (KeyError, ValidationError):
            return OtherDetail(self.kind, rest)
        return found


@cache
def _reader(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(Detail.known[kind])


class ResultPart(BaseModel):
    """How a step ended, or a host whose fate was decided outside any step."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    outcome: Outcome
    reason: MessagePart = Field(description="Why.")
    remedy: MessagePart | None = Field(default=None, description="What a person can do; null when nobody need.")
    would_change: bool = Field(default=False, description="Whether it would make a change (--check).")
    reboot_required: bool = Field(default=False, description="Whether what was done takes effect only after a restart.")
    registry: RegistryRecord | None = Field(
        default=None, description="What the step changed in the registry, or began to; `sspr run --undo` goes by it."
    )
    evidence: dict[str, JsonValue] = Field(default={}, description="What an error knew: its class and facts.")
    detail: DetailPart | None = Field(default=None, description="What the step itself has to tell.")

    @property
    def result(self) -> StepResult:
        """The same as the run had it."""
        return StepResult(
            self.outcome,
            self.reason,
            self.detail.typed if self.detail else None,
            self.reboot_required,
            self.remedy,
            self.would_change,
            RegistryRecord() if self.registry is None else self.registry,
            self.evidence,
        )


def written(result: StepResult) -> dict[str, object]:
    """A result as `ResultPart` reads it; see `plain`. What is not there is left out."""
    part = {
        "outcome": result.outcome,
        "reason": result.reason,
        "remedy": result.remedy,
        "would_change": result.would_change,
        "reboot_required": result.reboot_required,
        "registry": None if result.registry == RegistryRecord() else result.registry,
        "evidence": result.evidence,
        "detail": result.detail,
    }
    return {name: value for name, value in part.items() if value not in (None, {}) or name == "reason"}


def from_version_1(part: Mapping[str, Any]) -> dict[str, Any]:
    """A step's result as the first version of the files had it: sentences, and all but them among the detail's keys."""
    given = part.get("detail") or {}
    detail = dict(given) if isinstance(given, dict) else {}
    remedy, would = detail.pop("remedy", None), detail.pop("would", False)
    return {
        **part,
        "reason": _sentence(part.get("reason")),
        "remedy": _sentence(remedy) if isinstance(remedy, str) else None,
        "would_change": would is True,
        "registry": detail.pop("registry", None),
        "detail": _with_messages(detail) or None if isinstance(given, dict) else given,
    }


def _with_messages(detail: dict[str, Any]) -> dict[str, Any]:
    """A detail as the first version had it, with messages where a preflight has them now."""
    upgraded = {
        "findings": _each(detail.get("findings"), lambda found: _said(found, "message", "remedy")),
        "ignored": _each(detail.get("ignored"), lambda found: _said(found, "message", "remedy")),
        "restart_pending": _each(detail.get("restart_pending"), _sentence),
        "tls12": _said(detail.get("tls12"), "sentence"),
        "windows10": _at(detail.get("windows10"), "join", lambda join: _said(join, "title")),
        "limits": _at(detail.get("limits"), "dot1x", lambda signs: _each(signs, _sentence)),
    }
    return detail | {name: value for name, value in upgraded.items() if name in detail}


def _at(part: Any, name: str, upgrade: Callable[[Any], object]) -> Any:
    return {**part, name: upgrade(part[name])} if isinstance(part, dict) and name in part else part


def _each(values: Any, upgrade: Callable[[Any], object]) -> Any:
    return [upgrade(value) for value in values] if isinstance(values, list) else values


def _said(part: Any, *names: str) -> Any:
    """The same with messages for the sentences under these names."""
    return part | {name: _sentence(part[name]) for name in names if name in part} if isinstance(part, dict) else part


def _sentence(text: object) -> object:
    """A sentence as a message; what is no text is left for the reader to refuse."""
    return {"code": "verbatim", "parameters": {"text": text}} if isinstance(text, str) else text
