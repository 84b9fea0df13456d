"""Step `registry_value`: a value of the registry is what it should be, or is not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema, model_validator

from orchestrator.model.detail import Detail
from orchestrator.model.message import message
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import Value
from orchestrator.model.result import StepResult
from orchestrator.model.validation import Entry
from orchestrator.remote.target import Target
from orchestrator.sentences import say
from orchestrator.steps.declaration import SET_BACK, Parameters, StepContext, StepKind, did_not_stay
from orchestrator.windows import branches, registry, registry_change, registry_places
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import asked, would
from orchestrator.windows.registry_places import Found


def _data(given: object) -> int | str | tuple[str, ...]:
    """Data as YAML has it; whether it suits the value's type is another question."""
    if isinstance(given, list | tuple) and all(isinstance(each, str) for each in given):
        return tuple(given)
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise ValueError("expected a number, text, or a list of texts; put text in quotes")  # noqa: TRY004 - for pydantic
    return given


RegistryKey = Annotated[str, AfterValidator(registry_places.checked_key)]
ValueName = Annotated[str, AfterValidator(registry_places.checked_name)]
Kind = Literal["REG_DWORD", "REG_QWORD", "REG_SZ", "REG_EXPAND_SZ", "REG_MULTI_SZ", "REG_BINARY"]
Data = Annotated[
    int | str | tuple[str, ...],
    PlainValidator(_data),
    WithJsonSchema(
        {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    ),
]


class RegistryData(Entry):
    """A value of the registry: where it stands, and what it is."""

    key: RegistryKey = Field(description=r"Its key, beginning with HKLM or HKU, as in HKLM\SOFTWARE\Contoso.")
    name: ValueName = Field(description="Its name; a key's default value has none and cannot be meant.")
    type: Kind | None = Field(default=None, description="Its type.")
    data: Data | None = Field(
        default=None,
        description="A number, text, a list of texts for REG_MULTI_SZ, or hex digits in quotes for REG_BINARY.",
    )
    state: Literal["present", "absent"] = Field(default="present", description="absent: there is no such value.")
    view: Literal[64, 32] = Field(
        default=64,
        description="32: what 32-bit programs see on a 64-bit Windows. A 32-bit Windows has but one view.",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if objection := registry_places.view_objection(self.key, self.view):
            raise ValueError(f"view 32: {objection}")
        if self.state == "absent":
            if self.type is not None or self.data is not None:
                raise ValueError("a value that is to be absent has no `type` and no `data`")
        elif self.type is None or self.data is None:
            raise ValueError("the keys `type` and `data` are missing; or say `state: absent`")
        elif reason := registry_change.unwritable(_value(self.type, self.data)):
            raise ValueError(f"`data`: {say(reason)}")
        return self

    @property
    def value(self) -> Value | None:
        """What is to be there; None when nothing is."""
        return None if self.type is None or self.data is None else _value(self.type, self.data)


def _value(kind: Kind, data: int | str | tuple[str, ...]) -> Value:
    """The value as the registry shows it.

    Raises:
        ValueError: when the data is not of the type's form.
    """
    match kind, data:
        case "REG_DWORD" | "REG_QWORD", int():
            return Value(kind, data)
        case "REG_DWORD" | "REG_QWORD", str() if re.fullmatch("0x[0-9A-Fa-f]{1,16}", data):
            return Value(kind, int(data, 16))
        case "REG_MULTI_SZ", tuple():
            return _strings(data)
        case "REG_BINARY", str():
            return Value(kind, re.sub("[ ,]", "", data))
        case "REG_SZ" | "REG_EXPAND_SZ", str():
            return Value(kind, data)
        case _:
            raise ValueError(f"`data`: a {kind} is {_FORMS[kind]}")


_FORMS: Final[Mapping[Kind, str]] = {
    "REG_DWORD": "a number, as in 1 or 0x1",
    "REG_QWORD": "a number, as in 1 or 0x1",
    "REG_SZ": "text; put it in quotes",
    "REG_EXPAND_SZ": "text; put it in quotes",
    "REG_MULTI_SZ": "a list of texts",
    "REG_BINARY": "text of hex digits, two a byte; put it in quotes",
}


def _strings(texts: tuple[str, ...]) -> Value:
    if not texts or any("\\0" in text or not text for text in texts):
        raise ValueError(r"`data`: reg.exe sets a list of one text or more, none of them empty, none with \0 in it")
    return Value("REG_MULTI_SZ", "\\0".join(texts))


@message("change-registry-value")
def _change(name: str, path: str, delete: bool) -> None: ...


@message("registry-value-is")
def _is(name: str, absent: bool, already: bool) -> None: ...


@message("registry-value-done")
def _done(name: str, deleted: bool) -> None: ...


@message("registry-value-there-again")
def _there_again(name: str) -> None: ...


@dataclass(frozen=True)
class RegistryValueDetail(Detail, kind="registry_value"):
    """A value of the registry, before and after; None where it does not stand.

    Attributes:
        key: Path of its key.
        value: Its name.
        after: As it was found afterwards; before a change, as it would be.
    """

    key: str
    value: str
    before: Value | None
    after: Value | None = None


class RegistryValueParameters(RegistryData, Parameters):
    """A value of the registry is what is said here, or is not there; what stood before is kept for undoing."""

    restart: bool = Field(default=False, description="Whether it takes effect only after a restart.")


@dataclass(frozen=True)
class _Seen:
    """Where the value stands follows from the machine; most are x64, so that it is looked for there at once."""

    machine: Machine
    likely: Found


async def ensure_registry_value(target: Target, parameters: RegistryValueParameters, _: StepContext) -> StepResult:
    """Compares type and data, sets or deletes where they differ, and reads back; what stood before is recorded."""
    wanted, name = parameters.value, parameters.name
    likely = registry_places.place(parameters.key, parameters.view, "x64")
    seen = await target.observe(
        _Seen, machine=asked(branches.MACHINE), likely=asked(registry_places.look(likely, name))
    )
    machine = seen.machine
    if machine.branch is branches.OTHER:
        return StepResult(Outcome.BLOCKED, branches.unchanged(machine), remedy=branches.LEAVE_OUT)
    path = registry_places.place(parameters.key, parameters.view, machine.architecture)
    look = registry_places.look(path, name)
    found = await target.observe(look)
    before = found.value
    absent = wanted is None
    detail = RegistryValueDetail(path, name, before)
    needs_restart = parameters.restart
    if registry.same(wanted, before):
        detail = replace(detail, after=before)
        if target.changed:
            reason = _is(name, absent, already=False)
            return StepResult(Outcome.CHANGED, reason, detail, reboot_required=needs_restart)
        return StepResult(Outcome.OK, _is(name, absent, already=True), detail)
    summary = _change(name, path, absent)
    change = registry_change.values_change(
        summary,
        path,
        {name: wanted},
        {} if before is None else {name.lower(): before},
        () if absent else found.missing,
    )
    change = replace(change, needs_restart=needs_restart)
    foreseen = replace(detail, after=wanted)
    target.stop_in_check_mode(
        StepResult(Outcome.CHANGED, would(summary), foreseen, reboot_required=needs_restart, would_change=True)
    )
    after = (await target.apply(change, look)).value
    detail = replace(detail, after=after)
    if not registry.same(wanted, after):
        reason = _there_again(name) if absent else did_not_stay(name)
        return StepResult(Outcome.FAILED, reason, detail, remedy=SET_BACK)
    return StepResult(Outcome.CHANGED, _done(name, absent), detail, reboot_required=needs_restart)


KIND = StepKind(
    name="registry_value",
    summary="Set a value of the registry.",
    parameters=RegistryValueParameters,
    changes_hosts=True,
    perform=ensure_registry_value,
)
