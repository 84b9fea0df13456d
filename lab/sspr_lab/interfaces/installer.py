"""Windows Installer as its client msiexec sees it."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Protocol

from sspr_lab.accounts import Account
from sspr_lab.msi_log import MsiLog


class UILevel(IntEnum):
    """INSTALLUILEVEL."""

    NONE = 2
    BASIC = 3
    REDUCED = 4
    FULL = 5


class Installer(Protocol):
    """The service of a machine; see `installer.service.WindowsInstaller` for each method."""

    runs: int

    @property
    def busy(self) -> bool: ...

    async def install(
        self,
        package: str,
        properties: Mapping[str, str],
        *,
        account: Account,
        log: MsiLog | None = None,
        ui_level: UILevel = UILevel.NONE,
        client: int = 0,
    ) -> int: ...

    async def uninstall(
        self,
        product: str,
        properties: Mapping[str, str],
        *,
        account: Account,
        log: MsiLog | None = None,
        ui_level: UILevel = UILevel.NONE,
        client: int = 0,
    ) -> int: ...
