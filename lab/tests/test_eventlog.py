"""The event log: what its records look like, and the queries it understands."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from sspr_lab.errors import WindowsError
from sspr_lab.eventlog import EventLog
from sspr_lab.eventlog_query import InvalidQuery, parse
from sspr_lab.eventlog_tree import Value, ValueType, filetime, from_filetime
from sspr_lab.languages import ENGLISH
from sspr_lab.machine import Machine

NS = "{http://schemas.microsoft.com/win/2004/08/events/event}"


@pytest.fixture
def events(machine: Machine) -> EventLog:
    """A log with four records of three providers in Application."""
    events = machine.events
    now = machine.clock.now()
    old = now - timedelta(days=3)
    events.write("Application", "MsiInstaller", 1033, data=["Add-in", "1.0", "1033", "0", "Contoso"], at=old)
    events.write("Application", "MsiInstaller", 11708, level=2, data=["Product: Add-in -- Installation failed."])
    events.write("Application", "AADPasswordResetCredentialProvider", 1, data=["CPUS_LOGON"])
    events.write("Application", "Contoso VPN", 7, level=3, data=["it's <down> & out"])
    return events


def test_a_classic_record_has_the_xml_of_windows_7(events: EventLog) -> None:
    """The XML of a classic source: single quotes, Qualifiers, no Version, time to the second with nine decimals."""
    record = events.records("Application")[1]
    assert record.to_xml() == (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        "<Provider Name='MsiInstaller'/><EventID Qualifiers='0'>11708</EventID><Level>2</Level><Task>0</Task>"
        f"<Keywords>0x80000000000000</Keywords><TimeCreated SystemTime='{record.time:%Y-%m-%dT%H:%M:%S}.000000000Z'/>"
        f"<EventRecordID>{record.record_id}</EventRecordID><Channel>Application</Channel><Computer>PC-01</Computer>"
        "<Security/></System><EventData><Data>Product: Add-in -- Installation failed.</Data></EventData></Event>"
    )


def test_a_manifest_record_names_its_data(machine: Machine) -> None:
    """Kernel-General 12, the boot marker, has a GUID, an Execution and named, typed data."""
    (start,) = machine.events.query("System", "*[System[EventID=12]]")
    root = ET.fromstring(start.to_xml())
    provider = root.find(f"{NS}System/{NS}Provider")
    assert provider is not None
    assert provider.attrib["Guid"] == "{a68ca8b7-004f-d7b6-a698-07e2de0f1f5d}"
    data = {item.attrib["Name"]: item.text for item in root.findall(f"{NS}EventData/{NS}Data")}
    assert (data["MajorVersion"], data["MinorVersion"], data["BuildVersion"]) == ("6", "1", "7601")
    assert data["StartTime"] == Value(ValueType.FILETIME, filetime(machine.power.boot_time)).text


def test_text_is_escaped(events: EventLog) -> None:
    """Characters that mean something in XML come back as they were written."""
    root = ET.fromstring(events.records("Application")[3].to_xml())
    assert root.findtext(f"{NS}EventData/{NS}Data") == "it's <down> & out"


def test_record_ids_go_on_after_a_clear(events: EventLog) -> None:
    """A cleared channel is empty and its next record does not reuse an id."""
    last = events.records("Application")[-1].record_id
    events.clear("Application")
    assert events.records("Application") == []
    assert events.write("Application", "Contoso VPN", 8).record_id == last + 1


def test_an_unknown_channel_is_15007(events: EventLog) -> None:
    """There is no channel that Windows does not have."""
    with pytest.raises(WindowsError) as refused:
        events.records("Nope")
    assert refused.value.code == 15007


def test_messages_are_rendered(events: EventLog) -> None:
    """A known event has its message with the inserts; an unknown source gets Windows' excuse."""
    known, unknown = events.records("Application")[0], events.records("Application")[3]
    assert known.render(ENGLISH).startswith("Windows Installer installed the product. Product Name: Add-in.")
    assert "Event ID 7 from source Contoso VPN cannot be found" in unknown.render(ENGLISH)


MSI = [1033, 11708]
ALL = [1033, 11708, 1, 7]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("*", ALL),
        ("*[System]", ALL),
        ("Event/System", ALL),
        ("Nothing", []),
        ("*[System[Provider[@Name='MsiInstaller']]]", MSI),
        ('*[System[Provider[@Name="MsiInstaller"]]]', MSI),
        ("*[System[Provider[@Name='MsiInstaller' or @Name='Contoso VPN']]]", [*MSI, 7]),
        ("*[System/Provider/@Name='MsiInstaller']", MSI),
        ("Event[System[Provider[@Name='MsiInstaller'] and EventID=11708]]", [11708]),
        ("*[System[(EventID=1 or EventID=7)]]", [1, 7]),
        ("*[System[EventID>=7 and EventID<=1033]]", [1033, 7]),
        ("*[System[(EventID!=1)]]", [1033, 11708, 7]),
        ("*[System[(Level=1 or Level=2 or Level=3)]]", [11708, 7]),
        ("*[System[TimeCreated[timediff(@SystemTime) <= 86400000]]]", [11708, 1, 7]),
        ("*[System[TimeCreated[timediff(@SystemTime) > 86400000]]]", [1033]),
        ("*[System[TimeCreated[@SystemTime>='2001-01-01T00:00:00.000Z']]]", ALL),
        ("*[System[TimeCreated[@SystemTime<'2001-01-01T00:00:00']]]", []),
        ("*[System[band(Keywords,36028797018963968)]]", ALL),
        ("*[System[band(Keywords,1)]]", []),
        ("*[EventData[Data='CPUS_LOGON']]", [1]),
        ("*[EventData[Data='Contoso']]", [1033]),
        ("*[EventData/Data[position()=1]='Add-in']", [1033]),
        ("*[position()<=2]", MSI),
        ("*[System[Bogus=1]]", []),
        ("*[UserData[anything='x']]", []),
    ],
)
def test_queries(events: EventLog, query: str, expected: list[int]) -> None:
    """Each query of the event log's XPath subset selects exactly these events, by id."""
    assert [record.event_id for record in events.query("Application", query)] == expected


def test_a_query_by_record_id(events: EventLog) -> None:
    """What came after a known record, as an incremental harvest asks."""
    second = events.records("Application")[1].record_id
    assert [r.event_id for r in events.query("Application", f"*[System[EventRecordID>{second}]]")] == [1, 7]


@pytest.mark.parametrize(
    ("query", "position"),
    [
        ("", 0),
        ("*[System[", 9),  # measured: "A syntax error occurred at position 9"
        ("*[System[EventID=]]", 17),
        ("*[System[EventID==1]]", 17),
        ("*[System[contains(Channel,'x')]]", 9),
        ("*[System[EventID=1]", 19),
        ("*]", 1),
        ("*[System[Provider[@Name='x]]]", 24),
        (f"*[System[{' or '.join(f'EventID={n}' for n in range(23))}]]", None),
    ],
)
def test_what_is_no_query_is_refused_where_it_goes_wrong(query: str, position: int | None) -> None:
    """Bad syntax, functions of full XPath and more than 22 conditions are ERROR_EVT_INVALID_QUERY."""
    with pytest.raises(InvalidQuery) as refused:
        parse(query)
    assert refused.value.code == 15001
    assert position is None or refused.value.position == position


def test_filetime_is_windows_epoch() -> None:
    """1 January 1970 is 116444736000000000 in FILETIME, and back."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert filetime(epoch) == 116444736000000000
    assert from_filetime(116444736000000000) == epoch
