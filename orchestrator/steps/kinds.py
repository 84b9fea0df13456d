"""Every kind of step, listed once: those that a playbook can name, in the order in which they are shown, and others."""

from __future__ import annotations

from typing import Final

from orchestrator.steps import (
    await_reboot,
    cancel_reboot,
    capture,
    collect,
    command,
    copy,
    doctor,
    end_capture,
    fetch,
    leases,
    msi,
    preflight,
    reboot,
    registry_value,
    root_certificate,
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
    root_certificate.KIND,
    command.KIND,
    copy.KIND,
    fetch.KIND,
    collect.KIND,
)
"""Those that a playbook can name."""

EVERY_KIND: Final[tuple[AnyKind, ...]] = (
    *KINDS,
    await_reboot.KIND,
    cancel_reboot.KIND,
    doctor.KIND,
    undo.KIND,
    leases.LIST,
    leases.BREAK,
    capture.KIND,
    capture.WAIT,
    end_capture.END,
    end_capture.SWEEP,
    end_capture.LIST,
)
"""With those that follow from others, or that commands of their own ask for."""
