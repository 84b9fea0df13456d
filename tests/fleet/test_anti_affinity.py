"""Hosts of which no two may restart at once: in one run, and in two runs beside each other."""

from __future__ import annotations

import asyncio
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from orchestrator.app import RunPlaybook, prepare
from orchestrator.model.events import Event, HostWaits
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult
from orchestrator.sentences import say
from tests.lab_fixtures import Site, kind, shipped, site

SPEED = 120.0


class Waiting:
    """Of whom a run says that they wait, and for whom."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def notify(self, event: Event) -> None:
        if isinstance(event, HostWaits):
            self.said.append(say(event.wait.what))


def together(lab: Site, *names: str) -> None:
    """Writes into the lab's inventory that these must not restart at once."""
    inventory = yaml.safe_load(lab.inventory.read_text(encoding="utf-8"))
    for name in names:
        inventory["hosts"][lab.hosts[name]]["anti_affinity"] = "cluster"
    lab.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")


async def run(lab: Site, folder: str, told: Waiting, *hosts: str) -> dict[str, HostResult]:
    request = RunPlaybook(
        inventory=lab.inventory,
        limit=",".join(lab.hosts[name] for name in hosts),
        forks=len(hosts),
        folder=lab.folder / folder,
        playbook=shipped("reboot", "reboot.delay_minutes=1"),
    )
    return lab.by_name(await prepare(request).begin([told], clock=lab.clock).execute())


def restart(lab: Site, name: str) -> tuple[datetime, datetime]:
    """When a host was asked to, and when it had done so."""
    entries = lab.on(name, lambda machine: list(machine.ledger.entries))
    (asked,) = (each.at for each in entries if each.what == "shutdown asked for")
    (started,) = (each.at for each in entries if each.what == "started")
    return asked, started


@pytest.mark.parametrize("runs", [1, pytest.param(2, marks=pytest.mark.slow)])
async def test_never_two_at_once(runs: int, tmp_path: Path) -> None:
    """The second is asked to restart when the first is back; one of no group is not waited for."""
    told = Waiting()
    with site(tmp_path, {"one": kind(), "other": kind(), "alone": kind()}, speed=SPEED) as lab:
        together(lab, "one", "other")
        if runs == 1:
            results = await run(lab, "run", told, "one", "other", "alone")
        else:
            first, second = await asyncio.gather(
                run(lab, "run", told, "one", "alone"), run(lab, "second", told, "other")
            )
            results = first | second
        restarts = sorted(restart(lab, name) for name in ("one", "other"))
        alone = restart(lab, "alone")
        names = {lab.hosts["one"], lab.hosts["other"]}
    assert {result.outcome for result in results.values()} == {Outcome.CHANGED}, results
    assert all(back < asked for (_, back), (asked, _) in pairwise(restarts))
    assert alone[0] < restarts[0][1]
    (waiting,) = told.said  # once, however often it was looked whether the turn has come
    assert any(f"waiting for its turn to restart: {name} is first" in waiting for name in names)
