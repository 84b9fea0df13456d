"""Built-in commands about directories: CD, PUSHD, POPD, MD, RD and the change of drive."""

from sspr_lab.cmd.builtins.call import INVALID_SWITCH, SYNTAX, WHILE_PROCESSING, Call
from sspr_lab.cmd.builtins.deleting import ARE_YOU_SURE
from sspr_lab.errors import ALREADY_EXISTS, WindowsError

_NO_DRIVE = "The system cannot find the drive specified."
_NO_UNC = "CMD does not support UNC paths as current directories."


async def change(call: Call) -> int:
    """CD [/D] path: a name with spaces needs no quotes."""
    text = call.arguments.strip(" \t,;=")
    if text[:2].lower() == "/d":
        text = text[2:].lstrip(" \t")
    path = text.replace('"', "").rstrip(" \t")
    if not path or path.upper() == "C:":
        await call.say(f"{call.shell.directory}\n")
        return 0
    if path.startswith("\\\\"):
        await call.handles.stderr.write_text(f"'{path}'\n")
        return await call.complain(_NO_UNC)
    if path[1:2] == ":" and path[0].upper() != "C":
        return await call.complain(_NO_DRIVE)
    try:
        call.shell.change_directory(path)
    except WindowsError as error:
        return await call.fail(error)
    return 0


async def change_drive(call: Call) -> int:
    if call.arguments.upper() != "C:":
        return await call.complain(_NO_DRIVE)
    return 0


async def push(call: Call) -> int:
    """PUSHD path; without one it lists what is pushed, the last first."""
    shell = call.shell
    path = call.arguments.strip(" \t").replace('"', "")
    if not path:
        await call.say("".join(f"{directory}\n" for directory in reversed(shell.directories)))
        return 0
    before = shell.directory
    if path.startswith("\\\\"):
        return await call.fail(WindowsError(53))
    try:
        shell.change_directory(path)
    except WindowsError as error:
        return await call.fail(error)
    shell.directories.append(before)
    return 0


async def pop(call: Call) -> int:
    """POPD; nothing pushed is a failure without a word."""
    if not call.shell.directories:
        return 1
    try:
        call.shell.change_directory(call.shell.directories.pop())
    except WindowsError as error:
        return await call.fail(error)
    return 0


async def make(call: Call) -> int:
    """MD: every missing directory along each path. It has no switches (github.com/theADAMJR/acrd.app/issues/49)."""
    arguments = call.parsed()
    paths = arguments.paths
    if not paths or arguments.typed:
        return await call.complain(SYNTAX)
    code = 0
    for path in paths:
        try:
            _make_along(call, call.shell.full_path(path))
        except WindowsError as error:
            if error.code == ALREADY_EXISTS:
                code = await call.complain("A subdirectory or file {path} already exists.", path=path)
            else:
                code = await call.fail(error)
            if len(paths) > 1:
                await call.complain(WHILE_PROCESSING, path=path)
    return code


def _make_along(call: Call, path: str) -> None:
    shell = call.shell
    parent = path.rpartition("\\")[0]
    if len(parent) > len("C:") and shell.stat(parent) is None:
        _make_along(call, parent)
    shell.files.mkdir(path, account=shell.process.account)


async def remove(call: Call) -> int:
    """RD [/S] [/Q]: the return code is the error's own, which only || shows. A strange switch is named [mem]."""
    arguments = call.parsed()
    if (stranger := arguments.stranger("s", "q")) is not None:
        return await call.complain(INVALID_SWITCH, switch=stranger)
    if not arguments.paths:
        return await call.complain(SYNTAX)
    code = 0
    for path in arguments.paths:
        asks = arguments.has("s") and not arguments.has("q")
        if asks and not await call.confirm(call.text(ARE_YOU_SURE, path=path)):
            continue
        code = await _remove_one(call, path, tree=arguments.has("s")) or code
    return code


async def _remove_one(call: Call, path: str, *, tree: bool) -> int:
    try:
        call.shell.files.rmdir(call.shell.full_path(path), tree=tree, account=call.shell.process.account)
    except WindowsError as error:
        await call.fail(error)
        return error.code
    return 0
