"""The Windows Installer service of one machine: who may install what, one at a time, and the runs themselves.

The order of the checks is that of verbose logs without UI: the execution mutex first (1618 after three seconds), then
the package (1619, 1620), policy (1625), platform (1633), and the product that is installed already (1638).
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from sspr_lab.accounts import Account
from sspr_lab.errors import WindowsError
from sspr_lab.installer.admission import (
    Refused,
    check_account,
    check_package,
    check_service,
    open_package,
    recaches,
)
from sspr_lab.installer.codes import ExitCode
from sspr_lab.installer.database import InvalidPackageError, read_database, text
from sspr_lab.installer.machine import InstallerMachine
from sspr_lab.installer.outcome import conclude
from sspr_lab.installer.package_cache import drop_copy, keep_copy
from sspr_lab.installer.products import IN_PROGRESS, InstalledProduct, find_product
from sspr_lab.installer.sequence import ExecuteSequence
from sspr_lab.installer.session import InstallFailure, Session, begin_session
from sspr_lab.installer.transaction import Transaction
from sspr_lab.interfaces.installer import UILevel
from sspr_lab.msi_log import MsiLog

_MUTEX_PATIENCE: Final = 3  # host seconds, between two lines of a log that ends with 1618
_SHARE_OF_OPENING: Final = 0.1


class WindowsInstaller:
    """The service. A `package` is an absolute path or, where that makes sense, a product code in braces.

    Attributes:
        runs: How often the _MSIExecute mutex was taken.
    """

    def __init__(self, machine: InstallerMachine) -> None:
        self._machine = machine
        self.runs = 0
        self._is_running = False
        self._suspended: list[Session] = []  # runs that a power failure ended, innermost first
        fault = machine.faults.find("installer_busy")  # its seconds begin when the service is first asked for
        self._held_until = machine.clock.now() + timedelta(seconds=fault.number("seconds", 60)) if fault else None

    @property
    def busy(self) -> bool:
        """Whether somebody holds the _MSIExecute mutex."""
        held = self._held_until is not None and self._machine.clock.now() < self._held_until
        return self._is_running or held

    async def install(
        self,
        package: str,
        properties: Mapping[str, str],
        *,
        account: Account,
        log: MsiLog | None = None,
        ui_level: UILevel = UILevel.NONE,
        client: int = 0,
    ) -> int:
        """Install or reconfigure; returns what msiexec returns. `client` is the caller's process id.

        With full UI and a package that has dialogs it never returns: nobody answers them.
        """
        return await self._run(package, properties, account, log or self._no_log(), ui_level, client)

    async def uninstall(
        self,
        product: str,
        properties: Mapping[str, str],
        *,
        account: Account,
        log: MsiLog | None = None,
        ui_level: UILevel = UILevel.NONE,
        client: int = 0,
    ) -> int:
        """Remove the product with that code, or whose package it is; 1605 when it is not installed."""
        removal = {**properties, "REMOVE": "ALL"}
        return await self._run(product, removal, account, log or self._no_log(), ui_level, client)

    async def _run(
        self, package: str, properties: Mapping[str, str], account: Account, log: MsiLog, ui_level: UILevel, client: int
    ) -> int:
        _run_engine(log.client, package)
        try:
            path = self._package_path(package)
            await self._dialogs(path, ui_level)
            log.client("Client-side and UI is none or basic: Running entire install on the server.")
            await self._grab_mutex(log)
            try:
                code = await self._serve(package, path, properties, account, log, client)
            finally:
                self._is_running = False
        except Refused as refusal:
            code = refusal.code
        log.client(
            "Decrementing counter to disable shutdown. If counter >= 0, shutdown will be denied.  "
            "Counter after decrement: -1"
        )
        log.client(f"MainEngineThread is returning {code:d}")
        return code

    async def _serve(
        self, package: str, path: str, properties: Mapping[str, str], account: Account, log: MsiLog, client: int
    ) -> ExitCode:
        """The service's part of a call."""
        check_service(self._machine)
        log.server(f"Running installation inside multi-package transaction {package}")
        log.server("Grabbed execution mutex.")
        _run_engine(log.server, package)
        self._event(1040, path, client, account)
        try:
            code = await self._product(path, properties, account, log)
        except Refused as refusal:
            code = refusal.code
        self._event(1042, path, client, account)
        log.server(f"MainEngineThread is returning {code:d}")
        log.server("RESTART MANAGER: Session closed.")
        log.server("No System Restore sequence number for this installation.")
        log.service_stopped()
        log.server("Destroying RemoteAPI object.")
        log.server("Custom Action Manager thread ending.")
        return code

    async def _product(self, path: str, properties: Mapping[str, str], account: Account, log: MsiLog) -> ExitCode:
        database = open_package(self._machine, path, log)
        code = database.properties.get("ProductCode", "")
        installed = find_product(self._machine.registry, code)
        removes = properties.get("REMOVE", "").upper() == "ALL"
        if removes and installed is None:
            raise Refused(ExitCode.UNKNOWN_PRODUCT)
        check_package(self._machine, database, installed, properties, log)
        check_account(self._machine, account, log)
        self._undo_suspended(log)
        if installed is not None and not recaches(properties):
            return await self._maintain(installed, properties, account, log)
        local = keep_copy(self._machine, path, log)
        session = begin_session(self._machine, database, path, local, installed, properties, account, log)
        await self._machine.clock.sleep(session.host_seconds * _SHARE_OF_OPENING)
        fails = not removes and self._machine.faults.take("installer_fails") is not None
        return await self._execute(session, fails=fails)

    async def _maintain(
        self, installed: InstalledProduct, properties: Mapping[str, str], account: Account, log: MsiLog
    ) -> ExitCode:
        """A run over a product that is installed works from the copy that was kept of its package."""
        database = open_package(self._machine, installed.local_package, log)
        session = begin_session(
            self._machine,
            database,
            installed.source_path,
            installed.local_package,
            installed,
            properties,
            account,
            log,
        )
        return await self._execute(session, fails=False)

    async def _execute(self, session: Session, *, fails: bool) -> ExitCode:
        sequence = ExecuteSequence(session, self._remove_product, fails=fails)
        try:
            await sequence.run()
        except InstallFailure:
            code = conclude(session, succeeded=False)
        except asyncio.CancelledError:
            if self._machine.powered:
                drop_copy(session)
            else:
                self._suspended.append(session)
            raise
        else:
            if session.installed is None and self._machine.faults.find("reboot_required") is not None:
                # What an installation leaves that replaced a file in use: the old one, to be deleted.
                Transaction(self._machine).pend("C:\\Config.Msi\\5e64b.rbf", "")
                session.restart_scheduled = True
            code = conclude(session, succeeded=True)
        session.log.server("Deferring clean up of packages/files, if any exist")
        drop_copy(session)
        return code

    async def _remove_product(self, outer: Session, code: str) -> bool:
        """Remove a product that another one replaces; whether it is gone."""
        installed = find_product(self._machine.registry, code)
        if installed is None:
            return True
        try:
            database = open_package(self._machine, installed.local_package, outer.log)
        except Refused:
            return False
        properties = {"REMOVE": "ALL", "UPGRADINGPRODUCTCODE": outer.product_code, "REBOOT": "ReallySuppress"}
        session = begin_session(
            self._machine,
            database,
            installed.source_path,
            installed.local_package,
            installed,
            properties,
            outer.account,
            outer.log,
        )
        session.parent = outer.transaction
        session.host_seconds /= 2
        succeeded = await self._execute(session, fails=False) != ExitCode.FAILURE
        outer.restart_scheduled |= session.restart_scheduled
        return succeeded

    def _package_path(self, package: str) -> str:
        """The path of the package; a product code is that of an installed product or refused."""
        if not package.startswith("{"):
            return package
        installed = find_product(self._machine.registry, package) if len(package) == 38 else None
        if installed is None:
            raise Refused(ExitCode.UNKNOWN_PRODUCT)
        if self._machine.files.exists(installed.local_package):
            return installed.local_package
        source = installed.source_path
        if not self._machine.files.exists(source):
            raise Refused(ExitCode.SOURCE_ABSENT)
        return source

    async def _dialogs(self, path: str, ui_level: UILevel) -> None:
        """With more than a progress bar, the client first runs the dialogs of the UI sequence: for ever, unseen."""
        if ui_level < UILevel.REDUCED:
            return
        try:
            database = read_database(self._machine.files.read(path))
        except (WindowsError, InvalidPackageError):
            return
        dialogs = {text(row, "Dialog") for row in database.rows("Dialog")}
        if any(text(row, "Action") in dialogs for row in database.rows("InstallUISequence")):
            await asyncio.Event().wait()

    async def _grab_mutex(self, log: MsiLog) -> None:
        if self.busy:
            await self._machine.clock.sleep(_MUTEX_PATIENCE)
        if self.busy:
            log.client("Failed to grab execution mutex. System error 258.")
            log.client("Cloaking enabled.")
            log.client("Attempting to enable all disabled privileges before calling Install on Server")
            raise Refused(ExitCode.ALREADY_RUNNING)
        self._is_running = True
        self.runs += 1
        log.client("Grabbed execution mutex.")
        log.client("Cloaking enabled.")
        log.client("Attempting to enable all disabled privileges before calling Install on Server")
        log.client("Incrementing counter to disable shutdown. Counter after increment: 0")

    def _undo_suspended(self, log: MsiLog) -> None:
        """Roll back what a power failure interrupted; the installer does so before anything else is installed [mem]."""
        for session in self._suspended:
            log.server("Rolling back a suspended installation")
            if session.transaction is not None:
                session.transaction.rollback()
            drop_copy(session)
        self._suspended.clear()
        if self._machine.registry.exists(IN_PROGRESS):
            self._machine.registry.delete_key(IN_PROGRESS)

    def _event(self, event_id: int, path: str, client: int, account: Account) -> None:
        data = [path, str(client), "(NULL)", "(NULL)", "(NULL)", "(NULL)", ""]
        self._machine.events.write("Application", "MsiInstaller", event_id, data=data, user_sid=account.sid)

    def _no_log(self) -> MsiLog:
        return MsiLog(None, self._machine.clock.now)


def _run_engine(write: Callable[[str], None], package: str) -> None:
    write("Resetting cached policy values")
    write("Machine policy value 'Debug' is 0")
    write(
        f"******* RunEngine:\n           ******* Product: {package}\n           ******* Action: \n"
        "           ******* CommandLine: **********"
    )
