"""Detail: what a step itself has to tell of a host, beside what every result has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar

from orchestrator.model.finding import Read


@dataclass(frozen=True)
class Restart:
    """How far a restart of the host is.

    Attributes:
        due: When one that is scheduled is due; None where none is to come.
        happened: Whether it was seen to have happened.
    """

    due: datetime | None = None
    happened: bool = False


@dataclass(frozen=True)
class Detail:
    """Base of the details: each is a frozen dataclass that says which one it is.

        @dataclass(frozen=True)
        class DiskDetail(Detail, kind="disk"):
            free_mb: int

    Its fields, and those of dataclasses in them, are such as JSON has (tuples for lists), enumerations, messages. So
    files hold it whole, and reading one gives an equal detail.

    Attributes:
        kind: Which detail it is, in files; the step's kind where one step alone has it.
        known: Every detail that is defined, by kind.
    """

    kind: ClassVar[str]
    known: ClassVar[dict[str, type[Detail]]] = {}

    def __init_subclass__(cls, *, kind: str) -> None:
        if kind in cls.known:
            raise TypeError(f"two details of kind {kind!r}: {cls.known[kind].__qualname__} and {cls.__qualname__}")
        cls.kind = kind
        cls.known[kind] = cls

    @property
    def entries(self) -> dict[str, object]:
        """Its fields by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def settles(self) -> frozenset[str]:
        """Codes of findings of a preflight that are done with where the step has ended well."""
        return frozenset()

    @property
    def reopens(self) -> bool:
        """Whether the step took back what earlier ones did: what they settled is not known to be so any more."""
        return False

    @property
    def restart(self) -> Restart | None:
        """How far a restart is; None where the step is about something else."""
        return None

    @property
    def restart_noted(self) -> bool:
        """Whether a change that waits for a restart is noted on the host, with the boot that has to end.

        Such a note tells whether it still waits, whoever restarts the host meanwhile.
        """
        return False

    @property
    def offers_reset(self) -> bool | None:
        """Whether the host offers password reset at its log-on screen; None where that is not told."""
        return None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Where any detail may stand, what is written says which one it is, and is read as that."""
        from pydantic_core import core_schema  # noqa: PLC0415 - who only shows help needs no pydantic

        if cls is not Detail:
            return handler(source)
        written = core_schema.plain_serializer_function_ser_schema(_written)
        return core_schema.no_info_plain_validator_function(_read, serialization=written)


def _written(value: object) -> object:
    return {"kind": value.kind, **value.entries} if isinstance(value, Detail) else value


def _read(value: object) -> Detail:
    from pydantic import TypeAdapter  # noqa: PLC0415

    if isinstance(value, Detail):
        return value
    kind = Detail.known.get(str(value.get("kind"))) if isinstance(value, dict) else None
    if kind is None or not isinstance(value, dict):
        raise ValueError("no detail of a known kind")
    return TypeAdapter(kind).validate_python({name: value[name] for name in value if name != "kind"})


@dataclass(frozen=True)
class OtherDetail(Detail, kind="other"):
    """A detail from a file that is of no kind that we know, or was edited: its kind there, if any, and its keys."""

    told_kind: str | None
    values: Mapping[str, Read]

    @property
    def entries(self) -> dict[str, object]:
        return dict(self.values)
