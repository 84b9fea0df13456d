"""How a product is made known to the machine and forgotten: components, features, the product, its Uninstall key.

Keys and values are those of a machine with per-machine products; the operations' names and arguments are those of
verbose logs. Where a value's meaning is documented it is in "Uninstall Registry Key" of the Windows Installer pages.
"""

from collections.abc import Callable, Mapping
from typing import Final

from sspr_lab.installer.conditions import State
from sspr_lab.installer.costing import Component
from sspr_lab.installer.database import number, text
from sspr_lab.installer.guid import packed
from sspr_lab.installer.products import CLASSES, INSTALLER, MACHINE_DATA, UNINSTALL, version_tuple
from sspr_lab.installer.session import Session
from sspr_lab.installer.transaction import Transaction
from sspr_lab.registry import Data, Value

_ADVERTISE_FLAGS: Final = 388
_DEPLOYMENT_FLAGS: Final = 3


def process_components(session: Session) -> None:
    """Register the product as a client of its components, or take it off."""
    costing = session.costed
    acting = [(each, True) for each in costing.acting(State.LOCAL)]
    acting += [(each, False) for each in (*costing.acting(State.ABSENT), *costing.kept)]
    acting = [(component, adds) for component, adds in acting if component.code]
    if not acting:
        return
    session.add("ActionStart(Name=ProcessComponents,Description=Updating component registration,)")
    session.add(f"ProgressTotal(Total={len(acting)},Type=1,ByteEquivalent=24000)")
    for component, adds in acting:
        bits = int(component.is_64bit)
        if adds:
            session.add(
                f"ComponentRegister(ComponentId={component.code},KeyPath={costing.key_path(component)},State=3,,Disk=1,"
                f"SharedDllRefCount=0,BinaryType={bits})",
                _register_component(session, component),
            )
        else:
            session.add(
                f"ComponentUnregister(ComponentId={component.code},,BinaryType={bits},)",
                _unregister_component(session, component),
            )


def register_product(session: Session) -> None:
    """Keep a copy of the package and write the product's properties and its entry in Programs and Features."""
    if session.is_removal or not session.costed.component_actions:
        return
    session.set("ProductToBeRegistered", "1")
    session.add("ActionStart(Name=RegisterProduct,Description=Registering product,Template=[1])")
    session.add(f"DatabaseCopy(DatabasePath={session.local_package},ProductCode={session.product_code},,,)")
    properties = session.properties
    arguments = (
        f"UpgradeCode={properties.get('UpgradeCode', '')},VersionString={properties['ProductVersion']},,,,"
        f"InstallSource={session.source_folder},Publisher={properties.get('Manufacturer', '')},,,,,,,,,,,,"
        f"EstimatedSize={_estimated_size(session)},,,,"
    )
    session.add(f"ProductRegister({arguments})", lambda transaction: _register_product(session, transaction))
    session.add("ProductCPDisplayInfoRegister()")


def publish_features(session: Session) -> None:
    """Record which features are installed."""
    features = [name for name, action in session.costed.feature_actions.items() if action == State.LOCAL]
    if not features or session.is_removal:
        return
    session.add("ActionStart(Name=PublishFeatures,Description=Publishing Product Features,Template=Feature: [1])")
    for row in session.database.rows("Feature"):
        name = text(row, "Feature")
        if name in features:
            session.add(
                f"FeaturePublish(Feature={name},,Absent=2,Component={packed(session.product_code)[:20]})",
                _feature_writer(packed(session.product_code), name, text(row, "Feature_Parent")),
            )


def unpublish_features(session: Session) -> None:
    """Forget the features of a product that goes."""
    if not session.is_removal:
        return
    session.add("ActionStart(Name=UnpublishFeatures,Description=Unpublishing Product Features,Template=Feature: [1])")
    short = packed(session.product_code)
    session.add(
        "FeatureUnpublish()",
        lambda transaction: _delete_trees(
            transaction, f"{CLASSES}\\Features\\{short}", f"{MACHINE_DATA}\\Products\\{short}\\Features"
        ),
    )


def publish_product(session: Session) -> None:
    """Write what every user's installer looks up: name, package code, sources, and the upgrade code's list."""
    if session.is_removal or not session.costed.component_actions:
        return
    session.add("ActionStart(Name=PublishProduct,Description=Publishing product information,)")
    session.add("CleanupConfigData()")
    session.add("RegisterPatchOrder(Continue=0,SequenceType=1,Remove=0)")
    session.add(
        f"ProductPublish(PackageKey={session.database.package_code})",
        lambda transaction: _publish_product(session, transaction),
    )
    upgrade_code = session.properties.get("UpgradeCode", "")
    if upgrade_code:
        session.add(
            f"UpgradeCodePublish(UpgradeCode={upgrade_code})",
            lambda transaction: _publish_upgrade_code(session, transaction, upgrade_code),
        )
    session.add("SourceListPublish(,,,,NumberOfDisks=1)")
    session.add("ProductPublishClient(,,)")
    session.add(
        f"SourceListRegisterLastUsed(SourceProduct={session.product_code},LastUsedSource={session.source_folder})"
    )


def unregister_product(session: Session) -> None:
    """The operations by which InstallFinalize forgets a product that was removed whole."""
    session.add("ActionStart(Name=RemoveProduct,Description=Removing product registration,)")
    session.add(
        f"ProductUnregister(UpgradeCode={session.properties.get('UpgradeCode', '')})",
        lambda transaction: _unregister_product(session, transaction),
    )


def _register_component(session: Session, component: Component) -> Callable[[Transaction], None]:
    path = f"{MACHINE_DATA}\\Components\\{packed(component.code)}"
    value = Value.of(session.costed.key_path(component))
    return lambda transaction: transaction.set_value(path, packed(session.product_code), value)


def _unregister_component(session: Session, component: Component) -> Callable[[Transaction], None]:
    path = f"{MACHINE_DATA}\\Components\\{packed(component.code)}"

    def run(transaction: Transaction) -> None:
        transaction.delete_value(path, packed(session.product_code))
        transaction.delete_empty_key(path)

    return run


def _feature_writer(short: str, name: str, parent: str) -> Callable[[Transaction], None]:
    def run(transaction: Transaction) -> None:
        transaction.set_value(f"{CLASSES}\\Features\\{short}", name, Value.of(parent))
        transaction.set_value(f"{MACHINE_DATA}\\Products\\{short}\\Features", name, Value.of(parent))

    return run


def _register_product(session: Session, transaction: Transaction) -> None:
    short = packed(session.product_code)
    product = f"{MACHINE_DATA}\\Products\\{short}"
    entry = _uninstall_entry(session)
    _write(transaction, f"{product}\\InstallProperties", {"LocalPackage": session.local_package, **entry})
    _write(transaction, f"{product}\\Patches", {"AllPatches": []})
    transaction.create_key(f"{product}\\Usage")
    _write(transaction, f"{UNINSTALL}\\{session.product_code}", entry, view=_view(session))
    for name in ("ModifyPath", "UninstallString"):
        expandable = Value("REG_EXPAND_SZ", str(entry[name]))
        transaction.set_value(f"{product}\\InstallProperties", name, expandable)
        transaction.set_value(f"{UNINSTALL}\\{session.product_code}", name, expandable, _view(session))
    hashes = f"C:\\Windows\\Installer\\SourceHash{session.product_code}"
    transaction.write_file(hashes, session.database.package_code.encode("utf-16-le"))  # SECREPAIR's hash database


def _uninstall_entry(session: Session) -> dict[str, Data]:
    """The values that the Uninstall key and InstallProperties share."""
    properties = session.properties
    version = properties["ProductVersion"]
    major, minor, build = version_tuple(version)
    cannot_modify = properties.get("ARPNOMODIFY") == "1"
    command = f"MsiExec.exe /{'X' if cannot_modify else 'I'}{session.product_code}"
    entry: dict[str, Data] = {
        "AuthorizedCDFPrefix": properties.get("ARPAUTHORIZEDCDFPREFIX", ""),
        "Comments": properties.get("ARPCOMMENTS", ""),
        "Contact": properties.get("ARPCONTACT", ""),
        "DisplayVersion": version,
        "HelpLink": properties.get("ARPHELPLINK", ""),
        "HelpTelephone": properties.get("ARPHELPTELEPHONE", ""),
        "InstallDate": f"{session.machine.clock.now():%Y%m%d}",
        "InstallLocation": properties.get("ARPINSTALLLOCATION", ""),
        "InstallSource": session.source_folder,
        "ModifyPath": command,
        "Publisher": properties.get("Manufacturer", ""),
        "Readme": properties.get("ARPREADME", ""),
        "Size": properties.get("ARPSIZE", ""),
        "EstimatedSize": _estimated_size(session),
        "UninstallString": command,
        "URLInfoAbout": properties.get("ARPURLINFOABOUT", ""),
        "URLUpdateInfo": properties.get("ARPURLUPDATEINFO", ""),
        "VersionMajor": major,
        "VersionMinor": minor,
        "WindowsInstaller": 1,
        "Version": major << 24 | minor << 16 | build,
        "Language": int(properties.get("ProductLanguage", "0")),
        "DisplayName": session.product_name,
    }
    flags = {
        "ARPNOMODIFY": "NoModify",
        "ARPNOREMOVE": "NoRemove",
        "ARPNOREPAIR": "NoRepair",
        "ARPSYSTEMCOMPONENT": "SystemComponent",
    }
    return entry | {flags[name]: 1 for name in flags if properties.get(name) == "1"}


def _publish_product(session: Session, transaction: Transaction) -> None:
    short = packed(session.product_code)
    product = f"{CLASSES}\\Products\\{short}"
    major, minor, build = version_tuple(session.properties["ProductVersion"])
    values: dict[str, Data] = {
        "ProductName": session.product_name,
        "PackageCode": packed(session.database.package_code),
        "Language": int(session.properties.get("ProductLanguage", "0")),
        "Version": major << 24 | minor << 16 | build,
        "Assignment": 1,
        "AdvertiseFlags": _ADVERTISE_FLAGS,
        "InstanceType": 0,
        "AuthorizedLUAApp": 0,
        "DeploymentFlags": _DEPLOYMENT_FLAGS,
        "Clients": [":"],
    }
    _write(transaction, product, values)
    sources = f"{product}\\SourceList"
    folder = session.source_folder
    transaction.set_value(sources, "PackageName", Value.of(session.package.rpartition("\\")[2]))
    transaction.set_value(sources, "LastUsedSource", Value("REG_EXPAND_SZ", f"n;1;{folder}"))
    transaction.set_value(f"{sources}\\Media", "1", Value.of(";"))
    transaction.set_value(f"{sources}\\Net", "1", Value("REG_EXPAND_SZ", folder))


def _publish_upgrade_code(session: Session, transaction: Transaction, upgrade_code: str) -> None:
    for root in (CLASSES, INSTALLER):
        transaction.set_value(
            f"{root}\\UpgradeCodes\\{packed(upgrade_code)}", packed(session.product_code), Value.of("")
        )


def _unregister_product(session: Session, transaction: Transaction) -> None:
    short = packed(session.product_code)
    transaction.delete_tree(f"{UNINSTALL}\\{session.product_code}", _view(session))
    _delete_trees(transaction, f"{MACHINE_DATA}\\Products\\{short}", f"{CLASSES}\\Products\\{short}")
    upgrade_code = session.properties.get("UpgradeCode", "")
    for root in (CLASSES, INSTALLER):
        if upgrade_code:
            transaction.delete_value(f"{root}\\UpgradeCodes\\{packed(upgrade_code)}", short)
            transaction.delete_empty_key(f"{root}\\UpgradeCodes\\{packed(upgrade_code)}")
    for parent in ("Features", "Products", "UpgradeCodes"):
        transaction.delete_empty_key(f"{CLASSES}\\{parent}")
    transaction.delete_empty_key(CLASSES)
    transaction.delete_empty_key(f"{INSTALLER}\\UpgradeCodes")
    transaction.delete_file(f"C:\\Windows\\Installer\\SourceHash{session.product_code}")
    transaction.delete_file(session.local_package)


def _write(transaction: Transaction, path: str, values: Mapping[str, Data], view: int = 64) -> None:
    for name, data in values.items():
        transaction.set_value(path, name, Value.of(data), view)


def _delete_trees(transaction: Transaction, *paths: str) -> None:
    for path in paths:
        transaction.delete_tree(path)


def _view(session: Session) -> int:
    """Where Programs and Features looks for the product: a 32-bit package's entry is redirected."""
    return 64 if session.database.is_64bit else 32


def _estimated_size(session: Session) -> int:
    """The size of the files in KB."""
    return -(-sum(number(row, "FileSize") for row in session.database.rows("File")) // 1024)
