r"""What the steps can be told that change a host at large: a registry value, a command, files there and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema, model_validator

from orchestrator.model.registry import Value
from orchestrator.model.validation import DocumentPath, Entry
from orchestrator.playbook.parameters import Parameters
from orchestrator.windows import host_paths, quoting, registry_change, registry_places, transfer

_LONGEST_COMMAND: Final = 2000


def _writable(path: str) -> str:
    checked = host_paths.checked(path)
    if reason := host_paths.reserved(checked):
        raise ValueError(f"`{path}` must not be written: {reason}")
    return checked


def _pattern(path: str) -> str:
    return host_paths.checked(path, wildcards=True)


def _command_line(line: str) -> str:
    if not line.strip() or not quoting.speakable(line):
        raise ValueError("expected a command line of one line, without control characters")
    return line


def _data(given: object) -> int | str | tuple[str, ...]:
    """Data as YAML has it; whether it suits the value's type is another question."""
    if isinstance(given, list | tuple) and all(isinstance(each, str) for each in given):
        return tuple(given)
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise ValueError("expected a number, text, or a list of texts; put text in quotes")  # noqa: TRY004 - for pydantic
    return given


def _there(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    size = path.stat().st_size
    if not 0 < size <= transfer.ENCODE_LIMIT:
        limit = transfer.ENCODE_LIMIT // transfer.MEGABYTE
        raise ValueError(f"{path} has {size} bytes; what is copied has at least one, and at most {limit} MB")
    return path


RegistryKey = Annotated[str, AfterValidator(registry_places.checked_key)]
ValueName = Annotated[str, AfterValidator(registry_places.checked_name)]
HostFile = Annotated[str, AfterValidator(host_paths.checked)]
WritableHostFile = Annotated[str, AfterValidator(_writable)]
HostPattern = Annotated[str, AfterValidator(_pattern)]
CommandLine = Annotated[str, Field(max_length=_LONGEST_COMMAND), AfterValidator(_command_line)]
ExitCode = Annotated[int, Field(strict=True, ge=0, le=0xFFFFFFFF)]
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
            raise ValueError(f"`data`: {reason}")
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


class RegistryValueParameters(RegistryData, Parameters):
    """A value of the registry is what is said here, or is not there; what stood before is kept for undoing."""

    restart: bool = Field(default=False, description="Whether it takes effect only after a restart.")


class QueryParameters(Entry):
    """A command that only looks, and the exit codes that mean yes."""

    run: CommandLine = Field(description="A command line of cmd.exe that changes nothing.")
    exit_codes: frozenset[ExitCode] = Field(
        default=frozenset({0}), min_length=1, description="The exit codes that mean that all is done."
    )


class WhenDone(Entry):
    """How to see that a command need not be run, or has done what it was run for: one of these."""

    registry_value: RegistryData | None = Field(default=None, description="This value is so.")
    file: HostFile | None = Field(default=None, description="This file, or folder, is there.")
    no_file: HostFile | None = Field(default=None, description="There is no such file, or folder.")
    query: QueryParameters | None = Field(default=None, description="A command that looks says so by its exit code.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError(f"expected one of {', '.join(f'`{name}`' for name in type(self).model_fields)}")
        return self


class CommandParameters(Parameters):
    """Run a command line of cmd.exe, unless what it is for is done already."""

    run: CommandLine = Field(description="The command line, as one would type it; variables expand on the host.")
    when_done: WhenDone | None = Field(
        default=None, description="How to see that it is done; looked at before, and again afterwards."
    )
    always: bool = Field(default=False, description="Run it in every run; needed where nothing tells that it is done.")
    exit_codes: frozenset[ExitCode] = Field(
        default=frozenset({0}), min_length=1, description="The exit codes that are no failure."
    )
    restart_codes: frozenset[ExitCode] = Field(
        default=frozenset(), description="Exit codes that are no failure and say that a restart is needed, as in 3010."
    )
    detached: bool = Field(
        default=True,
        description="true: as SYSTEM, in a task that goes on when the line breaks; false: in our session, as our user.",
    )
    minutes: int = Field(default=10, strict=True, ge=1, le=1440, description="How long it may take, in minutes.")

    @model_validator(mode="after")
    def _repeatable(self) -> Self:
        if self.when_done is None and not self.always:
            raise ValueError(
                "a command needs `when_done`, so that it is not run where it is done; or else say `always: true`"
            )
        if self.when_done is not None and self.always:
            raise ValueError("`always` and `when_done` exclude each other")
        return self

    @property
    def allowed_minutes(self) -> int:
        """Its own time, and five minutes for looking before and after."""
        return self.minutes + 5


class CopyParameters(Parameters):
    """Put a file on the host, unless it is there already, byte for byte."""

    source: Annotated[DocumentPath, AfterValidator(_there)] = Field(description="A file here, relative to this one.")
    destination: WritableHostFile = Field(
        description=r"Its path on the host, as in %ProgramData%\Contoso\settings.ini; missing folders are made."
    )
    keep_prior: bool = Field(
        default=False, description="Whether a file that is replaced is kept beside it, with `.prior` behind its name."
    )

    @property
    def allowed_minutes(self) -> int:
        """Ten minutes for looking before and after, and what the upload may take."""
        size = self.source.stat().st_size if self.source.is_file() else 0
        return 10 + transfer.minutes_for(size)


class FetchParameters(Parameters):
    """Bring files home into the host's folder of this run."""

    files: tuple[HostPattern, ...] = Field(
        min_length=1, description="Paths on the host; the last part of each may hold `*` and `?`."
    )
    required: bool = Field(default=True, description="Whether it is a failure when one of them matches no file.")
    maximum_mb: int = Field(
        default=64, strict=True, ge=1, description="The most that is brought home from a host, in megabytes."
    )

    @property
    def allowed_minutes(self) -> int:
        """Ten minutes for looking and making ready, and what all that may be brought home may take."""
        return 10 + transfer.minutes_for(self.maximum_mb * transfer.MEGABYTE)
