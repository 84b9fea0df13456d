r"""wmic.exe: `os get` and `logicaldisk get`. Lines end in "\r\r\n" when the output is redirected.

With a standard input that is a pipe it waits for the end of that input before it does anything: in a WinRM shell it
hangs unless it is run with `< nul` (seen with winrs by several tools' users).
"""

from datetime import datetime, timedelta
from typing import Final

from sspr_lab.process import Process

_ALIASES: Final = ("os", "logicaldisk")
_DESCRIPTION: Final = "\r\r\nERROR:\r\r\nDescription = "


async def main(process: Process) -> int:
    if process.stdin.kind == "pipe":
        await process.stdin.read()
    words = [word.lower() for word in process.argv[1:] if not word.startswith("/")]
    is_list = any(word.lower() in ("/value", "/format:list") for word in process.argv[1:])
    alias = words[0] if words else ""
    if alias not in _ALIASES:
        await process.stderr.write_text(
            f"{process.argv[1] if words else ''} - Alias not found.\r\n".replace("\r\n", "\n")
        )
        return 44124 if words else 0
    available = _os(process) if alias == "os" else _disk(process)
    names = words[words.index("get") + 1 :] if "get" in words else []
    asked = [name for part in names for name in part.split(",") if name]
    if not asked or any(name not in {each.lower() for each in available} for name in asked):
        await process.stderr.write(f"{_DESCRIPTION}Invalid query\r\r\n".encode())
        return 0x80041017
    rows = sorted((name, value) for name, value in available.items() if name.lower() in asked)
    await process.stdout.write(_listed(rows) if is_list else _tabled(rows))
    return 0


def _os(process: Process) -> dict[str, str]:
    machine = process.machine
    profile = machine.profile
    return {
        "Caption": f"Microsoft {profile.product_name} ",
        "BuildNumber": str(profile.build),
        "CSName": profile.computer_name,
        "LastBootUpTime": _cim_time(process, machine.power.boot_time),
        "LocalDateTime": _cim_time(process, machine.clock.now()),
        "OSArchitecture": "64-bit" if profile.is_x64 else "32-bit",
        "ServicePackMajorVersion": str(profile.service_pack),
        "Version": f"{profile.version}.{profile.build}",
    }


def _cim_time(process: Process, moment: datetime) -> str:
    """A CIM_DATETIME: local time with microseconds and the offset from UTC in minutes."""
    offset = process.machine.profile.utc_offset_minutes
    local = moment + timedelta(minutes=offset)
    return f"{local:%Y%m%d%H%M%S.%f}{'-' if offset < 0 else '+'}{abs(offset):03}"


def _disk(process: Process) -> dict[str, str]:
    files = process.machine.files
    return {"DeviceID": "C:", "FreeSpace": str(files.free_bytes), "Size": str(files.total_bytes), "FileSystem": "NTFS"}


def _listed(rows: list[tuple[str, str]]) -> bytes:
    lines = ["", "", *(f"{name}={value}" for name, value in rows), "", "", ""]
    return "\r\r\n".join(lines).encode()


def _tabled(rows: list[tuple[str, str]]) -> bytes:
    widths = [max(len(name), len(value)) + 2 for name, value in rows]
    head = "".join(name.ljust(width) for (name, _), width in zip(rows, widths, strict=True))
    line = "".join(value.ljust(width) for (_, value), width in zip(rows, widths, strict=True))
    return f"{head}\r\r\n{line}\r\r\n\r\r\n".encode()
