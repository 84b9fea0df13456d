"""How a playbook goes over a fleet, as a person writes it: in which waves, with which guards, within which limits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator

from orchestrator.model.validation import Entry

EACH: Final = "*"
"""In the limits of groups: each group that is not named."""
SECTIONS: Final = ("strategy", "guards", "limits")
"""What a playbook says of all steps together."""
_SHARE: Final = re.compile(r"(100|[1-9]?\d(?:\.\d+)?)\s?%")
_WHOLE: Final = 100.0
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s?([KMG]B)", re.IGNORECASE)
_UNITS: Final = {"KB": 1024, "MB": 1024**2, "GB": 1024**3}
SLOWEST_PUSHES: Final = 16 * 1024
"""Bytes a second: four times what a step allows an upload to take without any limit (`windows.transfer`)."""


def _amount(value: Any) -> Any:
    """A number of hosts as it is, a share without its space. Raises ValueError."""
    if isinstance(value, str) and (share := _SHARE.fullmatch(value.strip())):
        return f"{share[1]}%"
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise ValueError("expected a number of hosts, as in 10, or a share of them, as in 5%")


def _share(value: Any) -> Any:
    if isinstance(value, str) and (share := _SHARE.fullmatch(value.strip())):
        return f"{share[1]}%"
    raise ValueError("expected a share, as in 80%")


def _bandwidth(value: Any) -> Any:
    """Bytes, of a number of them or of a size as in `2MB`. Raises ValueError."""
    if isinstance(value, str) and (size := _SIZE.fullmatch(value.strip())):
        value = int(float(size[1]) * _UNITS[size[2].upper()])
    if isinstance(value, int) and not isinstance(value, bool) and value >= SLOWEST_PUSHES:
        return value
    raise ValueError("expected bytes a second, as in 2MB or 500KB, and at least 16KB")


_SHARE_SCHEMA: Final = {"type": "string", "pattern": r"^(100|[1-9]?\d(\.\d+)?)\s?%$"}
Amount = Annotated[
    int | str,
    BeforeValidator(_amount),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, _SHARE_SCHEMA]}),
]
"""A number of hosts, or a share of them as in `5%`."""
Share = Annotated[str, BeforeValidator(_share), WithJsonSchema(_SHARE_SCHEMA)]
Bandwidth = Annotated[
    int,
    BeforeValidator(_bandwidth),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": SLOWEST_PUSHES},
                {"type": "string", "pattern": r"^\d+(\.\d+)?\s?[KkMmGg][Bb]$"},
            ]
        }
    ),
]
"""Bytes a second, or a size as in `2MB`."""


def share_of(amount: int | str) -> float | None:
    """A share between 0 and 1; None for a number of hosts."""
    return float(amount.rstrip("%")) / _WHOLE if isinstance(amount, str) else None


def limits_of(groups: Iterable[str], limits: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """The groups that have a limit, each with that."""
    for group in groups:
        if (most := limits.get(group, limits.get(EACH))) is not None:
            yield group, most


class Strategy(Entry):
    """In which order, and in which waves, hosts are begun with."""

    canary: tuple[str, ...] = Field(
        default=(), description="Hosts that are the first wave: names, groups and patterns as for --limit."
    )
    waves: tuple[Amount, ...] = Field(
        default=(),
        description="How many hosts have been begun with by the end of each wave, or which share of all: "
        "[1, 5%, 25%, 100%]. What is left is a last wave.",
    )
    order: Literal["inventory", "group", "random"] = Field(
        default="inventory",
        description="Which hosts come first: as the inventory has them; a host of each group in turn; by chance.",
    )
    seed: int | None = Field(
        default=None, strict=True, description="Makes chance the same in every run; each run has its own unless said."
    )
    bake_minutes: int = Field(
        default=0, strict=True, ge=0, description="How long a wave is left alone before the next one begins."
    )
    approval: bool = Field(
        default=False, description="Whether each wave after the first waits until `sspr runs approve` lets it begin."
    )
    success: Share = Field(
        default="80%",
        description="The share of a wave's hosts that have to be fine, of those that answered, for the next one to "
        "begin.",
    )

    @field_validator("waves")
    @classmethod
    def _grow(cls, waves: tuple[int | str, ...]) -> tuple[int | str, ...]:
        """Numbers and shares each grow; which of a number and a share is larger, the fleet decides."""
        for kind in (int, str):
            same = [wave if isinstance(wave, int) else share_of(wave) for wave in waves if isinstance(wave, kind)]
            if 0 in same or same != sorted({*same}, key=lambda amount: amount or 0.0):
                raise ValueError("each wave has to end with more hosts than the one before, as in [1, 5%, 25%, 100%]")
        return waves


class Guards(Entry):
    """What stops a run that changes hosts: nothing new is begun then, and what is under way is brought to its end."""

    same_cause: int = Field(
        default=5,
        strict=True,
        ge=0,
        description="How many hosts may fail for one and the same cause with no success in between; 0 for any number.",
    )
    failed: Amount | None = Field(
        default="20%",
        description="How many hosts, or which share of those that answered, may fail at all; null for any number. A "
        "share is asked after once ten hosts have answered.",
    )


class Limits(Entry):
    """What a run may ask of the network and of a site at a time."""

    per_group: Mapping[str, Annotated[int, Field(strict=True, ge=1)]] = Field(
        default_factory=dict,
        description="How many hosts of a group may be begun with and not through, by the group's name; `*` for each "
        "group that is not named.",
    )
    starts_per_minute: int | None = Field(
        default=None, strict=True, ge=1, description="How many hosts may be begun with in a minute."
    )
    push_bytes_per_second: Bandwidth | None = Field(
        default=None,
        description="How fast files go to all hosts together, as in 2MB, counted as they are on the line. Hosts take "
        "turns to be sent them.",
    )
    push_bytes_per_second_per_group: Mapping[str, Bandwidth] = Field(
        default_factory=dict,
        description="How fast files go to the hosts of a group together, by the group's name; `*` for each group that "
        "is not named.",
    )

    @property
    def groups(self) -> frozenset[str]:
        """The names of groups that they speak of, as somebody wrote them."""
        return frozenset((*self.per_group, *self.push_bytes_per_second_per_group)) - {EACH}
