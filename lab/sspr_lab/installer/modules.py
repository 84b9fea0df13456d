r"""Code of a package that registers something: the modules of the SelfReg table, and custom actions in DLLs.

Windows Installer calls DllRegisterServer of each module of the SelfReg table ("SelfReg Table"), and the named function
of a custom action's DLL (types 1 and 17). The lab runs no machine code: it takes a function to do what text in the DLL
says of it, which only the lab's own stand-ins have (packages/make_dll.py): `lab: on FUNCTION set KEY = VALUE`, `lab: on
FUNCTION delete KEY`. Any other function is taken to succeed and to change nothing, and a module that is no DLL, or has
no such function, is taken to as well: Windows would log error 1904 for the first kind and end with 1603 for the second.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from typing import Final

from sspr_lab.errors import WindowsError
from sspr_lab.installer.conditions import State
from sspr_lab.installer.database import Row, long_name, text
from sspr_lab.installer.session import Session
from sspr_lab.installer.transaction import Transaction
from sspr_lab.registry import Value

_IN_SCRIPT: Final = 0x400  # msidbCustomActionTypeInScript: deferred
_TOLD: Final = re.compile(
    rb"lab: on (?P<function>\w+) (?P<what>set|delete) (?P<key>HK[^=\n]+?)(?: = (?P<value>[^\n]*))?\n"
)
_MACHINE_X64: Final = 0x8664


def self_register(session: Session) -> None:
    """SelfRegModules: the modules of the components that are installed register themselves, as SYSTEM."""
    _call_modules(session, State.LOCAL, "SelfRegModules", "RegSelfReg", "DllRegisterServer")


def self_unregister(session: Session) -> None:
    """SelfUnregModules: those of the components that go take themselves off, before their files are removed."""
    _call_modules(session, State.ABSENT, "SelfUnregModules", "RegSelfUnreg", "DllUnregisterServer")


def _call_modules(session: Session, state: State, action: str, operation: str, function: str) -> None:
    costing = session.costed
    acting = {component.name for component in costing.acting(state)}
    registered = {text(row, "File_") for row in session.database.rows("SelfReg")}
    files = [row for row in session.database.rows("File") if text(row, "File") in registered]
    files = [row for row in files if text(row, "Component_") in acting]
    if not files:
        return
    session.add(f"ActionStart(Name={action},,Template=File: [1], Folder: [2])")
    for row in files:
        session.add(
            f"{operation}(File={long_name(text(row, 'FileName'))},FileID={text(row, 'File')})",
            lambda transaction, row=row: _call_module(session, transaction, row, function),  # type: ignore[misc]
        )


def _call_module(session: Session, transaction: Transaction, row: Row, function: str) -> None:
    path = session.costed.file_path(row)
    try:
        module = session.machine.files.read(path)
    except WindowsError:
        return
    _call(transaction, module, function, {"module": path})


def call_from_table(session: Session, action: str, row: Row, kind: int) -> None:
    """A custom action in a DLL of the Binary table (type 1); only a deferred one is modelled."""
    if not kind & _IN_SCRIPT:
        return
    function, source = text(row, "Target"), text(row, "Source")
    data = session.properties.get(action, "")
    session.add(f"ActionStart(Name={action},,)")
    session.add(
        f"CustomActionSchedule(Action={action},ActionType={kind},Source=BinaryData,Target={function},"
        f"CustomActionData={data})",
        lambda transaction: _call(transaction, session.database.binary(source), function, {"CustomActionData": data}),
    )


def _call(transaction: Transaction, module: bytes, function: str, known: Mapping[str, str]) -> None:
    """What a function of a module does, in the registry's view of programs of its kind."""
    view = 64 if _is_x64(module) else 32
    for told in _told(module, function):
        key = told["key"].decode("ascii")
        if told["what"] == b"delete":
            transaction.delete_tree(key, view)
        else:
            value = re.sub("%([A-Za-z]+)%", lambda name: known.get(name[1], ""), (told["value"] or b"").decode("ascii"))
            transaction.set_value(key, "", Value.of(value), view)


def _told(module: bytes, function: str) -> Iterator[re.Match[bytes]]:
    return (each for each in _TOLD.finditer(module) if each["function"] == function.encode("ascii", "replace"))


def _is_x64(module: bytes) -> bool:
    """Whether a PE file is for x64, by the machine in its header."""
    if module[:2] != b"MZ":
        return False
    header = struct.unpack_from("<I", module, 0x3C)[0]
    return module[header : header + 4] == b"PE\0\0" and module[header + 4 : header + 6] == struct.pack(
        "<H", _MACHINE_X64
    )
