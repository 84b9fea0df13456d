"""The installer's log file: encoding, layout, and which lines the flags of /l ask for."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest

from sspr_lab.errors import DISK_FULL, WindowsError
from sspr_lab.msi_log import MsiLog, log_mode

MOMENT = datetime(2017, 8, 17, 9, 5, 7, 123456)  # noqa: DTZ001  (local time of a machine)


def written(flags: str, speak: Callable[[MsiLog], None], *, is_new: bool = True) -> bytes:
    """The bytes of a log for which `speak` was called between its first and last line."""
    data = bytearray()
    log = MsiLog(data.extend, lambda: MOMENT, mode=log_mode(flags), client=0x1A4, service=0x24C, is_new=is_new)
    log.started("5.00.7601.00")
    speak(log)
    log.stopped()
    return bytes(data)


def everything(log: MsiLog) -> None:
    log.client("from the client")
    log.server("from the service")
    log.action_start("INSTALL")
    log.message("e", "Error 1304.")
    log.action_ended("INSTALL", 3)
    log.properties("s", {"NAME": "value"})


def test_layout_and_encoding() -> None:
    """A verbose log is UTF-16LE with a byte order mark and CRLF, and its lines have the shape of real ones."""
    data = written("*v", everything)
    assert data[:2] == b"\xff\xfe"
    lines = data.decode("utf-16").split("\r\n")
    assert lines[0] == (
        "=== Verbose logging started: 8/17/2017  9:05:07  Build type: SHIP UNICODE 5.00.7601.00  "
        "Calling process: C:\\Windows\\system32\\msiexec.exe ==="
    )
    assert re.fullmatch(r"MSI \(c\) \(A4:[0-9A-F]{2}\) \[09:05:07:123\]: from the client", lines[1])
    assert re.fullmatch(r"MSI \(s\) \(4C:[0-9A-F]{2}\) \[09:05:07:123\]: from the service", lines[2])
    assert lines[3:7] == [
        "Action start 9:05:07: INSTALL.",
        "Error 1304.",
        "Action ended 9:05:07: INSTALL. Return value 3.",
        "Property(S): NAME = value",
    ]
    assert lines[7] == "=== Verbose logging stopped: 8/17/2017  9:05:07 ==="


@pytest.mark.parametrize(
    ("flags", "present", "absent"),
    [
        ("*v", ["MSI (s)", "Action start", "Error 1304", "Property(S)", "Verbose"], []),
        ("*", ["Action start", "Error 1304", "Property(S)"], ["MSI (s)", "Verbose"]),
        ("", ["Action start", "Error 1304"], ["MSI (s)", "Property(S)"]),
        ("e", ["Error 1304"], ["Action start", "MSI (s)", "Property(S)"]),
        ("v", ["MSI (s)", "Verbose"], ["Action start", "Error 1304"]),
    ],
)
def test_flags_choose_lines(flags: str, present: list[str], absent: list[str]) -> None:
    """Each kind of line is there when its flag is; "*" is everything but verbose lines, no flag the usual set."""
    text = written(flags, everything).decode("utf-16")
    assert [piece for piece in present if piece not in text] == []
    assert [piece for piece in absent if piece in text] == []


def test_appending_writes_no_second_mark() -> None:
    """A log that goes on behind an older one has no byte order mark in its middle."""
    assert not written("*v+", everything, is_new=False).startswith(b"\xff\xfe")


def test_lines_come_in_bunches_unless_flushed() -> None:
    """Without "!" lines wait until there are twenty; with it each is in the file at once."""
    for flags, expected in (("*v", 0), ("*v!", 1)):
        data = bytearray()
        MsiLog(data.extend, lambda: MOMENT, mode=log_mode(flags)).server("one")
        assert data.decode("utf-16").count("\n") == expected


def test_unwritable_log_does_not_stop_the_installation() -> None:
    """What the disk has no room for is lost, and nobody is told."""

    def refuse(_: bytes) -> None:
        raise WindowsError(DISK_FULL)

    log = MsiLog(refuse, lambda: MOMENT, mode=log_mode("*v"))
    log.server("lost")
    log.stopped()


def test_unknown_flag() -> None:
    """A letter that is no flag is an error for the command line's reader to report."""
    with pytest.raises(ValueError, match="q"):
        log_mode("*q")
