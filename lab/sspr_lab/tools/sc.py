"""sc.exe: query, qc, config (start=), start and stop of services. Its exit code is the Win32 error."""

from typing import Final

from sspr_lab.errors import ACCESS_DENIED, WindowsError
from sspr_lab.process import Process
from sspr_lab.services import (
    INVALID_SERVICE_CONTROL,
    SERVICE_ALREADY_RUNNING,
    SERVICE_DISABLED,
    SERVICE_DOES_NOT_EXIST,
    SERVICE_NOT_ACTIVE,
    Service,
)
from sspr_lab.stock.beside import is_service_beside
from sspr_lab.unmodelled import NoModel

_TEXTS: Final = {
    ACCESS_DENIED: "Access is denied.",
    INVALID_SERVICE_CONTROL: "The requested control is not valid for this service.",
    SERVICE_ALREADY_RUNNING: "An instance of the service is already running.",
    SERVICE_DISABLED: "The service cannot be started, either because it is disabled or because it has no enabled "
    "devices associated with it.",
    SERVICE_DOES_NOT_EXIST: "The specified service does not exist as an installed service.",
    SERVICE_NOT_ACTIVE: "The service has not been started.",
}
_KINDS: Final = {0x10: "10  WIN32_OWN_PROCESS", 0x20: "20  WIN32_SHARE_PROCESS"}
_START_NAMES: Final = {2: "AUTO_START", 3: "DEMAND_START", 4: "DISABLED"}
_STARTS: Final = {"auto": (2, False), "delayed-auto": (2, True), "demand": (3, False), "disabled": (4, False)}
_STARTS_OF_DRIVERS: Final = frozenset({"boot", "system"})
_USAGE_CODE: Final = 1639
_USAGE: Final = """DESCRIPTION:
        SC is a command line program used for communicating with the
        Service Control Manager and services.
"""
_CALLS: Final = {"query": "EnumQueryServicesStatus:OpenService", "start": "StartService", "stop": "ControlService"}


async def main(process: Process) -> int:
    words = process.argv[1:]
    operation = words[0].lower() if words else ""
    if operation not in ("query", "qc", "config", "start", "stop") or (operation != "query" and len(words) < 2):
        await process.stdout.write_text(_USAGE)
        return _USAGE_CODE
    services = process.machine.services
    name = words[1] if len(words) > 1 else ""
    try:
        if operation in ("config", "start", "stop"):
            services.check_control(process.account, services.service(name).name)
        match operation:
            case "query":
                names = [name] if name else [each for each in services.names() if services.is_running(each)]
                text = "".join(_status(process, services.service(each)) for each in names)
            case "qc":
                text = _configuration(process, services.service(name))
            case "config":
                text = _configure(process, name, words[2:])
            case "start":
                services.start(name)
                text = _status(process, services.service(name))
            case _:
                services.stop(name)
                text = _status(process, services.service(name))
    except WindowsError as error:
        if error.code == SERVICE_DOES_NOT_EXIST and is_service_beside(name, process.machine.profile):
            raise NoModel(f"the service {name}") from None
        opens = error.code in (ACCESS_DENIED, SERVICE_DOES_NOT_EXIST) and operation != "query"
        call = "OpenService" if opens else _CALLS.get(operation, "OpenService")
        await process.stdout.write_text(
            f"{process.text('[SC] {call} FAILED {code}:', call=call, code=error.code)}\n\n"
            f"{process.text(_TEXTS.get(error.code, error.message))}\n\n"
        )
        return error.code
    await process.stdout.write_text(text)
    return 0 if text is not _USAGE else _USAGE_CODE


def _status(process: Process, service: Service) -> str:
    running = service.state == "RUNNING"
    controls = (
        "STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN" if running else "NOT_STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN"
    )
    return (
        f"\nSERVICE_NAME: {service.name} \n"
        f"        {process.text('TYPE'):<19}: {_KINDS.get(service.kind, f'{service.kind:x}')}  \n"
        f"        {process.text('STATE'):<19}: {'4  RUNNING' if running else '1  STOPPED'} \n"
        f"                                ({controls})\n"
        "        WIN32_EXIT_CODE    : 0  (0x0)\n"
        "        SERVICE_EXIT_CODE  : 0  (0x0)\n"
        "        CHECKPOINT         : 0x0\n"
        "        WAIT_HINT          : 0x0\n"
    )


def _configuration(process: Process, service: Service) -> str:
    delayed = "  (DELAYED)" if service.delayed and service.start == 2 else ""
    return (
        f"{process.text('[SC] {call} SUCCESS', call='QueryServiceConfig')}\n\n"
        f"SERVICE_NAME: {service.name}\n"
        f"        {process.text('TYPE'):<19}: {_KINDS.get(service.kind, f'{service.kind:x}')} \n"
        f"        START_TYPE         : {service.start}   {_START_NAMES[service.start]}{delayed}\n"
        "        ERROR_CONTROL      : 1   NORMAL\n"
        f"        BINARY_PATH_NAME   : {service.image_path.replace('%SystemRoot%', 'C:' + chr(92) + 'Windows')}  \n"
        "        LOAD_ORDER_GROUP   : \n"
        "        TAG                : 0\n"
        f"        DISPLAY_NAME       : {service.display_name}\n"
        "        DEPENDENCIES       : \n"
        f"        SERVICE_START_NAME : {service.account}\n"
    )


def _configure(process: Process, name: str, words: list[str]) -> str:
    """`start= auto`: the name and its equals sign are one word, the value is the next."""
    process.machine.services.service(name)
    if words[1:2] and words[0].lower() == "start=" and words[1].lower() in _STARTS_OF_DRIVERS:
        raise NoModel(f"sc config {' '.join(words[:2])}")
    if len(words) != 2 or words[0].lower() != "start=" or words[1].lower() not in _STARTS:
        return _USAGE
    start, delayed = _STARTS[words[1].lower()]
    process.machine.services.configure(name, start=start, delayed=delayed)
    return f"{process.text('[SC] {call} SUCCESS', call='ChangeServiceConfig')}\n"
