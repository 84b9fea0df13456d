"""The page of a case: complete in itself, safe against what files say, and of a size to be attached to a ticket."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.console.case_page import page, page_bytes
from orchestrator.console.case_page.picture import LEFT, RIGHT, picture_of
from orchestrator.console.case_words import ANSWERS, JOINED, LANES, OWNERS, SURE
from orchestrator.model.case import (
    Answer,
    Attempt,
    Case,
    CaseFile,
    Installation,
    Lane,
    Moment,
    Owner,
    Piece,
    Problem,
)
from orchestrator.model.confidence import Confidence
from orchestrator.model.message import Message, verbatim
from orchestrator.model.showable import UNSHOWABLE
from tests.console.test_report import PAYLOADS, Page

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SVG = re.compile(r"<svg.*</svg>", re.DOTALL)


def moment(
    seconds: float = 0, lane: Lane = Lane.ADD_IN, level: int = 4, text: str = "words", ahead: int = 60
) -> Moment:
    utc = NOON + timedelta(seconds=seconds)
    local = (utc + timedelta(minutes=ahead)).replace(tzinfo=None)
    return Moment(utc, local, lane, level, text, f"{text} and more", Piece(f"{text}.xml", 7, text))


def a_case(text: str = "words", **fields: Any) -> Case:
    """A case that has something of everything, with this text wherever one is."""
    piece, said = Piece(text, 12, text), verbatim(text)
    given: dict[str, Any] = {
        "host": text,
        "computer_name": f"{text} 2",
        "windows": text,
        "taken": NOON,
        "zone_minutes": 60,
        "clock_ahead_seconds": 200.0,
        "answer": Answer.NO,
        "verdict": said,
        "problems": (
            Problem(text, said, said, Owner.MACHINES, True, Confidence.CERTAIN, (piece, piece)),
            Problem(text, said, None, Owner.USER, False, Confidence.UNCLEAR, (piece,)),
        ),
        "questions": (said,),
        "installations": (Installation(text, 1603, said, text, said, Confidence.LIKELY, (piece,)),),
        "attempts": (
            Attempt(NOON, text, False, text, text, ("address", text), piece),
            Attempt(NOON, text, None, text, None, (), piece),
        ),
        "timeline": tuple(
            moment(60 * n, lane, level, text)
            for n, (lane, level) in enumerate(zip(Lane, (1, 2, 3, 4, 5, 0), strict=True))
        ),
        "files": (CaseFile(text, text, 1234, text, said),),
        "pseudonyms": ((text, 3), ("account", 2)),
    }
    return Case(**{**given, **fields})


def test_the_page_tells_the_case() -> None:
    """The verdict on top, each problem with what to do, whose task and the evidence, both times, files and version."""
    shown = Page(page(a_case(verdict=verbatim("no: TLS 1.2 is off"), host="PC-17", computer_name="pc-17")))
    assert shown.unclosed == []
    assert shown.all("h1")[0].text == "no: TLS 1.2 is off"
    assert "PC-17 ·" in shown.text
    for said in (
        "What to do", OWNERS[Owner.MACHINES], SURE[Confidence.CERTAIN], "words:12", "UTC 2026-03-01 12:05:00",
        "There 2026-03-01 13:05:00", "UTC+01:00", "result 1603", "Failed first", "same IP address", "2 KB",
        "Not all could be read", "200 seconds ahead of", "2 accounts", "Made by the SSPR orchestrator",
    ):  # fmt: skip
        assert said in shown.text, said
    titles = [each.text for each in shown.all("h2")]
    assert titles == [
        "What to do",
        "What to ask next",
        "What happened when",
        "Attempts in the directory's audit log",
        "Installations",
        "What was read",
    ]


def test_a_case_that_knows_nothing_says_so() -> None:
    """Without times, names, moments and problems the page is whole, and shows no empty lists."""
    shown = Page(page(Case(None, None, None, None, None, None, Answer.UNKNOWN, verbatim("nothing is known"))))
    assert shown.unclosed == []
    assert "a machine whose name the files do not tell" in shown.text
    assert "The files show no problem, but hold too little to say that there is none" in shown.text
    assert [each.text for each in shown.all("h2")] == ["What to do", "What was read"]


def test_there_is_a_word_for_everything() -> None:
    """No answer, owner, lane or degree is shown by its code."""
    assert (set(ANSWERS), set(OWNERS), set(LANES), set(SURE)) == (set(Answer), set(Owner), set(Lane), set(Confidence))
    assert set(JOINED) == {"address", "time"}


def texts_of(value: Any) -> int:
    """How many texts a case has."""
    if isinstance(value, str):
        return 0 if isinstance(value, Enum) else 1
    if isinstance(value, Message):
        return 1
    if isinstance(value, tuple):
        return sum(map(texts_of, value))
    return sum(texts_of(getattr(value, each.name)) for each in fields(value)) if is_dataclass(value) else 0


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_files_say_stays_text(payload: str) -> None:
    """Whatever stands in any text, the page has the elements and attributes of plain words, and shows it."""
    hostile, harmless = Page(page(a_case(payload))), Page(page(a_case("words")))
    assert hostile.structure == harmless.structure
    assert hostile.text.count(" ".join(payload.split())) >= texts_of(a_case("words")) // 2
    assert ET.fromstring(SVG.findall(hostile.html)[0]).tag == "svg"


@given(st.text(max_size=40))
@settings(max_examples=40, deadline=None)
def test_no_text_changes_the_page(text: str) -> None:
    """Of any characters: controls, marks of direction, halves of pairs, and what XML has no place for."""
    html = page_bytes(a_case(f"x{text}y")).decode()
    assert Page(html).structure == Page(page(a_case("words"))).structure
    assert not UNSHOWABLE.search(html)
    ET.fromstring(SVG.findall(html)[0])


def test_it_loads_nothing_and_runs_nothing() -> None:
    """The policy names the one style; no element, attribute or style leads elsewhere."""
    shown = Page(page(a_case()))
    policy = next(each.attributes["content"] or "" for each in shown.all("meta") if "http-equiv" in each.attributes)
    (style,) = shown.all("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not {"link", "img", "iframe", "object", "embed", "base", "form", "script", "a"} & {
        each.tag for each in shown.elements
    }
    foreign = {"src", "href", "style", "xlink:href"}
    assert not any(name in foreign or name.startswith("on") for each in shown.elements for name in each.attributes)
    assert not re.search(r"https?://|@import|url\(", shown.html)
    ids = [each.attributes["id"] for each in shown.elements if "id" in each.attributes]
    labels = {name for each in shown.elements for name in (each.attributes.get("aria-labelledby") or "").split()}
    assert len(ids) == len(set(ids))
    assert labels <= set(ids)


def test_the_picture_can_be_read_aloud() -> None:
    """It has a title and a description; each sign says when and what, and errors differ by more than colour."""
    svg = ET.fromstring(SVG.findall(page(a_case()))[0])
    assert svg.attrib["role"] == "img"
    assert [each.tag for each in svg][:2] == ["title", "desc"]
    assert (svg.findtext("desc") or "").startswith(
        "6 moments from 2026-03-01 12:00:00 to 2026-03-01 12:05:00 UTC, 2 err"
    )
    signs = {group.attrib["class"]: group for group in svg.iter("g") if "transform" in group.attrib}
    assert {name: [each.tag for each in group][1:] for name, group in signs.items()} == {
        "error": ["line", "path"],
        "warning": ["path"],
        "info": ["circle"],
        "verbose": ["path"],
    }
    assert "2026-03-01 12:02:00 UTC: words" in {group.findtext("title") for group in svg.iter("g")}


def test_a_busy_hour_of_a_month_has_room() -> None:
    """Starts over a month take no more than half of the picture, and the gaps between them are told."""
    month = [moment(-86400.0 * day, Lane.WINDOWS) for day in range(30, 0, -3)]
    busy = [moment(minute * 20.0) for minute in range(30)]
    picture = picture_of([*month, *busy])
    assert picture is not None
    places = sorted(mark.x for mark in picture.marks if mark.y == picture.lanes[0].y)
    assert places[-1] - places[0] > (RIGHT - LEFT) / 2
    assert [gap.told for gap in picture.gaps] == ["3 days"] * 10
    assert min(behind - before for before, behind in pairwise(places)) >= 5


@given(st.lists(st.tuples(st.integers(0, 10**8), st.sampled_from(Lane), st.integers(0, 6)), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_the_picture_is_in_order_and_in_its_bounds(events: list[tuple[int, Lane, int]]) -> None:
    """Every sign, time and gap is inside, later moments stand no further left, and labels keep their distance."""
    moments = [moment(*event) for event in sorted(events)]
    picture = picture_of(moments)
    assert picture is not None
    xs = [*(mark.x for mark in picture.marks), *(tick.x for tick in picture.ticks), *(gap.x for gap in picture.gaps)]
    assert all(LEFT <= x <= RIGHT for x in xs)
    labels = sorted(tick.x for tick in picture.ticks)
    assert labels
    assert all(behind - before >= 70 for before, behind in pairwise(labels))
    by_time = sorted((mark.said[:23], mark.x) for mark in picture.marks if "more here" not in mark.said)
    assert [x for _, x in by_time] == sorted(x for _, x in by_time)


PIECE = Piece("f" * 999, 1, "t" * 9999)
LONG = verbatim("s" * 9999)
LARGE: dict[str, Any] = {
    "timeline": tuple(moment(n * 7, list(Lane)[n % 6], n % 6, "w" * 2000) for n in range(20_000)),
    "files": (CaseFile("n" * 400, "events", 1, "0" * 64, LONG),) * 20_000,
    "problems": (Problem("c" * 999, LONG, LONG, Owner.USER, True, Confidence.LIKELY, (PIECE,) * 500),) * 500,
    "attempts": (Attempt(NOON, "u" * 999, True, "r" * 9999, "a" * 999, ("time",), PIECE),) * 9000,
    "installations": (Installation("f" * 999, None, LONG, "a" * 999, None, Confidence.LIKELY, (PIECE,) * 50),) * 500,
    "questions": (LONG,) * 1000,
}


@pytest.mark.parametrize("what", LARGE)
def test_its_size_is_bounded(what: str) -> None:
    """Whatever there is thousands of, the page can be mailed, and says how many are not on it."""
    html = page_bytes(a_case(**{what: LARGE[what]}))
    assert len(html) < 2_500_000
    assert (b"have no room here" in html) == (what != "questions")


def test_times_without_a_zone() -> None:
    """Where the host's own time is not known, that is said, and UTC stands alone."""
    shown = Page(
        page(a_case(zone_minutes=None, timeline=(Moment(NOON, None, Lane.ADD_IN, 2, "a", "b", Piece("f", None, "t")),)))
    )
    assert "not known" in shown.text
    assert "UTC+" not in shown.text
    assert "12:00" in {each.text for each in shown.all("text")}
