"""The JSON Schema of inventories: published as it is, and in agreement with the reader."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from orchestrator.inventory.entries import schema
from orchestrator.model.document import load_document

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs/schemas/inventory.schema.json"
WRONG_BY_SHAPE = ["bad_ports", "jump_host_keys", "no_username", "plain_password", "unknown_keys", "wrong_types"]


def test_the_published_schema_is_current() -> None:
    """What editors are given is what the reader goes by, as its module writes it."""
    command = [sys.executable, "-m", "orchestrator.inventory.entries"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == PUBLISHED.read_text("utf-8")
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", ["sample", "branches", "authentication", "jump-hosts", "maintenance"])
def test_the_samples_fit_and_name_it(name: str) -> None:
    """Editors find the schema by the first line of a sample, and have nothing to complain about."""
    path = ROOT / "inventory" / f"{name}.yaml"
    _, _, reference = path.read_text("utf-8").splitlines()[0].partition("# yaml-language-server: $schema=")
    assert (path.parent / reference).resolve() == PUBLISHED
    jsonschema.validate(load_document(path).data, json.loads(PUBLISHED.read_text("utf-8")))


@pytest.mark.parametrize("name", WRONG_BY_SHAPE)
def test_editors_see_what_is_wrong_by_shape(name: str) -> None:
    """Unknown keys, wrong types and limits are marked by an editor already."""
    data = load_document(ROOT / f"tests/inventory/bad/{name}.yaml").data
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, json.loads(PUBLISHED.read_text("utf-8")))
