"""The Service Control Manager of one machine: configuration is kept in the registry, states are kept here."""

from dataclasses import dataclass
from typing import Final, Literal

from sspr_lab.accounts import Account
from sspr_lab.errors import ACCESS_DENIED, WindowsError
from sspr_lab.profile import Profile
from sspr_lab.registry import Key, Registry, Value
from sspr_lab.stock.services import AUTOMATIC, DISABLED, stock_services

State = Literal["STOPPED", "RUNNING"]

KEY: Final = r"HKLM\SYSTEM\CurrentControlSet\Services"
INVALID_SERVICE_CONTROL: Final = 1052
SERVICE_ALREADY_RUNNING: Final = 1056
SERVICE_DISABLED: Final = 1058
SERVICE_DOES_NOT_EXIST: Final = 1060
SERVICE_NOT_ACTIVE: Final = 1062
_SERVICE_TYPES: Final = 0x30
_NOT_STOPPABLE: Final = frozenset(
    {"dcomlaunch", "gpsvc", "lsm", "plugplay", "power", "rpceptmapper", "rpcss", "samss", "schedule"}
)


@dataclass(frozen=True)
class Service:
    """A service at one moment. `start` is 2 automatic, 3 manual, 4 disabled."""

    name: str
    display_name: str
    start: int
    delayed: bool
    kind: int
    image_path: str
    account: str
    state: State


class Services:
    """The services of one machine. Methods raise WindowsError: 1060 no such service, and as each says."""

    def __init__(self, registry: Registry, profile: Profile) -> None:
        self._registry = registry
        up = (item for item in stock_services(profile) if item.runs or item.start == AUTOMATIC)
        self._running = {item.name.lower() for item in up}

    def names(self) -> list[str]:
        """The services' names; drivers are not among them."""
        key = self._registry.key(KEY)
        return [name for name in key.subkey_names if _is_service(key.subkeys[name.upper()])]

    def service(self, name: str) -> Service:
        """A service by its name."""
        key = self._registry.key(KEY).subkey(name)
        if key is None or not _is_service(key):
            raise WindowsError(SERVICE_DOES_NOT_EXIST, name)
        return Service(
            key.name,
            _text(key, "DisplayName"),
            _number(key, "Start"),
            _number(key, "DelayedAutoStart") == 1,
            _number(key, "Type"),
            _text(key, "ImagePath"),
            _text(key, "ObjectName"),
            "RUNNING" if key.name.lower() in self._running else "STOPPED",
        )

    def is_running(self, name: str) -> bool:
        return name.lower() in self._running

    def check_control(self, account: Account, name: str) -> None:
        """Who may start, stop or configure it: administrators. Raises WindowsError 5."""
        if not account.elevated:
            raise WindowsError(ACCESS_DENIED, name)

    def start(self, name: str) -> None:
        """Start it. Raises WindowsError 1056 when it runs, 1058 when it is disabled."""
        service = self.service(name)
        if service.state == "RUNNING":
            raise WindowsError(SERVICE_ALREADY_RUNNING, name)
        if service.start == DISABLED:
            raise WindowsError(SERVICE_DISABLED, name)
        self._running.add(name.lower())

    def stop(self, name: str) -> None:
        """Stop it. Raises WindowsError 1062 when it does not run, 1052 when it accepts no stop."""
        if self.service(name).state == "STOPPED":
            raise WindowsError(SERVICE_NOT_ACTIVE, name)
        if name.lower() in _NOT_STOPPABLE:
            raise WindowsError(INVALID_SERVICE_CONTROL, name)
        self._running.discard(name.lower())

    def configure(self, name: str, *, start: int, delayed: bool = False) -> None:
        """Change the start type (2, 3, 4) and the delay of an automatic start."""
        path = f"{KEY}\\{self.service(name).name}"
        self._registry.set(path, "Start", Value("REG_DWORD", start))
        if delayed or self._registry.get(path, "DelayedAutoStart") is not None:
            self._registry.set(path, "DelayedAutoStart", Value("REG_DWORD", int(delayed)))

    def start_automatic(self, *, delayed: bool) -> list[str]:
        """Start what starts by itself: at boot the services without delay, about two minutes later those with it.

        Returns:
            The names of those that were started.
        """
        candidates = [self.service(name) for name in self.names()]
        due = [item.name for item in candidates if item.start == AUTOMATIC and item.delayed == delayed]
        started = [name for name in due if not self.is_running(name)]
        self._running.update(name.lower() for name in started)
        return started

    def stop_all(self) -> None:
        """What a shutdown does."""
        self._running.clear()


def _is_service(key: Key) -> bool:
    return bool(_number(key, "Type") & _SERVICE_TYPES)


def _text(key: Key, name: str) -> str:
    value = key.value(name)
    return value.data if value is not None and isinstance(value.data, str) else ""


def _number(key: Key, name: str) -> int:
    value = key.value(name)
    return value.data if value is not None and isinstance(value.data, int) else 0
