"""reg query: one value, a whole key, a tree, or a search.

Layout as Windows 7 and later print it: an empty line, the key's name with the hive's long name and the rest as typed,
values indented by four spaces with four spaces between the columns, an empty line, then the subkeys' names. A search
ends with the number of matches, and none found is exit code 1.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from sspr_lab import errors
from sspr_lab.errors import WindowsError
from sspr_lab.languages import Language
from sspr_lab.process import Process
from sspr_lab.registry import Key, Value
from sspr_lab.tools.reg_syntax import (
    DEFAULT_VALUE,
    Options,
    invalid_syntax,
    key_name,
    kind_number,
    kind_of,
    parse_options,
    shown,
)

_OPERATION: Final = "QUERY"
_SWITCHES: Final = "/ve /s /k /d /c /e /z /reg:32 /reg:64"


async def query(process: Process, arguments: list[str]) -> int:
    """Run `reg query` with the arguments after the operation."""
    if not arguments:
        raise invalid_syntax(_OPERATION)
    name = key_name(arguments[0], _OPERATION)
    options = _options(tuple(arguments[1:]))
    key = process.machine.registry.key(name, options.view(process), process.account)
    printer = _Printer(process.spoken, with_number="/z" in options, separator=options.get("/se") or "\\0")
    if "/f" in options or "/t" in options or ("/s" in options and ("/v" in options or "/ve" in options)):
        return await _search(process, _Search.of(options), printer, name, key)
    if "/v" in options or "/ve" in options:
        lines = _one_value(printer, name, key, options)
    elif "/s" in options:
        lines = [line for path, each in key.walk(name) for line in printer.block(path, each.values)]
    else:
        lines = printer.block(name, key.values) if key.values else []
        lines += [f"{name}\\{subkey}" for subkey in key.subkey_names]
    await process.stdout.write_text("".join(f"{line}\n" for line in ["", *lines]))
    return 0


@lru_cache(1024)
def _options(arguments: tuple[str, ...]) -> Options:
    """/v takes a name, except in front of another option: then it means the names of all values (of a search)."""
    rest = list(arguments)
    lowered = [word.lower() for word in rest]
    if "/v" in lowered:
        at = lowered.index("/v")
        if at + 1 >= len(rest) or lowered[at + 1] in ("/f", *_SWITCHES.split()):
            rest.insert(at + 1, "*")
    options = parse_options(_OPERATION, rest, switches=_SWITCHES, with_argument="/v /f /t /se")
    searches = "/f" in options
    if ("/v" in options and "/ve" in options) or (
        not searches and any(each in options for each in ("/k", "/d", "/c", "/e"))
    ):
        raise invalid_syntax(_OPERATION)
    if len(options.get("/se") or "|") != 1:
        raise invalid_syntax(_OPERATION)
    return options


def _one_value(printer: "_Printer", name: str, key: Key, options: Options) -> list[str]:
    if "/ve" in options:
        return printer.block(name, {"": key.value("") or printer.unset})
    spelled = key.spelled(options.get("/v") or "")
    if spelled is None:
        if options.get("/v") == "":
            return printer.block(name, {"": printer.unset})
        raise WindowsError(errors.FILE_NOT_FOUND, name)
    return printer.block(name, {spelled: key.values[spelled]})


@dataclass(frozen=True)
class _Printer:
    """How values are printed: with the number of the type (/z), with which separator in REG_MULTI_SZ (/se)."""

    spoken: Language
    with_number: bool
    separator: str

    @property
    def unset(self) -> Value:
        """What stands for a key's own value that is not there."""
        return Value("REG_SZ", self.spoken.text("(value not set)"))

    def block(self, name: str, values: Mapping[str, Value]) -> list[str]:
        """A key's name, its values, an empty line."""
        return [name, *(self._line(each, value) for each, value in values.items()), ""]

    def _line(self, name: str, value: Value) -> str:
        kind = f"{value.kind} ({kind_number(value.kind)})" if self.with_number else value.kind
        return f"    {name or self.spoken.text(DEFAULT_VALUE)}    {kind}    {shown(value, self.separator)}"


@dataclass(frozen=True)
class _Search:
    """What a search looks for, and where."""

    matches: Callable[[str], bool]
    in_keys: bool
    in_names: bool
    in_data: bool
    kinds: frozenset[str]
    value_name: str | None
    recursive: bool

    @classmethod
    def of(cls, options: Options) -> "_Search":
        everywhere = not any(each in options for each in ("/k", "/d", "/v", "/ve")) and "/t" not in options
        named = "" if "/ve" in options else options.get("/v")
        only_named = named is not None and named != "*"
        has_pattern = "/f" in options
        return cls(
            _matcher(options.get("/f") or "*", case="/c" in options, exact="/e" in options or not has_pattern),
            in_keys="/k" in options or (everywhere and has_pattern),
            in_names=(everywhere or named == "*" or "/t" in options or not has_pattern)
            and not ("/d" in options or only_named),
            in_data=everywhere or "/d" in options or only_named or ("/t" in options and "/k" not in options),
            kinds=frozenset(kind_of(each, _OPERATION) for each in (options.get("/t") or "").split(",") if each),
            value_name=named if only_named else None,
            recursive="/s" in options,
        )

    def found(self, key: Key) -> dict[str, Value]:
        """The values of a key that match."""
        return {name: value for name, value in key.values.items() if self._is_match(name, value)}

    def _is_match(self, name: str, value: Value) -> bool:
        if self.kinds and value.kind not in self.kinds:
            return False
        if self.value_name is not None and name.upper() != self.value_name.upper():
            return False
        return (self.in_names and self.matches(name)) or (self.in_data and self.matches(shown(value)))


def _matcher(pattern: str, *, case: bool, exact: bool) -> Callable[[str], bool]:
    """Whether a text matches: the pattern anywhere in it, or (/e) the whole of it; "*" and "?" are wildcards."""
    escaped = pattern.replace("[", "[[]")
    wanted = escaped if exact else f"*{escaped}*"
    if case:
        return lambda text: fnmatchcase(text, wanted)
    return lambda text: fnmatchcase(text.upper(), wanted.upper())


async def _search(process: Process, search: _Search, printer: _Printer, name: str, key: Key) -> int:
    count = 0
    lines: list[str] = []
    for path, each in _scope(name, key, recursive=search.recursive):
        is_start = path == name
        named = search.in_keys and not is_start and search.matches(each.name)
        values = search.found(each) if is_start or search.recursive else {}
        if values:
            lines += printer.block(path, values)
        elif named:
            lines.append(path)
        count += len(values) + named
    if lines and lines[-1]:
        lines.append("")
    lines.append(process.text("End of search: {count} match(es) found.", count=count))
    await process.stdout.write_text("".join(f"{line}\n" for line in ["", *lines]))
    return 0 if count else 1


def _scope(name: str, key: Key, *, recursive: bool) -> Iterator[tuple[str, Key]]:
    if recursive:
        yield from key.walk(name)
        return
    yield name, key
    for subkey in key.subkey_names:
        yield f"{name}\\{subkey}", key.subkeys[subkey.upper()]
