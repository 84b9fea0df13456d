"""What a preflight asks, all of it in as few exchanges as the line limit allows, and the answers put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from orchestrator.model.preflight import Language, Limits, Proxies, Updates
from orchestrator.windows import (
    boot,
    branches,
    ciphers,
    disk,
    limits,
    provider,
    proxy,
    sessions,
    tls12,
    updates,
    windows10,
)
from orchestrator.windows.boot import Boot, RestartState
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import Fact, asked, gather
from orchestrator.windows.egress import Egress
from orchestrator.windows.provider import Provider
from orchestrator.windows.registry import Key
from orchestrator.windows.sessions import Sessions
from orchestrator.windows.tls12 import TlsSettings


@dataclass(frozen=True)
class Survey:
    """The answers of PREFLIGHT, and what is learned beside them.

    Attributes:
        windows10: What `windows10.STATE` answers; None on every other branch, where it means nothing.
        clock_ahead: How far the host's clock is ahead of ours; None when it is not known.
        egress: Whether the host reaches the service; None when that was not tried.
    """

    machine: Machine
    tls: TlsSettings
    restart: RestartState
    boot: Boot
    provider: Provider
    other_providers: tuple[str, ...]
    other_filters: tuple[str, ...]
    policies: Key | None
    free_bytes: int | None
    sessions: Sessions | None
    updates: Updates | None
    proxy: Proxies
    cipher_order: tuple[str, ...] | None
    language: Language
    limits: Limits
    windows10: windows10.State | None = None
    clock_ahead: timedelta | None = None
    egress: Egress | None = None

    @property
    def awaits_restart(self) -> bool:
        """Whether a change of ours has not seen a restart yet."""
        return self.restart.awaited is not None and not self.boot.follows(self.restart.awaited)


def _where_it_means_something(machine: Machine, state: windows10.State) -> windows10.State | None:
    return state if machine.branch is branches.WINDOWS_10 else None


PREFLIGHT: Fact[Survey] = gather(
    "preflight",
    Survey,
    machine=asked(branches.MACHINE),
    tls=asked(tls12.SETTINGS),
    restart=asked(boot.RESTART),
    boot=asked(boot.BOOT),
    provider=asked(provider.REGISTRATION),
    other_providers=asked(provider.OTHER_PROVIDERS),
    other_filters=asked(provider.OTHER_FILTERS),
    policies=asked(provider.SYSTEM_POLICIES),
    free_bytes=asked(disk.FREE_BYTES),
    sessions=asked(sessions.SESSIONS),
    updates=asked(updates.UPDATES),
    proxy=asked(proxy.PROXY),
    cipher_order=asked(ciphers.ORDER),
    language=asked(branches.LANGUAGE),
    limits=asked(limits.LIMITS),
    windows10=asked(
        gather(
            "preflight.windows10",
            _where_it_means_something,
            machine=asked(branches.MACHINE),
            state=asked(windows10.STATE),
        )
    ),
)
