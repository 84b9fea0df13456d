"""What a computer is called: where it stands, and whether two names mean the same one.

A machine has a DNS name, of which the first label is its own, and a NetBIOS name, which is that label in capitals and
cut at 15 letters.
"""

from __future__ import annotations

from typing import Final

from orchestrator.model.registry import Value
from orchestrator.windows import registry
from orchestrator.windows.command import Fact

KEY: Final = r"HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName"
NETBIOS_LETTERS: Final = 15

ACTIVE: Final[Fact[Value | None]] = registry.value("machine.name", KEY, "ComputerName", lasting=True)
"""The NetBIOS name that the machine has in this boot; a new one that waits for a restart stands elsewhere."""


def label(name: str) -> str:
    """The first label of a name, without regard to case."""
    return name.partition(".")[0].casefold()


def same(one: str, other: str) -> bool:
    """Whether two names, each a DNS name or a NetBIOS name, mean the same computer."""
    shorter, longer = sorted((label(one), label(other)), key=len)
    return shorter == longer or (len(shorter) == NETBIOS_LETTERS and longer.startswith(shorter))
