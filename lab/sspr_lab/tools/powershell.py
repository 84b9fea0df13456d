"""powershell.exe: it is there on every branch, but the lab has no PowerShell and says so."""

from sspr_lab.process import Process


async def main(process: Process) -> int:
    await process.stderr.write_text("The lab has no PowerShell.\n")
    return 1
