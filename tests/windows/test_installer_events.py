"""Windows Installer's records of how its work ended, read from events that Windows has written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.windows.command import Reply
from orchestrator.windows.installer_events import ENDS, InstallerEnd, last_of

CODE = "{3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6401}"
AT, SHOWN = datetime(2026, 11, 27, 18, 30, 5, tzinfo=UTC), "2026-11-27T18:30:05.000000000Z"


def event(number: int, *data: str, code: str = CODE, binary: str | None = None, at: str = SHOWN) -> str:
    """As Windows 7 to 10 print one."""
    block = code.encode().hex().upper() if binary is None else binary
    strings = "".join(f"<Data>{each}</Data>" if each else "<Data></Data>" for each in data)
    return (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='MsiInstaller'/>"
        f"<EventID Qualifiers='0'>{number}</EventID><Level>4</Level><TimeCreated SystemTime='{at}'/>"
        "<EventRecordID>2373</EventRecordID><Channel>Application</Channel></System>"
        f"<EventData>{strings}<Binary>{block}</Binary></EventData></Event>"
    )


def summary(number: int, status: str) -> str:
    program = "0000" + "7" * 40 + "00000000"
    data = ("Add-in", "1.0.11.0", "1042", status, "Microsoft Corporation", "(NULL)", "")
    return event(number, *data, binary=(CODE + program).encode().hex().upper())


def read(*events: str, between: str = "\n") -> tuple[InstallerEnd, ...]:
    return ENDS.parse([Reply(0, between.join(events))])


@pytest.mark.parametrize(
    ("text", "end"),
    [
        (event(11707, "제품: Add-in -- 설치가 완료되었습니다.", "(NULL)"), InstallerEnd(CODE, AT, False, 0)),
        (event(11708, "Product: Add-in -- Installation failed.", "(NULL)"), InstallerEnd(CODE, AT, False, 1603)),
        (summary(1033, "0"), InstallerEnd(CODE, AT, False, 0)),
        (summary(1033, "1603"), InstallerEnd(CODE, AT, False, 1603)),
        (summary(1033, "3010"), InstallerEnd(CODE, AT, False, 3010)),
        (summary(1034, "0"), InstallerEnd(CODE, AT, True, 0)),
        (summary(1034, "1603"), InstallerEnd(CODE, AT, True, 1603)),
    ],
)
def test_what_each_record_says(text: str, end: InstallerEnd) -> None:
    """Of which product, whether it was removed, and how it ended, in any language."""
    assert read(text) == (end,)


@pytest.mark.parametrize(
    "text",
    [
        event(11707, "Product: Add-in -- Installation completed successfully.", binary=""),
        event(11707, "x", binary="7B00"),
        event(11707, "x", at="2026-99-27T18:30:05Z"),
        event(11707, "x", at="0001-01-01T00:00:00+09:00"),
        event(1033, "Add-in", "1.0"),
        event(1033, "Add-in", "1.0", "0", "(NULL)"),
        "",
        "<Event>",
    ],
)
def test_what_says_too_little_is_passed_over(text: str) -> None:
    """What is no proof is none."""
    assert read(text) == ()


@pytest.mark.parametrize("between", ["\n", ""])
def test_the_newest_that_is_meant(between: str) -> None:
    """Not another product's, not a removal for an installation, and nothing of before."""
    other = event(11707, "x", code=CODE.replace("3F", "AA"), at="2026-11-27T18:40:00Z")
    older = event(11707, "x", at="2026-11-27T17:00:00Z")
    ends = read(other, summary(1034, "0"), event(11708, "x"), older, between=between)
    assert len(ends) == 4
    found = last_of(ends, CODE.lower(), AT, removal=False)
    assert found is not None
    assert found.status == 1603
    assert last_of(ends, CODE, AT + timedelta(seconds=1), removal=False) is None
    removed = last_of(ends, CODE, AT, removal=True)
    assert removed is not None
    assert removed.status == 0
