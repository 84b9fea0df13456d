r"""Proof that something is not in the registry: reg.exe ends with 1 for whatever goes wrong, and says why in words.

The words are translated, so they are not read. They are compared with what the same reg.exe says of a key and of a
value that are certainly not there, which is asked in the same line. Where it says something else, the key above is
asked for: it proves an absence by answering without naming what was looked for. What is proved neither way is an error,
such as a refusal or a command that reg.exe cannot read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from orchestrator.windows import registry
from orchestrator.windows.command import Command, Evidence, Place, Reply, Sureness

_SAME_WORDS = Evidence(
    "reg query: learn.microsoft.com reg-query (exit code 1 for every failure); that it says the same of all that is "
    "not there, and names no key in it, as in public transcripts",
    Sureness.REPORTED,
)
_NOBODYS = "SsprNone"


def _reference(place: Place) -> Command:
    return Command(registry.query(place).line, _SAME_WORDS, accepts=None, lasting=True)


REFERENCES = (
    _reference(Place(rf"HKLM\{_NOBODYS}")),
    _reference(Place(r"HKLM\SOFTWARE", _NOBODYS)),
)
"""Asks for a key and a value that are nowhere: nothing can be made right below a hive but by Windows itself."""


def words(references: Iterable[Reply]) -> Collection[str]:
    """What reg.exe says here of what is not there, from the replies to REFERENCES."""
    said = {reply.output.strip() for reply in references if reply.exit_code == 1}
    return said - {""}


def above(place: Place) -> Place | None:
    """The key whose listing names a place that is there; None for a hive, which no listing names."""
    if place.value is not None:
        return Place(place.key)
    parent, _, name = place.key.rpartition("\\")
    return Place(parent) if name and parent else None


def listing(place: Place) -> Command:
    """Asks for a key as `names` reads it; every exit code is an answer."""
    return Command(registry.query(place).line, registry.REG_QUERY, accepts=None)


def names(shown: Reply, place: Place) -> bool:
    """Whether what is shown of the key a place names it.

    Raises:
        UnexpectedOutput: when it is no listing.
    """
    parent = above(place)
    key = registry.parse_key(parent.key, shown) if parent else None
    if key is None:
        return False
    if place.value is not None:
        return place.value.lower() in key.values
    return place.key.rpartition("\\")[2].lower() in {name.lower() for name in key.subkeys}
