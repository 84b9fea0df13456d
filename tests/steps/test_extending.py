"""docs/extending.md: the step that it shows is a step like any other, by its file and its declaration alone."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from orchestrator.model.errors import DocumentError
from orchestrator.model.outcome import Outcome
from orchestrator.playbook.entries import playbook_file
from orchestrator.playbook.load import load_playbook
from orchestrator.playbook.plan import Playbook
from orchestrator.sentences import say
from orchestrator.steps.declaration import AnyKind
from orchestrator.steps.kinds import KINDS
from tests.lab_fixtures import kind, site

PAGE = (Path(__file__).parents[2] / "docs/extending.md").read_text("utf-8")
(STEP,) = re.findall(r'^```python\n("""Step .*?)^```', PAGE, re.DOTALL | re.MULTILINE)
(SAMPLE,) = re.findall(r"^```yaml\n(steps:.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
KEY = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"


@pytest.fixture
def kinds() -> Iterator[tuple[AnyKind, ...]]:
    """All kinds of step, and the page's."""
    module = ModuleType("notice_of_the_page")
    sys.modules[module.__name__] = module
    exec(compile(STEP, "docs/extending.md", "exec"), module.__dict__)
    yield (*KINDS, module.KIND)
    del sys.modules[module.__name__]


def read(folder: Path, kinds: tuple[AnyKind, ...], text: str = SAMPLE) -> Playbook:
    path = folder / "notice.yaml"
    path.write_text(f"name: notice\ndescription: A sample.\n{text}", encoding="utf-8")
    return load_playbook(str(path), kinds)


async def test_it_runs_as_any_step(tmp_path: Path, kinds: tuple[AnyKind, ...]) -> None:
    """Foretold, done, not done again; recorded for an undo, and by its condition not taken elsewhere."""
    playbook = read(tmp_path, kinds)
    with site(tmp_path, {"7": kind(), "8.1": kind(branch="windows8.1")}) as lab:
        in_check_mode = await lab.run(playbook, check=True)
        (step,) = in_check_mode["7"].steps
        assert (step.result.outcome, step.result.would_change) == (Outcome.CHANGED, True)
        assert say(step.result.reason) == "would give the notice its title"
        assert lab.value("7", KEY, "legalnoticecaption") != "Property of Contoso"
        assert in_check_mode["8.1"].steps == ()

        (step,) = (await lab.run(playbook))["7"].steps
        assert step.result.outcome is Outcome.CHANGED
        assert [change.name for change in step.result.registry.values] == ["legalnoticecaption"]
        assert lab.value("7", KEY, "legalnoticecaption") == "Property of Contoso"
        assert (await lab.run(playbook))["7"].outcome is Outcome.OK


def test_what_is_derived(tmp_path: Path, kinds: tuple[AnyKind, ...]) -> None:
    """Editors know its key, the command line sets its parameters, and mistakes are told as of any other step."""
    schema = playbook_file(kinds).model_json_schema()
    assert "notice" in schema["$defs"]["StepEntry"]["properties"]
    assert {"required": ["notice"]} in schema["$defs"]["StepEntry"]["oneOf"]
    (step,) = read(tmp_path, kinds).overridden(["notice.title=Welcome"]).steps
    assert step.parameters.model_dump() == {"title": "Welcome"}
    assert step.kind.changes_hosts
    with pytest.raises(DocumentError, match=r"notice\.yaml:4: .*unknown key `titel`; did you mean `title`"):
        read(tmp_path, kinds, "steps:\n  - notice: {titel: x, title: y}\n")


def test_the_others_know_nothing_of_it(tmp_path: Path) -> None:
    """It is there where it was registered, and nowhere else."""
    with pytest.raises(DocumentError, match="unknown key `notice`"):
        read(tmp_path, KINDS)
