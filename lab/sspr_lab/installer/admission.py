"""What is checked before a package's own sequence runs: can it be opened, may it be installed, does it fit."""

from collections.abc import Mapping
from typing import Final

from sspr_lab.accounts import SYSTEM, Account
from sspr_lab.errors import WindowsError
from sspr_lab.installer.codes import ExitCode
from sspr_lab.installer.database import InvalidPackageError, MsiDatabase, read_database
from sspr_lab.installer.products import InstalledProduct
from sspr_lab.interfaces.platform import Platform
from sspr_lab.msi_log import MsiLog

_POLICY: Final = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\Installer"
_SERVICE: Final = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\msiserver"
_PROFILES: Final = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList"
_SERVICE_DISABLED: Final = 4
_INSTALLER_DISABLED: Final = 2  # DisableMSI: 1 still lets administrators install
_FILE_NOT_FOUND: Final = -2147287038  # STG_E_FILENOTFOUND
_NOT_A_STORAGE: Final = -2147286960  # STG_E_FILEALREADYEXISTS, which a file that is no compound file gives
_NO_KEY_CONTAINER: Final = -2146892987  # 0x80090345


class Refused(Exception):
    """The run ends with `code` before the product's own sequence begins."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code)
        self.code = code


def open_package(machine: Platform, path: str, log: MsiLog) -> MsiDatabase:
    """Read the package at `path`. Raises Refused: 1619, 1620."""
    try:
        data = machine.files.read(path)
    except WindowsError:
        log.server(f"Note: 1: 2203 2: {path} 3: {_FILE_NOT_FOUND} ")
        raise Refused(ExitCode.PACKAGE_OPEN_FAILED) from None
    try:
        return read_database(data)
    except InvalidPackageError:
        log.server(f"Note: 1: 2203 2: {path} 3: {_NOT_A_STORAGE} ")
        raise Refused(ExitCode.PACKAGE_INVALID) from None


def check_service(machine: Platform) -> None:
    """Raises Refused (1601) when the service is disabled."""
    if _setting(machine, _SERVICE, "Start") == _SERVICE_DISABLED:
        raise Refused(ExitCode.SERVICE_FAILURE)


def check_package(
    machine: Platform,
    database: MsiDatabase,
    installed: InstalledProduct | None,
    properties: Mapping[str, str],
    log: MsiLog,
) -> None:
    """Policy, platform, and the product that is there already. Raises Refused: 1625, 1633, 1638."""
    policy = _setting(machine, _POLICY, "DisableMSI")
    log.server(f"Machine policy value 'DisableMSI' is {policy}")
    if policy == _INSTALLER_DISABLED:
        raise Refused(ExitCode.PACKAGE_REJECTED)
    if database.is_64bit and not machine.profile.is_x64:
        raise Refused(ExitCode.PLATFORM_UNSUPPORTED)
    is_other = installed is not None and installed.package_code != database.package_code
    if is_other and properties.get("REMOVE", "").upper() != "ALL" and not recaches(properties):
        raise Refused(ExitCode.PRODUCT_VERSION)


def check_account(machine: Platform, account: Account, log: MsiLog) -> None:
    """A network logon without a profile has no key container, which the package's hashing needs. Raises Refused (1603).

    Source: reports of 1603 over WinRM with 0x80090345 for accounts that never logged on to the target; SYSTEM has a
    container.
    """
    has_profile = machine.registry.exists(f"{_PROFILES}\\{account.sid}")
    if account.sid == SYSTEM.sid or not account.network_logon or has_profile:
        return
    log.server("SECREPAIR: CryptAcquireContext: Could not create the default key container")
    log.server(f"SECREPAIR: Crypt Provider not initialized. Error:{_NO_KEY_CONTAINER}")
    raise Refused(ExitCode.FAILURE)


def recaches(properties: Mapping[str, str]) -> bool:
    """Whether the run replaces the kept package by the named one (REINSTALLMODE with v): a small update."""
    return bool(properties.get("REINSTALL")) and "v" in properties.get("REINSTALLMODE", "").lower()


def _setting(machine: Platform, path: str, name: str) -> int:
    value = machine.registry.get(path, name)
    return value.data if value is not None and isinstance(value.data, int) else 0
