"""The playbook file as a person writes it: its keys, what each may hold, and the JSON Schema for editors."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from orchestrator.model.validation import Entry
from orchestrator.playbook.host_parameters import (
    CommandParameters,
    CopyParameters,
    FetchParameters,
    RegistryValueParameters,
)
from orchestrator.playbook.parameters import (
    CollectParameters,
    MsiParameters,
    Parameters,
    PreflightParameters,
    ProveParameters,
    RebootParameters,
    Tls12Parameters,
    UninstallParameters,
    VerboseLoggingParameters,
    Windows10Parameters,
)

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

    preflight: PreflightParameters | None = Field(default=None, description="Look whether the host is fit.")
    tls12: Tls12Parameters | None = Field(default=None, description="Verify TLS 1.2, and enable it if asked.")
    msi: MsiParameters | None = Field(default=None, description="Install a package.")
    uninstall: UninstallParameters | None = Field(default=None, description="Remove a product.")
    reboot: RebootParameters | None = Field(default=None, description="Restart the host.")
    prove: ProveParameters | None = Field(default=None, description="Prove that the add-in is there and can work.")
    verbose_logging: VerboseLoggingParameters | None = Field(default=None, description="Verbose logging of the add-in.")
    windows10: Windows10Parameters | None = Field(default=None, description="Windows 10's own password reset.")
    registry_value: RegistryValueParameters | None = Field(default=None, description="Set a value of the registry.")
    command: CommandParameters | None = Field(default=None, description="Run a command line.")
    copy_file: CopyParameters | None = Field(default=None, alias="copy", description="Put a file on the host.")
    fetch: FetchParameters | None = Field(default=None, description="Bring files home.")
    collect: CollectParameters | None = Field(default=None, description="Bring logs home.")

    @field_validator("*", mode="before")
    @classmethod
    def _nothing_is_defaults(cls, value: object, info: ValidationInfo) -> object:
        return {} if value is None and info.field_name in _FIELDS.values() else value

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        found = {kind for kind, name in _FIELDS.items() if name in self.model_fields_set}
        if not found:
            raise ValueError(f"a step has the key of its kind; expected one of {', '.join(KINDS)}")
        if len(found) > 1:
            kinds = " and ".join(f"`{kind}`" for kind in KINDS if kind in found)
            raise ValueError(f"a step is of one kind, found {kinds}; begin each with a `-` of its own")
        if self.name in KINDS and self.name not in found:
            raise ValueError(f"the name `{self.name}` is that of another kind of step")
        return self

    @property
    def kind(self) -> str:
        """The key of its kind."""
        return next(kind for kind, name in _FIELDS.items() if name in self.model_fields_set)

    @property
    def parameters(self) -> Parameters:
        """What was said under the key of its kind."""
        parameters: Parameters = getattr(self, _FIELDS[self.kind])
        return parameters


_FIELDS: Final = {
    field.alias or name: name for name, field in StepEntry.model_fields.items() if name not in StepOptions.model_fields
}
"""Kind → field: `copy` is the name of a method of every model."""

KINDS: Final = tuple(_FIELDS)
"""Every kind of step."""


class PlaybookFile(Entry):
    """A playbook: steps that are taken on every host, one after the other."""

    name: Annotated[str, AfterValidator(_step_name)] = Field(description="Its name in lists and reports.")
    description: str = Field(description="One sentence about what it does, for lists and reports.")
    steps: tuple[StepEntry, ...] = Field(min_length=1, description="What is done, in this order.")


def schema() -> dict[str, Any]:
    """The JSON Schema of a playbook file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **PlaybookFile.model_json_schema()}
