"""The options of schtasks: /name or /name value, per verb."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_REMOTE: Final = frozenset({"s", "u", "p"})
_FLAGS: Final[dict[str, frozenset[str]]] = {
    "create": frozenset({"k", "it", "np", "z", "v1", "f", "hresult"}),
    "run": frozenset({"i", "hresult"}),
    "end": frozenset({"hresult"}),
    "delete": frozenset({"f", "hresult"}),
    "change": frozenset({"k", "it", "enable", "disable", "z", "hresult"}),
    "query": frozenset({"nh", "v", "hresult"}),
}
_VALUES: Final[dict[str, frozenset[str]]] = {
    "create": frozenset(
        (
            "ru",
            "rp",
            "sc",
            "mo",
            "d",
            "m",
            "i",
            "tn",
            "tr",
            "st",
            "ri",
            "et",
            "du",
            "sd",
            "ed",
            "ec",
            "rl",
            "delay",
            "xml",
        )
    ),
    "run": frozenset({"tn"}),
    "end": frozenset({"tn"}),
    "delete": frozenset({"tn"}),
    "change": frozenset(["ru", "rp", "tn", "tr", "st", "ri", "et", "du", "sd", "ed", "rl", "delay"]),
    "query": frozenset({"fo", "tn", "xml"}),
}
_OPTIONAL_VALUE: Final = {("query", "xml"), ("create", "rp"), ("change", "rp")}


class Refused(Exception):
    """The tool refuses its command line; `usage` names the verb whose help it recommends, None when it does not."""

    def __init__(self, message: str, *, usage: str | None = None) -> None:
        super().__init__(message)
        advice = "" if usage is None else f'Type "SCHTASKS {"/" + usage + " " if usage else ""}/?" for usage.\n'
        self.text = f"ERROR: {message}\n{advice}"


@dataclass(frozen=True)
class Options:
    """The options of one verb, by their names in lower case; a flag has the value ""."""

    verb: str
    values: dict[str, str]

    def has(self, name: str) -> bool:
        return name in self.values

    def value(self, name: str) -> str | None:
        return self.values.get(name)

    def required(self, name: str) -> str:
        """The value. Raises Refused when the option is missing or empty."""
        value = self.values.get(name, "")
        if not value:
            raise Refused(f"Invalid syntax. Mandatory option '{name}' is missing.", usage=self.verb.upper())
        return value


def read_options(verb: str, words: Sequence[str]) -> Options:
    """Sort the words after the verb. Raises Refused."""
    flags, valued = _FLAGS[verb], _VALUES[verb] | _REMOTE
    values: dict[str, str] = {}
    at = 0
    while at < len(words):
        word = words[at]
        name = word[1:].lower() if word[:1] in ("/", "-") else ""
        if name not in flags and name not in valued:
            raise Refused(f"Invalid argument/option - '{word}'.", usage=verb.upper())
        if name in values:
            raise Refused(
                f"Invalid syntax. '{name}' option is not allowed more than '1' time(s).",
                usage=verb.upper(),
            )
        at += 1
        if name in flags:
            values[name] = ""
        elif at < len(words) and not ((verb, name) in _OPTIONAL_VALUE and words[at].startswith("/")):
            values[name] = words[at]
            at += 1
        elif (verb, name) in _OPTIONAL_VALUE:
            values[name] = ""
        else:
            raise Refused(f"Invalid syntax. Value expected for '{word}'.", usage=verb.upper())
    return Options(verb, values)
