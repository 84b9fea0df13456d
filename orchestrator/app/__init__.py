"""The service: what the program can do, for any Python program that wants it done; `docs/library.md` shows how.

A request says what is wanted of which hosts. `prepare` looks at everything that can be looked at before hosts are
touched, and what it gives begins a `Session`, which runs, can be stopped, and leaves a `RunResult`. Nothing here
prints, and nothing here ends the process.
"""

import logging

from orchestrator.app.prepare import PreparedRun, perform, prepare
from orchestrator.app.requests import (
    CancelReboot,
    CheckHosts,
    CollectLogs,
    Doctor,
    Reboot,
    Request,
    RunPlaybook,
    SwitchVerboseLog,
    UndoRun,
)
from orchestrator.app.session import Session
from orchestrator.playbook.load import load_playbook

__all__ = [
    "CancelReboot",
    "CheckHosts",
    "CollectLogs",
    "Doctor",
    "PreparedRun",
    "Reboot",
    "Request",
    "RunPlaybook",
    "Session",
    "SwitchVerboseLog",
    "UndoRun",
    "load_playbook",
    "perform",
    "prepare",
]

# Where nobody configures logging, Python would print our errors to stderr.
logging.getLogger("orchestrator").addHandler(logging.NullHandler())
