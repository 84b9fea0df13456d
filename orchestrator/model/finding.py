"""Finding: one thing about a host that an admin should know, and how much it matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from typing_extensions import TypeAliasType

from orchestrator.model.message import Message

Read = TypeAliasType("Read", "str | int | float | bool | Sequence[Read] | Mapping[str, Read] | None")
"""What was read on a host, as JSON has it."""


class Severity(StrEnum):
    """What a finding does to a host's outcome, gravest first."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"
    IGNORE = "ignore"
    """Somebody has decided that it does not matter; no kind is so by itself."""


@dataclass(frozen=True)
class Finding:
    """One thing that an admin should know about a host.

    Attributes:
        code: Stable name; policies speak of findings by it.
        severity: Whether it blocks, warns or only informs.
        message: What is so.
        evidence: What was read on the host.
        remedy: What to do about it; None when nothing need be done.
        settled_by: The shipped playbook that deals with it on its way, so that nobody has to; None where somebody has.
    """

    code: str
    severity: Severity
    message: Message
    evidence: Mapping[str, Read] = field(default_factory=dict)
    remedy: Message | None = None
    settled_by: str | None = None
