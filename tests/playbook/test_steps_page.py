"""docs/steps.md: every kind is in its list, and every sample is a playbook that can be run."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from orchestrator.playbook.load import load_playbook
from orchestrator.steps.kinds import KINDS

PAGE = (Path(__file__).parents[2] / "docs/steps.md").read_text("utf-8")
ROOT = "DigiCertGlobalRootG2.crt.pem"
"""The root that the page's sample names: public, of DigiCert, as browsers have it."""
SAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_every_kind_is_listed() -> None:
    """Once each, and none that is not there."""
    assert sorted(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == sorted(kind.name for kind in KINDS)


@pytest.mark.parametrize("place", range(len(SAMPLES)))
def test_every_sample_is_a_playbook(tmp_path: Path, place: int) -> None:
    """What a reader copies is read without a complaint."""
    text = SAMPLES[place]
    if not text.startswith("name:"):
        text = f"name: sample\ndescription: A sample.\n{text}"
    (tmp_path / "settings.ini").write_text("[sample]\n")
    shutil.copy(Path(__file__).with_name(ROOT), tmp_path)
    (tmp_path / "sample.yaml").write_text(text, encoding="utf-8")
    assert load_playbook(str(tmp_path / "sample.yaml")).steps


def test_the_further_kinds_have_samples() -> None:
    """Each kind that no shipped playbook shows is shown here."""
    assert {"registry_value", "root_certificate", "command", "copy", "fetch"} <= set(
        re.findall(r"^  - (\w+):", "".join(SAMPLES), re.MULTILINE)
    )
