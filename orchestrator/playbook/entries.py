"""The playbook file as a person writes it: its keys, what each may hold, and the JSON Schema for editors."""

from __future__ import annotations

import json
import sys
from functools import cache
from types import GenericAlias
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, create_model, field_validator, model_validator

from orchestrator.model.validation import Entry
from orchestrator.playbook.strategy import SECTIONS, Guards, Limits, Strategy
from orchestrator.steps import policy, sources
from orchestrator.steps.declaration import AnyKind, Parameters
from orchestrator.steps.kinds import KINDS

Branch = Literal["windows7", "windows8", "windows8.1", "windows10"]
Architecture = Literal["x86", "x64"]


def _step_name(text: str) -> str:
    if "." in text or "=" in text or not text.isprintable() or not text.strip():
        raise ValueError("expected a name of one line without `.` and `=`")
    return text


class ConditionEntry(Entry):
    """On which hosts a step is taken; all that is said here must hold."""

    branch: frozenset[Branch] = Field(default=frozenset(), min_length=1, description="Branches of Windows, a list.")
    architecture: frozenset[Architecture] = Field(
        default=frozenset(), min_length=1, description="Architectures, a list."
    )


class StepOptions(Entry):
    """What can be said of any step."""

    name: Annotated[str, AfterValidator(_step_name)] | None = Field(
        default=None, description="Its name in the report; needed when two steps are of the same kind."
    )
    when: ConditionEntry | None = Field(default=None, description="On which hosts it is taken; on all unless said.")
    deadline_minutes: int | None = Field(
        default=None, strict=True, ge=1, description="How long the step may take on a host, all told, in minutes."
    )


def _one_kind(schema: dict[str, Any]) -> None:
    """Tell editors too that a step has exactly one kind."""
    kinds = [name for name in schema["properties"] if name not in StepOptions.model_fields]
    schema["oneOf"] = [{"required": [kind]} for kind in kinds]


class StepEntry(StepOptions):
    """One step: the key of exactly one kind with its parameters, and what can be said of any step."""

    model_config = ConfigDict(json_schema_extra=_one_kind)

    kinds: ClassVar[tuple[AnyKind, ...]] = ()
    """Those that a step can be of; `playbook_file` adds a key for each."""

    @field_validator("*", mode="before")
    @classmethod
    def _nothing_is_defaults(cls, value: object, info: ValidationInfo) -> object:
        return {} if value is None and info.field_name not in StepOptions.model_fields else value

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        known = [kind.name for kind in self.kinds]
        found = [name for name in known if _field(name) in self.model_fields_set]
        if not found:
            raise ValueError(f"a step has the key of its kind; expected one of {', '.join(known)}")
        if len(found) > 1:
            keys = " and ".join(f"`{name}`" for name in found)
            raise ValueError(f"a step is of one kind, found {keys}; begin each with a `-` of its own")
        if self.name in SECTIONS:
            raise ValueError(f"a step cannot have the name `{self.name}`, which says something of all steps")
        if self.name in known and self.name not in found:
            raise ValueError(f"the name `{self.name}` is that of another kind of step")
        return self

    @property
    def kind(self) -> AnyKind:
        """The kind whose key it has."""
        return next(kind for kind in self.kinds if _field(kind.name) in self.model_fields_set)

    @property
    def parameters(self) -> Parameters:
        """What was said under the key of its kind."""
        parameters: Parameters = getattr(self, _field(self.kind.name))
        return parameters


def _field(kind: str) -> str:
    """The field behind a kind's key; not the key itself, as `copy` is the name of a method of every model."""
    return f"{kind}_parameters"


class PlaybookFile(Entry):
    """A playbook: steps that are taken on every host, one after the other."""

    name: Annotated[str, AfterValidator(_step_name)] = Field(description="Its name in lists and reports.")
    description: str = Field(description="One sentence about what it does, for lists and reports.")
    steps: tuple[StepEntry, ...] = Field(min_length=1, description="What is done, in this order.")
    strategy: Strategy = Field(default=Strategy(), description="In which waves it goes over the hosts.")
    guards: Guards = Field(default=Guards(), description="What stops it, where it changes hosts.")
    limits: Limits = Field(default=Limits(), description="How many hosts at a time, and how fast.")

    @field_validator("strategy", "guards", "limits", mode="before")
    @classmethod
    def _nothing_is_defaults(cls, value: object) -> object:
        return {} if value is None else value


@cache
def playbook_file(kinds: tuple[AnyKind, ...]) -> type[PlaybookFile]:
    """The model of playbooks whose steps are of these kinds."""
    fields: dict[str, Any] = {
        _field(kind.name): (kind.parameters | None, Field(default=None, alias=kind.name, description=kind.summary))
        for kind in kinds
    }
    step = create_model(StepEntry.__name__, __base__=StepEntry, __doc__=StepEntry.__doc__, **fields)
    step.kinds = kinds
    steps: Any = (GenericAlias(tuple, (step, ...)), PlaybookFile.model_fields["steps"])
    return create_model(PlaybookFile.__name__, __base__=PlaybookFile, __doc__=PlaybookFile.__doc__, steps=steps)


def schema() -> dict[str, Any]:
    """The JSON Schema of a playbook file."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return dialect | playbook_file(KINDS).model_json_schema()


if __name__ == "__main__":  # python -m orchestrator.playbook.entries [policy|sources] > docs/schemas/….schema.json
    asked = {"policy": policy.schema, "sources": sources.schema}.get("".join(sys.argv[1:]), schema)
    json.dump(asked(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
