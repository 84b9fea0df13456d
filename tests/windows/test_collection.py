"""What is collected for support: queries, what is gathered, and the cabinet that it is packed into."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.windows import collection
from orchestrator.windows.collection import Listing
from orchestrator.windows.command import Reply
from orchestrator.windows.host_files import Listed
from orchestrator.windows.job import Job
from orchestrator.windows.sources import Events, Files, Look, RegistryKey, Source, checked_key, checked_log

JOB = Job("0123456789abcdef")
YESTERDAY = "TimeCreated[timediff(@SystemTime) <= 86400000]"
INSTALLER = Events("Application", ("MsiInstaller",), days=7)


def source(what: Events | RegistryKey | Files | Look, name: str = "sample") -> Source:
    return Source(name, "why", what, None, 1)


@pytest.mark.parametrize(
    ("events", "after", "query"),
    [
        (Events("Application", ("A",)), None, "*[System[Provider[@Name='A']]]"),
        (Events("Application", ("A", "B")), None, "*[System[Provider[@Name='A' or @Name='B']]]"),
        (Events("System", ids=((7, 7), (1, 3))), None, "*[System[(EventID=7 or (EventID >= 1 and EventID <= 3))]]"),
        (Events("Application"), 5, "*[System[EventRecordID > 5]]"),
        (Events("Application", days=7), None, "*[System[TimeCreated[timediff(@SystemTime) <= 604800000]]]"),
        (Events("Application"), None, "*"),
        (
            Events("System", ("A",), ((7, 7),), 1),
            5,
            f"*[System[Provider[@Name='A'] and (EventID=7) and EventRecordID > 5 and {YESTERDAY}]]",
        ),
    ],
)
def test_queries(events: Events, after: int | None, query: str) -> None:
    """Who, which numbers, from which record on, and how far back, in milliseconds as the query language has it."""
    assert events.query(after) == query
    assert not set(query) & {'"', "%"}, "it stands in double quotes on a command line"


def test_conditions_are_counted() -> None:
    """As many as Windows does: what is inside of brackets counts by itself, and a range twice."""
    assert Events("System").conditions == 2
    assert Events("System", ("A", "B"), ((7, 7), (1, 3)), 1).conditions == 2 + 3 + 3 + 2


def test_every_source_has_files_of_its_own() -> None:
    """Text of events and, where it is wanted, the records; a key; and nothing for what is copied or looked at."""
    original = replace(INSTALLER, original=True)
    assert source(INSTALLER).made == ("sample.xml",)
    assert source(original).made == ("sample.xml", "sample.evtx")
    assert source(RegistryKey("HKLM\\A\\B")).made == ("sample.reg",)
    assert source(Files("C:\\A\\*.log")).made == source(Look()).made == ()
    gathered = collection.gather(JOB, [source(original), source(RegistryKey("HKLM\\A\\B"))], {"sample": 5})
    for command, name in zip(gathered.commands, ("sample.xml", "sample.evtx", "sample.reg"), strict=True):
        assert f'"{JOB.folder}\\harvest\\{name}"' in command.line
        assert command.accepts is None or 1 in command.accepts
    assert [command.line.count("EventRecordID > 5") for command in gathered.commands] == [1, 1, 0]


def test_collecting_packs() -> None:
    """A list that an earlier attempt has left goes first, since what is written behind it would be packed too."""
    _, first, *_, last = (command.line for command in collection.pack(JOB).commands)
    assert first == f'del /q "{JOB.folder}\\harvest.ddf" 2>nul'
    assert last == f'cd /d "{JOB.folder}"&&makecab /f "{JOB.folder}\\harvest.ddf" 2>&1'


def test_many_files_are_copied_in_several_commands() -> None:
    """Each of which fits a line of cmd.exe with others."""
    names = [f"MSI{number:05}.log" for number in range(300)]
    lines = [command.line for command in collection.copy(JOB, "%SystemRoot%\\Temp", names).commands]
    assert len(lines) > 1
    assert max(map(len, lines)) < 2300
    assert [name for line in lines for name in line.split("(")[1].split(")")[0].split()] == names


@pytest.mark.parametrize(
    ("output", "listing"),
    [
        ("", Listing()),
        ("5 MSI1.log\n0 MSI2.log\n", Listing((Listed("MSI1.log", 5), Listed("MSI2.log", 0)))),
        ("5 MSI 1.log\n6 설치.log\n7 a&b.log\n8 a%b.log\n", Listing((), 4)),
        (" gone.log\nnonsense\n", Listing((), 2)),
    ],
)
def test_only_plain_names_are_taken(output: str, listing: Listing) -> None:
    """Whoever may write to a folder decides what stands in the answer: what is no plain name goes no further."""
    fact = collection.newest_first("C:\\A\\*.log")
    assert fact.parse([Reply(0, output)]) == listing


@pytest.mark.parametrize("name", ["", " System", 'a"b', "a'b", "a%b", "a>b", "a|b", "a\nb", "x" * 201])
def test_names_that_cannot_stand_in_a_query(name: str) -> None:
    """Names of logs and providers go into queries and command lines, and are kept to what Windows' own look like."""
    with pytest.raises(ValueError, match="no name as"):
        checked_log(name)
    assert checked_log("Microsoft-Windows-CAPI2/Operational") == "Microsoft-Windows-CAPI2/Operational"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("HKCU\\Software\\A", "begins with HKLM or HKU"),
        ("HKLM\\SOFTWARE", "no key that can be brought home"),
        ('HKLM\\SOFTWARE\\a"b', "no key that can be brought home"),
        ("HKLM\\SOFTWARE\\%a%", "no key that can be brought home"),
        ("hklm\\sam\\SAM", "no key that can be brought home"),
        ("HKLM\\SAM\\SAM", "secrets of accounts"),
        ("HKLM\\Security\\Policy", "secrets of accounts"),
    ],
)
def test_keys_that_are_not_brought_home(path: str, why: str) -> None:
    """Whole hives, what cannot stand in a command line, and where Windows keeps secrets."""
    with pytest.raises(ValueError, match=why):
        checked_key(path)


@pytest.mark.parametrize(
    ("output", "expected"), [("12345\n", 12345), ("0\n", 0), ("", None), ("ECHO is on.\n", None), ("-1\n", None)]
)
def test_packed_bytes(output: str, expected: int | None) -> None:
    """The cabinet's length, or None while there is none, for which cmd.exe prints no figure."""
    assert collection.packed_bytes(JOB).parse([Reply(0, output)]) == expected
