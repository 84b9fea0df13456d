"""What is collected for support: queries, sources, and the cabinet that they are packed into."""

from __future__ import annotations

import re

import pytest

from orchestrator.windows import collection, provider, tls12
from orchestrator.windows.command import Reply
from orchestrator.windows.job import Job

JOB = Job("0123456789abcdef")


def test_the_add_in_s_events_are_taken_however_old() -> None:
    """The add-in's events are found by their source, which is documented, and never by numbers, which are not."""
    query = collection.provider_query()
    assert query == "*[System[Provider[@Name='AADPasswordResetCredentialProvider']]]"
    assert "EventID" not in query
    assert "TimeCreated" not in query


def test_other_events_are_taken_of_the_last_days() -> None:
    """Installer and start events go back so many days, in milliseconds as the query language has it."""
    for query in (collection.installer_query(7), collection.boot_query(7)):
        assert query.endswith("TimeCreated[timediff(@SystemTime) <= 604800000]]]")
        assert query.count("[") == query.count("]")
        assert query.count("(") == query.count(")")
    assert "@Name='MsiInstaller'" in collection.installer_query(1)
    numbers = re.findall(r"EventID=(\d+)", collection.boot_query(1))
    assert {"12", "13", "1074", "6005", "6006", "6008"} <= set(numbers)
    assert "@Name='USER32' or @Name='User32'" in collection.boot_query(1)


def test_queries_need_no_escape_in_quotes() -> None:
    """Queries stand in double quotes on a command line, so that they have none and no percent sign themselves."""
    for query in (collection.provider_query(), collection.installer_query(30), collection.boot_query(30)):
        assert not set(query) & {'"', "%"}


def test_every_source_has_a_file_of_its_own() -> None:
    """Each source goes to a file by its name in the harvest's folder, and tells what it is a copy of."""
    sources = collection.sources(JOB, 7)
    assert len({source.name for source in sources}) == len(sources)
    assert collection.origins(JOB, 7) == {source.name: source.origin for source in sources}
    for source in sources:
        assert f'"{JOB.folder}\\harvest\\{source.name}"' in source.command.line
        assert source.command.accepts is None or 1 in source.command.accepts


def test_registry_and_logs_are_collected() -> None:
    """The provider's key, both sides of Schannel, WinHTTP in both views, and three logs are among the sources."""
    origins = " ".join(collection.origins(JOB, 7).values())
    keys = (provider.PROVIDER, tls12.SCHANNEL_PROTOCOL, tls12.WINHTTP, tls12.WINHTTP_WOW64)
    for wanted in (*keys, "MsiInstaller", "System"):
        assert wanted in origins


def test_collecting_packs() -> None:
    """All sources and the logs of Windows Installer are gathered, then packed."""
    change = collection.collect(JOB, 7)
    lines = [command.line for command in change.commands]
    gathered = [source.command.line for source in collection.sources(JOB, 7)]
    assert gathered == lines[1 : 1 + len(gathered)]
    assert any("MSI*.log" in line for line in lines)
    assert lines[-1] == f'cd /d "{JOB.folder}"&&makecab /f "{JOB.folder}\\harvest.ddf" 2>&1'


@pytest.mark.parametrize(
    ("output", "expected"), [("12345\n", 12345), ("0\n", 0), ("", None), ("ECHO is on.\n", None), ("-1\n", None)]
)
def test_packed_bytes(output: str, expected: int | None) -> None:
    """The cabinet's length, or None while there is none, for which cmd.exe prints no figure."""
    assert collection.packed_bytes(JOB).parse([Reply(0, output)]) == expected
