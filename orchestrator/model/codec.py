"""What goes out to whoever keeps it and comes back: frozen dataclasses as JSON text, read back by their types alone."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


def encode(value: object) -> str:
    """JSON text of a frozen dataclass of plain values (numbers, text, dates, enums, tuples, such dataclasses)."""
    return _adapter(type(value)).dump_json(value).decode()


def decode(kind: type[T], text: str) -> T:
    """What `encode` was given.

    Raises:
        ValueError: when the text is no such thing: another version of this program has written it, say.
    """
    adapter: TypeAdapter[T] = _adapter(kind)
    return adapter.validate_json(text)


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


_adapters: dict[type[Any], TypeAdapter[Any]] = {}
"""Made once for each kind: that takes longer than a thousand uses."""
