"""Files as machines give them, made in tests: exported keys, events as wevtutil prints them, looks and logs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from orchestrator.analysis.build import analyse
from orchestrator.analysis.machines import materials
from orchestrator.harvest.given import files_of
from orchestrator.model.case import Case
from orchestrator.windows import branches, provider, schannel, tls12
from orchestrator.windows.registry import long_name

Keys = Mapping[str, Mapping[str, int | str]]

READY: Keys = {
    branches.CURRENT_VERSION: {"CurrentVersion": "6.1", "CurrentBuild": "7601", "CSDVersion": "Service Pack 1"},
    branches.ENVIRONMENT: {"PROCESSOR_ARCHITECTURE": "AMD64"},
    schannel.SCHANNEL: {"EventLogging": 1},
    tls12.CLIENT: {"Enabled": 1, "DisabledByDefault": 0},
    tls12.SERVER: {"Enabled": 1, "DisabledByDefault": 0},
    tls12.WINHTTP: {"DefaultSecureProtocols": 0xA00},
    tls12.WINHTTP_WOW64: {"DefaultSecureProtocols": 0xA00},
    provider.PROVIDERS: {},
    provider.PROVIDER: {"": "SSPR"},
    provider.INPROC_SERVER: {"": r"C:\Windows\System32\sspr.dll"},
    provider.FILTERS: {},
    provider.POLICIES_SYSTEM: {"EnableLUA": 1},
}
"""Exported keys of a Windows 7 on which the add-in is registered and TLS 1.2 enabled."""


def reg(keys: Keys) -> bytes:
    """An exported file with these keys, each with texts and numbers."""
    lines = ["Windows Registry Editor Version 5.00", ""]
    for path, values in keys.items():
        lines += [f"[{long_name(path)}]", *(_assigned(name, data) for name, data in values.items()), ""]
    return ("\ufeff" + "".join(f"{line}\r\n" for line in lines)).encode("utf-16-le")


def _assigned(name: str, data: int | str) -> str:
    left = f'"{name}"' if name else "@"
    if isinstance(data, int):
        return f"{left}=dword:{data:08x}"
    if data.startswith("hex"):
        return f"{left}={data}"
    return left + '="' + data.replace("\\", "\\\\").replace('"', '\\"') + '"'


def event(
    name: str,
    number: int,
    *data: str,
    time: str = "2026-03-01T08:00:00Z",
    record: int = 1,
    level: int = 4,
    channel: str = "System",
    computer: str = "PC-17.corp.example",
) -> str:
    """One event, as `wevtutil qe` prints it."""
    return (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        f"<Provider Name={quoteattr(name)}/><EventID>{number}</EventID><Level>{level}</Level>"
        f"<TimeCreated SystemTime='{time}'/><EventRecordID>{record}</EventRecordID><Channel>{channel}</Channel>"
        f"<Computer>{escape(computer)}</Computer></System><EventData>"
        + "".join(f"<Data>{escape(text)}</Data>" for text in data)
        + "</EventData></Event>"
    )


def spoke(time: str = "2026-03-01T09:00:00Z", text: str = "created", level: int = 4, record: int = 900) -> str:
    """An event of the add-in."""
    return event(provider.EVENT_SOURCE, 1, text, time=time, record=record, level=level, channel="Application")


SPOKEN: Final = spoke()


def xml(*events: str) -> bytes:
    """An export of events."""
    return "".join(events).encode()


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    """A folder with these files, by names with `/`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def cases(*given: Path) -> list[Case]:
    """What is said of files, a case for each machine."""
    with files_of([(path, "" if len(given) == 1 and path.is_dir() else path.name) for path in given]) as files:
        return [analyse(material) for material in materials(files.found)]


def case(*given: Path) -> Case:
    """The same of one machine's."""
    (only,) = cases(*given)
    return only
