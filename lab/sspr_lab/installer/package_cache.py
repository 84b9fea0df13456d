r"""The copies of packages that the installer keeps in C:\Windows\Installer, to repair and remove products by."""

from typing import Final

from sspr_lab.errors import WindowsError
from sspr_lab.installer.admission import Refused
from sspr_lab.installer.codes import ExitCode
from sspr_lab.installer.products import find_product
from sspr_lab.installer.session import Session
from sspr_lab.interfaces.platform import Platform
from sspr_lab.msi_log import MsiLog

_FOLDER: Final = "C:\\Windows\\Installer"
CANNOT_WRITE: Final = (
    "Error 1304. Error writing to file: {path}.   System error {code}.  Verify that you have access to that directory."
)


def keep_copy(machine: Platform, path: str, log: MsiLog) -> str:
    """Copy the package under a name of hexadecimal digits and return the copy's path. Raises Refused (1603)."""
    files = machine.files
    number = int(machine.clock.now().timestamp() * 1000) & 0xFFFFFFF
    while files.exists(f"{_FOLDER}\\{number:x}.msi"):
        number += 1
    copy = f"{_FOLDER}\\{number:x}.msi"
    try:
        files.write(copy, files.read(path))
    except WindowsError as error:
        if files.exists(copy):
            files.delete(copy)
        log.server(f"Note: 1: 1304 2: {copy} 3: {error.code} ")
        log.message(
            "e",
            machine.profile.spoken.text(CANNOT_WRITE, path=copy, code=error.code),
        )
        raise Refused(ExitCode.FAILURE) from None
    return copy


def drop_copy(session: Session) -> None:
    """Delete the copy that a run worked from when no product is registered with it any more."""
    files = session.machine.files
    product = find_product(session.machine.registry, session.product_code)
    if (product is None or product.local_package != session.local_package) and files.exists(session.local_package):
        session.log.server(f"Attempting to delete file {session.local_package}")
        files.delete(session.local_package)
