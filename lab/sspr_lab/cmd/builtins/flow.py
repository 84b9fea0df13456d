"""Built-in commands that steer: GOTO, EXIT, SHIFT, SETLOCAL, ENDLOCAL."""

from sspr_lab.cmd.batch import label_name
from sspr_lab.cmd.builtins.call import Call
from sspr_lab.cmd.control import ExitProcess, Goto, LeaveFrame


async def goto(call: Call) -> int:
    """GOTO: the label, or :eof for the end of the file. On a command line it does nothing."""
    text = call.arguments.strip()
    label = label_name(text.removeprefix(":"))
    if call.shell.frame is None:
        return 0
    if not label:
        return await call.complain("No batch label specified to GOTO command.")
    if label == "eof" and text.startswith(":"):
        raise Goto("eof")
    raise Goto(label)


async def leave(call: Call) -> int:
    """EXIT [/B] [code]: the code also becomes ERRORLEVEL; without one ERRORLEVEL is what is returned."""
    text = call.arguments.strip()
    only_batch = text[:2].lower() == "/b"
    digits = text[2:].strip() if only_batch else text
    code = _number(digits)
    if code is not None:
        call.shell.errorlevel = code
    if only_batch:
        raise LeaveFrame(call.shell.errorlevel)
    raise ExitProcess(call.shell.errorlevel)


def _number(text: str) -> int | None:
    """The number at the start of `text`; any other text is 0, no text is None."""
    if not text:
        return None
    digits = text.split(maxsplit=1)[0]
    try:
        return int(digits, 0 if digits.lower().startswith("0x") else 10)
    except ValueError:
        return 0


async def shift(call: Call) -> int:
    text = call.arguments.strip()
    if text and not (text.startswith("/") and text[1:].isdecimal() and int(text[1:]) <= 8):
        return await call.complain("Invalid parameter to SHIFT command")
    if call.shell.frame is not None:
        call.shell.frame.shift(int(text[1:]) if text else 0)
    return 0


async def set_local(call: Call) -> int:
    """SETLOCAL: outside batch files it changes nothing. Command extensions cannot be switched off in the lab."""
    words = call.arguments.lower().split()
    shell = call.shell
    known = {"enabledelayedexpansion", "disabledelayedexpansion", "enableextensions", "disableextensions"}
    if not known.issuperset(words):
        return await call.complain("Invalid parameter to SETLOCAL command")
    if shell.frame is None:
        return 0
    shell.frame.scopes.append(shell.save())
    for word in words:
        if word.endswith("delayedexpansion"):
            shell.delayed = word.startswith("enable")
    return 0


async def end_local(call: Call) -> int:
    frame = call.shell.frame
    if frame is not None and frame.scopes:
        call.shell.restore(frame.scopes.pop())
    return 0
