"""A step's result in files: result file and journal hold it in the same form, and both read it back equal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError, WithJsonSchema

from orchestrator.model.detail import Detail
from orchestrator.model.message import Message, as_message
from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import PreflightDetail
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import Json, StepResult
from orchestrator.steps.kinds import EVERY_KIND

_CLASSES: Final[Mapping[str, type[Detail]]] = {each.kind: each for kind in EVERY_KIND for each in kind.details}

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


class DetailPart(BaseModel):
    """What the step itself has to tell; its keys are those of its kind."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, JsonValue]

    kind: str | None = Field(default=None, description="Which keys there are; null where nothing says so.")

    @property
    def typed(self) -> Detail | Mapping[str, Json]:
        """The detail's class, unless it is not known or its keys are not the class's: somebody may have edited them."""
        rest = self.model_dump(mode="json", exclude_unset=True, exclude={"kind"})
        kind = self.kind or (PreflightDetail.kind if "findings" in rest else "")  # so in files that tell no kinds
        try:
            found = _reader(kind).validate_json(json.dumps(rest), strict=True) if kind in _CLASSES else rest
        except ValidationError:
            return rest
        return found


@cache
def _reader(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(_CLASSES[kind])


class ResultPart(BaseModel):
    """How a step ended, or a host whose fate was decided outside any step."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    outcome: Outcome
    reason: MessagePart = Field(description="Why.")
    remedy: MessagePart | None = Field(default=None, description="What a person can do; null when nobody need.")
    would_change: bool = Field(default=False, description="Whether it foretells a change (--check).")
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
            self.detail.typed if self.detail else {},
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
        "reason": as_message(result.reason),
        "remedy": None if result.remedy is None else as_message(result.remedy),
        "would_change": result.would_change,
        "reboot_required": result.reboot_required,
        "registry": None if result.registry == RegistryRecord() else result.registry,
        "evidence": result.evidence,
        "detail": result.detail or None,
    }
    return {name: value for name, value in part.items() if value not in (None, {}) or name == "reason"}


def from_version_1(part: Mapping[str, Any]) -> dict[str, Any]:
    """A step's result as the first version of the files had it: sentences, and all but them among the detail's keys."""
    detail = dict(part.get("detail") or {})
    remedy, would = detail.pop("remedy", None), detail.pop("would", False)
    return {
        **part,
        "reason": _sentence(part.get("reason")),
        "remedy": _sentence(remedy) if isinstance(remedy, str) else None,
        "would_change": would is True,
        "registry": detail.pop("registry", None),
        "detail": detail or None,
    }


def _sentence(text: object) -> object:
    """A sentence as a message; what is no text is left for the reader to refuse."""
    return {"code": "verbatim", "parameters": {"text": text}} if isinstance(text, str) else text
