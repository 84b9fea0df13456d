"""What wevtutil prints of an event besides its plain XML: the rendered XML and the text form, in a language."""

from datetime import timedelta
from typing import Final

from sspr_lab.eventlog_record import Logged
from sspr_lab.eventlog_tree import Element, text
from sspr_lab.languages import Language

_LEVELS: Final = {"0": "Information", "1": "Critical", "2": "Error", "3": "Warning", "4": "Information", "5": "Verbose"}


def rendered_xml(record: Logged, spoken: Language) -> str:
    """The event with its RenderingInfo, as `/f:RenderedXml` prints it."""
    system = record.tree.only("System")
    info = Element(
        "RenderingInfo",
        (("Culture", text(spoken.tag)),),
        (
            Element("Message", value=text(record.render(spoken))),
            Element("Level", value=text(spoken.text(_LEVELS.get(system.only("Level").string, "")))),
            Element("Task", value=text("")),
            Element("Opcode", value=text(spoken.text("Info") if system.child("Opcode") else "")),
            Element("Channel"),
            Element("Provider"),
            Element("Keywords"),
        ),
    )
    return Element("Event", record.tree.attributes, (*record.tree.children, info)).to_xml()


def event_text(record: Logged, index: int, utc_offset: timedelta, spoken: Language) -> str:
    r"""The event as `/f:text` prints it, lines ended by "\n", in the host's local time; only values are translated."""
    system = record.tree.only("System")
    is_classic = system.child("Opcode") is None
    user = system.only("Security").attribute("UserID") or "N/A"
    level = system.only("Level").string
    names = spoken.names
    services = {"S-1-5-18": names.system, "S-1-5-19": names.local_service, "S-1-5-20": names.network_service}
    user_name = f"{names.authority}\\{services[user]}" if user in services else user
    lines = (
        f"Event[{index}]:",
        f"  Log Name: {system.only('Channel').string}",
        f"  Source: {system.only('Provider').attribute('Name')}",
        f"  Date: {(record.time + utc_offset).isoformat(timespec='milliseconds')[:23]}",
        f"  Event ID: {system.only('EventID').string}",
        "  Task: N/A",
        f"  Level: {spoken.text(_LEVELS.get(level, level))}",
        f"  Opcode: {'N/A' if is_classic else spoken.text('Info')}",
        f"  Keyword: {spoken.text('Classic') if is_classic else 'N/A'}",
        f"  User: {user}",
        f"  User Name: {user_name}",
        f"  Computer: {system.only('Computer').string}",
        "  Description: ",
        record.render(spoken),
    )
    return "\n".join(lines) + "\n\n"
