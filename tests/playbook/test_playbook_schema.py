"""The JSON Schema of playbooks: published as it is, and in agreement with the reader."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from orchestrator.model.document import load_document
from orchestrator.playbook.entries import schema
from orchestrator.playbook.load import shipped_playbooks
from orchestrator.steps.kinds import KINDS

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs/schemas/playbook.schema.json"
SHIPPED = {playbook.name: playbook.path for playbook in shipped_playbooks()}
WRONG_BY_SHAPE = sorted(
    path.stem for path in (ROOT / "tests/playbook/bad").glob("*.yaml") if not path.stem.startswith("name_")
)


def test_the_published_schema_is_current() -> None:
    """What editors are given is what the reader goes by, as its module writes it."""
    command = [sys.executable, "-m", "orchestrator.playbook.entries"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == PUBLISHED.read_text("utf-8")
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_the_shipped_playbooks_fit_and_name_it(name: str) -> None:
    """Editors find the schema by the first line of a playbook, and have nothing to complain about."""
    path = SHIPPED[name]
    _, _, reference = path.read_text("utf-8").splitlines()[0].partition("# yaml-language-server: $schema=")
    assert (path.parent / reference).resolve() == PUBLISHED
    jsonschema.validate(load_document(path).data, json.loads(PUBLISHED.read_text("utf-8")))


@pytest.mark.parametrize("name", WRONG_BY_SHAPE)
def test_editors_see_what_is_wrong_by_shape(name: str) -> None:
    """Whatever is wrong in itself, rather than with something else in the file, is marked by an editor already."""
    data = load_document(ROOT / f"tests/playbook/bad/{name}.yaml").data
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, json.loads(PUBLISHED.read_text("utf-8")))


def test_editors_are_helped_everywhere() -> None:
    """Every key that can be written has a description to show."""
    definitions = schema()["$defs"]
    keys = [(name, key, entry) for name, model in definitions.items() for key, entry in model["properties"].items()]
    assert {key for _, key, _ in keys} >= {kind.name for kind in KINDS}
    assert [(name, key) for name, key, entry in keys if not entry.get("description")] == []
