"""What every engine has to do, with work that only records what is asked of it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from orchestrator.engine.in_process import InProcessEngine
from orchestrator.engine.protocol import Engine, HostWork, Keep, Stop
from orchestrator.fleet.stop import StoppedBy, StopSignal
from orchestrator.model.clock import Clock
from orchestrator.model.message import Message, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord, StepResult
from tests.engine.journal_engine import JournalEngine

Decide = Callable[[str, int], Outcome | None]


@dataclass
class RecordingWork:
    """Notes every call; `decide` says how a step ends, or None where it does not apply."""

    steps: int
    decide: Decide = lambda host, step: Outcome.OK
    rest: float = 0.0
    looks: int = 0
    states: list[str] = field(default_factory=list)
    on_step: Callable[[str, int], None] = lambda host, step: None
    performed: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    earlier: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    concluded: dict[str, list[tuple[list[str], StepResult | None]]] = field(default_factory=lambda: defaultdict(list))
    at_work: int = 0
    most_at_work: int = 0

    async def perform(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str | None, keep: Keep
    ) -> StepRecord | Rest | None:
        if state is None:
            self.performed[host].append(step)
            self.earlier[host, step] = [record.name for record in earlier]
            self.at_work += 1
            self.most_at_work = max(self.most_at_work, self.at_work)
            await asyncio.sleep(0)
            self.on_step(host, step)
            self.at_work -= 1
            if self.rest:
                return Rest(Clock().after(self.rest), "rested")
        else:
            self.states.append(state)
        if len(self.states) < self.looks:
            return Rest(None, f"look {len(self.states) + 1}")
        outcome = self.decide(host, step)
        return StepRecord(f"step{step}", StepResult(outcome, verbatim("because"))) if outcome else None

    async def give_up(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str, reason: Message
    ) -> StepRecord:
        return StepRecord(f"step{step}", StepResult(Outcome.CANCELLED, reason))

    async def conclude(self, host: str, records: Sequence[StepRecord], verdict: StepResult | None) -> None:
        self.concluded[host].append(([record.name for record in records], verdict))


Running = Callable[..., Awaitable[None]]


@pytest.fixture(params=["in process", "journal"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Running:
    """Runs work on hosts, in each engine."""
    engine: Engine = InProcessEngine() if request.param == "in process" else JournalEngine(tmp_path / "journal.db")

    async def running(work: HostWork, hosts: Sequence[str], forks: int = 3, stop: Stop | None = None) -> None:
        await engine.run(hosts, work, forks, stop or StopSignal())

    return running


HOSTS = [f"pc-{number}" for number in range(20)]


async def test_every_host_gets_every_step_and_one_end(run: Running) -> None:
    """Each host goes through all steps in order, sees the records of those before, and is concluded once."""
    work = RecordingWork(steps=3)
    await run(work, HOSTS)
    assert work.performed == {host: [0, 1, 2] for host in HOSTS}
    assert work.concluded == {host: [(["step0", "step1", "step2"], None)] for host in HOSTS}
    assert work.earlier["pc-7", 2] == ["step0", "step1"]


@pytest.mark.parametrize("forks", [1, 3, 100])
async def test_so_many_at_once(run: Running, forks: int) -> None:
    """No more hosts are at work than allowed, and as many as allowed are."""
    work = RecordingWork(steps=2)
    await run(work, HOSTS, forks)
    assert work.most_at_work == min(forks, len(HOSTS))


@pytest.mark.parametrize("outcome", list(Outcome))
async def test_what_is_not_fine_ends_a_host(run: Running, outcome: Outcome) -> None:
    """A step whose outcome is not fine is a host's last; after any other the next is begun."""
    work = RecordingWork(steps=3, decide=lambda host, step: outcome if step == 1 else Outcome.OK)
    await run(work, ["pc"])
    assert work.performed["pc"] == ([0, 1, 2] if outcome.fine else [0, 1])
    assert len(work.concluded["pc"]) == 1


async def test_one_host_s_failure_is_its_own(run: Running) -> None:
    """Other hosts go on when one fails."""
    work = RecordingWork(steps=2, decide=lambda host, step: Outcome.FAILED if host == "pc-3" else Outcome.OK)
    await run(work, HOSTS)
    assert work.performed["pc-3"] == [0]
    assert all(work.performed[host] == [0, 1] for host in HOSTS if host != "pc-3")


async def test_a_step_that_does_not_apply_leaves_no_record(run: Running) -> None:
    """Where a step does not apply the host goes on with the next, and nothing is noted."""
    work = RecordingWork(steps=3, decide=lambda host, step: None if step == 1 else Outcome.OK)
    await run(work, ["pc"])
    assert work.concluded["pc"] == [(["step0", "step2"], None)]


async def test_a_stop_begins_nothing_new(run: Running) -> None:
    """Steps under way end; hosts between steps, and hosts that have not begun, are cancelled with the reason."""
    stop = StopSignal()

    def stop_at_first(host: str, step: int) -> None:
        if (host, step) == ("pc-0", 0):
            stop.set(StoppedBy.OPERATOR, verbatim("interrupted"))

    work = RecordingWork(steps=2, on_step=stop_at_first)
    await run(work, HOSTS, forks=2, stop=stop)
    assert set(work.concluded) == set(HOSTS)
    for host in HOSTS:
        ((names, verdict),) = work.concluded[host]
        assert verdict == StepResult(Outcome.CANCELLED, verbatim("interrupted"))
        assert names == (["step0"] if host in work.performed else [])
    assert set(work.performed) == {"pc-0", "pc-1"}


async def test_a_stop_after_the_last_step_takes_nothing_back(run: Running) -> None:
    """A host that has done all of its steps keeps its result, though the run is stopped by then."""
    stop = StopSignal()
    work = RecordingWork(steps=1, on_step=lambda host, step: stop.set(StoppedBy.GUARD, verbatim("enough")))
    await run(work, ["pc"], stop=stop)
    assert work.concluded["pc"] == [(["step0"], None)]


async def test_a_stop_ends_a_rest_and_its_host(run: Running) -> None:
    """A host that rests when the run is stopped is concluded at once, by what its step makes of it."""
    stop = StopSignal()

    def stop_when_all_have_begun(host: str, step: int) -> None:
        if len(work.performed) == 5:
            asyncio.get_running_loop().call_later(0.01, stop.set, StoppedBy.OPERATOR, verbatim("interrupted"))

    work = RecordingWork(steps=2, rest=3600, on_step=stop_when_all_have_begun)
    await asyncio.wait_for(run(work, HOSTS[:5], forks=2, stop=stop), timeout=5)
    assert all(work.concluded[host] == [(["step0"], None)] for host in HOSTS[:5])


async def test_a_stop_does_not_come_between_calls_at_once(run: Running) -> None:
    """A step that goes on at once, with something under way on its host, goes on although the run is stopped."""
    stop, reason = StopSignal(), verbatim("interrupted")
    work = RecordingWork(steps=2, looks=3, on_step=lambda host, step: stop.set(StoppedBy.OPERATOR, reason))
    await run(work, ["pc"], stop=stop)
    assert work.performed["pc"] == [0]
    assert work.concluded["pc"] == [(["step0"], StepResult(Outcome.CANCELLED, reason))]
    assert work.states == ["look 1", "look 2", "look 3"]


async def test_no_hosts_no_work(run: Running) -> None:
    """Nothing is asked of the work when there is nobody to work on."""
    work = RecordingWork(steps=2)
    await run(work, [])
    assert (dict(work.performed), dict(work.concluded)) == ({}, {})


async def test_a_plan_without_steps_concludes(run: Running) -> None:
    """Hosts are concluded even when nothing was to be done."""
    work = RecordingWork(steps=0)
    await run(work, ["pc"])
    assert work.concluded["pc"] == [([], None)]
