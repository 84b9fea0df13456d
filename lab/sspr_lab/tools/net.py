"""net.exe: start, stop and the statistics of workstation and server; exit codes 0, 1 (syntax) and 2 (failed)."""

from datetime import timedelta
from typing import Final

from sspr_lab.errors import ACCESS_DENIED, WindowsError
from sspr_lab.process import Process
from sspr_lab.services import SERVICE_ALREADY_RUNNING, SERVICE_DOES_NOT_EXIST, SERVICE_NOT_ACTIVE, Services
from sspr_lab.stock.beside import is_service_beside
from sspr_lab.unmodelled import NoModel

_SYNTAX: Final = (
    "NET\n"
    "    [ ACCOUNTS | COMPUTER | CONFIG | CONTINUE | FILE | GROUP | HELP |\n"
    "      HELPMSG | LOCALGROUP | PAUSE | SESSION | SHARE | START |\n"
    "      STATISTICS | STOP | TIME | USE | USER | VIEW ]\n"
)
_TEXTS: Final = {
    SERVICE_ALREADY_RUNNING: ("The requested service has already been started.", 2182),
    SERVICE_DOES_NOT_EXIST: ("The service name is invalid.", 2185),
}


_COMPLETED: Final = "The command completed successfully."
_STARTING: Final = ("The {name} service is starting.", "The {name} service was started successfully.")
_STOPPING: Final = ("The {name} service is stopping.", "The {name} service was stopped successfully.")


async def main(process: Process) -> int:
    words = process.argv[1:]
    match [word.lower() for word in words]:
        case ["start"]:
            await process.stdout.write_text(_running(process))
            return 0
        case ["start" | "stop" as verb, _]:
            return await _control(process, verb, words[1])
        case ["statistics" | "stats", "workstation" | "server" as which]:
            await process.stdout.write_text(_statistics(process, which))
            return 0
        case _:
            await process.stderr.write_text(f"{process.text('The syntax of this command is:')}\n\n{_SYNTAX}")
            return 1


def _running(process: Process) -> str:
    services = process.machine.services
    names = sorted(services.service(name).display_name for name in services.names() if services.is_running(name))
    lines = "".join(f"   {name}\n" for name in names)
    heading = process.text("These Windows services are started:")
    return f"{heading}\n\n{lines}\n{process.text(_COMPLETED)}\n\n"


async def _control(process: Process, verb: str, wanted: str) -> int:
    """Start or stop a service, named by its name or its display name."""
    services = process.machine.services
    named = {services.service(name).display_name.lower(): name for name in services.names()}
    name = named.get(wanted.lower(), wanted)
    try:
        title = services.service(name).display_name
        services.check_control(process.account, name)
        if verb == "start":
            services.start(name)
        else:
            services.stop(name)
    except WindowsError as error:
        if error.code == SERVICE_DOES_NOT_EXIST and is_service_beside(name, process.machine.profile):
            raise NoModel(f"the service {name}") from None
        await process.stderr.write_text(_failure(process, services, name, error))
        return 2
    doing, done = _STARTING if verb == "start" else _STOPPING
    await process.stdout.write_text(f"{process.text(doing, name=title)}\n{process.text(done, name=title)}\n\n")
    return 0


def _failure(process: Process, services: Services, name: str, error: WindowsError) -> str:
    if error.code == SERVICE_NOT_ACTIVE:
        title = services.service(name).display_name
        text, number = process.text("The {name} service is not started.", name=title), 3521
    elif error.code in _TEXTS:
        english, number = _TEXTS[error.code]
        text = process.text(english)
    else:
        reason = f"{process.text(error.message)}\n\n" if error.code == ACCESS_DENIED else ""
        return f"{process.text('System error {code} has occurred.', code=error.code)}\n\n{reason}"
    return f"{text}\n\n{process.text('More help is available by typing NET HELPMSG {number}.', number=number)}\n\n"


def _statistics(process: Process, which: str) -> str:
    """The line with the time since when, which is that of the last start, in local time and the locale's format."""
    machine = process.machine
    local = machine.power.boot_time + timedelta(minutes=machine.profile.utc_offset_minutes)
    is_server = which == "server"
    heading = "Server Statistics for \\\\{name}" if is_server else "Workstation Statistics for \\\\{name}"
    title = process.text(heading, name=machine.profile.computer_name)
    moment = f"{process.spoken.date(local)} {process.spoken.time(local)}"
    since = process.text("Statistics since {moment}", moment=moment)
    return (
        f"{title}\n\n\n{since}\n\n\n"
        "  Bytes received                               0\n"
        "  Failed operations                            0\n\n"
        f"{process.text(_COMPLETED)}\n\n"
    )
