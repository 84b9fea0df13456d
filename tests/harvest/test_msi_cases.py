"""Every case of data/msi_cases is understood: result, failed action, cause, how sure, and the lines that show it."""

from __future__ import annotations

import re
from io import BytesIO

import pytest

from orchestrator.harvest import msi_causes, msi_log
from orchestrator.harvest.msi_causes import Rule
from orchestrator.harvest.msi_verdict import MsiLogVerdict
from orchestrator.model.confidence import Confidence
from orchestrator.sentences import say
from tests.harvest.msi_cases import NOT_RECOGNISED, Case, cases

CODE_PAGES = {
    "en": ("cp1252", 1033),
    "de": ("cp1252", 1031),
    "fr": ("cp1252", 1036),
    "it": ("cp1252", 1040),
    "ja": ("cp932", 1041),
    "ko": ("cp949", 1042),
    "ru": ("cp1251", 1049),
    "tr": ("cp1254", 1055),
    "zh": ("gb18030", 2052),
}
"""The code page of each language's Windows, and its number."""
AT_LEAST, BEFORE_THE_RULES = 60, 20


def analyse(data: bytes) -> MsiLogVerdict:
    return msi_log.analyse(BytesIO(data))


def parameters() -> list[object]:
    return [pytest.param(case, id=f"{case.file}: {case.case}") for case in cases()]


@pytest.mark.parametrize("case", parameters())
def test_a_log_is_understood(case: Case) -> None:
    """Result, failed action, cause and certainty are those of the case, and its lines are among the evidence."""
    verdict, expect = analyse(case.encoded()), case.expect
    recognised = NOT_RECOGNISED if verdict.confidence is Confidence.UNCLEAR else verdict.code
    assert (verdict.result, verdict.action, recognised, verdict.confidence.value) == (
        expect.result,
        expect.action,
        expect.cause,
        expect.sure,
    )
    assert {line.number for line in verdict.evidence} >= set(case.evidence)
    said = say(verdict.cause)
    assert expect.about is None or f": {expect.about}" in said
    assert (f"holds {expect.sessions} runs" in said) is (expect.sessions > 1)
    assert "hunter2" not in said + "".join(map(str, verdict.evidence))


def test_there_are_cases_of_each_kind() -> None:
    """Sixty and more, a third of that from before the rules; some are honest about what is not recognised."""
    assert len(cases()) >= AT_LEAST
    assert sum(case.file == "before-the-rules" for case in cases()) >= BEFORE_THE_RULES
    assert {case.provenance for case in cases()} == {"recorded", "quoted", "made"}
    assert sum(case.expect.cause == NOT_RECOGNISED for case in cases()) >= 5
    assert len({f"{case.file}: {case.case}" for case in cases()}) == len(cases())


def shows(case: Case, rule: Rule) -> bool:
    """Whether the case has the rule's cause, and in its log what the rule looks for."""
    text = "\n".join(case.lines)
    numbers = "|".join(map(str, (*rule.numbers, *rule.custom_action)))
    fields = "|".join(map(re.escape, rule.fields))
    return (
        case.expect.cause == f"msi-{rule.cause}"
        and re.search(rf"(?<!\d)({numbers})\b", text) is not None
        and re.search(rf"(?<!\d)({fields})\b", text) is not None
        and (rule.trace is None or any(begins in text for begins in rule.trace.begins))
        and (rule.action or "") in text
        and (rule.value or "") in text
    )


@pytest.mark.parametrize("rule", [pytest.param(rule, id=f"{rule.cause}: {rule.source}") for rule in msi_causes.RULES])
def test_each_rule_has_a_case(rule: Rule) -> None:
    """No entry of causes.yaml is without a log that shows it."""
    assert any(shows(case, rule) for case in cases())


def test_each_result_has_a_case() -> None:
    """No remedy for an exit code is without a log that ends with it."""
    assert msi_causes.REMEDIES.keys() <= {case.expect.result for case in cases()}
    for case in cases():
        if case.expect.result in msi_causes.REMEDIES:
            assert say(analyse(case.encoded()).remedy or pytest.fail(case.case))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8", "utf-8-sig"])
def test_encodings_change_nothing(encoding: str) -> None:
    """With a byte order mark or without, in either order of bytes: the verdict is the same, to the letter."""
    for case in cases():
        assert analyse(case.encoded(encoding)) == analyse(case.encoded()), case.case


def test_code_pages_change_nothing() -> None:
    """A log in the code page of its Windows, whose language is in the log, has the same verdict, to the letter."""
    for case in cases():
        page, language = CODE_PAGES[case.language]
        told = f"Property(S): SystemLanguageID = {language}\r\n"
        written = case.encoded(page) + told.encode()
        assert analyse(written) == analyse(case.encoded() + told.encode("utf-16-le")), case.case


def test_zeros_at_the_end_change_nothing() -> None:
    """After a power failure a file may end in them."""
    for case in cases():
        assert analyse(case.encoded() + bytes(4096)) == analyse(case.encoded()), case.case


def test_what_is_said_does_not_rest_on_what_comes_before() -> None:
    """A hundred thousand other lines before a log, more than are read at a time, move the numbers and nothing else."""
    count = 20_000
    before = "MSI (s) (64:F0) [20:27:40:000]: Executing op: SetTargetFolder(Folder=C:\\App\\)\r\n" * count
    (case,) = (
        case for case in cases() if case.case == "a program of the package that fails, behind a custom action's code"
    )
    verdict, alone = analyse((before + case.encoded("utf-8").decode()).encode("utf-16")), analyse(case.encoded())
    assert verdict.cause == alone.cause
    assert [line.number - count for line in verdict.evidence] == [line.number for line in alone.evidence]


def test_the_beginning_of_a_long_log_counts() -> None:
    """What failed stands before more lines than any tail of a log would have."""
    (case,) = (case for case in cases() if case.case == "rolled back")
    after = "Property(S): NOTHING = 1\r\n" * 100_000
    verdict = analyse(case.encoded() + after.encode("utf-16-le"))
    assert verdict == analyse(case.encoded())
