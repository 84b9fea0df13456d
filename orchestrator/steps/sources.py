"""What `collect` brings home, as people write it: what comes with the program (`sources.yaml`), and what they add."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from orchestrator.model.document import Document, Problems, load_document
from orchestrator.model.shared_files import load_shared
from orchestrator.model.validation import Entry
from orchestrator.windows import host_paths, sources, transfer
from orchestrator.windows.sources import Events, Files, Look, RegistryKey, Source, What

SHIPPED: Final = Path(__file__).with_name("sources.yaml")
_LAST_EVENT: Final = 65535


def _range(given: object) -> tuple[int, int]:
    first, dash, last = str(given).partition("-")
    if isinstance(given, bool) or not isinstance(given, int | str) or not first.isdecimal():
        raise ValueError("expected an event's number, or a range of them as in 36870-36888")
    if dash and not last.isdecimal():
        raise ValueError("expected a range of events' numbers as in 36870-36888")
    numbers = int(first), int(last) if dash else int(first)
    if not 0 <= numbers[0] <= numbers[1] <= _LAST_EVENT:
        raise ValueError(f"expected numbers of events up to {_LAST_EVENT}, the smaller one first")
    return numbers


def _days(given: object) -> object:
    if given != "all" and (isinstance(given, bool) or not isinstance(given, int) or given < 1):
        raise ValueError("expected a number of days, or `all`")
    return given


def _pattern(path: str) -> str:
    return host_paths.checked(path, wildcards=True)


def _text(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("expected one line of text")
    return value.strip()


LogName = Annotated[str, AfterValidator(sources.checked_log)]
KeyPath = Annotated[str, AfterValidator(sources.checked_key)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Line = Annotated[str, AfterValidator(_text)]
Numbers = Annotated[
    tuple[int, int],
    BeforeValidator(_range, json_schema_input_type=Annotated[int | str, Field(union_mode="left_to_right")]),
]
Days = Annotated[int | Literal["all"], BeforeValidator(_days)]


class EventsEntry(Entry):
    """Events of a log."""

    log: LogName = Field(description="The log, as `wevtutil el` on the host lists it.")
    providers: tuple[LogName, ...] = Field(
        default=(), description="Who has written them, as `wevtutil ep` lists them; everybody unless said."
    )
    ids: tuple[Numbers, ...] = Field(
        default=(), description="Their numbers, or ranges of them as in 36870-36888; all unless said."
    )
    days: Days | None = Field(
        default=None, description="How far back, in days, or `all`; as far as the step's `days` unless said."
    )
    original: bool = Field(
        default=False, strict=True, description="Whether the records come as well, for Event Viewer (.evtx)."
    )

    @model_validator(mode="after")
    def _short_enough(self) -> Self:
        if self.meant(1).conditions > sources.MOST_CONDITIONS:
            raise ValueError(
                f"Windows refuses queries of more than {sources.MOST_CONDITIONS} conditions: a provider and a number "
                "count once, a range twice; make two sources of it"
            )
        return self

    def meant(self, days: int) -> Events:
        """What it means where the step goes so many days back."""
        far = None if self.days == "all" else self.days or days
        return Events(self.log, self.providers, self.ids, far, self.original)


class SourceEntry(Entry):
    """Something that is brought home: the key of exactly one kind, and what a person should know of it."""

    name: str = Field(
        pattern="^[a-z0-9][a-z0-9-]{0,39}$",
        description="Its name, with which its files' names begin; one that ships with the program is replaced by it.",
    )
    why: Line = Field(description="What it is good for, in a sentence.")
    personal: Line = Field(description="What of persons may be in it, in a few words; `no` where nothing is.")
    most_mb: int = Field(
        default=16,
        strict=True,
        ge=1,
        le=256,
        description="The most that it may take on the host, in megabytes, not packed; of more, the newest is taken.",
    )
    events: EventsEntry | None = Field(default=None, description="Events of a log.")
    registry: KeyPath | None = Field(default=None, description="A key of the registry, with all below it.")
    files: Pattern | None = Field(
        default=None, description="Files of a folder: a path whose last part may hold `*` and `?`."
    )
    look: Literal["check"] | None = Field(default=None, description="What `sspr check` learns of the host.")

    @field_validator("personal", mode="before")
    @classmethod
    def _no(cls, value: object) -> object:
        return "no" if value is False else value

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        found = [key for key in _KINDS if getattr(self, key) is not None]
        if len(found) != 1:
            named = " and ".join(f"`{key}`" for key in found) or "none"
            raise ValueError(f"a source has exactly one of {', '.join(f'`{key}`' for key in _KINDS)}; found {named}")
        return self

    def meant(self, days: int) -> Source:
        """What it means where the step goes so many days back."""
        personal = None if self.personal == "no" else self.personal
        return Source(self.name, self.why, self._what(days), personal, self.most_mb * transfer.MEGABYTE)

    def _what(self, days: int) -> What:
        if self.events:
            return self.events.meant(days)
        if self.registry:
            return RegistryKey(self.registry)
        return Files(self.files) if self.files else Look()


_KINDS: Final = ("events", "registry", "files", "look")


class SourcesFile(Entry):
    """What is brought home from hosts beside what comes with the program."""

    sources: tuple[SourceEntry, ...] = Field(min_length=1, description="Each with its name, the most important first.")


def load_sources(path: Path) -> tuple[SourceEntry, ...]:
    """Reads a file of sources.

    Raises:
        DocumentError: The file cannot be used. Every problem in it is told with its line.
        UntrustedPath: Another person may write it.
    """
    return _read(load_shared(path))


@cache
def shipped() -> tuple[SourceEntry, ...]:
    """The sources that come with the program, the most important first."""
    return _read(load_document(SHIPPED))


def together(*lists: Iterable[SourceEntry]) -> tuple[SourceEntry, ...]:
    """The sources of all lists; one whose name an earlier list has takes that one's place."""
    found: dict[str, SourceEntry] = {}
    for entries in lists:
        found.update({entry.name: entry for entry in entries})
    return tuple(found.values())


def _read(document: Document) -> tuple[SourceEntry, ...]:
    entries = document.parse(SourcesFile).sources
    problems = Problems(document.path)
    first: dict[str, int] = {}
    for place, entry in enumerate(entries):
        line = document.line("sources", place, "name")
        if entry.name in first:
            problems.add(line, f"`sources[{place}].name`: `{entry.name}` is there in line {first[entry.name]} already")
        first.setdefault(entry.name, line)
    problems.check()
    return entries


def schema() -> dict[str, Any]:
    """The JSON Schema of a file of sources."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **SourcesFile.model_json_schema()}
