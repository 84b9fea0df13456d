"""The service: what the program can do, for any Python program that wants it done; `docs/library.md` shows how.

A request says what is wanted of which hosts. `prepare` looks at everything that can be looked at before hosts are
touched, and what it gives begins a `Session`, which runs, can be stopped, and leaves a `RunResult`. Nothing here
prints, and nothing here ends the process.
"""

import logging

from orchestrator.app.prepare import PreparedRun, perform, prepare
from orchestrator.app.requests import (
    BreakLease,
    CancelReboot,
    CaptureLogs,
    CheckHosts,
    CollectLogs,
    Doctor,
    EndCapture,
    ListCaptures,
    ListLeases,
    Reboot,
    Request,
    RunPlaybook,
    SweepCaptures,
    SwitchVerboseLog,
    UndoRun,
)
from orchestrator.app.resume import ResumeRun, resume
from orchestrator.app.retry import retry
from orchestrator.app.session import Session
from orchestrator.model.core_dumps import forbid_core_dumps
from orchestrator.playbook.load import load_playbook

__all__ = [
    "BreakLease",
    "CancelReboot",
    "CaptureLogs",
    "CheckHosts",
    "CollectLogs",
    "Doctor",
    "EndCapture",
    "ListCaptures",
    "ListLeases",
    "PreparedRun",
    "Reboot",
    "Request",
    "ResumeRun",
    "RunPlaybook",
    "Session",
    "SweepCaptures",
    "SwitchVerboseLog",
    "UndoRun",
    "forbid_core_dumps",
    "load_playbook",
    "perform",
    "prepare",
    "resume",
    "retry",
]

# Where nobody configures logging, Python would print our errors to stderr.
logging.getLogger("orchestrator").addHandler(logging.NullHandler())
