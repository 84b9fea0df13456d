"""The condition language and Formatted strings of installer tables, and the codes and values that tables hold."""

import pytest

from sspr_lab.installer.conditions import ConditionError, State, Symbols, evaluate
from sspr_lab.installer.formatted import format_text
from sspr_lab.installer.guid import packed, unpacked
from sspr_lab.installer.registry_actions import typed_value
from sspr_lab.installer.upgrades import covers
from sspr_lab.registry import Value

SYMBOLS = Symbols(
    properties={"VersionNT": "601", "VersionNT64": "601", "NAME": "SsprLogon", "EMPTYISH": "0", "MASK": "5"},
    environment={"TEMP": "C:\\Temp"},
    component_states={"Provider": State.LOCAL},
    component_actions={"Provider": State.ABSENT},
    feature_states={"Complete": State.LOCAL},
    feature_actions={"Complete": State.ABSENT},
)

# The rules are those of "Conditional Statement Syntax" in the Windows Installer documentation.
CONDITIONS = [
    ("", True),
    ("VersionNT", True),
    ("Installed", False),
    ("NOT Installed", True),
    ("not Installed", True),
    ("EMPTYISH", True),  # a property that is set counts, whatever it says
    ("0", False),
    ("1", True),
    ("VersionNT >= 601", True),
    ("VersionNT >= 1000", False),
    ("VersionNT=601", True),
    ("Absent >= 1", False),
    ("Absent <> 1", True),  # text against number: unequal, and nothing else
    ('NAME = "SsprLogon"', True),
    ('NAME = "ssprlogon"', False),
    ('NAME ~= "ssprlogon"', True),
    ('NAME << "Sspr"', True),
    ('NAME >> "Logon"', True),
    ('NAME >< "prLo"', True),
    ('NAME ~>< "PRLO"', True),
    ("NAME < 5", False),
    ("MASK >< 4", True),
    ("MASK >< 2", False),
    ("65537 << 65538", True),
    ("65537 >> 1", True),
    ("Installed OR VersionNT >= 601", True),
    ("1 OR 1 AND 0", True),  # AND binds tighter than OR
    ("(1 OR 1) AND 0", False),
    ("NOT 1 OR 1", True),  # NOT binds tightest
    ("1 XOR 1", False),
    ("0 EQV 0", True),
    ("1 IMP 0", False),
    ("0 IMP 0", True),
    ("%TEMP", True),
    ("%NOSUCH", False),
    ("?Provider = 3", True),
    ("$Provider = 2", True),
    ("!Complete = 3", True),
    ("&Complete = 2", True),
    ("&NoFeature = -1", True),
]


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS)
def test_conditions(condition: str, expected: bool) -> None:
    """A condition is true exactly when the documented rules say so."""
    assert evaluate(condition, SYMBOLS) is expected


@pytest.mark.parametrize("condition", ["VersionNT >=", "(1", "1 1", "VersionNT @ 2", "AND 1"])
def test_malformed_conditions(condition: str) -> None:
    """What does not follow the grammar is refused instead of being taken for false."""
    with pytest.raises(ConditionError):
        evaluate(condition, SYMBOLS)


FORMATTED = [
    ("plain", "plain"),
    ("[NAME] x", "SsprLogon x"),
    ("[Nothing]", ""),
    ("[%TEMP]", "C:\\Temp"),
    ("[[INDIRECT]]", "SsprLogon"),
    ("a{b [NAME]}c", "ab SsprLogonc"),
    ("a{b [Nothing]}c", "ac"),
    ("a{b}c", "a{b}c"),
    ("[\\[]NAME[\\]]", "[NAME]"),
    ("[1] of [NAME]", "[1] of SsprLogon"),
    ("one[~]two", "one\0two"),
    ("[NAME", "[NAME"),
]


@pytest.mark.parametrize(("template", "expected"), FORMATTED)
def test_formatted(template: str, expected: str) -> None:
    """References are replaced, braces drop what is empty, and escapes stay text."""
    values = {"NAME": "SsprLogon", "INDIRECT": "NAME", "%TEMP": "C:\\Temp"}
    assert format_text(template, lambda name: values.get(name, "")) == expected


REGISTRY_VALUES = [
    ("text", Value("REG_SZ", "text")),
    ("#7", Value("REG_DWORD", 7)),
    ("#-1", Value("REG_DWORD", 0xFFFFFFFF)),
    ("#%%SystemRoot%\\x.dll", Value("REG_EXPAND_SZ", "%SystemRoot%\\x.dll")),
    ("#x00ff", Value("REG_BINARY", b"\x00\xff")),
    ("##7", Value("REG_SZ", "#7")),
    ("one\0two", Value("REG_MULTI_SZ", ["one", "two"])),
]


@pytest.mark.parametrize(("shown", "expected"), REGISTRY_VALUES)
def test_registry_value_prefixes(shown: str, expected: Value) -> None:
    """The prefix of a Registry.Value decides the value's type."""
    assert typed_value(shown) == expected


def test_packed_codes() -> None:
    """A product code is packed as real logs show it, and comes back whole."""
    code = "{75FE588B-F158-4BB3-A283-A8D18E522A52}"
    assert packed(code) == "B885EF57851F3BB42A388A1DE825A225"
    assert unpacked(packed(code)) == code


@pytest.mark.parametrize(
    ("low", "high", "attributes", "version", "expected"),
    [
        ("", "1.0.10", 0, "1.0.9", True),
        ("", "1.0.10", 0, "1.0.10", False),
        ("", "1.0.10", 512, "1.0.10", True),
        ("1.0.10", "", 0, "1.0.10", False),
        ("1.0.10", "", 256, "1.0.10.99", True),  # the fourth part does not count
        ("1.0.10", "2.0.0", 0, "1.9.0", True),
        ("1.0.10", "2.0.0", 0, "2.0.1", False),
    ],
)
def test_upgrade_ranges(low: str, high: str, attributes: int, version: str, expected: bool) -> None:
    """A row of the Upgrade table covers the versions between its bounds, which belong to it only when it says so."""
    assert covers({"VersionMin": low, "VersionMax": high, "Attributes": attributes}, version) is expected
