"""Orders to a run: given and heard by files that are ours alone, and by no others."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from orchestrator.app import heeding
from orchestrator.app.heeding import heed
from orchestrator.model.errors import DocumentError, UntrustedPath, UsageError
from orchestrator.runs import orders
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.orders import Order


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def test_an_order_stands_until_it_is_withdrawn(folder: RunFolder) -> None:
    """It says who gave it and when, and that it was heard; none of them is in the way of another."""
    assert orders.standing(folder, Order.PAUSE) is None
    orders.give(folder, Order.PAUSE)
    given = orders.standing(folder, Order.PAUSE)
    assert given is not None
    assert (given.by != "", given.heard) == (True, None)
    orders.hear(folder, Order.PAUSE)
    heard = orders.standing(folder, Order.PAUSE)
    assert heard is not None
    assert (heard.at, heard.heard is not None) == (given.at, True)
    assert {path.stat().st_mode & 0o777 for path in folder.path.iterdir()} == {0o600}
    assert not orders.is_cancelled(folder)
    orders.give(folder, Order.CANCEL)
    orders.withdraw(folder, Order.PAUSE)
    assert (orders.standing(folder, Order.PAUSE), orders.is_cancelled(folder)) == (None, True)


def test_orders_that_are_not_taken(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """What others may have written is not read, what is no order is told, and nobody orders another's run about."""
    file = folder.path / "pause.order"
    file.write_text("{}")
    file.chmod(0o600)
    with pytest.raises(DocumentError, match="no order to a run"):
        orders.standing(folder, Order.PAUSE)
    file.chmod(0o666)
    with pytest.raises(UntrustedPath):
        orders.standing(folder, Order.PAUSE)
    owner = folder.path.stat().st_uid
    monkeypatch.setattr("os.geteuid", lambda: owner + 1)
    with pytest.raises(UsageError):
        orders.give(folder, Order.CANCEL)


async def test_heeded_once_each(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """An order is obeyed once and marked as heard; one that is none of ours never is, and hinders no other."""
    monkeypatch.setattr(heeding, "_LOOK_SECONDS", 0.01)
    (folder.path / "pause.order").write_text("{}")
    orders.give(folder, Order.CANCEL)
    obeyed: list[Order] = []
    await asyncio.wait_for(heed(folder, {order: partial(obeyed.append, order) for order in Order}), 30)
    assert obeyed == [Order.CANCEL]
    given = orders.standing(folder, Order.CANCEL)
    assert given is not None
    assert given.heard is not None
