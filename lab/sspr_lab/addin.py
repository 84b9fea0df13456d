"""What the SSPR add-in does on its own: it writes to the Application log when LogonUI loads it.

Its documentation names the event source and the switch `EnableLogging`, nothing else: the ids and texts are invented.
"""

from typing import Final

from sspr_lab.eventlog import EventLog
from sspr_lab.eventlog_providers import SSPR
from sspr_lab.interfaces.files import Files
from sspr_lab.registry import Registry

_CLSID: Final = "{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}"
_PROVIDERS: Final = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Authentication\Credential Providers"
_CLASSES: Final = r"HKLM\SOFTWARE\Classes\CLSID"
_VERBOSE: Final = (
    (2, ("CPUS_LOGON", "0", "S_OK")),
    (3, ("1", "false")),
    (4, ("5",)),
)


def loaded_by_logon_ui(registry: Registry, files: Files, events: EventLog) -> None:
    """LogonUI has started: the provider, when it is registered and its DLL is there, says so; at length on demand."""
    library = registry.get(f"{_CLASSES}\\{_CLSID}\\InprocServer32", "")
    if not registry.exists(f"{_PROVIDERS}\\{_CLSID}") or library is None or not files.exists(str(library.data)):
        return
    events.write("Application", SSPR, 1, data=["CPUS_LOGON"])
    switch = registry.get(f"{_PROVIDERS}\\{_CLSID}", "EnableLogging")
    if switch is not None and switch.data == 1:
        for event_id, data in _VERBOSE:
            events.write("Application", SSPR, event_id, data=data)
