"""COPY: files to files or into a directory, and several sources into one file.

Batch files and cmd /c overwrite without a question unless /-Y is given (`copy /?`). To another switch the syntax is
said to be wrong [mem].
"""

from dataclasses import dataclass
from typing import Final

from sspr_lab.cmd.builtins.call import SYNTAX, Arguments, Call
from sspr_lab.cmd.wildcards import find, has_wildcard
from sspr_lab.errors import WindowsError

_END_OF_TEXT: Final = b"\x1a"
_SWITCHES: Final = ("b", "v", "y", "-y", "z")  # nothing is lost on the way here, so /v and /z change nothing
OVERWRITE: Final = "Overwrite {path}? (Yes/No/All): "


@dataclass(frozen=True)
class _Plan:
    """Sources as they are to be shown and their full paths (None is the NUL device), and where they go."""

    sources: list[tuple[str, str | None]]
    target: str
    joined: bool  # all sources make one file
    binary: bool


async def copy(call: Call) -> int:
    arguments = call.parsed(" \t")
    if arguments.stranger(*_SWITCHES) is not None:
        return await call.complain(SYNTAX)
    try:
        plan = _planned(call, arguments)
    except WindowsError as error:
        return await call.fail(error)
    if plan is None:
        return await call.complain(SYNTAX)
    try:
        copied = await (_join(call, plan, arguments) if plan.joined else _copy_each(call, plan, arguments))
    except WindowsError as error:
        await call.fail(error)
        copied = 0
    await call.say(call.text("{count:9} file(s) copied.\n", count=copied))
    return 0 if copied else 1


def _planned(call: Call, arguments: Arguments) -> _Plan | None:
    names = _split_plus(arguments.paths)
    if not names:
        return None
    groups, target = (names[:-1], names[-1][0]) if len(names) > 1 else (names, ".")
    if len(groups) != 1 or "" in groups[0]:
        return None
    group = groups[0]
    sources = [source for name in group for source in _sources(call, name)]
    entry = call.shell.stat(target)
    into_directory = entry is not None and entry.is_dir
    joined = len(group) > 1 or (has_wildcard(group[0]) and not into_directory and not has_wildcard(target))
    if len(group) > 1 and len(names) == 1:
        target = group[0]  # copy a+b: b is added to a
    elif into_directory and joined:
        target = target.rstrip("\\") + "\\" + group[0].rpartition("\\")[2]
    return _Plan(sources, target, joined, arguments.has("b"))


def _split_plus(paths: tuple[str, ...]) -> list[list[str]]:
    """Names joined by + (with or without spaces around it) in groups."""
    groups: list[list[str]] = []
    glued = False
    for path in paths:
        parts = path.split("+")
        if glued or path.startswith("+"):
            groups[-1].extend(part for part in parts if part)
        else:
            groups.append([part for part in parts if part])
        glued = path.endswith("+")
    return groups


def _sources(call: Call, name: str) -> list[tuple[str, str | None]]:
    """What a source name stands for. Raises WindowsError when that is nothing."""
    if name.lower() == "nul":
        return [(name, None)]
    full = call.shell.full_path(name)
    entry = call.shell.stat(full)
    if entry is not None and entry.is_dir:
        name, full = name.rstrip("\\") + "\\*", full.rstrip("\\") + "\\*"
    folder = name[: name.rfind("\\") + 1]
    found = [(folder + item.name, path) for path, item in find(call.shell.files, full) if not item.is_dir]
    if not found:
        raise WindowsError(2, full)
    return list(found)


async def _copy_each(call: Call, plan: _Plan, arguments: Arguments) -> int:
    copied = 0
    for shown, source in plan.sources:
        target = _target(call, plan.target, shown)
        if len(plan.sources) > 1:
            await call.say(f"{shown}\n")
        if source is not None and source.upper() == target.upper():
            await call.complain("The file cannot be copied onto itself.")
            return copied
        if not await _may_overwrite(call, target, arguments):
            continue
        account = call.shell.process.account
        if source is None:
            call.shell.files.write(target, b"", account=account)
        else:
            call.shell.files.copy(source, target, account=account)
        copied += 1
    return copied


def _target(call: Call, target: str, shown: str) -> str:
    full = call.shell.full_path(target)
    entry = call.shell.stat(full)
    name = shown.rpartition("\\")[2]
    if entry is not None and entry.is_dir:
        return full.rstrip("\\") + "\\" + name
    folder, _, pattern = full.rpartition("\\")
    return f"{folder}\\{renamed(name, pattern)}" if has_wildcard(pattern) else full


def renamed(name: str, pattern: str) -> str:
    """`name` by a wildcard pattern: * stands for the rest of the name or extension, ? for its character."""
    stem, _, extension = name.rpartition(".") if "." in name else (name, "", "")
    new_stem, dot, new_extension = pattern.rpartition(".") if "." in pattern else (pattern, "", "")
    filled = _filled(stem, new_stem)
    tail = _filled(extension, new_extension) if dot else extension if pattern.endswith("*") else ""
    return f"{filled}.{tail}" if tail else filled


def _filled(old: str, pattern: str) -> str:
    taken = ""
    for index, character in enumerate(pattern):
        if character == "*":
            return taken + old[index:]
        taken += old[index : index + 1] if character == "?" else character
    return taken


async def _join(call: Call, plan: _Plan, arguments: Arguments) -> int:
    """All sources into one file. Without /B they are text: each ends at a Ctrl-Z, and the result ends with one."""
    target = call.shell.full_path(plan.target)
    if not plan.sources or not await _may_overwrite(call, target, arguments):
        return 0
    pieces: list[bytes] = []
    for shown, source in plan.sources:
        await call.say(f"{shown}\n")
        data = b"" if source is None else call.shell.files.read(source)
        pieces.append(data if plan.binary else data.partition(_END_OF_TEXT)[0])
    content = b"".join(pieces) if plan.binary else b"".join(pieces) + _END_OF_TEXT
    call.shell.files.write(target, content, account=call.shell.process.account)
    return 1


async def _may_overwrite(call: Call, target: str, arguments: Arguments) -> bool:
    asks = arguments.has("-y") or (call.shell.is_interactive and call.shell.frame is None and not arguments.has("y"))
    if not asks or call.shell.stat(target) is None:
        return True
    return await call.confirm(call.text(OVERWRITE, path=target))
