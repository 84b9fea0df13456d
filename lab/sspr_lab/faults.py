"""What goes wrong on a lab host: kinds of fault with their parameters, taken up at the place where each bites."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, cast, get_args

FaultKind = Literal[
    "certificate_expired",  # of the HTTPS listener
    "certificate_self_signed",  # vouched for by nobody
    "certificate_wrong_name",  # another machine's
    "corrupt_upload",  # times: a byte of what stdin brings to a file is flipped, so often
    "disk_full",  # free: bytes that are left
    "drop_install",  # the TCP connection drops while the install task runs
    "drop_receive",  # nth: the Receive in which the TCP connection drops
    "installer_busy",  # seconds: another installation holds the mutex (1618) so long
    "installer_fails",  # 1603 with a log
    "link",  # round_trip: seconds; bits_per_second; drop: share of exchanges; seed: see lab/link.py
    "logon_refused",
    "never_returns",  # shut down for a restart, never up again
    "quota",  # times: Create or Command is refused so often
    "reboot_required",  # the installation ends with 3010
    "shutdown_refused",  # code: what shutdown ends with, times: so often (1722 once unless told)
    "sleeps",  # nth: the exchange at which it falls asleep; seconds; connections_end: whether it forgets them
    "slow",  # seconds: more for every response
    "slow_reboot",  # seconds: more for the restart
    "task_never_starts",  # times: Task Scheduler takes a run that is asked for, queues it and leaves it there
    "tls_disabled",  # Schannel Enabled=0
    "unreachable",
]
Parameter = int | float | str | bool

_KINDS: Final = frozenset(get_args(FaultKind))
_ONE_SHOT: Final[Mapping[FaultKind, int]] = MappingProxyType(
    {
        "corrupt_upload": 1,
        "drop_install": 1,
        "drop_receive": 1,
        "installer_fails": 1,
        "quota": 1,
        "shutdown_refused": 1,
        "sleeps": 1,
        "task_never_starts": 1,
    }
)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. `params` depend on the kind; `times` is there for the kinds that wear off."""

    kind: FaultKind
    params: Mapping[str, Parameter] = field(default_factory=dict)

    def number(self, name: str, default: float) -> float:
        """A numeric parameter. Raises ValueError when it is not a number."""
        return float(self.params.get(name, default))


def fault(kind: str, **params: Parameter) -> Fault:
    """A fault by its kind's name. Raises ValueError for a kind that does not exist."""
    if kind not in _KINDS:
        raise ValueError(f"no such fault: {kind!r}; there are {', '.join(sorted(_KINDS))}")
    return Fault(cast("FaultKind", kind), MappingProxyType(params))


class Faults:
    """The faults of one machine. `find` tells what is wrong; `take` uses up one occurrence of it."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults = list(faults)
        self._left = {
            id(item): int(item.number("times", _ONE_SHOT[item.kind])) for item in self._faults if _wears(item)
        }

    def find(self, kind: FaultKind) -> Fault | None:
        """The first fault of that kind that is not used up, without using it up."""
        return next((item for item in self._faults if item.kind == kind and self._left.get(id(item), 1) > 0), None)

    def take(self, kind: FaultKind) -> Fault | None:
        """The same, and count it down when it is of a kind that wears off."""
        found = self.find(kind)
        if found is not None and id(found) in self._left:
            self._left[id(found)] -= 1
        return found

    def add(self, item: Fault) -> None:
        """Break one more thing, now."""
        self._faults.append(item)
        if _wears(item):
            self._left[id(item)] = int(item.number("times", _ONE_SHOT[item.kind]))

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)


def _wears(item: Fault) -> bool:
    return item.kind in _ONE_SHOT
