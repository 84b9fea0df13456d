"""One run of the engine over one package: what it knows, and the script of operations that it collects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sspr_lab.accounts import Account
from sspr_lab.installer.conditions import Symbols
from sspr_lab.installer.costing import Costing
from sspr_lab.installer.database import MsiDatabase
from sspr_lab.installer.engine_properties import engine_properties
from sspr_lab.installer.formatted import format_text
from sspr_lab.installer.machine import InstallerMachine
from sspr_lab.installer.products import InstalledProduct
from sspr_lab.installer.transaction import Transaction
from sspr_lab.logon import default_environment
from sspr_lab.msi_log import MsiLog

_SHORTEST_RUN: Final = 8.0  # host seconds
_LONGEST_RUN: Final = 20.0
_BYTES_PER_SECOND: Final = 250_000


class InstallFailure(Exception):
    """The run failed (1603). `number` is the installer's error, 0 for a message without one."""

    def __init__(self, message: str, number: int = 0, *arguments: object) -> None:
        super().__init__(message)
        self.message = message
        self.number = number
        self.arguments = arguments


@dataclass(frozen=True)
class Operation:
    """A line of the execution script: its text as the log shows it, and what it does."""

    text: str
    run: Callable[[Transaction], None] | None = None

    @property
    def starts_action(self) -> bool:
        return self.text.startswith("ActionStart(")


@dataclass
class Session:
    """The state of a run. `package` is the path that was named, `local_package` the copy that is worked from."""

    machine: InstallerMachine
    account: Account
    log: MsiLog
    database: MsiDatabase
    properties: dict[str, str]
    package: str
    local_package: str
    installed: InstalledProduct | None
    host_seconds: float
    environment: Mapping[str, str] = field(default_factory=dict)
    costing: Costing | None = None
    script: list[Operation] = field(default_factory=list)
    transaction: Transaction | None = None
    parent: Transaction | None = None  # of the run that removes this product inside its own script
    restart_scheduled: bool = False  # ScheduleReboot, or a file in use
    restart_forced: bool = False  # ForceReboot

    def __post_init__(self) -> None:
        self.environment = self.environment or default_environment(self.machine, self.account)

    @property
    def costed(self) -> Costing:
        """The outcome of costing. Raises InstallFailure (2732) when an action comes before it."""
        if self.costing is None:
            raise InstallFailure("DEBUG: Error 2732:  Directory Manager not initialized.", 2732)
        return self.costing

    @property
    def product_code(self) -> str:
        return self.properties["ProductCode"].upper()

    def say(self, english: str, **values: object) -> str:
        """A message of the installer as the machine words it; see `Language.text`."""
        return self.machine.profile.spoken.text(english, **values)

    @property
    def product_name(self) -> str:
        return self.properties.get("ProductName", "")

    @property
    def is_removal(self) -> bool:
        """Whether the whole product goes."""
        return self.properties.get("REMOVE", "").upper() == "ALL"

    @property
    def suppresses_every_restart(self) -> bool:
        """REBOOT=ReallySuppress; the installer looks at the first letter only."""
        return self.properties.get("REBOOT", "")[:1].upper() == "R"

    @property
    def source_folder(self) -> str:
        return self.package.rpartition("\\")[0] + "\\"

    def set(self, name: str, value: str) -> None:
        """Set a property; "" deletes it."""
        before = self.properties.get(name)
        if not value:
            if before is not None:
                self.log.server(f"PROPERTY CHANGE: Deleting {name} property. Its current value is '{before}'.")
                del self.properties[name]
        elif before is None:
            self.log.server(f"PROPERTY CHANGE: Adding {name} property. Its value is '{value}'.")
            self.properties[name] = value
        elif before != value:
            self.log.server(
                f"PROPERTY CHANGE: Modifying {name} property. Its current value is '{before}'. "
                f"Its new value: '{value}'."
            )
            self.properties[name] = value

    def symbols(self) -> Symbols:
        """What the names in conditions mean now."""
        costing = self.costing
        if costing is None:
            return Symbols(self.properties, self.environment)
        return Symbols(
            self.properties,
            self.environment,
            costing.component_states,
            costing.component_actions,
            costing.feature_states,
            costing.feature_actions,
        )

    def format(self, template: str) -> str:
        """A Formatted string with its references filled in."""
        return format_text(template, self._reference)

    def add(self, text: str, run: Callable[[Transaction], None] | None = None) -> None:
        """Append an operation to the execution script."""
        self.script.append(Operation(text, run))

    def _reference(self, name: str) -> str:
        costing = self.costing
        match name[:1]:
            case "%":
                return self.environment.get(name[1:], "")
            case "#" | "!" if costing is not None:
                return costing.file_by_key(name[1:])
            case "$" if costing is not None and name[1:] in costing.components:
                return costing.directories[costing.components[name[1:]].directory]
        if costing is not None and name in costing.directories:
            return costing.directories[name]
        return self.properties.get(name, "")


def begin_session(
    machine: InstallerMachine,
    database: MsiDatabase,
    package: str,
    local_package: str,
    installed: InstalledProduct | None,
    given: Mapping[str, str],
    account: Account,
    log: MsiLog,
) -> Session:
    """Start a run: its properties are the package's own, then the engine's, then those `given` by the caller."""
    log.server(f"Original package ==> {package}")
    log.server(f"Package we're running from ==> {local_package}")
    log.server(f"Command Line: {' '.join(f'{name}={value}' for name, value in given.items())} ")
    session = Session(
        machine=machine,
        account=account,
        log=log,
        database=database,
        properties={
            **database.properties,
            **engine_properties(machine, account, is_64bit=database.is_64bit),
            "PackageCode": database.package_code,
            "ProductState": "-1" if installed is None else "5",
            "UILevel": "2",
            "ACTION": "INSTALL",
            "DATABASE": local_package,
            "OriginalDatabase": package,
            "SOURCEDIR": package.rpartition("\\")[0] + "\\",
            **({} if installed is None else {"Installed": "00:00:00"}),
            **given,
        },
        package=package,
        local_package=local_package,
        installed=installed,
        host_seconds=min(_LONGEST_RUN, _SHORTEST_RUN + database.size / _BYTES_PER_SECOND),
    )
    log.server(f"Product Code passed to Engine.Initialize:           '{session.product_code if installed else ''}'")
    log.server(f"Product Code from property table after transforms:  '{session.product_code}'")
    log.server(
        "Product registered: entering maintenance mode"
        if installed
        else "Product not registered: beginning first-time install"
    )
    return session
