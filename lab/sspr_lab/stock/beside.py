"""What a stock Windows has beside what the machines of the lab have: services, drivers, event logs (`beside.yaml`)."""

from fnmatch import fnmatchcase
from functools import cache

from orchestrator.model.validation import Entry
from sspr_lab.data_beside import data_beside
from sspr_lab.profile import Profile
from sspr_lab.stock.services import stock_services


class _Beside(Entry):
    source: str
    services: tuple[str, ...]
    drivers: tuple[str, ...]
    event_logs: tuple[str, ...]


def _beside() -> _Beside:
    return data_beside(__file__, _Beside)


@cache
def _services() -> frozenset[str]:
    return frozenset(name.lower() for name in (*_beside().services, *_beside().drivers))


def is_service_beside(name: str, profile: Profile) -> bool:
    """Whether Windows has a service or driver of that name, and the lab's machines never had one."""
    return name.lower() in _services() and all(name.lower() != item.name.lower() for item in stock_services(profile))


def is_event_log_beside(name: str) -> bool:
    """Whether Windows has an event log of that name. One that the lab has is not asked for."""
    return any(fnmatchcase(name.lower(), pattern) for pattern in _beside().event_logs)
