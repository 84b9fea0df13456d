"""Running the InstallExecuteSequence: conditions, actions, the execution script, and rolling it back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from sspr_lab.errors import WindowsError
from sspr_lab.installer.actions import ACTIONS, custom_action, note_states
from sspr_lab.installer.conditions import ConditionError, evaluate
from sspr_lab.installer.database import number, text
from sspr_lab.installer.products import IN_PROGRESS
from sspr_lab.installer.registration import unregister_product
from sspr_lab.installer.session import InstallFailure, Operation, Session
from sspr_lab.installer.transaction import Transaction
from sspr_lab.installer.upgrades import products_to_remove
from sspr_lab.registry import Value

RemoveProduct = Callable[[Session, str], Awaitable[bool]]

# How a run's host seconds are spent: looking at the machine, and executing the script; the rest is the service's.
_SHARE_OF_COSTING: Final = 0.15
_SHARE_OF_SCRIPT: Final = 0.65
_SCRIPT_HEADER: Final = (
    "Header(Signature=1397708873,Version=500,Timestamp={stamp},LangId=1033,Platform={platform},ScriptType={kind},"
    "ScriptMajorVersion=21,ScriptMinorVersion=4,ScriptAttributes=1)"
)
_FAILING_ACTION: Final = "RegisterCredentialProvider"  # what the `installer_fails` fault breaks


class ExecuteSequence:
    """The engine's run over one session. `remove_product` removes another product for RemoveExistingProducts."""

    def __init__(self, session: Session, remove_product: RemoveProduct, *, fails: bool) -> None:
        self._session = session
        self._log = session.log
        self._remove_product = remove_product
        self._fails = fails
        self._async_actions: dict[str, Callable[[], Awaitable[None]]] = {
            "InstallValidate": self._install_validate,
            "RemoveExistingProducts": self._remove_existing_products,
            "InstallInitialize": self._install_initialize,
            "InstallExecute": self._execute_script,
            "InstallExecuteAgain": self._execute_script,
            "InstallFinalize": self._install_finalize,
        }

    async def run(self) -> None:
        """Run the sequence to its end.

        Raises:
            InstallFailure: an action failed; what the run had changed is as before.
        """
        self._log.server("Doing action: INSTALL")
        self._log.action_start("INSTALL")
        self._log.server("Running ExecuteSequence")
        try:
            await self._actions()
        except InstallFailure:
            self._roll_back()
            self._log.action_ended("INSTALL", 3)
            raise
        except asyncio.CancelledError:  # the caller was killed, or the power went: then nothing can be undone now
            if self._session.machine.powered:
                self._roll_back()
            raise
        self._log.action_ended("INSTALL", 1)

    async def _actions(self) -> None:
        rows = [row for row in self._session.database.rows("InstallExecuteSequence") if number(row, "Sequence") > 0]
        for row in sorted(rows, key=lambda row: number(row, "Sequence")):
            name = text(row, "Action")
            if not self._holds(text(row, "Condition")):
                self._log.server(f"Skipping action: {name} (condition is false)")
                continue
            self._log.server(f"Doing action: {name}")
            self._log.action_start(name)
            try:
                await self._act(name)
            except InstallFailure as failure:
                self._report(failure)
                self._log.action_ended(name, 3)
                raise
            self._log.action_ended(name, 1)
            if self._session.restart_forced:
                if self._session.transaction is not None:
                    await self._install_finalize()
                return  # the rest would run after the restart

    def _holds(self, condition: str) -> bool:
        try:
            return evaluate(condition, self._session.symbols())
        except ConditionError:
            return False

    async def _act(self, name: str) -> None:
        if name in self._async_actions:
            await self._async_actions[name]()
        elif name in ACTIONS:
            ACTIONS[name](self._session)
        else:
            custom_action(self._session, name)

    async def _install_validate(self) -> None:
        session = self._session
        await session.machine.clock.sleep(session.host_seconds * _SHARE_OF_COSTING)
        for name in ("OutOfDiskSpace", "OutOfNoRbDiskSpace"):
            session.set(name, "0")
        note_states(session)

    async def _remove_existing_products(self) -> None:
        for code in products_to_remove(self._session):
            if not await self._remove_product(self._session, code):
                english = (
                    "Error 1714. The older version of {name} cannot be removed.  "
                    "Contact your technical support group.  System Error 1612."
                )
                raise InstallFailure(self._session.say(english, name=self._session.product_name), 1714, code)

    async def _install_initialize(self) -> None:
        session = self._session
        self._log.server("Machine policy value 'AlwaysInstallElevated' is 0")
        self._log.server("User policy value 'AlwaysInstallElevated' is 0")
        if not session.account.elevated:
            english = (
                "Error 1925. You do not have sufficient privileges to complete this installation for all users of the "
                "machine.  Log on as administrator and then retry this installation."
            )
            raise InstallFailure(session.say(english), 1925)
        self._log.server("BeginTransaction: Locking Server")
        self._log.server("Note: 1: 2265 2:  3: -2147287035 ")
        self._log.server(f"Server not locked: locking for product {session.product_code}")
        session.transaction = Transaction(session.machine)
        if session.parent is None:
            journal = Value.of("C:\\Windows\\Installer\\inprogressinstallinfo.ipi")
            session.machine.registry.set(IN_PROGRESS, "", journal)

    async def _execute_script(self) -> None:
        session = self._session
        if not session.script:
            return
        pause = session.host_seconds * _SHARE_OF_SCRIPT / sum(each.starts_action for each in session.script)
        self._script_begins()
        script, session.script = session.script, []
        for operation in script:
            self._log.server(f"Executing op: {operation.text}")
            if operation.starts_action:
                await session.machine.clock.sleep(pause)
            self._execute(operation)
        if self._fails:
            self._fail()
        self._log.server("Executing op: End(Checksum=0,ProgressTotalHDWord=0,ProgressTotalLDWord=0)")

    async def _install_finalize(self) -> None:
        session = self._session
        if session.is_removal:
            unregister_product(session)
        await self._execute_script()
        self._log.server("Note: 1: 2265 2:  3: -2147287035 ")
        self._log.server("User policy value 'DisableRollback' is 0")
        self._log.server("Machine policy value 'DisableRollback' is 0")
        self._log.server("Note: 1: 2318 2:  ")
        self._log.server("No System Restore sequence number for this installation.")
        self._log.server("Unlocking Server")
        transaction, session.transaction = session.transaction, None
        if transaction is not None:
            session.restart_scheduled |= transaction.reboot_required
            if session.parent is not None:
                session.parent.absorb(transaction)
        self._unlock()

    def _script_begins(self) -> None:
        session = self._session
        self._log.server("Running Script: C:\\Windows\\Installer\\MSI1ACC.tmp")
        self._log.server("PROPERTY CHANGE: Adding UpdateStarted property. Its value is '1'.")
        self._log.server("Machine policy value 'DisableRollback' is 0")
        self._header(kind=1)
        self._log.server(
            f"Executing op: ProductInfo(ProductKey={session.product_code},ProductName={session.product_name},"
            f"PackageName={session.package.rpartition(chr(92))[2]},"
            f"Language={session.properties.get('ProductLanguage', '0')},"
            f"Version=0,Assignment=1,ObsoleteArg=0,,,PackageCode={session.database.package_code},,,InstanceType=0,"
            "LUASetting=0,RemoteURTInstalls=0,ProductDeploymentFlags=3)"
        )
        self._log.server("Executing op: DialogInfo(Type=0,Argument=1033)")
        self._log.server(f"Executing op: DialogInfo(Type=1,Argument={session.product_name})")
        self._log.server(
            "Executing op: RollbackInfo(,RollbackAction=Rollback,RollbackDescription=Rolling back action:,"
            "RollbackTemplate=[1],CleanupAction=RollbackCleanup,CleanupDescription=Removing backup files,"
            "CleanupTemplate=File: [1])"
        )
        self._log.server("Executing op: SetBaseline(Baseline=0,)")
        self._log.server("Executing op: SetBaseline(Baseline=1,)")

    def _header(self, kind: int) -> None:
        platform = 589824 if self._session.database.is_64bit else 0
        now = self._session.machine.clock.now()
        # The date and time of MS-DOS in one number, as the header has it.
        stamp = (
            (now.year - 1980) << 25
            | now.month << 21
            | now.day << 16
            | now.hour << 11
            | now.minute << 5
            | now.second // 2
        )
        self._log.server(f"Executing op: {_SCRIPT_HEADER.format(stamp=stamp, platform=platform, kind=kind)}")

    def _execute(self, operation: Operation) -> None:
        if operation.run is None:
            return
        assert self._session.transaction is not None, "scripts run between InstallInitialize and InstallFinalize"
        try:
            operation.run(self._session.transaction)
        except WindowsError as error:  # of a registry or file operation that has no message of its own
            english = (
                "Error 1406. Could not write to {path}.   System error {code}.  Verify that you have "
                "sufficient access to that key, or contact your support personnel."
            )
            message = self._session.say(english, path=error.path, code=error.code)
            raise InstallFailure(message, 1406, error.path) from error

    def _fail(self) -> None:
        """What the log of a custom action looks like that fails."""
        self._log.server(f"Executing op: ActionStart(Name={_FAILING_ACTION},,)")
        self._log.server(
            f"Executing op: CustomActionSchedule(Action={_FAILING_ACTION},ActionType=3073,Source=BinaryData,"
            "Target=RegisterProvider,)"
        )
        self._log.server(
            "Invoking remote custom action. DLL: C:\\Windows\\Installer\\MSI1C59.tmp, Entrypoint: RegisterProvider"
        )
        self._log.message(
            "i",
            f"CustomAction {_FAILING_ACTION} returned actual error code 1603 (note this may not be 100% accurate if "
            "translation happened inside sandbox)",
        )
        raise InstallFailure("")

    def _report(self, failure: InstallFailure) -> None:
        """Put the failure's message into the log and, as the installer does, into the event log."""
        if not failure.message:
            return
        session = self._session
        if failure.number:
            arguments = "".join(f" {at}: {value}" for at, value in enumerate(failure.arguments, start=2))
            self._log.server(f"Note: 1: {failure.number}{arguments} ")
        line = session.say("Product: {name} -- {text}", name=session.product_name, text=failure.message)
        self._log.server(f"{line}\n")
        self._log.message("e", failure.message)
        session.machine.events.write(
            "Application",
            "MsiInstaller",
            10000 + (failure.number or 5),
            level=2,
            data=[line, *["(NULL)"] * 5, ""],
            user_sid=session.account.sid,
            message=line,
        )

    def _roll_back(self) -> None:
        transaction = self._session.transaction
        if transaction is None:
            return
        self._log.server("Note: 1: 2265 2:  3: -2147287035 ")
        self._log.server("User policy value 'DisableRollback' is 0")
        self._log.server("Machine policy value 'DisableRollback' is 0")
        self._header(kind=2)
        self._log.action_message("Rollback", "Rolling back action:")
        transaction.rollback()
        self._log.server("Executing op: End(Checksum=0,ProgressTotalHDWord=0,ProgressTotalLDWord=0)")
        self._log.server("Note: 1: 2318 2:  ")
        self._log.server("No System Restore sequence number for this installation.")
        self._log.server("Unlocking Server")
        self._session.transaction = None
        self._unlock()

    def _unlock(self) -> None:
        registry = self._session.machine.registry
        if self._session.parent is None and registry.exists(IN_PROGRESS):
            registry.delete_key(IN_PROGRESS)
