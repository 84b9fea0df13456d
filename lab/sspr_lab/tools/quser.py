"""quser.exe: who is logged on in front of the machine. Home editions do not have it."""

from datetime import timedelta
from typing import Final

from sspr_lab.machine_processes import logged_on_user
from sspr_lab.process import Process

_HEADER: Final = " USERNAME              SESSIONNAME        ID  STATE   IDLE TIME  LOGON TIME"


async def main(process: Process) -> int:
    machine = process.machine
    wanted = process.argv[1].lower() if len(process.argv) > 1 else None
    user = logged_on_user(machine)
    if user is None or wanted not in (None, user.lower(), "1", "console"):
        await process.stderr.write_text(f"{process.text('No User exists for {name}', name=wanted or '*')}\n")
        return 1
    local = machine.power.boot_time + timedelta(minutes=machine.profile.utc_offset_minutes + 5)
    logon = f"{process.spoken.date(local)} {process.spoken.short_time(local)}"
    active, idle = process.text("Active"), process.text("none")
    line = f" {user:<20}  console             1  {active:<10}  {idle:<5}  {logon}"
    await process.stdout.write_text(f"{process.text(_HEADER)}\n{line}\n")
    return 0
