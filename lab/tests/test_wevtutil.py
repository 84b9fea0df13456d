"""wevtutil: command lines in, output and exit codes out.

Expected exit codes and texts: a published measurement of wevtutil's failures on Windows 10/11, and winerror.h.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from sspr_lab.clock import Clock
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile

Run = Callable[..., Awaitable[Any]]
QUERY = "Application /q:*[System[Provider[@Name='MsiInstaller']]]"


@pytest.fixture(autouse=True)
def past(machine: Machine) -> None:
    """Three events in Application, two of them the installer's."""
    machine.events.write("Application", "MsiInstaller", 1040, data=["C:\\a.msi", "1200", "(NULL)"])
    machine.events.write("Application", "Contoso VPN", 7, data=["<b>"])
    machine.events.write("Application", "MsiInstaller", 1033, data=["Add-in", "1.0", "1033", "0", "Contoso"])


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("qe Application", ["1040", "7", "1033"]),
        ("query-events Application /format:XML", ["1040", "7", "1033"]),
        ("QE application -f:xml", ["1040", "7", "1033"]),
        (f"qe {QUERY}", ["1040", "1033"]),
        ("qe Application /rd:true", ["1033", "7", "1040"]),
        ("qe Application /reversedirection:true /count:1", ["1033"]),
        ("qe Application /c:2", ["1040", "7"]),
        ("qe Application /q:*[System[EventID=4711]]", []),
        ("qe Application /q:*[System[(Bogus=1)]]", []),
        ("qe System /q:*[System[EventID=12]]", ["12"]),
    ],
)
async def test_queries_print_the_events(run: Run, line: str, ids: list[str]) -> None:
    """Each option selects and orders the events; nothing found is exit code 0 and no output."""
    ran = await run(f"wevtutil {line}")
    root = ET.fromstring(f"<r>{ran.out}</r>")
    assert [event.findtext("{*}System/{*}EventID") for event in root] == ids
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count("\r\n") == len(ids)


async def test_a_root_element_makes_a_document(run: Run) -> None:
    """/e wraps the events in the element that was asked for."""
    ran = await run("wevtutil qe Application /e:Events")
    assert ran.out.startswith("<Events>\r\n<Event ")
    assert len(ET.fromstring(ran.out)) == 3


async def test_windows_10_writes_events_back_to_back(run: Run, clock: Clock) -> None:
    """From Windows 10 on there is no line end between two events."""
    windows_10 = Machine(Profile("windows10"), clock)
    ran = await run("wevtutil qe System", machine=windows_10)
    assert "</Event><Event " in ran.out
    assert "\n" not in ran.out


async def test_unicode_output_is_utf_16(run: Run, machine: Machine) -> None:
    """/uni:true keeps what the console's code page lacks."""
    machine.events.write("Application", "제품", 8)
    plain = await run("wevtutil qe Application /rd:true /c:1")
    wide = await run("wevtutil qe Application /rd:true /c:1 /uni:true")
    assert "<Provider Name='??'/>" in plain.out
    assert "<Provider Name='제품'/>" in wide.out.encode("cp437").decode("utf-16")


async def test_text_and_rendered_xml_show_the_message(run: Run) -> None:
    """Only /f:text and /f:RenderedXml bring the provider's message."""
    message = "Windows Installer installed the product. Product Name: Add-in."
    text = await run("wevtutil qe Application /rd:true /c:1 /f:text")
    rendered = await run("wevtutil qe Application /rd:true /c:1 /f:RenderedXml")
    plain = await run("wevtutil qe Application /rd:true /c:1 /f:xml")
    assert text.out.startswith("Event[0]:\r\n  Log Name: Application\r\n  Source: MsiInstaller\r\n")
    assert message in text.out
    assert message in (ET.fromstring(rendered.out).findtext("{*}RenderingInfo/{*}Message") or "")
    assert message not in plain.out


@pytest.mark.parametrize(
    ("line", "code", "stderr"),
    [
        ("qe", 87, "Required argument(s) is/are not specified."),
        ("gl", 87, "Required argument(s) is/are not specified."),
        ("qe Application *", 87, "Too many arguments are specified."),
        ("qe Application /f:json", 87, "Invalid value for option f."),
        ("qe Application /c:0", 87, "Invalid value for property count."),
        ("qe Application /c:-5", 87, "Invalid value for property count."),
        ("qe Application /rd:maybe", 87, "Invalid option rd. Option is not Boolean."),
        ("qe Application /zz:true", 87, "Invalid option zz. Option is not valid."),
        ("cl Application /invalidate", 87, "Invalid option invalidate. Option is not valid."),
        ("gl Application /rd:true", 87, "Invalid option rd. Option is not valid."),
        ("qe Application /q:*[System[", 15001, "A syntax error occurred at position 9"),
        ("qe NoSuchLog", 15007, "The specified channel could not be found. Check channel configuration."),
        ("gl NoSuchLog", 15007, "Failed to read configuration for log NoSuchLog."),
        ("gli NoSuchLog", 15007, "Failed to read log status information for log NoSuchLog."),
        ("cl NoSuchLog", 15007, "Failed to clear log NoSuchLog."),
        ("epl NoSuchLog C:\\x.evtx", 15007, "Failed to export log NoSuchLog."),
        ("epl Application C:\\nowhere\\x.evtx", 3, "Failed to export log Application."),
        ("qe C:\\no\\such.evtx /lf:true", 3, "The system cannot find the path specified."),
        ("qe C:\\such.evtx /lf:true", 2, "The system cannot find the file specified."),
        ("frobnicate Application", 87, "Unrecognized command frobnicate."),
    ],
)
async def test_failures(run: Run, line: str, code: int, stderr: str) -> None:
    """Every mistake has Windows' exit code, its first line on stderr, and no output."""
    ran = await run(f"wevtutil {line}")
    assert (ran.code, ran.err.splitlines()[0], ran.out) == (code, stderr, "")


@pytest.mark.parametrize("line", ["qe Security", "cl Application", "epl Security C:\\Users\\Public\\s.evtx"])
async def test_what_needs_an_administrator_is_denied_to_users(run: Run, machine: Machine, line: str) -> None:
    """The Security log and clearing are not for everybody: 5."""
    ran = await run(f"wevtutil {line}", account=log_on(machine, "user"))
    assert (ran.code, "Access is denied." in ran.err) == (5, True)


async def test_an_export_is_a_file_that_wevtutil_reads(run: Run, machine: Machine) -> None:
    """epl with a query writes only the matching events; an existing file needs /ow:true."""
    command = "wevtutil epl Application C:\\x.evtx /q:*[System[Provider[@Name='MsiInstaller']]]"
    assert (await run(command)).code == 0
    first = machine.files.read(r"C:\x.evtx")
    assert first.startswith(b"ElfFile\0")
    again = await run(command)
    assert (again.code, again.err) == (80, "Failed to export log Application.\r\nThe file exists.\r\n")
    assert (await run("wevtutil export-log Application C:\\x.evtx /overwrite:true")).code == 0
    assert machine.files.read(r"C:\x.evtx") != first
    read = await run(r"wevtutil qe C:\x.evtx /lf:true /rd:true /c:1 /q:*[System[EventID=1033]]")
    assert "<Data>Add-in</Data>" in read.out


async def test_a_relative_target_is_below_the_current_directory(run: Run, machine: Machine) -> None:
    """epl writes where the process stands."""
    await run("wevtutil epl Application here.evtx")
    assert machine.files.exists(r"C:\Users\Administrator\here.evtx")


async def test_archiving_puts_the_messages_beside_the_file(run: Run, machine: Machine) -> None:
    """al makes LocaleMetaData with a file for the language."""
    await run("wevtutil epl Application here.evtx")
    assert (await run("wevtutil al here.evtx /l:en-US")).code == 0
    assert machine.files.exists(r"C:\Users\Administrator\LocaleMetaData\here_1033.MTA")


async def test_a_bookmark_gives_only_what_is_new(run: Run, machine: Machine) -> None:
    """/sbm notes the last event that was read, /bm goes on from there."""
    await run("wevtutil qe Application /sbm:C:\\mark.xml")
    assert (await run("wevtutil qe Application /bm:C:\\mark.xml")).out == ""
    machine.events.write("Application", "Contoso VPN", 9)
    ran = await run("wevtutil qe Application /bookmark:C:\\mark.xml /savebookmark:C:\\mark.xml")
    assert ran.out.count("<Event ") == 1
    assert ">9</EventID>" in ran.out


async def test_a_structured_query_names_channel_and_condition(run: Run, machine: Machine) -> None:
    """/sq:true takes a file with a QueryList."""
    select = "<Select Path='Application'>*[System[EventID=7]]</Select>"
    query = f"<QueryList><Query Path='Application'>{select}</Query></QueryList>"
    machine.files.write("C:\\q.xml", query.encode())
    assert (await run("wevtutil qe C:\\q.xml /sq:true")).out.count("<Event ") == 1


async def test_clearing_can_keep_a_backup(run: Run, machine: Machine) -> None:
    """cl /bu empties the log after writing its events to a new file."""
    assert (await run("wevtutil cl Application /bu:C:\\b.evtx")).code == 0
    assert machine.events.records("Application") == []
    assert "<Data>Add-in</Data>" in (await run("wevtutil qe C:\\b.evtx /lf")).out


async def test_channels_are_listed_with_their_files(run: Run) -> None:
    """el names the channels, gl where one is kept, gli how much is in it."""
    assert {"Application", "Security", "System"} <= set((await run("wevtutil el")).out.splitlines())
    assert r"logFileName: %SystemRoot%\System32\Winevt\Logs\System.evtx" in (await run("wevtutil gl System")).out
    assert "numberOfLogRecords: 3\r\n" in (await run("wevtutil gli Application")).out


async def test_the_log_of_certificates_is_switched_off(run: Run) -> None:
    """CAPI2 is there and can be asked, and nothing is in it: Windows does not write it unless somebody wants it."""
    assert "enabled: false\r\n" in (await run("wevtutil gl Microsoft-Windows-CAPI2/Operational")).out
    asked = await run("wevtutil qe Microsoft-Windows-CAPI2/Operational /e:Events")
    assert (asked.code, "<Event " in asked.out) == (0, False)
