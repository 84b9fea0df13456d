"""What wevtutil prints of an event besides its plain XML: the rendered XML and the text form, in en-US."""

from datetime import timedelta
from typing import Final

from orchestrator.lab.eventlog_record import Logged
from orchestrator.lab.eventlog_tree import Element, text

_LEVELS: Final = {"0": "Information", "1": "Critical", "2": "Error", "3": "Warning", "4": "Information", "5": "Verbose"}
_WELL_KNOWN_USERS: Final = {
    "S-1-5-18": r"NT AUTHORITY\SYSTEM",
    "S-1-5-19": r"NT AUTHORITY\LOCAL SERVICE",
    "S-1-5-20": r"NT AUTHORITY\NETWORK SERVICE",
}


def rendered_xml(record: Logged) -> str:
    """The event with its RenderingInfo, as `/f:RenderedXml` prints it."""
    system = record.tree.only("System")
    info = Element(
        "RenderingInfo",
        (("Culture", text("en-US")),),
        (
            Element("Message", value=text(record.render())),
            Element("Level", value=text(_LEVELS.get(system.only("Level").string, ""))),
            Element("Task", value=text("")),
            Element("Opcode", value=text("Info" if system.child("Opcode") else "")),
            Element("Channel"),
            Element("Provider"),
            Element("Keywords"),
        ),
    )
    return Element("Event", record.tree.attributes, (*record.tree.children, info)).to_xml()


def event_text(record: Logged, index: int, utc_offset: timedelta) -> str:
    r"""The event as `/f:text` prints it, lines ended by "\n", in the host's local time."""
    system = record.tree.only("System")
    is_classic = system.child("Opcode") is None
    user = system.only("Security").attribute("UserID") or "N/A"
    level = system.only("Level").string
    lines = (
        f"Event[{index}]:",
        f"  Log Name: {system.only('Channel').string}",
        f"  Source: {system.only('Provider').attribute('Name')}",
        f"  Date: {(record.time + utc_offset).isoformat(timespec='milliseconds')[:23]}",
        f"  Event ID: {system.only('EventID').string}",
        "  Task: N/A",
        f"  Level: {_LEVELS.get(level, level)}",
        f"  Opcode: {'N/A' if is_classic else 'Info'}",
        f"  Keyword: {'Classic' if is_classic else 'N/A'}",
        f"  User: {user}",
        f"  User Name: {_WELL_KNOWN_USERS.get(user, user)}",
        f"  Computer: {system.only('Computer').string}",
        "  Description: ",
        record.render(),
    )
    return "\n".join(lines) + "\n\n"
