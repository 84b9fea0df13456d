"""Every kind of step, listed once: those that a playbook can name, in the order in which they are shown, and others."""

from __future__ import annotations

from typing import Final

from orchestrator.steps import (
    collect,
    command,
    copy,
    doctor,
    fetch,
    msi,
    preflight,
    reboot,
    registry_value,
    tls12,
    undo,
    uninstall,
    verbose_logging,
    verify,
    windows10,
)
from orchestrator.steps.declaration import AnyKind

KINDS: Final[tuple[AnyKind, ...]] = (
    preflight.KIND,
    tls12.KIND,
    msi.KIND,
    uninstall.KIND,
    reboot.KIND,
    verify.KIND,
    verbose_logging.KIND,
    windows10.KIND,
    registry_value.KIND,
    command.KIND,
    copy.KIND,
    fetch.KIND,
    collect.KIND,
)
"""Those that a playbook can name."""

EVERY_KIND: Final[tuple[AnyKind, ...]] = (*KINDS, reboot.AWAIT, reboot.CANCEL, doctor.KIND, undo.KIND)
"""With those that follow from others, or that commands of their own ask for."""
