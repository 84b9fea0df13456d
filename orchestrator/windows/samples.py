"""Sample arguments, and the facts that this room's functions make of them: of which no machine has anything.

`beliefs` asks a machine for them, to see that nothing fails where there is nothing.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final, ParamSpec

import orchestrator.windows as package
from orchestrator.model.registry import RegistryRecord, Value, ValueChange
from orchestrator.windows import (
    collection,
    command_line,
    egress,
    host_files,
    job,
    msiexec,
    product,
    provider,
    registry,
    registry_change,
    registry_places,
    restoring,
    transfer,
)
from orchestrator.windows.command import Fact
from orchestrator.windows.job import ROOT, Job

P = ParamSpec("P")

JOB = Job("jobtoken")
PACKAGE = "sample.msi"
DLL = "sample.dll"
CODE = "{01234567-89AB-CDEF-0123-456789ABCDEF}"
KEY, VALUE, NUMBER = r"HKLM\SOFTWARE\SampleKey", "SampleValue", 271828
FILE, OTHER = rf"{ROOT}\sample.file", rf"{ROOT}\other.file"
DAYS, SECONDS, WAIT = 7, 86399, 41
LINE = "sample command line"
SERVICE = egress.Endpoint("service.invalid", 61443)
RECORD = RegistryRecord((ValueChange(KEY, VALUE, Value("REG_DWORD", 1), None),), (KEY,))


@dataclass(frozen=True)
class Example:
    """A function that builds something to send, and what it builds of sample arguments."""

    function: Callable[..., object]
    built: Any


def example(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> Example:
    """What a function builds of these arguments."""
    return Example(function, function(*args, **kwargs))


FACTS: Final = (
    example(command_line.look, LINE),
    example(egress.reach, SERVICE),
    example(host_files.is_folder, FILE),
    example(host_files.matching, FILE),
    example(collection.packed_bytes, JOB),
    example(job.state, JOB),
    example(job.scheduled, JOB),
    example(job.wait, JOB, WAIT),
    example(msiexec.brought, JOB, PACKAGE),
    example(product.installed, CODE),
    example(product.owners, provider.CLSID, rf"%SystemRoot%\System32\{DLL}"),
    example(product.sharing, CODE),
    example(provider.file_exists, FILE),
    example(registry.key, "sample", KEY),
    example(registry.value, "sample", KEY, VALUE),
    example(registry.default_value, "sample", KEY),
    example(restoring.standing, RECORD),
    example(registry_places.look, KEY, VALUE),
    example(registry_change.missing_keys, "sample", KEY),
    example(transfer.hash_of, FILE),
    example(transfer.piece, FILE, 0),
    example(transfer.piece, FILE, transfer.PIECE_LINES * transfer.LINE_BYTES),
    example(transfer.piece, FILE, (transfer.PIECE_LINES - transfer.FIRST_LINE) * transfer.LINE_BYTES),
    example(transfer.piece, FILE, 0, transfer.SHORT_PIECE_LINES),
    example(transfer.received_bytes, FILE),
)
"""At least one for each function that gives a Fact."""


def modules() -> Iterator[ModuleType]:
    """Every module of `orchestrator.windows` but this one, by name."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if found.name != __name__:
            yield importlib.import_module(found.name)


def made_facts() -> Mapping[str, Fact[Any]]:
    """Module and function → a fact that the function makes of sample arguments."""
    made: dict[str, Fact[Any]] = {}
    for each in FACTS:
        module = each.function.__module__.rpartition(".")[2]
        made.setdefault(f"{module}.{each.function.__name__}", each.built)
    return made
