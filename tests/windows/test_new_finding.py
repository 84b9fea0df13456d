"""A new finding takes one record with its judge, and its words: docs/extending.md says how, and this carries it out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_pages import blocks

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/extending.md"
NEW, WORDS, LIST = "windows/readiness/support.py", "sentences/en.ftl", "windows/readiness/judging.py"

LOOK = """
from orchestrator.cli.check import glossary
from orchestrator.sentences import say
from orchestrator.steps.policy import PolicyEntry, schema
from orchestrator.windows import branches
from orchestrator.windows.readiness.finding import Policy
from orchestrator.windows.readiness.judging import findings, found_fine
from tests.windows.test_readiness import SOUND, but

(found,) = findings(but(machine__branch=branches.WINDOWS_8), Policy())
print(found.code, found.severity, say(found.message), say(found.remedy), sep="; ")
print(say(glossary()["out_of_support"].meaning))
print(schema()["properties"]["findings"]["properties"]["out_of_support"]["description"])
ignoring = PolicyEntry.model_validate({"findings": {"out_of_support": "ignore"}}).decided
print(*(each.severity for each in findings(but(machine__branch=branches.WINDOWS_8), ignoring)))
print(findings(SOUND, Policy()), "out_of_support" in found_fine(SOUND, []))
"""


def block(language: str, beginning: str) -> str:
    """The page's example of a finding in a language."""
    (found,) = (each for each in blocks(PAGE, language) if each.startswith(beginning))
    return found


@pytest.fixture
def extended(tmp_path: Path) -> Path:
    """A copy of the program with the page's finding in it."""
    program = tmp_path / "orchestrator"
    shutil.copytree(ROOT / "orchestrator", program, ignore=shutil.ignore_patterns("__pycache__"))
    (program / NEW).write_text(block("python", '"""Findings'), "utf-8")
    with (program / WORDS).open("a", encoding="utf-8") as words:
        words.write(block("ftl", "finding-"))
    listed = (program / LIST).read_text("utf-8")
    listed = listed.replace("    restart,\n", "    restart,\n    support,\n").replace("(system, ", "(system, support, ")
    (program / LIST).write_text(listed, "utf-8")
    return tmp_path


def test_a_finding_is_added_in_two_rooms(extended: Path) -> None:
    """With the page's three changes, in `windows` and `sentences`, everything that speaks of findings knows it."""
    environment = {**os.environ, "PYTHONPATH": f"{extended}{os.pathsep}{ROOT}", "SSPR_LANGUAGE": "en"}
    command = [sys.executable, "-c", LOOK]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, cwd=extended)
    assert ran.stderr == ""
    meaning = "this version of Windows gets no more updates"
    assert ran.stdout.splitlines() == [
        "out_of_support; warn; build 7601 of Windows 8 has had no updates since January 2016; update it to Windows 8.1",
        meaning,
        f"{meaning} (warn unless decided otherwise)",
        "ignore",
        "[] False",
    ]
