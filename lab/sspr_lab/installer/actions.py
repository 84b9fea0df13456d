"""The standard actions that need nothing but the session, by their names in the sequence tables; custom actions."""

from collections.abc import Callable, Mapping
from typing import Final

from sspr_lab.installer import file_actions, modules, registration, registry_actions
from sspr_lab.installer.conditions import State, evaluate
from sspr_lab.installer.costing import cost
from sspr_lab.installer.database import number, text
from sspr_lab.installer.products import is_shared
from sspr_lab.installer.session import InstallFailure, Session
from sspr_lab.installer.upgrades import find_related_products

Action = Callable[[Session], None]

_BASE_TYPE: Final = 0x3F  # of CustomAction.Type
_STATES: Final = {State.ABSENT: "Absent", State.LOCAL: "Local", None: "Null"}


def launch_conditions(session: Session) -> None:
    """Fail with the description of the first launch condition that does not hold."""
    for row in session.database.rows("LaunchCondition"):
        if not evaluate(text(row, "Condition"), session.symbols()):
            raise InstallFailure(session.format(text(row, "Description")))


def cost_initialize(session: Session) -> None:
    session.log.server("Machine policy value 'MaxPatchCacheSize' is 10")
    session.set("CostingComplete", "0")


def file_cost(session: Session) -> None:
    for table in ("MsiAssembly", "Class", "Extension", "TypeLib", "IniFile", "ReserveCost"):
        session.log.server(f"Note: 1: 2205 2:  3: {table} ")


def cost_finalize(session: Session) -> None:
    """Settle the directories, and what happens to each feature and component."""
    registry = session.machine.registry
    product = session.product_code
    session.costing = cost(
        session.database, session.properties, session.installed, lambda code: is_shared(registry, code, product)
    )
    session.set("CostingComplete", "1")
    for name, path in session.costing.directories.items():
        session.set(name, path)
        session.log.server(f"Dir (target): Key: {name}\t, Object: {path}")


def note_states(session: Session) -> None:
    """The two lists that InstallValidate writes into a verbose log."""
    costing = session.costed
    for name, state in costing.feature_states.items():
        action = _STATES[costing.feature_actions.get(name)]
        session.log.server(f"Feature: {name}; Installed: {_STATES[state]};   Request: {action};   Action: {action}")
    for name, state in costing.component_states.items():
        action = _STATES[costing.component_actions.get(name)]
        session.log.server(f"Component: {name}; Installed: {_STATES[state]};   Request: {action};   Action: {action}")


def schedule_reboot(session: Session) -> None:
    session.restart_scheduled = True
    session.set("MsiRebootActionScheduled", "1")


def force_reboot(session: Session) -> None:
    """Ask for a restart in the middle; only REBOOT=ReallySuppress makes it wait for the end ("REBOOT Property")."""
    if session.suppresses_every_restart:
        session.restart_scheduled = True
    else:
        session.restart_forced = True
    session.set("MsiRebootActionScheduled", "1")


def nothing(_: Session) -> None:
    """An action whose tables the package leaves empty, or that changes nothing the lab models."""


def custom_action(session: Session, name: str) -> None:
    """Run a custom action: set a property (51) or a directory (35), fail with an error (19), or call a DLL (1).

    What other DLLs, programs or scripts would do is not modelled: it succeeds and changes nothing.
    """
    row = next((row for row in session.database.rows("CustomAction") if text(row, "Action") == name), None)
    if row is None:
        session.log.server(f"Note: 1: 2721 2: {name} ")
        raise InstallFailure(f"DEBUG: Error 2721:  Custom action {name} not found in CustomAction table", 2721, name)
    kind = number(row, "Type")
    match kind & _BASE_TYPE:
        case 1:
            modules.call_from_table(session, name, row, kind)
        case 19:
            raise InstallFailure(session.format(text(row, "Target")))
        case 35 | 51:
            session.set(text(row, "Source"), session.format(text(row, "Target")))


ACTIONS: Final[Mapping[str, Action]] = {
    "FindRelatedProducts": find_related_products,
    "LaunchConditions": launch_conditions,
    "CostInitialize": cost_initialize,
    "FileCost": file_cost,
    "CostFinalize": cost_finalize,
    "ProcessComponents": registration.process_components,
    "UnpublishFeatures": registration.unpublish_features,
    "RemoveRegistryValues": registry_actions.remove_registry_values,
    "RemoveFiles": file_actions.remove_files,
    "RemoveFolders": file_actions.remove_folders,
    "CreateFolders": file_actions.create_folders,
    "InstallFiles": file_actions.install_files,
    "WriteRegistryValues": registry_actions.write_registry_values,
    "SelfRegModules": modules.self_register,
    "SelfUnregModules": modules.self_unregister,
    "RegisterProduct": registration.register_product,
    "PublishFeatures": registration.publish_features,
    "PublishProduct": registration.publish_product,
    "ScheduleReboot": schedule_reboot,
    "ForceReboot": force_reboot,
} | dict.fromkeys(
    (
        "AllocateRegistrySpace",
        "AppSearch",
        "BindImage",
        "CCPSearch",
        "CreateShortcuts",
        "DeleteServices",
        "DuplicateFiles",
        "InstallODBC",
        "InstallServices",
        "IsolateComponents",
        "MigrateFeatureStates",
        "MoveFiles",
        "MsiConfigureServices",
        "MsiPublishAssemblies",
        "MsiUnpublishAssemblies",
        "PatchFiles",
        "PublishComponents",
        "RegisterClassInfo",
        "RegisterComPlus",
        "RegisterExtensionInfo",
        "RegisterFonts",
        "RegisterMIMEInfo",
        "RegisterProgIdInfo",
        "RegisterTypeLibraries",
        "RegisterUser",
        "RemoveDuplicateFiles",
        "RemoveEnvironmentStrings",
        "RemoveIniValues",
        "RemoveODBC",
        "RemoveShortcuts",
        "RMCCPSearch",
        "SetODBCFolders",
        "StartServices",
        "StopServices",
        "UnpublishComponents",
        "UnregisterClassInfo",
        "UnregisterComPlus",
        "UnregisterExtensionInfo",
        "UnregisterFonts",
        "UnregisterMIMEInfo",
        "UnregisterProgIdInfo",
        "UnregisterTypeLibraries",
        "ValidateProductID",
        "WriteEnvironmentStrings",
        "WriteIniValues",
    ),
    nothing,
)
