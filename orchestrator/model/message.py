"""Message: something to be said, as a code with typed parameters; its words are made by `sentences`, at the edge.

A message is declared beside what it speaks of, as a function whose parameters are the message's:

    @message("product-installed-already")
    def installed_already(product: str, version: str) -> None: ...

    installed_already("SSPR Windows Logon", "1.0.10.0")  # a Message; the type checker knows its parameters

A trouble is declared with `remedy=True`: its file of sentences says beside what is wrong what to do about it, and
`no_package.remedy("x64")` is the message that says so, with the same parameters.

So results, logs and files keep what was meant, and another language, or better words, change no code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Generic, ParamSpec

from typing_extensions import TypeAliasType

P = ParamSpec("P")

REMEDY: Final = "remedy"


@dataclass(frozen=True)
class Message:
    """What is to be said.

    Attributes:
        code: Which message it is: lower-case words with hyphens, the same in every version of the program; with
            `.remedy` behind it, what to do about that.
        parameters: What it says it of.
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "ignore"}  # in files its text stands beside it

    code: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.code, tuple(self.parameters.items())))


Parameter = TypeAliasType("Parameter", "str | int | float | bool | Message | tuple[Parameter, ...] | None")
"""What a message may carry: all of it goes into JSON and comes back equal."""

DECLARED: Final[dict[str, Declared[...]]] = {}
"""Every message that a module imported so far declares, by its code."""


class Declared(Generic[P]):
    """A message that there is; called with its parameters, it gives the message that says so.

    Attributes:
        code: The message's.
        names: Of its parameters.
        has_remedy: Whether it goes with what to do about it.
    """

    def __init__(self, code: str, signature: Callable[P, None], *, has_remedy: bool = False) -> None:
        function = signature.__code__
        if code in DECLARED:
            raise ValueError(f"the message {code} is declared twice")
        DECLARED[code] = self
        self.code = code
        self.has_remedy = has_remedy
        self.names: tuple[str, ...] = function.co_varnames[: function.co_argcount]

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> Message:
        return Message(self.code, self._given(arguments, named))

    def remedy(self, *arguments: P.args, **named: P.kwargs) -> Message:
        """The message that says what to do about it."""
        assert self.has_remedy, f"{self.code} is declared without a remedy"
        return Message(f"{self.code}.{REMEDY}", self._given(arguments, named))

    def _given(self, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Parameter]:
        return {**dict(zip(self.names, arguments, strict=False)), **named}


def message(code: str, *, remedy: bool = False) -> Callable[[Callable[P, None]], Declared[P]]:
    """Declares a message by a function of its parameters, whose body is empty; with `remedy`, what to do as well."""

    def declare(signature: Callable[P, None]) -> Declared[P]:
        return Declared(code, signature, has_remedy=remedy)

    return declare


def phrase(code: str, *, remedy: bool = False) -> Declared[[]]:
    """Declares a message without parameters, as a table's row has it."""
    return message(code, remedy=remedy)(lambda: None)


@message("verbatim")
def verbatim(text: str) -> None:
    """Words that are not ours and have no code: an operating system's, a library's, a person's."""


@message("several")
def several(messages: tuple[Message, ...]) -> None:
    """Several messages about the same matter, one after the other."""


def together(messages: Sequence[Message]) -> Message:
    """One or more messages as one."""
    return messages[0] if len(messages) == 1 else several(tuple(messages))
