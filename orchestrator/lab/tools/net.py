"""net.exe: start, stop and the statistics of workstation and server; exit codes 0, 1 (syntax) and 2 (failed)."""

from datetime import timedelta
from typing import Final

from orchestrator.lab.errors import ACCESS_DENIED, WindowsError
from orchestrator.lab.process import Process
from orchestrator.lab.services import SERVICE_ALREADY_RUNNING, SERVICE_DOES_NOT_EXIST, SERVICE_NOT_ACTIVE, Services

_SYNTAX: Final = (
    "The syntax of this command is:\n\nNET\n"
    "    [ ACCOUNTS | COMPUTER | CONFIG | CONTINUE | FILE | GROUP | HELP |\n"
    "      HELPMSG | LOCALGROUP | PAUSE | SESSION | SHARE | START |\n"
    "      STATISTICS | STOP | TIME | USE | USER | VIEW ]\n"
)
_TEXTS: Final = {
    SERVICE_ALREADY_RUNNING: ("The requested service has already been started.", 2182),
    SERVICE_DOES_NOT_EXIST: ("The service name is invalid.", 2185),
}


async def main(process: Process) -> int:
    words = process.argv[1:]
    match [word.lower() for word in words]:
        case ["start"]:
            await process.stdout.write_text(_running(process.machine.services))
            return 0
        case ["start" | "stop" as verb, _]:
            return await _control(process, verb, words[1])
        case ["statistics" | "stats", "workstation" | "server" as which]:
            await process.stdout.write_text(_statistics(process, which))
            return 0
        case _:
            await process.stderr.write_text(_SYNTAX)
            return 1


def _running(services: Services) -> str:
    names = sorted(services.service(name).display_name for name in services.names() if services.is_running(name))
    lines = "".join(f"   {name}\n" for name in names)
    return f"These Windows services are started:\n\n{lines}\nThe command completed successfully.\n\n"


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
        await process.stderr.write_text(_failure(services, name, error.code))
        return 2
    doing, done = ("starting", "started") if verb == "start" else ("stopping", "stopped")
    await process.stdout.write_text(
        f"The {title} service is {doing}.\nThe {title} service was {done} successfully.\n\n"
    )
    return 0


def _failure(services: Services, name: str, code: int) -> str:
    if code == ACCESS_DENIED:
        return "System error 5 has occurred.\n\nAccess is denied.\n\n"
    if code == SERVICE_NOT_ACTIVE:
        text, number = f"The {services.service(name).display_name} service is not started.", 3521
    elif code in _TEXTS:
        text, number = _TEXTS[code]
    else:
        return f"System error {code} has occurred.\n\n"
    return f"{text}\n\nMore help is available by typing NET HELPMSG {number}.\n\n"


def _statistics(process: Process, which: str) -> str:
    """The line with the time since when, which is that of the last start, in local time and the en-US format."""
    machine = process.machine
    local = machine.power.boot_time + timedelta(minutes=machine.profile.utc_offset_minutes)
    hour = local.hour % 12 or 12
    clock = f"{hour}:{local.minute:02}:{local.second:02} {'AM' if local.hour < 12 else 'PM'}"
    title = "Workstation" if which == "workstation" else "Server"
    return (
        f"{title} Statistics for \\\\{machine.profile.computer_name}\n\n\n"
        f"Statistics since {local.month}/{local.day}/{local.year} {clock}\n\n\n"
        "  Bytes received                               0\n"
        "  Failed operations                            0\n\n"
        "The command completed successfully.\n\n"
    )
