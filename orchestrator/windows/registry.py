"""The registry as reg.exe shows it: keys and values asked for, and its output read.

reg.exe's own words are translated (`(Default)`, the closing line of a search), its layout is not: the full name of a
key at the start of a line, then values behind four spaces. We read the layout.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import message
from orchestrator.model.registry import Value
from orchestrator.windows import quoting
from orchestrator.windows.command import Command, Evidence, Fact, Place, Reply, Sureness

REG_QUERY = Evidence(
    "reg query: learn.microsoft.com/windows-server/administration/windows-commands/reg-query (exit codes); "
    "layout as printed on Windows 7 in public transcripts",
    Sureness.DOCUMENTED,
)
_VALUE = re.compile(r"^ {4}(?P<name>.+?) {4}(?P<kind>REG_[A-Z_]+)(?: {4}(?P<data>.*))?$")
_NUMBERS = frozenset({"REG_DWORD", "REG_QWORD", "REG_DWORD_BIG_ENDIAN"})


@message("answer-reg-query")
def _ended(code: int) -> None: ...


@message("answer-reg-query-all")
def _all_ended(code: int) -> None: ...


@message("answer-reg-no-number")
def _no_number(kind: str) -> None: ...


@dataclass(frozen=True)
class Key:
    """A key as `reg query` lists it.

    Attributes:
        path: As we asked for it.
        values: By lower-case name. The default value has a translated name; see `default_value`.
        subkeys: Names of the keys right below it.
    """

    path: str
    values: Mapping[str, Value] = field(default_factory=dict)
    subkeys: tuple[str, ...] = ()

    def number(self, name: str) -> int | None:
        """The data of a REG_DWORD; None when the value is absent or of another type."""
        value = self.values.get(name.lower())
        return value.number if value else None

    def mistyped(self, name: str) -> Value | None:
        """A value that is there and is no REG_DWORD where one is meant; regedit shows it, Windows passes it over."""
        value = self.values.get(name.lower())
        return value if value and value.number is None else None

    def text(self, name: str) -> str | None:
        """The data of a value as text; None when it is absent or empty."""
        value = self.values.get(name.lower())
        return str(value.data) if value and value.data != "" else None

    @property
    def shown(self) -> dict[str, int | str]:
        """Every value's data, for evidence."""
        return {name: value.data for name, value in self.values.items()}

    def shown_with(self, *numbers: str) -> dict[str, int | str]:
        """The same where the values of these names are to be numbers: one that is none shows its type as well."""
        names = {name.lower() for name in numbers}
        return {name: value.as_number if name in names else value.data for name, value in self.values.items()}


def absent(path: str) -> Key:
    """What stands for a key that does not exist, where its absence means the same as having no values."""
    return Key(path)


def query(place: Place, how: str = "", *, lasting: bool = False) -> Command:
    """Asks for a key or a value. What reg.exe complains of stays beside its answer, as absence has to be proved.

    Args:
        place: What is asked for.
        how: Switches, as in `/s`.
        lasting: As of any command.
    """
    words = (
        "reg query",
        quoting.word(place.key),
        f"/v {quoting.word(place.value)}" if place.value is not None else "",
        how,
        "2>&1",
    )
    return Command(" ".join(filter(None, words)), REG_QUERY, frozenset({0, 1}), lasting, place)


def key(name: str, path: str, *, lasting: bool = False) -> Fact[Key | None]:
    """The key at `path` with its values and the names of its subkeys; None when there is no such key."""

    def parse(replies: Sequence[Reply]) -> Key | None:
        return parse_key(path, replies[0])

    return Fact(name, (query(Place(path), lasting=lasting),), parse)


def value(name: str, path: str, value_name: str, *, lasting: bool = False) -> Fact[Value | None]:
    """One value of a key that has too many to list them all; None when it is absent."""

    def parse(replies: Sequence[Reply]) -> Value | None:
        found = parse_key(path, replies[0])
        return found.values.get(value_name.lower()) if found else None

    return Fact(name, (query(Place(path, value_name), lasting=lasting),), parse)


def default_value(name: str, path: str) -> Fact[str | None]:
    """The text of a key's default value, whose shown name is translated: the only value that `/ve` lists.

    A default value that is not set is shown as a translated word in parentheses; None stands for it, too.
    """

    def parse(replies: Sequence[Reply]) -> str | None:
        found = parse_key(path, replies[0])
        if not found or not found.values:
            return None
        only = next(iter(found.values.values()))
        text = str(only.data)
        return None if re.fullmatch(r"|\(.*\)", text) else text

    return Fact(name, (query(Place(path), "/ve"),), parse)


def parse_key(path: str, reply: Reply) -> Key | None:
    """Reads what `reg query PATH` printed. Text of several lines is one value's, with plain line feeds in it.

    A last line of its own, behind an empty one, closes a search and belongs to no value.

    Raises:
        UnexpectedOutput: when the exit code is neither 0 nor 1.
    """
    if reply.exit_code == 1:
        return None
    if reply.exit_code != 0:
        raise UnexpectedOutput(_ended(reply.exit_code), key=path, output=reply.output[-500:])
    values: dict[str, Value] = {}
    subkeys: list[str] = []
    last = ""
    prefix = long_name(path).lower() + "\\"
    closing = len(reply.lines) - 1 if reply.lines[-2:-1] == [""] else None
    for number, line in enumerate(reply.lines):
        if shown := parse_value(line):
            last, found = shown[0].lower(), shown[1]
            values[last] = found
        elif line.lower().startswith(prefix):
            subkeys.append(line[len(prefix) :].rstrip())
        elif line and last and number != closing:
            values[last] = Value(values[last].kind, f"{values[last].data}\n{line}")
    return Key(path, values, tuple(subkeys))


def parse_value(line: str) -> tuple[str, Value] | None:
    """Name and value of a line that shows a value; None for any other line."""
    match = _VALUE.match(line)
    return (match["name"], Value(match["kind"], _data(match["kind"], match["data"] or ""))) if match else None


def parse_keys(reply: Reply) -> tuple[Key, ...]:
    """Every key that one or more `reg query` name, with its values; a subkey that is only listed has none."""
    if reply.exit_code not in {0, 1}:
        raise UnexpectedOutput(_all_ended(reply.exit_code), output=reply.output[-500:])
    found: list[tuple[str, dict[str, Value]]] = []
    for line in reply.lines:
        shown = parse_value(line)
        if line.startswith("HKEY_"):
            found.append((line.rstrip(), {}))
        elif found and shown:
            found[-1][1][shown[0].lower()] = shown[1]
    return tuple(Key(path, values) for path, values in found)


def same(wanted: Value | None, found: Value | None) -> bool:
    """Whether what is shown is what was wanted: hex digits in any case, lists of strings with or without their end."""
    if wanted is None or found is None:
        return wanted is found
    return wanted.kind == found.kind and _comparable(wanted) == _comparable(found)


def _comparable(value: Value) -> int | str:
    if value.kind == "REG_BINARY":
        return str(value.data).lower()
    if value.kind == "REG_MULTI_SZ":
        return re.sub(r"(\\0)+$", "", str(value.data))
    return value.data


def long_name(path: str) -> str:
    r"""`HKLM\X` as reg.exe prints it: `HKEY_LOCAL_MACHINE\X`."""
    hive, _, rest = path.partition("\\")
    return {"HKLM": "HKEY_LOCAL_MACHINE", "HKU": "HKEY_USERS"}[hive] + (f"\\{rest}" if rest else "")


def short_name(path: str) -> str:
    """The other way round; what begins with no hive that we ask for stays as it is."""
    hive, separator, rest = path.partition("\\")
    return {"HKEY_LOCAL_MACHINE": "HKLM", "HKEY_USERS": "HKU"}.get(hive, hive) + separator + rest


def _data(kind: str, text: str) -> int | str:
    if kind not in _NUMBERS:
        return text
    try:
        return int(text, 16)
    except ValueError as error:
        raise UnexpectedOutput(_no_number(kind), shown=text[:100]) from error
