"""Every shipped playbook on every branch of Windows in every language: twenty-five hosts, one run a playbook."""

from pathlib import Path
from typing import get_args

import pytest

from sspr_lab.languages import LanguageTag
from sspr_lab.mix import Kind
from tests.e2e.journey import travelled
from tests.lab_fixtures import kind, site

LANGUAGES: tuple[LanguageTag, ...] = get_args(LanguageTag)


def machines() -> dict[str, Kind]:
    """A machine of each branch in each language; one of Windows 10 is joined, as password reset needs it."""
    made: dict[str, Kind] = {}
    for tag in LANGUAGES:
        made[f"7 x86 {tag}"] = kind(architecture="x86", language=tag)
        made[f"7 x64 {tag}"] = kind(language=tag)
        made[f"8 {tag}"] = kind(branch="windows8", language=tag)
        made[f"8.1 {tag}"] = kind(branch="windows8.1", language=tag)
        made[f"10 {tag}"] = kind(branch="windows10", language=tag, traits=["azure_ad_joined"])
    return made


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_every_branch_in_every_language(tmp_path: Path) -> None:
    """Each of the shipped playbooks ends on each of 25 hosts as is right for its branch, whatever its language."""
    kinds = machines()
    assert len(kinds) == 25
    with site(tmp_path, kinds) as lab:
        await travelled(lab, {name: machine.profile.branch for name, machine in kinds.items()})
