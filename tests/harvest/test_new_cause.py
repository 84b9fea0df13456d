"""A new cause takes an entry and its words: docs/extending.md says how, and this carries it out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.cli.test_pages import blocks

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/extending.md"

LOOK = """
from io import BytesIO
from pathlib import Path
import yaml
from orchestrator.harvest.msi_log import analyse
from orchestrator.sentences import say
from tests.harvest.msi_cases import read_case

(entry,) = yaml.safe_load(Path("case.yaml").read_text("utf-8"))
case = read_case("page", entry)
verdict = analyse(BytesIO(case.encoded()))
assert (verdict.result, verdict.action, verdict.code) == (case.expect.result, case.expect.action, case.expect.cause)
print(say(verdict.cause), say(verdict.remedy), verdict.confidence.value, sep="; ")
"""


def block(language: str, beginning: str) -> str:
    """The page's example in a language."""
    (found,) = (each for each in blocks(PAGE, language) if each.startswith(beginning))
    return found


def test_a_cause_is_an_entry_and_its_words(tmp_path: Path) -> None:
    """With the page's two changes a log that nothing was known of has its cause."""
    program = tmp_path / "orchestrator"
    shutil.copytree(ROOT / "orchestrator", program, ignore=shutil.ignore_patterns("__pycache__"))
    causes = program / "harvest/causes.yaml"
    entries = causes.read_text("utf-8").replace("causes:\n", block("yaml", "causes:\n"), 1)
    causes.write_text(entries, "utf-8")
    with (program / "sentences/en.ftl").open("a", encoding="utf-8") as words:
        words.write(block("ftl", "msi-"))
    (tmp_path / "case.yaml").write_text(block("yaml", "- case: a font"), "utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "SSPR_LANGUAGE": "en"}
    command = [sys.executable, "-c", LOOK]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert ran.stderr == ""
    wanted = "a font of the package could not be registered: App.ttf; look at the permissions of C:\\Windows\\Fonts, "
    assert ran.stdout == f"{wanted}then install again; certain\n"
