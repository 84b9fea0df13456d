"""A step's detail in files: result file and journal write it in the same way, and both are read back by this."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from orchestrator.model.detail import Detail
from orchestrator.model.message import Message, Said
from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import PreflightDetail
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import Json, StepResult
from orchestrator.sentences import say
from orchestrator.steps.kinds import EVERY_KIND

_CLASSES: Final[Mapping[str, type[Detail]]] = {kind.detail.kind: kind.detail for kind in EVERY_KIND if kind.detail}


class DetailPart(BaseModel):
    """Evidence: what was found, done and found again. Its keys are the step's own, but for those named here."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, JsonValue]

    kind: str | None = Field(default=None, description="Which keys there are; null where nothing says so.")
    registry: RegistryRecord | None = Field(
        default=None, description="What the step changed in the registry, or began to; `sspr run --undo` goes by it."
    )

    def result(self, outcome: Outcome, reason: Said) -> StepResult:
        """The result of the step that this is the detail of."""
        rest = self.model_dump(mode="json", exclude_unset=True, exclude={"registry", "kind"})
        remedy, would = rest.pop("remedy", None), rest.pop("would", False)
        return StepResult(
            outcome,
            reason,
            self._typed(rest),
            remedy=remedy if isinstance(remedy, str) else None,
            would_change=would is True,
            registry=self.registry or RegistryRecord(),
        )

    def _typed(self, rest: Mapping[str, Json]) -> Detail | Mapping[str, Json]:
        """The detail's class, unless it is not known or its keys are not the class's: somebody may have edited them."""
        kind = self.kind or (PreflightDetail.kind if "findings" in rest else "")  # so in files that tell no kinds
        try:
            found = _reader(kind).validate_json(json.dumps(rest), strict=True) if kind in _CLASSES else rest
        except ValidationError:
            return rest
        return found


@cache
def _reader(kind: str) -> TypeAdapter[Any]:
    """Made when it is needed, as that takes long."""
    return TypeAdapter(_CLASSES[kind])


def written(result: StepResult) -> dict[str, Json]:
    """A result's detail, remedy, forecast and registry record for a file; see `plain`."""
    remedy = {"remedy": say(result.remedy)} if result.remedy is not None else {}
    return {**result.told, **remedy}


def plain(value: object) -> Json:
    """What `json.dumps` is to take for something that it does not know (its `default`): nothing costs a run its file.

    A message is written with its code, its parameters and, for readers, its text.
    """
    if isinstance(value, Message):
        return {"code": value.code, "parameters": dict(value.parameters), "text": say(value)}
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return dict(value) if isinstance(value, Mapping) else str(value)
