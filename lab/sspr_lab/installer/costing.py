"""Costing: which features and components a run installs or removes, and where their files and keys lie."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sspr_lab.installer.conditions import State, Symbols, evaluate
from sspr_lab.installer.database import MsiDatabase, Row, long_name, number, text
from sspr_lab.installer.directories import resolve_directories
from sspr_lab.installer.products import InstalledProduct

_REGISTRY_KEY_PATH: Final = 4  # msidbComponentAttributesRegistryKeyPath
_PERMANENT: Final = 16
_64BIT: Final = 256
ROOTS: Final = {0: "HKCR", 1: "HKCU", 2: "HKLM", 3: "HKU"}


@dataclass(frozen=True)
class Component:
    """A row of the Component table. `code` is its GUID, "" for one that is not registered."""

    name: str
    code: str
    directory: str
    attributes: int
    key_path: str

    @property
    def is_permanent(self) -> bool:
        return bool(self.attributes & _PERMANENT)

    @property
    def is_64bit(self) -> bool:
        return bool(self.attributes & _64BIT)

    @property
    def view(self) -> int:
        """The registry view it writes to."""
        return 64 if self.is_64bit else 32


@dataclass(frozen=True)
class Costing:
    """The outcome of CostFinalize. Actions name only what changes: LOCAL is installed, ABSENT removed."""

    database: MsiDatabase
    directories: Mapping[str, str]
    components: Mapping[str, Component]
    feature_states: Mapping[str, State]
    feature_actions: Mapping[str, State]
    component_states: Mapping[str, State]
    component_actions: Mapping[str, State]
    kept: tuple[Component, ...]  # left by this product, but other products still use them

    def acting(self, state: State) -> list[Component]:
        """The components that go to `state`, in the order of the table."""
        return [self.components[name] for name, action in self.component_actions.items() if action == state]

    def file_path(self, row: Row) -> str:
        """The full path of a row of the File table."""
        component = self.components[text(row, "Component_")]
        return f"{self.directories[component.directory]}{long_name(text(row, 'FileName'))}"

    def file_by_key(self, key: str) -> str:
        """The full path of the file with that key, "" when there is none."""
        row = next((row for row in self.database.rows("File") if text(row, "File") == key), None)
        return "" if row is None else self.file_path(row)

    def key_path(self, component: Component) -> str:
        r"""What registers the component: a file, a folder, or a registry value ("22:\SOFTWARE\...")."""
        if not component.key_path:
            return self.directories[component.directory]
        if not component.attributes & _REGISTRY_KEY_PATH:
            return self.file_by_key(component.key_path)
        row = next(row for row in self.database.rows("Registry") if text(row, "Registry") == component.key_path)
        prefix = f"{2 if component.is_64bit else 0}{number(row, 'Root')}"
        return f"{prefix}:\\{text(row, 'Key')}\\{text(row, 'Name')}"


def cost(
    database: MsiDatabase,
    properties: Mapping[str, str],
    installed: InstalledProduct | None,
    shared: Callable[[str], bool],
) -> Costing:
    """Decide what the run does to each feature and component; `shared` tells whether other products use a component.

    REMOVE, ADDLOCAL and REINSTALL choose features; with none of them a first installation takes the features whose
    level INSTALLLEVEL reaches, and a further one leaves everything as it is.
    """
    symbols = Symbols(properties)
    names = [text(row, "Feature") for row in database.rows("Feature")]
    present = {name for name in names if installed is not None and name in installed.features}
    wanted = _wanted_features(database, properties, symbols, present, is_first=installed is None)
    feature_actions = {name: state for name, state in wanted.items() if state is not None}
    components = {text(row, "Component"): _component(row) for row in database.rows("Component")}
    owners: dict[str, list[str]] = {name: [] for name in components}
    for row in database.rows("FeatureComponents"):
        owners[text(row, "Component_")].append(text(row, "Feature_"))
    conditions = {text(row, "Component"): text(row, "Condition") for row in database.rows("Component")}
    component_states: dict[str, State] = {}
    component_actions: dict[str, State] = {}
    kept: list[Component] = []
    for name, features in owners.items():
        is_present = any(feature in present for feature in features)
        component_states[name] = State.LOCAL if is_present else State.ABSENT
        action = _component_action([feature_actions.get(feature) for feature in features])
        if action == State.ABSENT and components[name].is_permanent:
            continue
        if action == State.LOCAL and not evaluate(conditions[name], symbols):
            continue
        if action == State.ABSENT and shared(components[name].code):
            kept.append(components[name])
        elif action is not None:
            component_actions[name] = action
    return Costing(
        database=database,
        directories=resolve_directories(database, properties),
        components=components,
        feature_states={name: State.LOCAL if name in present else State.ABSENT for name in names},
        feature_actions=feature_actions,
        component_states=component_states,
        component_actions=component_actions,
        kept=tuple(kept),
    )


def _wanted_features(
    database: MsiDatabase, properties: Mapping[str, str], symbols: Symbols, present: set[str], *, is_first: bool
) -> dict[str, State | None]:
    """The state each feature is to get, None for one that stays as it is."""
    level = int(properties.get("INSTALLLEVEL", "1"))
    remove = _chosen(properties.get("REMOVE", ""))
    add = _chosen(properties.get("ADDLOCAL", ""))
    again = _chosen(properties.get("REINSTALL", ""))
    wanted: dict[str, State | None] = {}
    for row in database.rows("Feature"):
        name = text(row, "Feature")
        own_level = _level(database, name, number(row, "Level"), symbols)
        state: State | None = None
        is_default = is_first and not add and not remove and 0 < own_level <= level
        if _names(remove, name) and name in present:
            state = State.ABSENT
        elif is_default or (_names(add, name) and own_level > 0) or (_names(again, name) and name in present):
            state = State.LOCAL
        wanted[name] = state
    return wanted


def _level(database: MsiDatabase, feature: str, level: int, symbols: Symbols) -> int:
    """The feature's level after the Condition table."""
    for row in database.rows("Condition"):
        if text(row, "Feature_") == feature and evaluate(text(row, "Condition"), symbols):
            level = number(row, "Level")
    return level


def _component_action(actions: list[State | None]) -> State | None:
    """A component is there while any of its features is."""
    if State.LOCAL in actions:
        return State.LOCAL
    return State.ABSENT if actions and all(action == State.ABSENT for action in actions) else None


def _component(row: Row) -> Component:
    return Component(
        name=text(row, "Component"),
        code=text(row, "ComponentId"),
        directory=text(row, "Directory_"),
        attributes=number(row, "Attributes"),
        key_path=text(row, "KeyPath"),
    )


def _chosen(value: str) -> set[str]:
    return {name.strip() for name in value.split(",") if name.strip()}


def _names(chosen: set[str], feature: str) -> bool:
    return "ALL" in chosen or feature in chosen
