"""Trouble that several hosts have in common."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.model.outcome import Outcome


@dataclass(frozen=True)
class FailureGroup:
    """Hosts with the same trouble.

    Attributes:
        outcome: How they ended; None for an error that the add-in reported itself.
        signature: What they have in common (`model/signature.py`).
        hosts: How many there are.
        times: How often it was told: of what decided about a host, once.
        example_host: One of them.
        example: What was told there.
    """

    outcome: Outcome | None
    signature: str
    hosts: int
    times: int
    example_host: str
    example: str
