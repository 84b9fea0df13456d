"""Secret: a value that does not show itself."""

from __future__ import annotations

from typing import Any, NoReturn


class Secret:
    """Holds a password until the moment of use.

    `repr`, `str` and `format` say REDACTED; pickling and copying are refused, so that no engine, log or report can
    store it by accident. `reveal` is the one way to the value.

    Attributes:
        origin: Where it came from, as a reference that means the same everywhere; empty where nobody says.
        version: Changes when another value is put where it came from, as a file's time does; tells nothing of the
            value. Empty where nobody can tell.
    """

    __slots__ = ("_value", "origin", "version")

    def __init__(self, value: str, origin: str = "", version: str = "") -> None:
        self._value = value
        self.origin = origin
        self.version = version

    def reveal(self) -> str:
        """The value itself; to be handed to the library that needs it and kept nowhere."""
        return self._value

    def __repr__(self) -> str:
        return "REDACTED"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "REDACTED"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a Secret is never serialised; store the reference it came from")
