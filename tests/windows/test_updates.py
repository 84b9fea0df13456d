"""Updates that matter: which packages count as there."""

from __future__ import annotations

import pytest

from orchestrator.model.preflight import Updates
from orchestrator.windows import updates
from orchestrator.windows.command import Reply

BASE = updates.PACKAGES.replace("HKLM", "HKEY_LOCAL_MACHINE")


def listed(*packages: tuple[str, str]) -> Updates:
    """What is understood of packages with these states beside what every Windows has."""
    packages = ((f"{updates.WITNESS}~31bf3856ad364e35~amd64~~6.1.7601.17514", "0x70"), *packages)
    blocks = (f"\n{BASE}\\{name}\n    CurrentState    REG_DWORD    {state}\n" for name, state in packages)
    found = updates.UPDATES.parse([Reply(0, "".join(blocks))])
    assert found is not None
    return found


def package(what: str, version: str = "6.1.1.1") -> str:
    return f"Package_for_{what}~31bf3856ad364e35~amd64~~{version}"


@pytest.mark.parametrize(
    ("state", "there"),
    [("0x70", True), ("0x80", True), ("0x50", True), ("0x40", False), ("0x60", False), ("0x5", False), ("0x0", False)],
)
def test_a_state_says_whether_a_package_is_there(state: str, there: bool) -> None:
    """Installed, permanent and superseded packages have brought what is in them; staged and pending ones have not."""
    assert listed((package("KB3140245"), state)).packages == (("KB3140245",) if there else ())


def test_rollups_are_told_by_their_versions() -> None:
    """A monthly rollup is no update of the list, and each that is there is named."""
    found = listed((package("RollupFix", "7601.24545.1.8"), "0x70"), (package("RollupFix", "7601.24441.1.3"), "0x50"))
    assert found == Updates((), ("7601.24545.1.8", "7601.24441.1.3"))


def test_other_names_are_no_updates() -> None:
    """Parts of a package, and names that only look alike, prove nothing."""
    assert listed(
        ("Package_1_for_KB3140245~31bf3856ad364e35~amd64~~6.1.1.1", "0x70"),
        ("Package_for_KB3140245_SP1~31bf3856ad364e35~amd64~~6.1.1.1", "0x70"),
    ) == Updates((), ())


def test_nothing_but_what_every_windows_has() -> None:
    """A machine that has none of them is told from one of which nothing was read."""
    assert listed() == Updates((), ())
    assert updates.UPDATES.parse([Reply(1, "")]) is None
    assert (
        updates.UPDATES.parse([Reply(0, f"\n{BASE}\\{package('KB3140245')}\n    CurrentState    REG_DWORD    0x70\n")])
        is None
    )
