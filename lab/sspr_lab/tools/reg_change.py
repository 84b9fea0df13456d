"""reg add, reg delete and reg copy. Without /f they ask before they overwrite or delete, and wait for an answer."""

from typing import Final

from sspr_lab import errors
from sspr_lab.errors import WindowsError
from sspr_lab.process import Process
from sspr_lab.tools.reg_syntax import (
    DEFAULT_VALUE,
    canceled,
    confirmed,
    done,
    invalid_syntax,
    key_name,
    kind_of,
    parse_data,
    parse_options,
)

_VIEWS: Final = "/reg:32 /reg:64"


async def add(process: Process, arguments: list[str]) -> int:
    """Make a key, and set a value when one is named (/v, /ve) or described (/t, /d)."""
    if not arguments:
        raise invalid_syntax("ADD")
    path = key_name(arguments[0], "ADD")
    options = parse_options("ADD", arguments[1:], switches=f"/ve /f {_VIEWS}", with_argument="/v /t /d /s")
    if "/v" in options and "/ve" in options:
        raise invalid_syntax("ADD")
    view = options.view(process)
    separator = options.get("/s") or "\\0"
    if "/s" in options and len(separator) != 1:
        raise invalid_syntax("ADD")
    kind = kind_of(options.get("/t") or "REG_SZ", "ADD")
    value = parse_data(kind, options.get("/d") or "", separator, "ADD")
    registry, account = process.machine.registry, process.account
    registry.create(path, view, account=account)
    if any(name in options for name in ("/v", "/ve", "/t", "/d")):
        name = options.get("/v") or ""
        asks = "/f" not in options and registry.get(path, name, view, account) is not None
        question = process.text("Value {name} exists, overwrite(Yes/No)? ", name=name or process.text(DEFAULT_VALUE))
        if asks and not await confirmed(process, question):
            return await canceled(process)
        registry.set(path, name, value, view, account=account)
    return await done(process)


async def delete(process: Process, arguments: list[str]) -> int:
    """Delete a value (/v, /ve), all values (/va), or the key with all below it."""
    if not arguments:
        raise invalid_syntax("DELETE")
    path = key_name(arguments[0], "DELETE")
    options = parse_options("DELETE", arguments[1:], switches=f"/ve /va /f {_VIEWS}", with_argument="/v")
    if sum(name in options for name in ("/v", "/ve", "/va")) > 1:
        raise invalid_syntax("DELETE")
    view = options.view(process)
    registry, account = process.machine.registry, process.account
    key = registry.key(path, view, account)
    names = [options.get("/v") or ""] if "/v" in options or "/ve" in options else []
    if any(key.spelled(name) is None for name in names):
        raise WindowsError(errors.FILE_NOT_FOUND, path)
    if "/va" in options:
        names = list(key.values)
        question = process.text("Delete all values under the registry key {path} (Yes/No)? ", path=path)
    elif names:
        name = names[0] or process.text(DEFAULT_VALUE)
        question = process.text("Delete the registry value {name} (Yes/No)? ", name=name)
    else:
        question = process.text("Permanently delete the registry key {path} (Yes/No)? ", path=path)
    if "/f" not in options and not await confirmed(process, question):
        return await canceled(process)
    if not any(name in options for name in ("/v", "/ve", "/va")):
        registry.delete_key(path, view, account=account)
    for name in names:
        registry.delete_value(path, name, view, account=account)
    return await done(process)


async def copy(process: Process, arguments: list[str]) -> int:
    """Copy the values of a key, and with /s all below it."""
    if len(arguments) < 2:
        raise invalid_syntax("COPY")
    source, target = (key_name(argument, "COPY") for argument in arguments[:2])
    options = parse_options("COPY", arguments[2:], switches=f"/s /f {_VIEWS}", with_argument="")
    view = options.view(process)
    registry, account = process.machine.registry, process.account
    original = registry.key(source, view, account)
    for path, key in original.walk() if "/s" in options else [("", original)]:
        to = f"{target}\\{path}" if path else target
        registry.create(to, view, account=account)
        for name, value in key.values.items():
            if "/f" not in options and registry.get(to, name, view, account) is not None:
                shown = f"{to}\\{name or process.text(DEFAULT_VALUE)}"
                question = process.text("Value {name} exists, overwrite(Yes/No/All)? ", name=shown)
                if not await confirmed(process, question):
                    continue
            registry.set(to, name, value, view, account=account)
    return await done(process)
