"""sort.exe: the lines of the standard input or a file in order, without regard to case.

Source: `sort /?`; the order is that of the characters' codes.
"""

from typing import Final

from sspr_lab.errors import WindowsError
from sspr_lab.process import Process
from sspr_lab.streams import codec_of

_FAILED: Final = 1


async def main(process: Process) -> int:
    """sort [/r] [/+n] [file] [/o file]."""
    words = process.argv[1:]
    files = process.machine.files
    output = name = None
    column = 1
    reverse = False
    while words:
        word = words.pop(0)
        switch = word.lower()
        if switch in ("/o", "/output") and words:
            output = words.pop(0)
        elif switch in ("/m", "/memory", "/l", "/locale", "/rec", "/record_maximum", "/t", "/temporary") and words:
            words.pop(0)
        elif switch in ("/r", "/reverse"):
            reverse = True
        elif switch.startswith("/+") and switch[2:].isdecimal():
            column = int(switch[2:])
        elif switch.startswith("/"):
            await process.stderr.write_text("Invalid switch.\n")
            return _FAILED
        else:
            name = word
    try:
        path = files.full_path(name, process.directory) if name else ""
        data = files.read(path) if name else await process.stdin.read()
        text = _sorted(data.decode(codec_of(process.code_page), "replace"), column, reverse=reverse)
        if output is None:
            await process.stdout.write_text(text)
        else:
            encoded = text.replace("\n", "\r\n").encode(codec_of(process.code_page), "replace")
            files.write(files.full_path(output, process.directory), encoded, account=process.account)
    except WindowsError as error:
        await process.stderr.write_text(f"{name or output}{error.message}\n")
        return _FAILED
    return 0


def _sorted(text: str, column: int, *, reverse: bool) -> str:
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if lines[-1] == "":
        lines.pop()
    lines.sort(key=lambda line: line[column - 1 :].upper(), reverse=reverse)
    return "".join(f"{line}\n" for line in lines)
