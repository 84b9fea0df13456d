r"""What of a host can be brought home: events of a log, a key of the registry, files of a folder, what a look tells.

Which of these are, is data (`steps/sources.yaml`). This is what a line of it means on a host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from orchestrator.windows import host_paths

MOST_CONDITIONS: Final = 22
"""Of a query: Windows refuses more (Elastic, winlogbeat, "Configure Winlogbeat", event_id)."""
_NEWER: Final = "EventRecordID > {}"
_RECENT: Final = "TimeCreated[timediff(@SystemTime) <= {}]"
_DAY: Final = 24 * 3600 * 1000
"""Milliseconds, as the query language has it."""
_NAME: Final = re.compile(r"[-\w .()/&+,#]{1,200}", re.ASCII)
_KEY: Final = re.compile(r"(HKLM|HKU)(\\[^\\\"%\x00-\x1f\x7f]{1,255}){2,}")
_KEPT_CLOSED: Final = (r"HKLM\SAM", r"HKLM\SECURITY")


@dataclass(frozen=True)
class Events:
    """Events of a log.

    Attributes:
        log: Its name, as `wevtutil el` lists it.
        providers: Who has written them; empty for anybody.
        ids: Which of them, as ranges from the first to the last number; empty for all.
        days: How far back; None however old they are.
        original: Whether the records themselves come as well, for Event Viewer, and not their text alone.
    """

    log: str
    providers: tuple[str, ...] = ()
    ids: tuple[tuple[int, int], ...] = ()
    days: int | None = None
    original: bool = False

    def query(self, after: int | None = None) -> str:
        """The XPath query; with `after`, of newer records than this one alone. It has no double quotes."""
        conditions = list(self._conditions(after))
        return f"*[System[{' and '.join(conditions)}]]" if conditions else "*"

    def _conditions(self, after: int | None) -> Iterator[str]:
        if self.providers:
            names = " or ".join(f"@Name='{name}'" for name in self.providers)
            yield f"Provider[{names}]"
        if self.ids:
            yield f"({' or '.join(map(_numbered, self.ids))})"
        if after is not None:
            yield _NEWER.format(after)
        if self.days is not None:
            yield _RECENT.format(self.days * _DAY)

    @property
    def conditions(self) -> int:
        """How many of Windows' conditions the longest query takes."""
        providers = len(self.providers) + 1 if self.providers else 0
        numbers = sum(1 if first == last else 2 for first, last in self.ids)
        return 1 + providers + numbers + 1 + (2 if self.days is not None else 0)


def _numbered(numbers: tuple[int, int]) -> str:
    first, last = numbers
    return f"EventID={first}" if first == last else f"(EventID >= {first} and EventID <= {last})"


@dataclass(frozen=True)
class RegistryKey:
    """A key of the registry with all below it."""

    path: str


@dataclass(frozen=True)
class Files:
    """Files of a folder: a path whose last part may hold wildcards."""

    pattern: str

    @property
    def folder(self) -> str:
        return host_paths.folder(self.pattern)


@dataclass(frozen=True)
class Look:
    """What `sspr check` learns of the host."""


What: TypeAlias = Events | RegistryKey | Files | Look


@dataclass(frozen=True)
class Source:
    """Something that is brought home.

    Attributes:
        name: Its name, and the beginning of its files' names.
        why: What it is good for.
        what: What it is.
        personal: What of persons may be in it; None where nothing is.
        most_bytes: The most that it may take on the host, not packed.
    """

    name: str
    why: str
    what: What
    personal: str | None
    most_bytes: int

    @property
    def made(self) -> tuple[str, ...]:
        """The names of the files that are made of it on the host; files keep their own."""
        match self.what:
            case Events(original=original):
                return (f"{self.name}.xml", f"{self.name}.evtx") if original else (f"{self.name}.xml",)
            case RegistryKey():
                return (f"{self.name}.reg",)
            case _:
                return ()

    @property
    def origin(self) -> str:
        """What its files are copies of."""
        match self.what:
            case Events() as events:
                return f"event log {events.log}, {events.query()}"
            case RegistryKey(path):
                return path
            case Files(pattern):
                return pattern
            case Look():
                return "what sspr check learns of the host"


def checked_log(name: str) -> str:
    """The name of a log or of a provider, when it can stand in a command line and in a query.

    Raises:
        ValueError: when it cannot; the text says why.
    """
    if not _NAME.fullmatch(name) or name != name.strip():
        raise ValueError(f"`{name}` is no name as `wevtutil el` and `wevtutil ep` list them")
    return name


def checked_key(path: str) -> str:
    r"""The path of a key that may be exported.

    Raises:
        ValueError: when it may not; the text says why, and what a path looks like.
    """
    if not _KEY.fullmatch(path):
        raise ValueError(
            rf"`{path}` is no key that can be brought home; it begins with HKLM or HKU: HKLM\SOFTWARE\Contoso"
        )
    if any((path.upper() + "\\").startswith(closed + "\\") for closed in _KEPT_CLOSED):
        raise ValueError(f"`{path}`: Windows keeps secrets of accounts there, which are not brought home")
    return path
