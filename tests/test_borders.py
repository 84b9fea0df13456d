"""What goes from room to room has types of its own: no mapping of anything crosses a border."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import is_dataclass

import pytest

import orchestrator

OF_ANYTHING = re.compile(r"\b(?:dict|Dict|Mapping|MutableMapping)\[[^\[\]]*\bAny\]")
DOCUMENTS = {
    "orchestrator.analysis.case_file.cases_schema": "a JSON Schema",
    "orchestrator.inventory.entries.schema": "a JSON Schema",
    "orchestrator.model.document.Document.data": "keys and values of a YAML file, before a model reads them",
    "orchestrator.playbook.entries.schema": "a JSON Schema",
    "orchestrator.runs.result_file.result_schema": "a JSON Schema",
    "orchestrator.runs.result_part.from_version_1": "JSON of a file of an older version, before a model reads it",
    "orchestrator.steps.policy.PolicyEntry.above": "keys and values for a model to read",
    "orchestrator.steps.policy.schema": "a JSON Schema",
    "orchestrator.steps.sources.schema": "a JSON Schema",
}
"""Documents that are not read yet, or not by us, and that have no types therefore."""


def modules() -> list[str]:
    return [
        found.name
        for found in pkgutil.walk_packages(orchestrator.__path__, "orchestrator.")
        if not found.name.endswith("__main__")
    ]


def annotated_names(module: str) -> Iterator[tuple[str, str]]:
    """What is public in a module, by its name: each function, method and field with its annotations as they stand."""
    for name, member in vars(importlib.import_module(module)).items():
        if name.startswith("_") or getattr(member, "__module__", None) != module:
            continue
        if inspect.isfunction(member):
            yield f"{module}.{name}", str(member.__annotations__)
        elif inspect.isclass(member):
            for field, annotation in inspect.get_annotations(member).items():
                if not field.startswith("_"):
                    yield f"{module}.{name}.{field}", str(annotation)
            for each, made in list(vars(member).items()):  # pydantic finishes its models when they are looked at
                function = made.fget if isinstance(made, property) else getattr(made, "__func__", made)
                if not each.startswith("_") or (each == "__init__" and not is_dataclass(member)):
                    yield f"{module}.{name}.{each}", str(getattr(function, "__annotations__", ""))


def crossing(annotated: str) -> bool:
    return OF_ANYTHING.search(annotated) is not None


def test_no_mapping_of_anything_crosses_a_border() -> None:
    """Results, details, evidence and events are classes; who adds a mapping of anything says here why."""
    found = {name for module in modules() for name, annotated in annotated_names(module) if crossing(annotated)}
    assert found == DOCUMENTS.keys()


@pytest.mark.parametrize(
    ("annotated", "crosses"),
    [
        ("dict[str, Any]", True),
        ("Sequence[Mapping[str, Any]] | None", True),
        ("Mapping[str, Read]", False),
        ("Callable[[Any], None]", False),
        ("dict[str, tuple[int, ...]]", False),
    ],
)
def test_what_counts(annotated: str, crosses: bool) -> None:
    """A mapping whose values may be anything, wherever it stands in an annotation."""
    assert crossing(annotated) is crosses
