"""The options of schtasks: /name or /name value, per verb."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MISSING: Final = "Invalid syntax. Mandatory option '{option}' is missing."
UNKNOWN: Final = "Invalid argument/option - '{word}'."
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
    """The tool refuses its command line with a message about `values`.

    `usage` names the verb whose help it recommends ("" is schtasks itself), None when it recommends none.
    """

    def __init__(self, message: str, *, usage: str | None = None, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values
        self.help = None if usage is None else f"SCHTASKS /{usage} /?" if usage else "SCHTASKS /?"


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
            raise Refused(MISSING, usage=self.verb.upper(), option=name)
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
            raise Refused(UNKNOWN, usage=verb.upper(), word=word)
        if name in values:
            raise Refused(
                "Invalid syntax. '{option}' option is not allowed more than '1' time(s).",
                usage=verb.upper(),
                option=name,
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
            raise Refused("Invalid syntax. Value expected for '{word}'.", usage=verb.upper(), word=word)
    return Options(verb, values)
