"""The options of wevtutil: /short:value or /long:value, per command."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_COMMON: Final = {"r": "remote", "u": "username", "p": "password", "a": "authentication", "uni": "unicode"}
_FORMAT: Final = {"f": "format"}
_LOG_FILE: Final = {"lf": "logfile"}
_SELECTION: Final = {"q": "query", "sq": "structuredquery", **_LOG_FILE}
_OPTIONS: Final[dict[str, dict[str, str]]] = {
    "el": {},
    "gl": _FORMAT,
    "gli": _LOG_FILE,
    "qe": {
        **_SELECTION,
        **_FORMAT,
        "bm": "bookmark",
        "sbm": "savebookmark",
        "rd": "reversedirection",
        "l": "locale",
        "c": "count",
        "e": "element",
    },
    "epl": {**_SELECTION, "ow": "overwrite"},
    "al": {"l": "locale"},
    "cl": {"bu": "backup"},
}
_BOOLEANS: Final = frozenset({"unicode", "logfile", "structuredquery", "reversedirection", "overwrite"})


class Usage(Exception):
    """The command line is wrong; the message about `values` says how."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values


@dataclass(frozen=True)
class Options:
    """A command's arguments and its options by long name."""

    arguments: list[str]
    values: dict[str, str]
    spelled: dict[str, str]

    def text(self, name: str) -> str:
        """The option's value, "" when it was not given."""
        return self.values.get(name, "")

    def flag(self, name: str) -> bool:
        return self.values.get(name, "false").lower() == "true"

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """The option's value in lower case, the first of `allowed` when not given. Raises Usage for another."""
        value = self.values.get(name, allowed[0]).lower()
        if value not in allowed:
            raise Usage("Invalid value for option {option}.", option=self.spelled[name])
        return value

    def count(self, name: str) -> int | None:
        """A whole number above zero, None when not given. Raises Usage for anything else."""
        if name not in self.values:
            return None
        value = self.values[name]
        if not value.isdecimal() or int(value) == 0:
            raise Usage("Invalid value for property {name}.", name=name)
        return int(value)


def read_options(command: str, arguments: int, words: Sequence[str]) -> Options:
    """Sort the words after the command's name. Raises Usage as wevtutil complains (exit code 87)."""
    known = _COMMON | _OPTIONS[command]
    long_names = set(known.values())
    found, values, spelled = [], {}, {}
    for word in words:
        if word[:1] not in ("/", "-"):
            found.append(word)
            continue
        option, colon, value = word[1:].partition(":")
        name = known.get(option.lower(), option.lower())
        if name not in long_names:
            raise Usage("Invalid option {option}. Option is not valid.", option=option)
        if name in _BOOLEANS:
            value = value if colon else "true"
            if value.lower() not in ("true", "false"):
                raise Usage("Invalid option {option}. Option is not Boolean.", option=option)
        elif not colon:
            raise Usage("Invalid option {option}. Option value is not specified.", option=option)
        values[name], spelled[name] = value, option
    if len(found) > arguments:
        raise Usage("Too many arguments are specified.")
    if len(found) < arguments:
        raise Usage("Required argument(s) is/are not specified.")
    return Options(found, values, spelled)
