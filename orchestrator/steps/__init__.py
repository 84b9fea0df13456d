"""Steps: each looks, judges, changes where told to, and proves; on a Target, told by parameters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from orchestrator.model.result import StepResult
from orchestrator.steps.collect import collect
from orchestrator.steps.command import run_command
from orchestrator.steps.context import StepContext
from orchestrator.steps.copy import copy
from orchestrator.steps.doctor import examine
from orchestrator.steps.fetch import fetch
from orchestrator.steps.msi import install
from orchestrator.steps.preflight import preflight
from orchestrator.steps.prove import prove
from orchestrator.steps.reboot import await_reboot, cancel_reboot, schedule_reboot
from orchestrator.steps.registry_value import ensure_registry_value
from orchestrator.steps.tls12 import ensure_tls12
from orchestrator.steps.undo import undo
from orchestrator.steps.uninstall import uninstall
from orchestrator.steps.verbose_logging import switch_verbose_logging
from orchestrator.steps.windows10 import switch_windows10
from orchestrator.target.target import Target

Step = Callable[[Target, Any, StepContext], Awaitable[StepResult]]

STEPS: Mapping[str, Step] = {
    "preflight": preflight,
    "tls12": ensure_tls12,
    "msi": install,
    "uninstall": uninstall,
    "reboot": schedule_reboot,
    "await_reboot": await_reboot,
    "cancel_reboot": cancel_reboot,
    "prove": prove,
    "verbose_logging": switch_verbose_logging,
    "windows10": switch_windows10,
    "registry_value": ensure_registry_value,
    "command": run_command,
    "copy": copy,
    "fetch": fetch,
    "collect": collect,
    "doctor": examine,
    "undo": undo,
}
"""By kind, as plans name them. `await_reboot` follows every `reboot` that is to be waited for."""
