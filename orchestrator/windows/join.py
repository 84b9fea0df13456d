"""Whom a device belongs to: the directories in the cloud that it is joined to, and its domain.

dsregcmd shows more, in words that have changed with versions of Windows; the registry tells what is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestrator.model import preflight
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.registry import Value
from orchestrator.windows import registry
from orchestrator.windows.command import Evidence, Fact, Place, Reply, Sureness, asked, gather
from orchestrator.windows.registry import REG_QUERY

JOIN_INFO = r"HKLM\SYSTEM\CurrentControlSet\Control\CloudDomainJoin\JoinInfo"
TCPIP = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"

_JOIN_INFO = Evidence(
    f"{REG_QUERY.source}; that a device's join stands there is consistent in public administration scripts",
    Sureness.REPORTED,
)

_HYBRID = phrase("join-hybrid")
_IN_CLOUD = phrase("join-cloud")
_NOT_JOINED = phrase("join-none")


@message("join-domain-only")
def _domain_only(domain: str) -> None:
    """A member of a domain that the cloud's directory does not know."""


@dataclass(frozen=True)
class Join:
    """Whom the device belongs to.

    Attributes:
        tenants: Of the directories in the cloud that it is joined to; empty when it is joined to none. A join whose
            tenant is not shown stands as an empty text.
        domain: DNS name of its domain; None in a workgroup.
    """

    tenants: tuple[str, ...]
    domain: str | None

    @property
    def joined(self) -> bool:
        """Whether it is joined to the cloud's directory, with or without a domain of its own."""
        return bool(self.tenants)

    @property
    def title(self) -> Message:
        """As an admin would say it."""
        if self.joined:
            return _HYBRID() if self.domain else _IN_CLOUD()
        return _domain_only(self.domain) if self.domain else _NOT_JOINED()

    @property
    def shown(self) -> preflight.Join:
        """As a result's detail has it."""
        return preflight.Join(self.title, self.tenants, self.domain)


def _parse_tenants(replies: Sequence[Reply]) -> tuple[str, ...]:
    """One tenant for each key right below JoinInfo; the keys' names are thumbprints of certificates."""
    prefix = registry.long_name(JOIN_INFO).lower() + "\\"
    tenants: dict[str, str] = {}
    for key in registry.parse_keys(replies[0]):
        path = key.path.lower()
        if path.startswith(prefix) and "\\" not in path.removeprefix(prefix):
            tenants[path] = key.text("TenantId") or tenants.get(path, "")
    return tuple(tenants.values())


def _domain(value: Value | None) -> str | None:
    return str(value.data) if value and value.data else None


DOMAIN: Fact[str | None] = gather("domain", _domain, value=asked(registry.value("domain.name", TCPIP, "Domain")))
"""DNS name of the machine's domain; None in a workgroup."""

JOIN: Fact[Join] = gather(
    "join",
    Join,
    tenants=asked(
        Fact(
            "join.tenants",
            (replace(registry.query(Place(JOIN_INFO), "/s"), evidence=_JOIN_INFO),),
            _parse_tenants,
        )
    ),
    domain=asked(DOMAIN),
)
