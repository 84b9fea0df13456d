"""What the product's parsers make of an answer, as plain data that a case can name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from orchestrator.windows import beliefs, registry, transfer
from orchestrator.windows.command import Reply
from orchestrator.windows.registry import Key
from tests import catalogue

from .contents import agree, octets

ANY = "<any>"
"""Stands in an expectation for whatever is there, but not for nothing."""


def read(reader: str, line: str, reply: Reply) -> Any:
    """What a parser of the product understands.

    Readers: `key` and `key_has` (some of it; null for what must not be there): `registry.parse_key`; `default`: a key's
    default value; `found` and `found_has` (`some` of them and `none` of others): keys that a search found; `sha256`: a
    hash; `fact`: the fact that asks with this line alone; `belief`: null when the belief that asks with this line alone
    is confirmed; `text`: the output itself without the last line's end.
    """
    match reader:
        case "key" | "key_has":
            return plain(registry.parse_key(_path(line), reply))
        case "default":
            return registry.default_value("default", _path(line)).parse([reply])
        case "found" | "found_has":
            return [key.path for key in registry.parse_keys(reply)]
        case "sha256":
            return transfer.parse_hash(reply)
        case "fact":
            (fact,) = {fact.name: fact for fact in catalogue.facts() if _lines(fact.commands) == [line]}.values()
            return plain(fact.parse([reply]))
        case "belief":
            (belief,) = [belief for belief in beliefs.beliefs() if _lines(belief.commands) == [line]]
            return belief.judge([reply])
        case "text":
            return reply.output.removesuffix("\n")
        case _:
            raise ValueError(f"no such reader: {reader}")


def plain(value: Any) -> Any:
    """A parser's result as what YAML can say, but for octets."""
    if isinstance(value, Key):
        return {"values": {name: each.data for name, each in value.values.items()}, "subkeys": list(value.subkeys)}
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, datetime) else value


def differences(reader: str, expected: Any, found: Any) -> list[str]:
    """What is wrong with a reading, in words."""
    if reader == "key_has" and found is not None and expected is not None:
        listed = {name.lower(): found["values"].get(name.lower()) for name in expected.get("values", {})}
        named = {name.lower(): data for name, data in expected.get("values", {}).items()}
        missing = set(expected.get("subkeys", ())) - set(found["subkeys"])
        return ([] if _same(named, listed) else [f"{listed} is not {named}"]) + [
            f"no subkey {each}" for each in missing
        ]
    if reader == "found_has":
        return [
            *(f"not found: {each}" for each in expected["some"] if each not in found),
            *(f"found: {each}" for each in expected["none"] if each in found),
        ]
    if reader == "sha256" and expected is not None:
        expected = sha256(octets(expected)).hexdigest()
    return [] if _same(expected, found) else [f"{reader}: {found!r} is not {expected!r}"]


def _same(expected: Any, found: Any) -> bool:
    if expected == ANY:
        return found is not None
    if isinstance(found, bytes):
        return agree(expected, found)
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        return found.keys() == expected.keys() and all(_same(expected[name], found[name]) for name in found)
    return bool(expected == found)


def _path(line: str) -> str:
    return line.split('"')[1]


def _lines(commands: Sequence[Any]) -> list[str]:
    return [command.line for command in commands]
