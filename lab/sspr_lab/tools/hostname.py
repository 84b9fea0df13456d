"""hostname.exe: the computer's name as it is in use, which a pending rename does not change."""

from typing import Final

from sspr_lab.process import Process

_ACTIVE: Final = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
_REFUSAL: Final = "sethostname: Use the Network Control Panel Applet to set hostname.\nhostname -s is not supported.\n"


async def main(process: Process) -> int:
    if len(process.argv) > 1:
        await process.stderr.write_text(_REFUSAL)
        return 1
    await process.stdout.write_text(f"{_name(process)}\n")
    return 0


def _name(process: Process) -> str:
    value = process.machine.registry.get(_ACTIVE, "Hostname")
    return str(value.data) if value is not None and value.kind == "REG_SZ" else process.machine.profile.computer_name
