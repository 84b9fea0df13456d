"""Every case of the table on real reg.exe, msiexec.exe and cmd.exe, which are Wine's."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sspr_lab.profile import Profile
from sspr_lab.wine.template import is_installed

from .case import Row, rows
from .hosts import WineHost, run

pytestmark = [
    pytest.mark.wine,
    pytest.mark.skipif(not is_installed() and "CI" not in os.environ, reason="Wine is not installed"),
]


def _parameters() -> Iterator[object]:
    for row in rows():
        if not row.holds_for(Profile()):
            continue
        wine = row.case.wine
        if wine is None:
            yield pytest.param(row, id=str(row))
        elif wine.differs:
            yield pytest.param(row, id=str(row), marks=pytest.mark.xfail(reason=f"{wine.differs} ({wine.source})"))


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("row", list(_parameters()))
async def test_case(row: Row, wine_host: WineHost) -> None:
    """Wine answers what the model answers, and leaves what the model leaves.

    Where it is known to differ from Windows it has to: an excuse that is no longer needed is found out.
    """
    outcome = await run(wine_host, row.case)
    assert outcome.complaints == [], outcome.reply
