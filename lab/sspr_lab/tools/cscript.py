"""cscript.exe: runs a script of the part of VBScript that the lab has.

Sources: Microsoft, "WScript.exe and CScript.exe Options"; the registry's switch: Microsoft, "Disabling Windows Script
Host". Exit codes after errors are [mem].
"""

import asyncio
from collections.abc import Callable
from typing import Final

from sspr_lab.errors import WindowsError
from sspr_lab.interfaces.platform import Platform
from sspr_lab.process import Process
from sspr_lab.script.beyond_vbscript import need_function, need_member, need_object
from sspr_lab.script.vbscript import CompilationError, Script, ScriptError, ScriptObject, Value, compiled, shown
from sspr_lab.script.winhttp import WinHttpRequest
from sspr_lab.stock.programs import stock_scripts
from sspr_lab.unmodelled import NoModel

_SETTINGS: Final = r"HKLM\SOFTWARE\Microsoft\Windows Script Host\Settings"
_ENGINE: Final = ".vbs"
_OTHER_ENGINES: Final = (".js", ".jse", ".vbe", ".wsf", ".wsh")
_NO_OBJECT: Final = 429
_NOT_DEFINED: Final = 13
_OBJECTS: Final[dict[str, Callable[[Platform], ScriptObject]]] = {"winhttp.winhttprequest.5.1": WinHttpRequest}
_LOGO: Final = (
    "Microsoft (R) Windows Script Host Version {version}\nCopyright (C) Microsoft Corporation. All rights reserved.\n\n"
)
_DISABLED: Final = "Windows Script Host access is disabled on this machine. Contact your administrator for details."


class _Quit(Exception):
    """WScript.Quit."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


async def main(process: Process) -> int:
    options = [word[2:].lower() for word in process.argv[1:] if word.startswith("//")]
    names = [word for word in process.argv[1:] if not word.startswith("/")]
    if _is_disabled(process):
        await process.stderr.write_text(f"CScript Error: {process.text(_DISABLED)}\n")
        return 1
    if not names:
        raise NoModel("cscript")
    if "nologo" not in options:
        version = "5.8" if process.machine.profile.branch == "windows7" else "5.812"
        await process.stdout.write_text(_LOGO.format(version=version))
    path = process.machine.files.full_path(names[0], process.directory)
    try:
        source = process.machine.files.read(path).decode("cp1252")
    except WindowsError:
        await process.stderr.write_text(f'Input Error: Can not find script file "{path}".\n')
        return 1
    is_told = "e:vbscript" in options
    if path.upper() in stock_scripts() or (path.lower().endswith(_OTHER_ENGINES) and not is_told):
        raise NoModel(path.rpartition("\\")[2])
    if not path.lower().endswith(_ENGINE) and not is_told:
        extension = path.rpartition("\\")[2].rpartition(".")[2]
        await process.stderr.write_text(f'Input Error: There is no script engine for file extension ".{extension}".\n')
        return 1
    limit = next((int(each[2:]) for each in options if each.startswith("t:") and each[2:].isdecimal()), 0)
    script = asyncio.ensure_future(_carry_out(process, path, source))
    timer = process.machine.clock.call_later(limit, lambda: _end(script)) if limit else None
    try:
        return await script
    except asyncio.CancelledError:
        if timer is None or not timer.done:
            script.cancel()
            raise
        await process.stderr.write_text(f'Script execution time was exceeded on script "{path}".\n')
        return 0
    finally:
        if timer:
            timer.cancel()


async def _end(script: asyncio.Future[int]) -> None:
    script.cancel()


async def _carry_out(process: Process, path: str, source: str) -> int:
    host = _Host(process)
    try:
        await Script(host, {"wscript": host}).run(compiled(source))
    except _Quit as ended:
        return ended.code
    except CompilationError as error:
        await process.stderr.write_text(f"{path}(1, 1) Microsoft VBScript compilation error: {error}\n")
        return 1
    except ScriptError as error:
        await process.stderr.write_text(f"{path}(1, 1) Microsoft VBScript runtime error: {error.text}\n")
        return 1
    return 0


class _Host:
    """The object WScript, and what scripts can call without an object."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def invoke(self, name: str, arguments: list[Value]) -> Value:
        match name, arguments:
            case "createobject", [str(program)]:
                made = _OBJECTS.get(program.lower())
                if made is None:
                    need_object(program)
                    raise ScriptError(_NO_OBJECT, f"ActiveX component can't create object: '{program}'")
                return made(self._process.machine)
            case "echo", _:
                await self._process.stdout.write_text(" ".join(map(shown, arguments)) + "\n")
                return None
            case "quit", [int(code)]:
                raise _Quit(code & 0xFFFFFFFF)
            case "quit", []:
                raise _Quit(0)
            case _:
                need_member("wscript", name)
                need_function(name)
                raise ScriptError(_NOT_DEFINED, f"Type mismatch: '{name}'")

    async def assign(self, name: str, arguments: list[Value], value: Value) -> None:
        del arguments, value
        need_member("wscript", name)
        raise ScriptError(_NOT_DEFINED, f"Type mismatch: '{name}'")


def _is_disabled(process: Process) -> bool:
    value = process.machine.registry.get(_SETTINGS, "Enabled")
    return value is not None and value.data in (0, "0")
