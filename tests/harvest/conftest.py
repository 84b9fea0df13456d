"""Events as `wevtutil qe` prints them, for the tests of everything that reads them."""

from __future__ import annotations

from collections.abc import Callable
from xml.sax.saxutils import escape, quoteattr

import pytest

EventXml = Callable[..., str]


def _event(
    provider: str,
    event_id: int,
    *data: str,
    time: str = "2026-03-01T08:00:00.123456700Z",
    record: int = 1,
    level: int = 4,
    channel: str = "Application",
    message: str | None = None,
) -> str:
    rendering = (
        f"<RenderingInfo Culture='en-US'><Message>{escape(message)}</Message></RenderingInfo>" if message else ""
    )
    return (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        f"<Provider Name={quoteattr(provider)}/><EventID Qualifiers='0'>{event_id}</EventID><Level>{level}</Level>"
        f"<Task>0</Task><Keywords>0x80000000000000</Keywords><TimeCreated SystemTime='{time}'/>"
        f"<EventRecordID>{record}</EventRecordID><Channel>{channel}</Channel><Computer>PC-17.corp.example</Computer>"
        "<Security/></System><EventData>"
        + "".join(f"<Data>{escape(text)}</Data>" for text in data)
        + f"<Binary>7B30</Binary></EventData>{rendering}</Event>"
    )


@pytest.fixture
def event_xml() -> EventXml:
    """Builds one event of a classic provider."""
    return _event
