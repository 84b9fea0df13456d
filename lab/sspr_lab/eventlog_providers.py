"""Who writes to the event log and what: providers, their events' fixed fields, and the messages of their resources.

Sources of the shapes: exported events of real machines published with tools' tests (User32 1074, Service Control
Manager 7036, MsiInstaller 1033), Microsoft's "Windows Installer event logging" page for the MsiInstaller messages.
Fields not seen in such a sample are from memory of the same events [mem]. `AADPasswordResetCredentialProvider`
documents none of its event ids; those here are invented, which is why a harvest has to filter by provider.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sspr_lab.languages import Language

CLASSIC: Final = 0x80000000000000
KERNEL_GENERAL: Final = "Microsoft-Windows-Kernel-General"
SSPR: Final = "AADPasswordResetCredentialProvider"


@dataclass(frozen=True)
class Event:
    """The fields of an event that its provider's resources fix; `names` are those of its Data elements."""

    message: str = ""
    names: tuple[str, ...] = ()
    qualifiers: int = 0
    task: int = 0
    opcode: int = 0
    version: int = 0
    keywords: int = CLASSIC


@dataclass(frozen=True)
class Provider:
    """An event provider: classic (a source of Services/EventLog) unless it has the GUID of a manifest."""

    name: str
    guid: UUID | None = None
    source: str = ""
    events: dict[int, Event] = field(default_factory=dict)

    def event(self, event_id: int) -> Event:
        return self.events.get(event_id, Event())


def render(provider: Provider, event_id: int, data: Sequence[str], spoken: Language) -> str:
    """The event's message, as RenderedXml and /f:text show it; Windows' excuse where there is no resource."""
    template = provider.event(event_id).message
    if not template:
        inserts = "".join(f"\n{item}" for item in data)
        return f"{spoken.text(_NO_DESCRIPTION, id=event_id, source=provider.name)}\n{inserts}"
    values = dict(enumerate(data, start=1))
    return re.sub(r"%(\d+)", lambda match: values.get(int(match[1]), match[0]), spoken.text(template))


_NO_DESCRIPTION: Final = (
    "The description for Event ID {id} from source {source} cannot be found. Either the component that raises this "
    "event is not installed on your local computer or the installation is corrupted. You can install or repair the "
    "component on the local computer.\n\nThe following information was included with the event: "
)


_PRODUCT: Final = "Product Name: %1. Product Version: %2. Product Language: %3. Manufacturer: %5."
_SHUTDOWN_PARAMETERS: Final = tuple(f"param{n}" for n in range(1, 8))
_INITIATED: Final = (
    "The process %1 has initiated the %5 of computer %2 on behalf of user %7 for the following reason: %3\n"
    " Reason Code: %4\n Shutdown Type: %5\n Comment: %6"
)
_ABORTED: Final = "The last restart/shutdown request of computer %1 was aborted by user %2"
_EXPLICIT: Final = 0x8000000000000000  # the keyword bit of the System channel

_PROVIDERS: Final = (
    Provider(
        "EventLog",
        events={
            6005: Event("The Event log service was started.", qualifiers=32768),
            6006: Event("The Event log service was stopped.", qualifiers=32768),
            6008: Event("The previous system shutdown at %1 on %2 was unexpected.", qualifiers=32768),
            6009: Event("Microsoft (R) Windows (R) %1 %2 %3 %4.", qualifiers=32768),
            6013: Event("The system uptime is %5 seconds.", qualifiers=32768),
        },
    ),
    Provider(
        KERNEL_GENERAL,
        UUID("a68ca8b7-004f-d7b6-a698-07e2de0f1f5d"),
        events={
            12: Event(
                "The operating system started at system time %7.",
                (
                    "MajorVersion",
                    "MinorVersion",
                    "BuildVersion",
                    "QfeVersion",
                    "ServiceVersion",
                    "BootMode",
                    "StartTime",
                ),
                task=1,
                keywords=_EXPLICIT | 0x80,
            ),
            13: Event(
                "The operating system is shutting down at system time %1.",
                ("StopTime",),
                task=2,
                keywords=_EXPLICIT | 0x80,
            ),
        },
    ),
    Provider(  # Windows 7 names the source in capitals and has no manifest for it [mem]
        "USER32",
        events={
            1074: Event(_INITIATED, qualifiers=32768),
            1075: Event(_ABORTED, qualifiers=32768),
        },
    ),
    Provider(
        "User32",
        UUID("b0aa8734-56f7-41cc-b2f4-de228e98b946"),
        "User32",
        events={
            1074: Event(_INITIATED, _SHUTDOWN_PARAMETERS, qualifiers=32768, keywords=_EXPLICIT | CLASSIC),
            1075: Event(_ABORTED, _SHUTDOWN_PARAMETERS[:2], qualifiers=32768, keywords=_EXPLICIT | CLASSIC),
        },
    ),
    Provider(
        "Service Control Manager",
        UUID("555908d1-a6d7-4695-8e1e-26931d2012f4"),
        "Service Control Manager",
        events={
            7036: Event(
                "The %1 service entered the %2 state.",
                ("param1", "param2"),
                qualifiers=16384,
                keywords=_EXPLICIT | CLASSIC,
            ),
        },
    ),
    Provider(  # Microsoft, "Schannel Events", has numbers and texts; the names of the data are from memory
        "Schannel",
        UUID("1f678132-5938-4686-9fdc-c8ff68f15c85"),
        events={
            36871: Event(
                "A fatal error occurred while creating an SSL %1 credential. The internal error state is %2.",
                ("Type", "ErrorState"),
                keywords=_EXPLICIT,
            ),
            36887: Event("The following fatal alert was received: %1.", ("AlertDesc",), keywords=_EXPLICIT),
            36888: Event(
                "The following fatal alert was generated: %1. The internal error state is %2.",
                ("AlertDesc", "ErrorState"),
                keywords=_EXPLICIT,
            ),
        },
    ),
    Provider(
        "MsiInstaller",
        events={
            1005: Event(
                "The Windows Installer initiated a system restart to complete or continue the configuration of '%1'."
            ),
            1029: Event(
                "Product: %1. Restart required. The installation or update for the product required a restart for all "
                "changes to take effect.  The restart was deferred to a later time."
            ),
            1033: Event(
                f"Windows Installer installed the product. {_PRODUCT} Installation success or error status: %4."
            ),
            1034: Event(f"Windows Installer removed the product. {_PRODUCT} Removal success or error status: %4."),
            1038: Event(
                f"Windows Installer requires a system restart. {_PRODUCT} Type of System Restart: %6. "
                "Reason for Restart: %4."
            ),
            1040: Event("Beginning a Windows Installer transaction: %1. Client Process Id: %2."),
            1042: Event("Ending a Windows Installer transaction: %1. Client Process Id: %2."),
            11707: Event("%1"),
            11708: Event("%1"),
            11724: Event("%1"),
            11725: Event("%1"),
        },
    ),
    Provider(
        SSPR,
        events={
            1: Event("The credential provider was created for usage scenario %1."),
            2: Event("Verbose: SetUsageScenario(%1, 0x%2) returned %3."),
            3: Event("Verbose: GetCredentialCount: %1 credential(s), auto logon: %2."),
            4: Event("Verbose: GetFieldDescriptorCount returned %1."),
        },
    ),
)

PROVIDERS: Final = {provider.name: provider for provider in _PROVIDERS}
