"""Patterns of `--limit`, in a table and by properties; ranges of names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.inventory.patterns import Inventory
from orchestrator.inventory.values import expand
from orchestrator.model.errors import UsageError
from orchestrator.model.host import CredentialReference, Host

MEMBERS = {
    "PC-001": ("seoul",),
    "PC-002": ("seoul", "korea"),
    "PC-010": ("lab", "seoul"),
    "KIOSK-A": ("lab",),
    "srv.contoso.example": (),
}
INVENTORY = Inventory(
    Path("inventory.yaml"),
    tuple(Host(name, name, 5985, CredentialReference("u", "env:X"), groups) for name, groups in MEMBERS.items()),
    ("seoul", "lab", "korea", "empty"),
)
NAMES = tuple(MEMBERS)


@pytest.mark.parametrize(
    ("pattern", "chosen"),
    [
        (None, "PC-001 PC-002 PC-010 KIOSK-A srv.contoso.example"),
        ("all", "PC-001 PC-002 PC-010 KIOSK-A srv.contoso.example"),
        ("*", "PC-001 PC-002 PC-010 KIOSK-A srv.contoso.example"),
        ("PC-002", "PC-002"),
        ("pc-002", "PC-002"),
        ("KIOSK-A, PC-001", "PC-001 KIOSK-A"),
        ("seoul", "PC-001 PC-002 PC-010"),
        ("SEOUL", "PC-001 PC-002 PC-010"),
        ("PC-*", "PC-001 PC-002 PC-010"),
        ("pc-0?1", "PC-001"),
        ("PC-00[12]", "PC-001 PC-002"),
        ("PC-[001:005]", "PC-001 PC-002"),
        ("kor*", "PC-002"),
        ("*contoso*", "srv.contoso.example"),
        ("srv.contoso.example", "srv.contoso.example"),
        ("!PC-001", "PC-002 PC-010 KIOSK-A srv.contoso.example"),
        ("!seoul,!srv*", "KIOSK-A"),
        ("&lab", "PC-010 KIOSK-A"),
        ("seoul,&lab", "PC-010"),
        ("&lab,seoul", "PC-010"),
        ("!PC-010,seoul,lab", "PC-001 PC-002 KIOSK-A"),
        ("seoul,lab,&PC-*,!korea", "PC-001 PC-010"),
        ("seoul,!empty", "PC-001 PC-002 PC-010"),
    ],
)
def test_a_pattern_chooses(pattern: str | None, chosen: str) -> None:
    """Hosts are chosen by name, range, glob and group, in the order of the inventory, whatever the order of parts."""
    assert [host.name for host in INVENTORY.select(pattern)] == chosen.split()


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("PC-003", "`PC-003` matches no host and no group; did you mean `PC-0"),
        ("seuol", "`seuol` matches no host and no group; did you mean `seoul`?"),
        ("seoul,!KIOSK_A", "`KIOSK_A` matches no host and no group; did you mean `KIOSK-A`?"),
        ("seoul,&x", "`x` matches no host and no group"),
        ("zzz*", "`zzz*` matches no host and no group"),
        ("PC-[100:200]", "`PC-[100:200]` matches no host"),
        ("PC-[9:1]", "runs backwards"),
        ("seoul,!seoul", "`seoul,!seoul` leaves no host"),
        ("empty", "`empty` leaves no host"),
        ("korea,&KIOSK-A", "leaves no host"),
        ("", "a part of it is empty"),
        ("seoul,", "a part of it is empty"),
        ("seoul,!", "a part of it is empty"),
        (" ", "a part of it is empty"),
        ("[", "`[` matches no host"),
    ],
)
def test_a_pattern_that_is_meant_otherwise_is_refused(pattern: str, words: str) -> None:
    """What matches nothing is a slip; nothing at all never means every host."""
    with pytest.raises(UsageError) as raised:
        INVENTORY.select(pattern)
    assert words in str(raised.value)


@given(st.sets(st.sampled_from(NAMES), min_size=1), st.sets(st.sampled_from(NAMES)))
def test_names_behave_as_sets(wanted: set[str], excluded: set[str]) -> None:
    """A list of names with exclusions is the difference of the two sets."""
    pattern = ",".join([*sorted(wanted), *(f"!{name}" for name in sorted(excluded))])
    if wanted <= excluded:
        with pytest.raises(UsageError):
            INVENTORY.select(pattern)
    else:
        assert {host.name for host in INVENTORY.select(pattern)} == wanted - excluded


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("PC", ["PC"]),
        ("PC-[8:11]", ["PC-8", "PC-9", "PC-10", "PC-11"]),
        ("PC-[08:11]", ["PC-08", "PC-09", "PC-10", "PC-11"]),
        ("PC-[098:101]-x", ["PC-098-x", "PC-099-x", "PC-100-x", "PC-101-x"]),
        ("[1:2]-[01:02]", ["1-01", "1-02", "2-01", "2-02"]),
        ("PC-[0:0]", ["PC-0"]),
        ("PC-[ab]", ["PC-[ab]"]),
        ("PC-[1:", ["PC-[1:"]),
    ],
)
def test_ranges(text: str, names: list[str]) -> None:
    """Ranges include their ends and keep leading zeros; other brackets are left alone."""
    assert list(expand(text)) == names


@given(st.integers(0, 2000), st.integers(0, 300), st.integers(1, 6))
def test_a_range_counts(start: int, count: int, width: int) -> None:
    """A range gives each number once, in order, as wide as its start when that begins with a zero."""
    written = f"{start:0{width}}"
    names = list(expand(f"PC-[{written}:{start + count}]"))
    assert [int(name.removeprefix("PC-")) for name in names] == list(range(start, start + count + 1))
    assert names[0] == f"PC-{written}"
    if written.startswith("0"):
        assert all(len(name) >= len(names[0]) for name in names)
