"""The standard actions on the registry: WriteRegistryValues and RemoveRegistryValues, over the Registry table."""

from collections.abc import Callable
from typing import Final

from sspr_lab.installer.conditions import State
from sspr_lab.installer.costing import ROOTS, Component
from sspr_lab.installer.database import Row, number, text
from sspr_lab.installer.session import Session
from sspr_lab.installer.transaction import Transaction
from sspr_lab.registry import Value

Run = Callable[[Transaction], None]

_HANDLES: Final = {"HKCR": -2147483648, "HKCU": -2147483647, "HKLM": -2147483646, "HKU": -2147483645}
_KEY_MARKERS: Final = ("+", "-", "*")  # names that with no value speak of the key itself


def write_registry_values(session: Session) -> None:
    """Write the values of the components that are installed."""
    rows = _rows(session, State.LOCAL)
    if not rows:
        return
    session.add(
        "ActionStart(Name=WriteRegistryValues,Description=Writing system registry values,"
        "Template=Key: [1], Name: [2], Value: [3])"
    )
    session.add(f"ProgressTotal(Total={len(rows)},Type=1,ByteEquivalent=13200)")
    for component, row in rows:
        path, opened = _key(session, component, row)
        session.add(opened)
        name, template = text(row, "Name"), row["Value"]
        if template is None and name in _KEY_MARKERS:
            if name != "-":
                session.add("RegCreateKey()", _on_key(Transaction.create_key, path, component.view))
            continue
        name, shown = session.format(name), session.format(text(row, "Value"))
        session.add(f"RegAddValue({_named(name)},Value={shown},)", _writer(path, name, shown, component.view))


def remove_registry_values(session: Session) -> None:
    """Remove the values of the components that go, and upwards every key that is empty then [mem]."""
    rows = _rows(session, State.ABSENT)
    if not rows:
        return
    session.add(
        "ActionStart(Name=RemoveRegistryValues,Description=Removing system registry values,"
        "Template=Key: [1], Name: [2])"
    )
    session.add(f"ProgressTotal(Total={len(rows)},Type=1,ByteEquivalent=13200)")
    for component, row in rows:
        path, opened = _key(session, component, row)
        session.add(opened)
        name = text(row, "Name")
        if row["Value"] is None and name in _KEY_MARKERS:
            if name != "+":
                session.add("RegRemoveKey()", _on_key(Transaction.delete_tree, path, component.view))
            continue
        name = session.format(name)
        session.add(f"RegRemoveValue({_named(name)},Value={text(row, 'Value')},)", _remover(path, name, component.view))


def typed_value(shown: str) -> Value:
    r"""The registry value that a Registry.Value means.

    "#%" REG_EXPAND_SZ, "#x" REG_BINARY, "#" REG_DWORD, "##" a text that begins with "#", "[~]" (here the null
    character) REG_MULTI_SZ, otherwise REG_SZ. Source: "Registry Table" of the Windows Installer documentation.
    """
    if shown.startswith("##"):
        return Value("REG_SZ", shown[1:])
    if shown.startswith("#%"):
        return Value("REG_EXPAND_SZ", shown[2:])
    if shown.startswith("#x"):
        return Value("REG_BINARY", bytes.fromhex(shown[2:]))
    if shown.startswith("#") and shown[1:].lstrip("+-").isdigit():
        return Value("REG_DWORD", int(shown[1:]) & 0xFFFFFFFF)
    if "\0" in shown:
        return Value("REG_MULTI_SZ", [item for item in shown.split("\0") if item])
    return Value("REG_SZ", shown)


def _rows(session: Session, state: State) -> list[tuple[Component, Row]]:
    components = {component.name: component for component in session.costed.acting(state)}
    rows = session.database.rows("Registry")
    return [(components[text(row, "Component_")], row) for row in rows if text(row, "Component_") in components]


def _key(session: Session, component: Component, row: Row) -> tuple[str, str]:
    """The key's path, and the operation that opens it. Root -1 is HKLM in a per-machine installation."""
    root = ROOTS.get(number(row, "Root"), "HKLM")
    below = session.format(text(row, "Key"))
    path = f"{root}\\{below}"
    if root == "HKCU":
        path = f"HKU\\{session.account.sid}\\{below}"
    return path, f"RegOpenKey(Root={_HANDLES[root]},Key={below},,BinaryType={int(component.is_64bit)},,)"


def _named(name: str) -> str:
    return f"Name={name}" if name else ""


def _on_key(change: Callable[[Transaction, str, int], None], path: str, view: int) -> Run:
    return lambda transaction: change(transaction, path, view)


def _writer(path: str, name: str, shown: str, view: int) -> Run:
    return lambda transaction: transaction.set_value(path, name, typed_value(shown), view)


def _remover(path: str, name: str, view: int) -> Run:
    def run(transaction: Transaction) -> None:
        transaction.delete_value(path, name, view)
        key = path
        while key.count("\\") > 1 and transaction.delete_empty_key(key, view):
            key = key.rpartition("\\")[0]

    return run
