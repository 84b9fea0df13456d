"""DEL and ERASE. They report success even when a file could not be deleted, as Windows does.

Source: wine-mirror/wine programs/cmd/tests/test_builtins.cmd.exp ("success/failure for ERASE command");
stackoverflow.com/q/34987885 (a file that is not there, or in use, leaves ERRORLEVEL 0);
github.com/JarateKing/CleanTF2plus, pull request 31 (what follows a slash is told as a switch).
"""

from sspr_lab.cmd.builtins.call import INVALID_SWITCH, SYNTAX, Arguments, Call
from sspr_lab.cmd.wildcards import find, matches
from sspr_lab.errors import FILE_NOT_FOUND, WindowsError

ARE_YOU_SURE = "{path}, Are you sure (Y/N)? "


async def delete(call: Call) -> int:
    arguments = call.parsed()
    if (stranger := arguments.stranger("p", "f", "s", "q")) is not None:
        return await call.complain(INVALID_SWITCH, switch=stranger)
    if not arguments.paths:
        return await call.complain(SYNTAX)
    code = 0
    for path in arguments.paths:
        code = await _delete(call, path, arguments) or code
    return code


async def _delete(call: Call, path: str, arguments: Arguments) -> int:
    full = call.shell.full_path(path)
    entry = call.shell.stat(full)
    if entry is not None and entry.is_dir:
        full = full.rstrip("\\") + "\\*"
    folder, _, pattern = full.rpartition("\\")
    asks = pattern in ("*", "*.*") and not arguments.has("q")
    if asks and not await call.confirm(call.text(ARE_YOU_SURE, path=full)):
        return 0
    try:
        doomed = _tree(call, folder, pattern) if arguments.has("s") else _files(call, full)
    except WindowsError as error:
        if error.code != FILE_NOT_FOUND:
            return await call.fail(error)
        doomed = []
    if not doomed:
        await call.complain("Could Not Find {path}", path=full)
    for file in doomed:
        if arguments.has("p") and not await call.confirm(call.text("{path}, Delete (Y/N)? ", path=file)):
            continue
        try:
            call.shell.files.delete(file, account=call.shell.process.account)
        except WindowsError as error:
            await call.handles.stderr.write_text(f"{file}\n{call.text(error.message)}\n")
            continue
        if arguments.has("s"):
            await call.say(call.text("Deleted file - {path}\n", path=file))
    return 0


def _files(call: Call, full: str) -> list[str]:
    return [path for path, entry in find(call.shell.files, full) if not entry.is_dir]


def _tree(call: Call, folder: str, pattern: str) -> list[str]:
    found: list[str] = []
    for path, entry in find(call.shell.files, folder + "\\*"):
        if entry.is_dir:
            found += _tree(call, path, pattern)
        elif matches(entry.name, pattern):
            found.append(path)
    return found
