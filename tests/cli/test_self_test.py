"""`sspr check --self-test`: told once beside the table and in the result, and no reason for a check to fail."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from orchestrator.runs.result_file import read_result
from tests.cli.conftest import Sspr
from tests.lab_fixtures import Site

SCHEMA = Path(__file__).parents[2] / "docs/schemas/result.schema.json"


@pytest.mark.parametrize("asked", [True, False])
def test_an_isolated_network_fails_no_check(sspr: Sspr, lab: Site, folder: Path, *, asked: bool) -> None:
    """Where the service cannot be reached that is said, and the hosts' results are what they are without."""
    (folder / "policy.yaml").write_text("egress: {name: passwordreset.invalid}\n", encoding="utf-8")
    words = ("--policy", "policy.yaml", "--json", "r.json", "--limit", lab.hosts["fit"])
    ran = sspr("check", "-i", str(lab.inventory), *words, *(["--self-test"] if asked else []))
    assert ran.code == 0
    written = json.loads((folder / "r.json").read_text("utf-8"))
    jsonschema.validate(written, json.loads(SCHEMA.read_text("utf-8")))
    told = "The service: passwordreset.invalid:443 could not be reached from this computer (its name is not known)"
    assert ran.out.count(told) == int(asked)
    assert written["run"].get("self_test", {}).get("answer") == ("not reached" if asked else None)
    tested = read_result(folder / "r.json").self_test
    assert (tested is not None and tested.endpoint == "passwordreset.invalid:443") is asked
    (host,) = written["hosts"]
    (finding,) = host["steps"][0]["detail"]["findings"]
    assert (host["outcome"], finding["code"]) == ("ok", "egress_name")


@pytest.mark.parametrize("more", [(), ("--policy", "policy.yaml")])
def test_it_needs_no_inventory(sspr: Sspr, folder: Path, more: tuple[str, ...]) -> None:
    """By itself it is asked for, told and judged by the exit code; no run is begun."""
    (folder / "policy.yaml").write_text("egress: {name: passwordreset.invalid}\n", encoding="utf-8")
    ran = sspr("check", "--self-test", *more)
    assert ran.code == 1
    name = "passwordreset.invalid" if more else "passwordreset.microsoftonline.com"
    assert f"The service: {name}:443 could not be reached from this computer" in ran.out


@pytest.mark.parametrize("words", [("--limit", "seoul"), ("--delimiter", "comma"), ("--new-password",)])
def test_what_goes_with_hosts_needs_them(sspr: Sspr, words: tuple[str, ...]) -> None:
    """Options that speak of hosts are not passed over."""
    ran = sspr("check", "--self-test", *words)
    assert ran.code == 2
    assert "name the inventory" in ran.err
