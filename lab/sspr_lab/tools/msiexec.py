"""msiexec.exe: the client of the Windows Installer service. A GUI program: what it has to say goes into dialogs."""

import asyncio

from sspr_lab.errors import WindowsError
from sspr_lab.installer.codes import MESSAGES, ExitCode
from sspr_lab.installer.command_line import Invocation, UsageError, parse
from sspr_lab.installer.engine_properties import engine_version
from sspr_lab.interfaces.installer import UILevel
from sspr_lab.msi_log import MsiLog, local_time
from sspr_lab.process import Process

_SERVICE_PID = 0xA4C


async def main(process: Process) -> int:
    """Run msiexec. Its exit code is the service's; what ended it is written to stdout as UTF-16 where it has a text.

    Sources: the ansible.windows collection decodes such output as UTF-16; chef/chef-workstation #596 shows the text of
    1620 on a WinRM command's stdout in spite of /quiet.
    """
    try:
        invocation = parse(process.command_line)
    except UsageError as error:
        if error.ui_level != UILevel.NONE:
            await asyncio.Event().wait()  # the usage dialog, on a desktop that nobody sees
        return await _tell(process, ExitCode.INVALID_COMMAND_LINE)
    try:
        log = _open_log(process, invocation)
    except WindowsError:
        return await _tell(process, ExitCode.LOG_FAILURE)
    try:
        code = await _call_service(process, invocation, log)
    finally:
        log.stopped()
    return await _tell(process, code)


async def _call_service(process: Process, invocation: Invocation, log: MsiLog) -> int:
    target = invocation.target
    if not target.startswith("{"):
        try:
            target = process.full_path(target)
        except WindowsError:
            return ExitCode.PACKAGE_OPEN_FAILED
    installer = process.machine.installer
    call = installer.uninstall if invocation.verb == "uninstall" else installer.install
    return await call(
        target,
        _properties(process, invocation),
        account=process.account,
        log=log,
        ui_level=invocation.ui_level,
        client=process.pid,
    )


def _properties(process: Process, invocation: Invocation) -> dict[str, str]:
    given = {name: value for name, value in invocation.properties.items() if value}
    location = {"MsiLogFileLocation": _log_path(process, invocation)} if invocation.log_file else {}
    return {
        **location,
        **given,
        "CURRENTDIRECTORY": process.directory,
        "CLIENTUILEVEL": str(5 - invocation.ui_level),
        "CLIENTPROCESSID": str(process.pid),
    }


def _open_log(process: Process, invocation: Invocation) -> MsiLog:
    """Make the log file. Raises WindowsError when it cannot be made."""
    files = process.machine.files
    profile = process.machine.profile
    now = local_time(process.machine.clock.now, profile.utc_offset_minutes)
    if not invocation.log_file:
        return MsiLog(None, now)
    path = _log_path(process, invocation)
    goes_on = "+" in invocation.log_mode and files.exists(path)
    files.write(path, b"", append=goes_on, account=process.account)

    def append(data: bytes) -> None:
        files.write(path, data, append=True)

    log = MsiLog(
        append,
        now,
        mode=invocation.log_mode,
        is_new=not goes_on,
        client=process.pid,
        service=_SERVICE_PID,
        spoken=profile.spoken,
    )
    log.started(engine_version(profile.branch))
    return log


def _log_path(process: Process, invocation: Invocation) -> str:
    return process.full_path(invocation.log_file)


async def _tell(process: Process, code: int) -> int:
    message = MESSAGES.get(ExitCode(code)) if code in set(ExitCode) else None
    if message is not None:
        await process.stdout.write(f"{process.text(message)}\r\n".encode("utf-16-le"))
    return code
