"""Metrics of a run, as Prometheus' own parser reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from orchestrator.console import prometheus
from orchestrator.console.prometheus import LiveMetrics, metrics
from orchestrator.model.events import HostFinished, RunFinished, RunStarted
from orchestrator.model.result import HostResult, RunResult
from tests.console.conftest import BEGAN

Read = dict[str, dict[tuple[str, ...], float]]


def read(exposition: bytes) -> Read:
    """The value of each series by the family and the values of its labels, in the order of the labels' names."""
    families = list(text_string_to_metric_families(exposition.decode()))
    assert all(family.documentation and family.type == "gauge" for family in families)
    return {
        family.name: {
            tuple(value for _, value in sorted(sample.labels.items())): sample.value for sample in family.samples
        }
        for family in families
    }


def test_a_run_that_has_ended(make_run: Callable[..., RunResult]) -> None:
    """Everything about it, and every outcome and state also where it is none."""
    run = make_run(940)
    found = read(metrics(run))
    assert found["sspr_run_info"] == {("false", "install", run.id): 1}
    assert found["sspr_run_start_timestamp_seconds"] == {(run.id,): run.started.timestamp()}
    assert found["sspr_run_end_timestamp_seconds"] == {(run.id,): run.finished.timestamp()}
    assert found["sspr_run_duration_seconds"] == {(run.id,): 1392}
    assert found["sspr_run_hosts"] == {(run.id,): 940}
    assert found["sspr_hosts"] == {
        ("skipped", run.id): 20,
        ("ok", run.id): 160,
        ("changed", run.id): 600,
        ("reboot_pending", run.id): 40,
        ("cancelled", run.id): 20,
        ("blocked", run.id): 20,
        ("unreachable", run.id): 40,
        ("unknown", run.id): 20,
        ("failed", run.id): 20,
    }
    assert {state for (_, state), value in found["sspr_run_state"].items() if value} == {"finished"}
    assert {state for _, state in found["sspr_run_state"]} == {
        "at_work",
        "cancelled",
        "failed",
        "finished",
        "interrupted",
        "paused",
        "stopped",
    }


def test_names_that_a_person_chose(make_run: Callable[..., RunResult]) -> None:
    """They come back whole."""
    odd = 'my "own"\\playbook\n'
    assert (f"{odd}",) in {labels[1:2] for labels in read(metrics(replace(make_run(1), playbook=odd)))["sspr_run_info"]}


class Written:
    """What was written so far, and a way to wait for more."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []
        self._more = asyncio.Event()

    def take(self, content: bytes) -> None:
        self.contents.append(content)
        self._more.set()

    async def newest(self) -> Read:
        """What is written next."""
        self._more.clear()
        await self._more.wait()
        return read(self.contents[-1])


async def test_a_run_at_work(make_run: Callable[..., RunResult], monkeypatch: pytest.MonkeyPatch) -> None:
    """Written at its beginning and then as time passes, also when nothing happens, until it has ended."""
    monkeypatch.setattr(prometheus, "EVERY_SECONDS", 0.0)
    run, written = make_run(3), Written()
    live = LiveMetrics(written.take, BEGAN)
    live.notify(RunStarted(run.id, run.playbook, [HostResult(host.name, "") for host in run.hosts], run.check))
    (first,) = map(read, written.contents)
    assert first["sspr_run_state"][run.id, "at_work"] == 1
    assert first["sspr_run_start_timestamp_seconds"] == {(run.id,): BEGAN.timestamp()}
    assert first["sspr_run_hosts"] == {(run.id,): 3}
    assert set(first["sspr_hosts"].values()) == {0}
    assert "sspr_run_end_timestamp_seconds" not in first
    await written.newest()
    live.notify(HostFinished(run.hosts[0]))
    assert (await written.newest())["sspr_hosts"][run.hosts[0].outcome, run.id] == 1
    live.notify(RunFinished(run))
    before = len(written.contents)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(written.contents) == before


async def test_a_place_that_has_gone(make_run: Callable[..., RunResult], monkeypatch: pytest.MonkeyPatch) -> None:
    """No reason to disturb the run, and tried again."""
    monkeypatch.setattr(prometheus, "EVERY_SECONDS", 0.0)
    run, written = make_run(1), Written()

    def write(content: bytes) -> None:
        written.take(content)
        raise FileNotFoundError

    live = LiveMetrics(write)
    live.notify(RunStarted(run.id, run.playbook, [], run.check))
    await written.newest()
    live.notify(RunFinished(run))
