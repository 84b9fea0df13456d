"""Language: the sentences of one file, and how a message's parameters are put into them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final

from fluent.runtime import FluentBundle
from fluent.runtime.types import fluent_number
from fluent.syntax import FluentParser

from orchestrator.model.message import Message, Parameter

ENGLISH: Final = "en"
SUFFIX: Final = ".ftl"
_LARGEST: Final = 1e15
"""Numbers of a file may be anything, and the library has no words for infinity, or for numbers of 30 digits."""
_VARIABLES: Final = ("SSPR_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


class Language:
    """The sentences of a language.

    Args:
        name: As in `en`, `de`; what numbers and plurals go by.
        sources: Texts of Fluent files, the language's own first; what one lacks is taken from the next.
    """

    def __init__(self, name: str, *sources: str) -> None:
        self._bundles = [_bundle(name, source) for source in sources]
        self.say = lru_cache(maxsize=4096)(self._say)

    def _say(self, message: Message) -> str:
        """The message in words. One whose code is not known (from a newer version's file) is shown as it is."""
        code, _, attribute = message.code.partition(".")
        return self.attribute(code, attribute or None, message.parameters) or _as_it_is(message)

    def attribute(self, code: str, name: str | None, parameters: Mapping[str, Parameter] | None = None) -> str | None:
        """What a file says of a code: its sentence, or the attribute of that name; None where it says nothing."""
        for bundle in self._bundles:
            if not bundle.has_message(code):
                continue
            entry = bundle.get_message(code)
            pattern = entry.value if name is None else entry.attributes.get(name)
            if pattern is not None:
                return str(bundle.format_pattern(pattern, self._arguments(parameters or {}))[0])
        return None

    def _arguments(self, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
        return {name: self._argument(value) for name, value in parameters.items()}

    def _argument(self, value: Parameter) -> Any:
        """A parameter as Fluent takes it; selectors see `true`, `false` and, where there is nothing, `none`."""
        match value:
            case None:
                return "none"
            case bool():
                return "true" if value else "false"
            case int() | float():
                return fluent_number(value, useGrouping=False) if abs(value) < _LARGEST else str(value)
            case Message():
                return self.say(value)
            case tuple():
                between = "; " if any(isinstance(each, Message) for each in value) else ", "
                return between.join(str(self._argument(each)) for each in value)
            case _:
                return value


@cache
def language(name: str) -> Language:
    """A language that there is a file for, with English behind it."""
    own = [_file(name).read_text("utf-8")] if name != ENGLISH else []
    return Language(name, *own, _file(ENGLISH).read_text("utf-8"))


def chosen(environment: Mapping[str, str] = os.environ) -> str:
    """The language that the environment asks for, where there is a file for it, and else English."""
    for variable in _VARIABLES:
        name = environment.get(variable, "").partition(".")[0].partition("_")[0]
        if name.isalpha():
            return name if _file(name).is_file() else ENGLISH
    return ENGLISH


def say(message: Message) -> str:
    """A message in the words of the chosen language."""
    return _spoken().say(message)


@cache
def _spoken() -> Language:
    return language(chosen())


def _file(name: str) -> Traversable:
    return resources.files("orchestrator.sentences") / f"{name}{SUFFIX}"


def _bundle(name: str, source: str) -> FluentBundle:
    bundle = FluentBundle([name], use_isolating=False)  # marks of direction would end up in files and terminals
    bundle.add_resource(FluentParser(with_spans=False).parse(source))  # nobody asks where in the file a sentence stands
    return bundle


def _as_it_is(message: Message) -> str:
    parts: Sequence[str] = [f"{name}={value}" for name, value in message.parameters.items()]
    return f"{message.code} ({', '.join(parts)})" if parts else message.code
