"""What a preflight asks, all of it in as few exchanges as the line limit allows, and the answers put together."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.windows import boot, branches, disk, product, provider, sessions, tls, windows10
from orchestrator.windows.boot import Boot, RestartState
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import Fact, gather
from orchestrator.windows.provider import Provider
from orchestrator.windows.registry import Key
from orchestrator.windows.sessions import Sessions
from orchestrator.windows.tls import TlsSettings


@dataclass(frozen=True)
class Survey:
    """The answers of PREFLIGHT; on Windows 10 also what `windows10.STATE` answers, which nobody else is asked."""

    machine: Machine
    tls: TlsSettings
    restart: RestartState
    boot: Boot
    provider: Provider
    add_in_codes: tuple[str, ...]
    other_providers: tuple[str, ...]
    other_filters: tuple[str, ...]
    policies: Key | None
    free_bytes: int | None
    sessions: Sessions | None
    windows10: windows10.State | None = None

    @property
    def awaits_restart(self) -> bool:
        """Whether a change of ours has not seen a restart yet."""
        return self.restart.awaited is not None and not self.boot.follows(self.restart.awaited)


PREFLIGHT: Fact[Survey] = gather(
    "preflight",
    Survey,
    branches.MACHINE,
    tls.SETTINGS,
    boot.RESTART,
    boot.BOOT,
    provider.REGISTRATION,
    product.ADD_IN_CODES,
    provider.OTHER_PROVIDERS,
    provider.OTHER_FILTERS,
    provider.SYSTEM_POLICIES,
    disk.FREE_BYTES,
    sessions.SESSIONS,
)
