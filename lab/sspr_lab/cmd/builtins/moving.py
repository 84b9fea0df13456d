"""MOVE and REN. To a switch that they have not, the syntax is said to be wrong [mem]."""

from sspr_lab.cmd.builtins.call import SYNTAX, Call
from sspr_lab.cmd.builtins.copying import OVERWRITE, renamed
from sspr_lab.cmd.wildcards import find, has_wildcard
from sspr_lab.errors import ALREADY_EXISTS, PATH_NOT_FOUND, WindowsError

_DUPLICATE = "A duplicate file name exists, or the file\ncannot be found."


async def move(call: Call) -> int:
    """MOVE [/Y] source target: files to a name or a directory, or a directory to a new name."""
    arguments = call.parsed()
    if not 1 <= len(arguments.paths) <= 2 or arguments.stranger("y", "-y") is not None:
        return await call.complain(SYNTAX)
    shell = call.shell
    source, target = shell.full_path(arguments.paths[0]), shell.full_path((*arguments.paths, ".")[1])
    try:
        found = find(shell.files, source)
    except WindowsError as error:
        return await call.fail(error)
    files = [path for path, entry in found if not entry.is_dir] if has_wildcard(source) else [path for path, _ in found]
    if not files:
        return await call.complain("The system cannot find the file specified.")
    into = shell.stat(target)
    moved = 0
    for path in files:
        name = path.rpartition("\\")[2]
        end = target.rstrip("\\") + "\\" + name if into is not None and into.is_dir else target
        if len(files) > 1:
            await call.say(f"{path}\n")
        if (
            arguments.has("-y")
            and shell.stat(end) is not None
            and not await call.confirm(call.text(OVERWRITE, path=end))
        ):
            break
        try:
            shell.files.rename(path, end, replace_existing=True, account=shell.process.account)
        except WindowsError as error:
            await call.fail(error)
            if error.code != PATH_NOT_FOUND:
                return 1
            break
        moved += 1
    is_dir = len(found) == 1 and found[0][1].is_dir
    text = "{count:9} dir(s) moved.\n" if is_dir else "{count:9} file(s) moved.\n"
    await call.say(call.text(text, count=moved))
    return 0 if moved == len(files) else 1


async def rename(call: Call) -> int:
    """REN source name: the new name has no path."""
    arguments = call.parsed()
    paths = arguments.paths
    if len(paths) != 2 or arguments.typed or "\\" in paths[1] or ":" in paths[1]:
        return await call.complain(SYNTAX)
    shell = call.shell
    try:
        found = find(shell.files, shell.full_path(paths[0]))
        for path, _ in found:
            folder, _, name = path.rpartition("\\")
            new = renamed(name, paths[1]) if has_wildcard(paths[1]) else paths[1]
            shell.files.rename(path, f"{folder}\\{new}", account=shell.process.account)
    except WindowsError as error:
        return await call.complain(_DUPLICATE if error.code == ALREADY_EXISTS else error.message)
    return 0 if found else await call.complain(_DUPLICATE)
