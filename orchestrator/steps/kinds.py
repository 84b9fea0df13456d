"""Every kind of step that a playbook can name, listed once, in the order in which they are shown."""

from __future__ import annotations

from typing import Final

from orchestrator.steps import (
    collect,
    command,
    copy,
    fetch,
    msi,
    preflight,
    prove,
    reboot,
    registry_value,
    tls12,
    uninstall,
    verbose_logging,
    windows10,
)
from orchestrator.steps.declaration import AnyKind

KINDS: Final[tuple[AnyKind, ...]] = (
    preflight.KIND,
    tls12.KIND,
    msi.KIND,
    uninstall.KIND,
    reboot.KIND,
    prove.KIND,
    verbose_logging.KIND,
    windows10.KIND,
    registry_value.KIND,
    command.KIND,
    copy.KIND,
    fetch.KIND,
    collect.KIND,
)
