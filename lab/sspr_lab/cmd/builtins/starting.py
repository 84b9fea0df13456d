"""START: a program in a window of its own, waited for or not."""

import re
from typing import Final

from sspr_lab.cmd import launch
from sspr_lab.cmd.builtins.call import Call
from sspr_lab.cmd.builtins.names import is_builtin
from sspr_lab.documented.reading import beyond_builtin
from sspr_lab.interfaces.processes import RunningProcess
from sspr_lab.stock.programs import has_app_path
from sspr_lab.streams import Console, IdleConsole, Nul, OutputStream
from sspr_lab.unmodelled import NoModel, need_model

_NOT_FOUND: Final = 9059
_SWITCH: Final = re.compile(
    r"/(?:d\s*(?:\"[^\"]*\"|\S+)|wait|b|i|min|max|low|normal|high|realtime|abovenormal|belownormal|separate|shared)(?=[\s/]|\Z)",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(r"(?:https?|ftp|mailto|file|shell):", re.IGNORECASE)
_TITLE: Final = re.compile(r'"[^"]*"')


async def start(call: Call) -> int:
    """START ["title"] [/D path] [/B] [/WAIT] command. With /WAIT the program's exit code becomes ERRORLEVEL.

    What runs in a new window writes there, not here; a batch file or a built-in command gets `cmd /k`, whose window
    stays (`start /?`).
    """
    rest = call.arguments.strip(" \t,;=")
    switches: list[str] = []
    if match := _TITLE.match(rest):
        rest = rest[match.end() :].lstrip(" \t")
    while match := _SWITCH.match(rest):
        switches.append(match.group()[1:].lower())
        rest = rest[match.end() :].lstrip(" \t")
    if rest.startswith("/"):
        need_model(beyond_builtin(call.name, rest))
        await call.complain("Invalid switch - {switch}.", switch=rest.split()[0][1:])
        return 1
    name, arguments = _split_command(rest or "cmd.exe")
    before = call.shell.directory
    try:
        folder = next((switch[1:].strip().strip('"') for switch in switches if switch.startswith("d")), None)
        if folder:
            call.shell.process.directory = call.shell.full_path(folder)
        child = _started(call, name, arguments, own_window="b" not in switches)
    except launch.Unfound:
        _need_opener(call, name.strip('"'))
        await call.complain(launch.NO_FILE, name=name.strip('"'))
        return _NOT_FOUND
    finally:
        call.shell.process.directory = before
    if "wait" in switches:
        code = await child.wait()
        call.shell.errorlevel = code - 2**32 if code >= 2**31 else code
    return 0


def _need_opener(call: Call, name: str) -> None:
    """Raise NoModel for what Windows opens though it is no program: an address, a folder, a program by its App Path."""
    entry = call.shell.stat(call.shell.full_path(name)) if _ADDRESS.match(name) is None else None
    if _ADDRESS.match(name) or (entry is not None and entry.is_dir) or has_app_path(name):
        raise NoModel(f"opening {name}")


def _split_command(text: str) -> tuple[str, str]:
    match = re.match(r'"[^"]*"|[^\s,;=]+', text)
    assert match is not None, "the text is not empty and starts with no separator"
    return match.group(), text[match.end() :]


def _started(call: Call, name: str, arguments: str, *, own_window: bool) -> RunningProcess:
    shell = call.shell
    target = None if is_builtin(name) else launch.locate(shell, name)
    if target is None or target.is_batch:
        line, program = f"{shell.command_processor} /K {name}{arguments}", None
    elif own_window:
        line, program = name + arguments, launch.quoted(name)
    else:
        return launch.start(shell, target, name, arguments, call.handles)
    if not own_window:
        return shell.process.spawn(
            line, stdin=call.handles.stdin, stdout=call.handles.stdout, stderr=call.handles.stderr
        )
    # the new window's keyboard, on which nobody types, and its screen, which nobody sees
    screen = OutputStream(Nul(), Console(shell.process.code_page))
    return shell.process.spawn(line, application=program, stdin=IdleConsole(), stdout=screen, stderr=screen)
