"""quser.exe: who is logged on in front of the machine. Home editions do not have it."""

from datetime import timedelta
from typing import Final

from orchestrator.lab.machine_processes import logged_on_user
from orchestrator.lab.process import Process

_HEADER: Final = " USERNAME              SESSIONNAME        ID  STATE   IDLE TIME  LOGON TIME\n"


async def main(process: Process) -> int:
    machine = process.machine
    wanted = process.argv[1].lower() if len(process.argv) > 1 else None
    user = logged_on_user(machine)
    if user is None or wanted not in (None, user.lower(), "1", "console"):
        await process.stderr.write_text(f"No User exists for {wanted or '*'}\n")
        return 1
    local = machine.power.boot_time + timedelta(minutes=machine.profile.utc_offset_minutes + 5)
    hour = local.hour % 12 or 12
    logon = f"{local.month}/{local.day}/{local.year} {hour}:{local.minute:02} {'AM' if local.hour < 12 else 'PM'}"
    await process.stdout.write_text(f"{_HEADER} {user:<20}  console             1  Active      none   {logon}\n")
    return 0
