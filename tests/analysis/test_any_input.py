"""Whatever stands in the files, a case comes of it: no text, number, date or order of them ends in an error."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.analysis.case_file import cases_bytes
from orchestrator.model.case import Case
from orchestrator.model.message import DECLARED, REMEDY
from orchestrator.sentences import say
from orchestrator.windows import branches, ciphers, provider, proxy, time_zone
from orchestrator.windows.readiness.survey import PREFLIGHT
from tests.analysis.inputs import READY, case, event, reg, written, xml
from tests.analysis.test_timeline import bundle

ODD = (
    "",
    "9" * 5_000,
    "x    REG_DWORD    zz",
    "a\n    Start    REG_DWORD    zz",
    "hex(7):61,00,00,00",
    "hex(b):01,02,03,04,05,06,07,08",
    "hex:" + "ff," * 60 + "ff",
    "\u0663\u0664",
    "(value)",
)
TEXTS = st.sampled_from(ODD) | st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=30)
DATA = st.integers(0, 0xFFFFFFFF) | TEXTS
ASKED = sorted({(command.place.key, command.place.value or "") for command in PREFLIGHT.commands if command.place})
NAMES = (
    (branches.CURRENT_VERSION, "CurrentMajorVersionNumber"),
    (branches.CURRENT_VERSION, "CurrentBuild"),
    (branches.CURRENT_VERSION, "CSDVersion"),
    (provider.POLICIES_SYSTEM, "EnableLUA"),
    (provider.PROVIDER, "EnableLogging"),
    (proxy.CONNECTIONS, "WinHttpSettings"),
    (ciphers.ORDER_KEY, "Functions"),
    *(
        (time_zone.CURRENT, name)
        for name in ("Bias", "DaylightBias", "DaylightStart", "StandardStart", "TimeZoneKeyName")
    ),
)
VALUES = st.dictionaries(
    st.sampled_from([*ASKED, *NAMES]) | st.tuples(st.sampled_from(ASKED).map(lambda each: each[0]), TEXTS),
    DATA,
    max_size=8,
)
PROVIDERS = (
    "Schannel",
    "MsiInstaller",
    "EventLog",
    "User32",
    "Microsoft-Windows-Kernel-General",
    provider.EVENT_SOURCE,
)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(PROVIDERS),
        st.sampled_from((1, 12, 1033, 1074, 6009, 36887, 36888)),
        st.lists(st.sampled_from((*ODD, "6.01.", "10.00.", "3010", "48", "0x80072EE7")), max_size=5),
        st.sampled_from(
            ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-03-01T08:00:00Z")
        ),
    ),
    max_size=6,
)


def analyzed(files: Mapping[str, bytes]) -> Case:
    with tempfile.TemporaryDirectory() as folder:
        found = case(written(Path(folder), files))
    assert json.loads(cases_bytes([found]))["cases"]
    for problem in found.problems:
        assert problem.evidence
    return found


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES, EVENTS, st.booleans())
def test_any_values_and_events(values: dict[tuple[str, str], int | str], events: list[Any], ready: bool) -> None:
    """Judges, readers of zones and of versions take anything."""
    keys: dict[str, dict[str, int | str]] = {path: dict(there) for path, there in READY.items()} if ready else {}
    for (path, name), data in values.items():
        keys.setdefault(path, {})[name] = data
    told = [event(name, number, *data, time=time) for name, number, data, time in events]
    analyzed(
        {"k.reg": reg(dict(sorted(keys.items()))), "e.xml": xml(*told), "m.reg": reg({time_zone.CURRENT: {"Bias": 1}})}
    )


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('"clock_ahead_seconds": 5.0', '"clock_ahead_seconds": 1e999'),
        ('"clock_ahead_seconds": 5.0', '"clock_ahead_seconds": -1e300'),
        ("2026-07-01T12:00:00Z", "2026-07-01T12:00:00"),
        ("2026-07-01T12:00:00Z", "0001-01-01T00:00:00+14:00"),
        ('"host": "PC"', '"host": "' + "x" * 10_000 + '"'),
        ('"host": "PC"', '"host": "\\u001b[2J"'),
        ('"host": "PC"', '"host": ""'),
    ],
)
def test_any_manifest(was: str, becomes: str) -> None:
    """What it says is taken as far as it can be, and the files are read all the same."""
    files = bundle("PC", {"k.reg": reg(READY), "e.xml": xml(event("EventLog", 6005))}, ahead=5.0)
    text = files["manifest.json"].decode()
    assert was in text
    found = analyzed({**files, "manifest.json": text.replace(was, becomes).encode()})
    assert len(found.timeline) == 1
    assert found.timeline[0].utc.year == datetime(2026, 3, 1, tzinfo=UTC).year


ANY: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.just([])
    | st.just([{"code": "x"}])
)
CODES = sorted(
    each for code, declared in DECLARED.items() for each in (code, f"{code}.{REMEDY}")[: 1 + declared.has_remedy]
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(CODES), st.data())
def test_any_check(code: str, data: st.DataObject) -> None:
    """Its messages may be any of ours, with parameters that are none of theirs; it is read, or said to be none."""
    names = DECLARED[code.partition(".")[0]].names
    parameters = data.draw(st.dictionaries(st.sampled_from([*names, "other"]), ANY, max_size=4))
    told = {"code": code, "parameters": parameters}
    finding = {"code": "uac", "severity": "warn", "message": told, "remedy": told, "evidence": {"a": parameters}}
    learned = {"addin": {"installed": True}, "tls12": {"verdict": "on", "sentence": told}, "findings": [finding]}
    found = analyzed({"check.json": json.dumps({"learned": learned}).encode()})
    for problem in found.problems:
        assert isinstance(say(problem.says), str)
