"""What a Windows of another language says and how it writes dates: one look-up for all of the lab's tools.

A message's key is its English text with {places} for what it is about; the language's file, one beside this module
for each, has it in its own words and says where they are from. A message that a language does not have is answered in
English, as by a Windows whose translation is not complete; the file lists those under `english`, so that nobody takes
them for translated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, get_args

from pydantic import Field

from orchestrator.model.document import Problems, load_document
from orchestrator.model.validation import Entry
from sspr_lab.languages.pictures import shown

LanguageTag = Literal["en-US", "ko-KR", "de-DE", "fr-FR", "ja-JP"]

_FOLDER: Final = Path(__file__).parent


class Formats(Entry):
    """How the locale writes moments and numbers: the pictures of the key International, and those of cmd.exe."""

    short_date: str
    time: str
    short_time: str
    morning: str
    afternoon: str
    thousands: str
    decimal: str
    cmd_date: str  # in DIR, and in %DATE% after the day of the week that only some locales put there
    cmd_weekday: str
    cmd_time: str
    schtasks_date: str  # what schtasks /sd wants, as its refusal shows it
    yes: str  # the first letter of an answer to a tool's question
    no: str


class Names(Entry):
    """The accounts, groups and authorities of the system that have a name in the language."""

    administrator: str
    administrators: str
    users: str
    everyone: str
    builtin: str
    authority: str
    system: str
    local_service: str
    network_service: str
    authenticated_users: str
    network: str
    interactive: str


class _Group(Entry):
    """Messages of one program, or some of them, from one source."""

    about: str
    source: str
    texts: Mapping[str, str] = Field(default_factory=dict)


class _File(Entry):
    lcid: int
    oem_code_page: int
    ansi_code_page: int
    utc_offset_minutes: int
    user: str
    formats: Formats
    names: Names
    messages: tuple[_Group, ...] = ()
    english: tuple[str, ...] = ()


@dataclass(frozen=True)
class Language:
    """One language of Windows with the locale that it is installed with.

    Attributes:
        tag: As in "ko-KR".
        lcid: Its number, 0x0412.
        oem_code_page: Of consoles.
        ansi_code_page: Of programs that know no Unicode.
        utc_offset_minutes: Of the country, in winter.
        user: What somebody there may be called, with letters of the language.
        formats: Dates, times, numbers, the letters of answers.
        names: Built-in accounts and groups.
        texts: English text with {places} → the same in this language.
        english: The messages that the lab knows in English only.
    """

    tag: LanguageTag
    lcid: int
    oem_code_page: int
    ansi_code_page: int
    utc_offset_minutes: int
    user: str
    formats: Formats
    names: Names
    texts: Mapping[str, str]
    english: frozenset[str]

    def text(self, english: str, **values: object) -> str:
        """The message in this language, its places filled in; a text without values is taken as it stands."""
        template = self.texts.get(english, english)
        return template.format(**values) if values else template

    def date(self, moment: datetime) -> str:
        """The short date."""
        return self._shown(self.formats.short_date, moment)

    def time(self, moment: datetime) -> str:
        """The time of day with its seconds."""
        return self._shown(self.formats.time, moment)

    def short_time(self, moment: datetime) -> str:
        """The time of day without seconds."""
        return self._shown(self.formats.short_time, moment)

    def cmd_date(self, moment: datetime) -> str:
        """The date as cmd.exe writes it in DIR and DATE /T."""
        return self._shown(self.formats.cmd_date, moment)

    def cmd_time(self, moment: datetime) -> str:
        """The time of day as cmd.exe writes it in DIR and TIME /T."""
        return self._shown(self.formats.cmd_time, moment)

    def number(self, value: int) -> str:
        """A whole number with the locale's separator between thousands."""
        return f"{value:,}".replace(",", self.formats.thousands)

    def is_yes(self, answer: str) -> bool:
        """Whether an answer to a tool's question begins with the letter of the language's "yes"."""
        return answer.strip().lower().startswith(self.formats.yes)

    def is_no(self, answer: str) -> bool:
        """Whether it begins with the letter of "no"."""
        return answer.strip().lower().startswith(self.formats.no)

    def _shown(self, picture: str, moment: datetime) -> str:
        return shown(picture, moment, self.formats.morning, self.formats.afternoon)


@cache
def language(tag: str) -> Language:
    """The language of a tag, read from its file. Raises KeyError for one that the lab does not speak."""
    if tag not in get_args(LanguageTag):
        raise KeyError(tag)
    path = _FOLDER / f"{tag}.yaml"
    document = load_document(path)
    file = document.parse(_File)
    texts: dict[str, str] = {}
    problems = Problems(path)
    for index, group in enumerate(file.messages):
        for english, translated in group.texts.items():
            if english in texts or english in file.english:
                problems.add(document.line("messages", index), f"`{english}` is there twice")
            texts[english] = translated
    problems.check()
    return Language(
        tag,  # type: ignore[arg-type]
        file.lcid,
        file.oem_code_page,
        file.ansi_code_page,
        file.utc_offset_minutes,
        file.user,
        file.formats,
        file.names,
        MappingProxyType(texts),
        frozenset(file.english),
    )


ENGLISH: Final = language("en-US")
