"""Detail: what a step itself has to tell of a host, beside what every result has."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar


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
    """

    kind: ClassVar[str]

    def __init_subclass__(cls, *, kind: str) -> None:
        cls.kind = kind

    @property
    def entries(self) -> dict[str, object]:
        """Its fields by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}
