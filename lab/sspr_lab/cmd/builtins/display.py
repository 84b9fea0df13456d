"""Built-in commands that write or show something: ECHO, TYPE, VER, VOL, DATE, TIME, PAUSE and their like."""

from typing import Final

from sspr_lab.cmd.builtins.call import SYNTAX, WHILE_PROCESSING, Call
from sspr_lab.cmd.wildcards import find, has_wildcard
from sspr_lab.errors import WindowsError
from sspr_lab.streams import codec_of
from sspr_lab.unmodelled import NoModel

_CHUNK: Final = 65_536
_UTF16_MARK: Final = b"\xff\xfe"


async def echo(call: Call) -> int:
    """ECHO: one character after the word is its separator, the rest is written as it stands."""
    text = call.arguments
    word = text.strip().lower()
    if not text.strip(" \t"):
        await call.say(f"{call.text('ECHO is on.' if call.shell.echo else 'ECHO is off.')}\n")
    elif word in ("on", "off") and text[0] in " \t":
        call.shell.echo = word == "on"
    else:
        await call.say(text[1:] + "\n")
    return 0


async def type_files(call: Call) -> int:
    """TYPE: the bytes of files. UTF-16 with a mark is converted to the console's code page [mem].

    It has no switches (superuser.com/q/1060121).
    """
    arguments = call.parsed()
    paths = arguments.paths
    if not paths or arguments.typed:
        return await call.complain(SYNTAX)
    several = len(paths) > 1 or has_wildcard(paths[0])
    code = 0
    for path in paths:
        if path.lower() == "nul":
            continue
        try:
            found = [
                (full, entry) for full, entry in find(call.shell.files, call.shell.full_path(path)) if not entry.is_dir
            ]
            code = code or (0 if found else await call.complain("The system cannot find the file specified."))
            for full, entry in found:
                if several:
                    folder = path[: path.rfind("\\") + 1]
                    await call.handles.stderr.write_text(f"\n{folder}{entry.name}\n\n\n")
                await _write_file(call, full)
        except WindowsError as error:
            code = await call.fail(error)
            if several:
                await call.complain(WHILE_PROCESSING, path=path)
    return code


async def _write_file(call: Call, path: str) -> None:
    data = call.shell.files.read(path)
    if data.startswith(_UTF16_MARK):
        text = data[2:].decode("utf-16-le", "replace")
        data = text.encode(codec_of(call.shell.process.code_page), "replace")
    for at in range(0, len(data), _CHUNK):
        await call.handles.stdout.write(data[at : at + _CHUNK])


async def version(call: Call) -> int:
    if call.parsed().switches:
        return await call.complain(SYNTAX)
    await call.say(f"\n{call.shell.version}\n")
    return 0


async def volume(call: Call) -> int:
    arguments = call.parsed()
    if arguments.switches:
        return await call.complain(SYNTAX)
    if arguments.paths and arguments.paths[0].upper() != "C:":
        return await call.complain("The system cannot find the path specified.")
    await call.say(volume_lines(call))
    return 0


def volume_lines(call: Call) -> str:
    """The two lines about drive C: that VOL and DIR begin with."""
    seed = call.shell.process.machine.profile.seed
    serial = (0x5C3F_21A7 + seed * 0x9E37_79B1) % 2**32
    number = f"{serial >> 16:04X}-{serial & 0xFFFF:04X}"
    label = call.text(" Volume in drive C has no label.")
    return f"{label}\n{call.text(' Volume Serial Number is {number}', number=number)}\n"


async def date(call: Call) -> int:
    """DATE /T; the clock cannot be set, which only administrators would be allowed to."""
    if not call.parsed().has("t"):
        return await _set_clock(call)
    await call.say(f"{call.shell.lookup('DATE')} \n")
    return 0


async def time(call: Call) -> int:
    """TIME /T; the clock cannot be set, which only administrators would be allowed to."""
    if not call.parsed().has("t"):
        return await _set_clock(call)
    await call.say(f"{call.shell.process.spoken.cmd_time(call.shell.local_time)}\n")
    return 0


async def _set_clock(call: Call) -> int:
    if not call.arguments.strip() or call.shell.process.account.elevated:
        raise NoModel(f"{call.name}{call.arguments}".rstrip())
    return await call.complain("A required privilege is not held by the client.")


async def title(call: Call) -> int:
    del call
    return 0


async def nothing(call: Call) -> int:
    del call
    return 0


async def clear_screen(call: Call) -> int:
    if call.parsed().switches:
        return await call.complain(SYNTAX)
    await call.handles.stdout.write(b"\f")
    return 0


async def color(call: Call) -> int:
    """COLOR needs a console; a redirected output is none."""
    del call
    return 1


async def verify(call: Call) -> int:
    word = call.arguments.strip().lower()
    if not word:
        await call.say(f"{call.text('VERIFY is off.')}\n")
    elif word not in ("on", "off"):
        return await call.complain("An incorrect parameter was\nentered for the command.")
    return 0


async def pause(call: Call) -> int:
    """PAUSE: a byte of the standard input goes on; its end is a failure."""
    await call.say(call.text("Press any key to continue . . . "))
    byte = await call.handles.stdin.read(1)
    await call.say("\n")
    return 0 if byte else 1
