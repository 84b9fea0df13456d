"""Message: something to be said, as a code with typed parameters; its words are made by `sentences`, at the edge.

A message is declared beside what it speaks of, as a function whose parameters are the message's:

    @message("product-installed-already")
    def installed_already(product: str, version: str) -> None: ...

    installed_already("SSPR Windows Logon", "1.0.10.0")  # a Message; the type checker knows its parameters

So results, logs and files keep what was meant, and another language, or better words, change no code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, ParamSpec, TypeAlias, Union

P = ParamSpec("P")

Parameter: TypeAlias = Union[str, int, float, bool, "Message", tuple["Parameter", ...], None]
"""What a message may carry: all of it goes into JSON and comes back equal."""


@dataclass(frozen=True)
class Message:
    """What is to be said.

    Attributes:
        code: Which message it is: lower-case words with hyphens, the same in every version of the program.
        parameters: What it says it of.
    """

    code: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.code, tuple(self.parameters.items())))


Said: TypeAlias = Message | str
"""A message, or text where one has not been declared yet."""


class Declared(Generic[P]):
    """A message that there is; called with its parameters, it gives the message that says so.

    Attributes:
        code: The message's.
        names: Of its parameters.
    """

    def __init__(self, code: str, signature: Callable[P, None]) -> None:
        function = signature.__code__
        self.code = code
        self.names: tuple[str, ...] = function.co_varnames[: function.co_argcount]

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> Message:
        parameters: dict[str, Any] = {**dict(zip(self.names, arguments, strict=False)), **named}
        return Message(self.code, parameters)


def message(code: str) -> Callable[[Callable[P, None]], Declared[P]]:
    """Declares a message by a function of its parameters, whose body is empty."""

    def declare(signature: Callable[P, None]) -> Declared[P]:
        return Declared(code, signature)

    return declare


@message("verbatim")
def verbatim(text: str) -> None:
    """Words that are not ours and have no code: an operating system's, a library's, a person's."""


def as_message(said: Said) -> Message:
    return verbatim(said) if isinstance(said, str) else said


@message("several")
def several(messages: tuple[Message, ...]) -> None:
    """Several messages about the same matter, one after the other."""
