"""timeout.exe: waits, but refuses to when its standard input is redirected, as it always is in a WinRM shell."""

from typing import Final

from orchestrator.lab.process import Process

_REDIRECTED: Final = "ERROR: Input redirection is not supported, exiting the process immediately.\n"
_SYNTAX: Final = (
    "ERROR: Invalid syntax. Default option is not allowed more than '1' time(s).\nType \"TIMEOUT /?\" for usage.\n"
)
_RANGE: Final = "ERROR: Invalid value for timeout (/T) specified. Valid range is -1 to 99999 seconds.\n"
_LONGEST: Final = 99_999


async def main(process: Process) -> int:
    words = [word for word in (argument.lower() for argument in process.argv[1:]) if word not in ("/t", "/nobreak")]
    if len(words) != 1:
        await process.stderr.write_text(_SYNTAX)
        return 1
    if process.stdin.kind != "console":
        await process.stderr.write_text(_REDIRECTED)
        return 1
    if not words[0].lstrip("-").isdecimal() or not -1 <= int(words[0]) <= _LONGEST:
        await process.stderr.write_text(_RANGE)
        return 1
    seconds = int(words[0])
    await process.stdout.write_text(f"\nWaiting for {seconds} seconds, press a key to continue ...\n")
    if seconds < 0:
        await process.stdin.read(1)
    await process.machine.clock.sleep(seconds)
    return 0
