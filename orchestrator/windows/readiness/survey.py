"""What a preflight asks, all of it in as few exchanges as the line limit allows, and the answers put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from orchestrator.model.finding import Read
from orchestrator.model.preflight import Language, Limits, Proxies, Roots, Updates
from orchestrator.model.registry import Value
from orchestrator.windows import (
    boot,
    branches,
    ciphers,
    disk,
    limits,
    numbers,
    provider,
    proxy,
    roots,
    schannel,
    sessions,
    tls12,
    updates,
    windows10,
)
from orchestrator.windows.boot import Boot, RestartState
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import Fact, Place, Unknown, asked, attempted, gather, with_unknown
from orchestrator.windows.egress import Egress
from orchestrator.windows.provider import Provider
from orchestrator.windows.registry import Key
from orchestrator.windows.schannel import Schannel
from orchestrator.windows.sessions import Sessions
from orchestrator.windows.tls12 import TlsSettings


@dataclass(frozen=True)
class Survey:
    """The answers of PREFLIGHT, and what is learned beside them.

    Attributes:
        mistyped: Values of another type where a number is meant.
        windows10: What `windows10.STATE` answers; None on every other branch, where it means nothing.
        clock_ahead: How far the host's clock is ahead of ours; None when it is not known.
        egress: Whether the host reaches the service; None when that was not tried.
        unknown: Questions that have stayed open; what they ask for stands above as if it were not there.
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
    roots: Roots | None
    schannel: Schannel
    mistyped: Mapping[Place, Value] = field(default_factory=dict)
    windows10: windows10.State | None = None
    clock_ahead: timedelta | None = None
    egress: Egress | None = None
    unknown: tuple[Unknown, ...] = ()

    def knows(self, *facts: Fact[object]) -> bool:
        """Whether nothing that these facts ask has stayed open."""
        left_open = {each.command for each in self.unknown}
        return left_open.isdisjoint(command for fact in facts for command in fact.commands)

    def among_mistyped(self, places: Sequence[Place]) -> dict[Place, Value]:
        """Which of these values are there and are no numbers."""
        return {place: value for place, value in self.mistyped.items() if numbers.among(places, place)}

    def read(self, places: Sequence[Place], number: int | None) -> Read:
        """What was read where a number is meant, as evidence: the number, or what stands there in its place."""
        wrong = [value.as_number for value in self.among_mistyped(places).values()]
        return wrong[0] if wrong else number

    @property
    def awaits_restart(self) -> bool:
        """Whether a change of ours has not seen a restart yet."""
        return self.restart.awaited is not None and not self.boot.follows(self.restart.awaited)


def _where_it_means_something(machine: Machine, state: windows10.State) -> windows10.State | None:
    return state if machine.branch is branches.WINDOWS_10 else None


_SURVEY: Fact[Survey] = gather(
    "preflight",
    Survey,
    machine=asked(branches.MACHINE),
    tls=asked(tls12.SETTINGS),
    restart=asked(boot.RESTART),
    boot=asked(boot.BOOT),
    provider=asked(attempted(provider.REGISTRATION)),
    other_providers=asked(attempted(provider.OTHER_PROVIDERS)),
    other_filters=asked(attempted(provider.OTHER_FILTERS)),
    policies=asked(attempted(provider.SYSTEM_POLICIES)),
    free_bytes=asked(disk.FREE_BYTES),
    sessions=asked(attempted(sessions.SESSIONS)),
    updates=asked(attempted(updates.UPDATES)),
    proxy=asked(attempted(proxy.PROXY)),
    cipher_order=asked(attempted(ciphers.ORDER)),
    language=asked(attempted(branches.LANGUAGE)),
    limits=asked(attempted(limits.LIMITS)),
    roots=asked(attempted(roots.ROOTS)),
    schannel=asked(schannel.SETTINGS),
    mistyped=asked(attempted(numbers.MISTYPED)),
    windows10=asked(
        gather(
            "preflight.windows10",
            _where_it_means_something,
            machine=asked(branches.MACHINE),
            state=asked(attempted(windows10.STATE)),
        )
    ),
)


def _noting(survey: Survey, left_open: tuple[Unknown, ...]) -> Survey:
    return replace(survey, unknown=left_open)


PREFLIGHT: Fact[Survey] = with_unknown(_SURVEY, _noting)
"""What is needed to do no harm has to be answered: which Windows it is, its TLS, its restarts and its disk."""
