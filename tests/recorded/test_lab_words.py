"""What the lab's machines say in other languages, held against what real ones were seen to say."""

import re
import string
from collections.abc import Mapping

import pytest

from sspr_lab.languages import LanguageTag, language
from tests.recorded.records import Record, all_records, named

TAGS: Mapping[str, LanguageTag] = {"de": "de-DE", "fr": "fr-FR", "ja": "ja-JP", "ko": "ko-KR"}
TOOLS = frozenset({"certutil -hashfile", "certutil -encode", "certutil -addstore", "schtasks /create", "schtasks /run"})
SPOKEN = [record for record in all_records() if record.language in TAGS and record.tool in TOOLS]
NO_WORDS = re.compile(r"[0-9a-f ]{32,}|-----(BEGIN|END) CERTIFICATE-----|[A-Za-z0-9+/=]{12,}")
_LOST = str.maketrans("éÉ\N{RIGHT SINGLE QUOTATION MARK}", "eE'")


def sayings(tag: LanguageTag) -> list[re.Pattern[str]]:
    """What a machine of the language can say, its places filled with anything."""
    return [re.compile(_pattern(text)) for text in language(tag).texts.values()]


def _pattern(text: str) -> str:
    parts = string.Formatter().parse(text.translate(_LOST))
    return "".join(re.escape(literal) + (".+" if name else "") for literal, name, _, _ in parts)


@pytest.mark.parametrize("record", named(SPOKEN))
def test_a_recorded_line_is_what_the_lab_says(record: Record) -> None:
    """Each line that a real certutil or schtasks printed is one of the lab's, but for accents that a source lost."""
    patterns = sayings(TAGS[record.language])
    lines = [line.translate(_LOST) for line in record.output.splitlines() if not NO_WORDS.fullmatch(line)]
    assert [line for line in lines if not any(pattern.fullmatch(line) for pattern in patterns)] == []


def test_there_is_something_to_hold_against() -> None:
    """All four languages have recorded lines."""
    assert {record.language for record in SPOKEN} == set(TAGS)
