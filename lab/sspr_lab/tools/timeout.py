"""timeout.exe: waits, but refuses to when its standard input is redirected.

It always is in a WinRM shell, also in one that types what it is sent into a console (WINRS_CONSOLEMODE_STDIN): the
client winrs.exe asks for that mode, and its users are refused.
"""

from typing import Final

from sspr_lab.process import Process
from sspr_lab.tools.complaints import complain, wrong_usage

_REDIRECTED: Final = "Input redirection is not supported, exiting the process immediately."
_SYNTAX: Final = "Invalid syntax. Default option is not allowed more than '1' time(s)."
_RANGE: Final = "Invalid value for timeout (/T) specified. Valid range is -1 to 99999 seconds."
_LONGEST: Final = 99_999


async def main(process: Process) -> int:
    words = [word for word in (argument.lower() for argument in process.argv[1:]) if word not in ("/t", "/nobreak")]
    if len(words) != 1:
        return await wrong_usage(process, _SYNTAX, "TIMEOUT /?")
    if process.stdin.kind != "console":
        return await complain(process, _REDIRECTED)
    if not words[0].lstrip("-").isdecimal() or not -1 <= int(words[0]) <= _LONGEST:
        return await complain(process, _RANGE)
    seconds = int(words[0])
    waiting = process.text("Waiting for {seconds} seconds, press a key to continue ...", seconds=seconds)
    await process.stdout.write_text(f"\n{waiting}\n")
    if seconds < 0:
        await process.stdin.read(1)
    await process.machine.clock.sleep(seconds)
    return 0
