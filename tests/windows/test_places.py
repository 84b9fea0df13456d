"""Where findings are looked for: said of every kind, and of a host only where it was looked for there."""

from __future__ import annotations

import pytest

from orchestrator.sentences import language
from orchestrator.windows import branches
from orchestrator.windows.readiness.finding import Policy
from orchestrator.windows.readiness.judging import KINDS, findings, found_fine
from orchestrator.windows.readiness.survey import Survey
from tests.windows.test_readiness import CASES, SOUND, SOUND_CASES, but

OF_WINDOWS_7 = {"service_pack", "kb3140245", "kb4474419", "kb4490628", "kb3080079"}
NOT_ON_10 = {"disk", "excluded", "disabled", "smart_card"}


def fine(survey: Survey) -> set[str]:
    return set(found_fine(survey, findings(survey, Policy())))


def test_every_kind_has_a_place() -> None:
    """Each is told where to look and what should be there, what it means, and what is so where it is not found."""
    english = language("en")
    for kind in KINDS.values():
        assert kind.where
        assert all(english.attribute(kind.says.code, name) for name in ("meaning", "fine", "wanted")), kind.code
    assert len({english.say(kind.fine) for kind in KINDS.values()}) == len(KINDS)


@pytest.mark.parametrize("case", CASES)
def test_what_is_found_is_not_fine(case: str) -> None:
    """No code is both among the findings of a host and among what is fine there."""
    survey, codes, _ = CASES[case]
    assert not fine(survey) & codes
    assert codes <= {code for code, kind in KINDS.items() if kind.asked(survey)}


def test_what_is_fine_on_a_sound_host() -> None:
    """On a sound Windows 7 everything is fine that concerns Windows 7, and nothing is said of Windows 10."""
    assert fine(SOUND) | {code for code, kind in KINDS.items() if not kind.asked(SOUND)} == set(KINDS)
    assert fine(SOUND) >= OF_WINDOWS_7 | NOT_ON_10
    assert not fine(SOUND) & {"windows10_join", "ctrl_alt_del", "custom_shell"}


def test_what_is_asked_of_other_branches() -> None:
    """Updates concern Windows 7 alone, and what is the add-in's concerns no Windows 10."""
    assert not fine(but(machine__branch=branches.WINDOWS_8)) & OF_WINDOWS_7
    assert not fine(but(machine__branch=branches.WINDOWS_10)) & (OF_WINDOWS_7 | NOT_ON_10)


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("space not known", "disk"),
        ("not known who is logged on", "logged_on"),
        ("updates not known", "kb3140245"),
        ("clock not known", "clock"),
    ],
)
def test_what_is_not_known_is_not_fine(case: str, code: str) -> None:
    """Where a host did not answer, nobody is told that all is well."""
    assert code not in fine(SOUND_CASES[case])
