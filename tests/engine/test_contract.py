"""What every engine has to do, with work that only records what is asked of it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.engine.database import Database
from orchestrator.engine.durable import DurableEngine
from orchestrator.engine.in_process import InProcessEngine
from orchestrator.engine.protocol import Engine, HostWork, Keep, Stop
from orchestrator.fleet.stop import StoppedBy, StopSignal
from orchestrator.model.clock import Clock
from orchestrator.model.message import Message, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord, StepResult
from orchestrator.runs.folders import new_run_id
from tests.engine.all_at_once import AllAtOnce
from tests.engine.journal_engine import JournalEngine
from tests.postgres import Server, postgres

Decide = Callable[[str, int], Outcome | None]


@dataclass
class RecordingWork(AllAtOnce):
    """Notes every call; `decide` says how a step ends, or None where it does not apply.

    The first steps wait until so many are taken `together`.
    """

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
    together: int = 1
    _all_there: asyncio.Event = field(default_factory=asyncio.Event)

    async def perform(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str | None, keep: Keep
    ) -> StepRecord | Rest | None:
        if state is None:
            self.performed[host].append(step)
            self.earlier[host, step] = [record.name for record in earlier]
            self.at_work += 1
            self.most_at_work = max(self.most_at_work, self.at_work)
            if self.at_work >= self.together:
                self._all_there.set()
            await asyncio.wait_for(self._all_there.wait(), timeout=120)  # for an engine that lets in fewer
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


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL server."""
    with postgres() as server:
        yield server


@pytest.fixture(
    params=["in process", "journal", "durable", pytest.param("durable on PostgreSQL", marks=pytest.mark.slow)]
)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Running:
    """Runs work on hosts, in each engine."""
    engines: dict[str, Callable[[], Engine]] = {
        "in process": InProcessEngine,
        "journal": lambda: JournalEngine(tmp_path / "journal.db"),
        "durable": lambda: durable(Database.in_file(tmp_path / "state.sqlite3")),
        "durable on PostgreSQL": lambda: durable(Database.at(request.getfixturevalue("server").address)),
    }
    engine = engines[request.param]()

    async def running(work: HostWork, hosts: Sequence[str], forks: int = 3, stop: Stop | None = None) -> None:
        await engine.run(hosts, work, forks, stop or StopSignal())

    return running


def durable(database: Database) -> Engine:
    """One with a run of its own."""
    database.prepare()
    return DurableEngine(database, new_run_id(datetime.now(UTC)))


HOSTS = [f"pc-{number}" for number in range(20)]


async def test_every_host_gets_every_step_and_one_end(run: Running) -> None:
    """Each host goes through all steps in order, sees the records of those before, and is concluded once."""
    work = RecordingWork(steps=3)
    await run(work, HOSTS)
    assert work.performed == {host: [0, 1, 2] for host in HOSTS}
    assert work.concluded == {host: [(["step0", "step1", "step2"], None)] for host in HOSTS}
    assert work.earlier["pc-7", 2] == ["step0", "step1"]


async def test_a_failure_around_one_host_is_no_other_s() -> None:
    """Whatever comes out of the work on one host, the others are served to their end, and it is told then."""

    def fail(host: str, step: int) -> None:
        if (host, step) == ("pc-7", 1):
            raise MemoryError

    work = RecordingWork(steps=3, on_step=fail)
    with pytest.raises(ExceptionGroup) as failed:
        await InProcessEngine().run(HOSTS, work, 3, StopSignal())
    assert [type(error) for error in failed.value.exceptions] == [MemoryError]
    assert work.concluded.keys() == set(HOSTS) - {"pc-7"}


@pytest.mark.parametrize("forks", [1, 3, 100])
async def test_so_many_at_once(run: Running, forks: int) -> None:
    """No more hosts are at work than allowed, and as many as allowed are."""
    work = RecordingWork(steps=2, together=min(forks, len(HOSTS)))
    await run(work, HOSTS, forks)
    assert work.most_at_work == work.together


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


@dataclass
class Gated(RecordingWork):
    """Lets hosts begin two by two, the last one first, and nobody after so many."""

    most: int = 100
    closes: bool = False

    async def arrivals(self, newcomers: Sequence[str]) -> AsyncGenerator[tuple[str, Message | None], None]:
        for number, host in enumerate(reversed(newcomers)):
            if number >= self.most:
                yield host, verbatim("enough")
                continue
            while number - len(self.concluded) > 1:  # noqa: ASYNC110 - of whatever engine
                await asyncio.sleep(0.01)
            yield host, None

    def refusal(self) -> Message | None:
        return verbatim("closed") if self.closes and self.performed else None


async def test_hosts_begin_when_the_work_lets_them(run: Running) -> None:
    """In its order, and as many at the same moment, whatever there would be room for; who may not is told why."""
    work = Gated(steps=2, most=6)
    await run(work, HOSTS, forks=10)
    assert list(work.performed) == HOSTS[:-7:-1]
    assert work.most_at_work <= 2
    refused: list[tuple[list[str], StepResult | None]] = [([], StepResult(Outcome.CANCELLED, verbatim("enough")))]
    assert {host: work.concluded[host] for host in HOSTS[:-6]} == dict.fromkeys(HOSTS[:-6], refused)
    assert work.concluded.keys() == set(HOSTS)


async def test_who_has_not_begun_can_still_be_refused(run: Running) -> None:
    """Who waits for a place does not begin once nobody may; whoever has begun comes to the end."""
    work = Gated(steps=3, closes=True)
    await run(work, HOSTS[:4], forks=1)
    (first,) = work.performed
    assert work.concluded[first] == [(["step0", "step1", "step2"], None)]
    refused: list[tuple[list[str], StepResult | None]] = [([], StepResult(Outcome.CANCELLED, verbatim("closed")))]
    assert all(work.concluded[host] == refused for host in HOSTS[:4] if host != first)


async def test_what_fails_around_newcomers_cuts_nobody_off(run: Running) -> None:
    """Whoever has begun comes to the end; then it is told."""

    class Breaking(RecordingWork):
        async def arrivals(self, newcomers: Sequence[str]) -> AsyncGenerator[tuple[str, Message | None], None]:
            yield newcomers[0], None
            while not self.performed:  # noqa: ASYNC110 - of whatever engine
                await asyncio.sleep(0.01)
            raise MemoryError

    work = Breaking(steps=3, rest=0.05)
    with pytest.raises(ExceptionGroup) as failed:
        await run(work, HOSTS)
    assert [type(error) for error in failed.value.exceptions] == [MemoryError]
    assert work.concluded == {HOSTS[0]: [(["step0", "step1", "step2"], None)]}


async def test_a_stop_ends_the_waiting_of_newcomers(run: Running) -> None:
    """Whoever still waits to be let in is cancelled with the reason of the stop."""

    class Shut(RecordingWork):
        closed = False

        async def arrivals(self, newcomers: Sequence[str]) -> AsyncGenerator[tuple[str, Message | None], None]:
            try:
                yield newcomers[0], None
                await asyncio.Event().wait()
            finally:
                self.closed = True

    stop = StopSignal()
    work = Shut(steps=2, on_step=lambda host, step: stop.set(StoppedBy.OPERATOR, verbatim("interrupted")))
    await run(work, HOSTS, stop=stop)
    cancelled = StepResult(Outcome.CANCELLED, verbatim("interrupted"))
    assert work.concluded == {HOSTS[0]: [(["step0"], cancelled)], **{host: [([], cancelled)] for host in HOSTS[1:]}}
    assert work.closed


async def test_what_was_begun_of_newcomers_is_closed(run: Running) -> None:
    """When a host's end cannot be told, whoever lets hosts begin is not left behind half-way."""

    class Told(RecordingWork):
        closed = False

        async def arrivals(self, newcomers: Sequence[str]) -> AsyncGenerator[tuple[str, Message | None], None]:
            try:
                for host in newcomers:
                    yield host, verbatim("not today")
            finally:
                self.closed = True

        async def conclude(self, host: str, records: Sequence[StepRecord], verdict: StepResult | None) -> None:
            raise MemoryError

    work = Told(steps=1)
    with pytest.raises(ExceptionGroup):
        await run(work, HOSTS)
    assert work.closed


async def test_a_stop_begins_nothing_new(run: Running) -> None:
    """Steps under way end; hosts between steps, and hosts that have not begun, are cancelled with the reason."""
    stop = StopSignal()

    def stop_at_first(host: str, step: int) -> None:
        stop.set(StoppedBy.OPERATOR, verbatim("interrupted"))

    work = RecordingWork(steps=2, on_step=stop_at_first, together=2)
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
    work = RecordingWork(steps=1, on_step=lambda host, step: stop.set(StoppedBy.OPERATOR, verbatim("enough")))
    await run(work, ["pc"], stop=stop)
    assert work.concluded["pc"] == [(["step0"], None)]


async def test_a_stop_ends_a_rest_and_its_host(run: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that rests when the run is stopped is concluded at once, by what its step makes of it."""
    monkeypatch.setattr("orchestrator.engine.slots.LONGEST_SLEEP", 3600)  # what ends the rest is the stop alone
    stop = StopSignal()

    def stop_when_all_have_begun(host: str, step: int) -> None:
        if len(work.performed) == 5:
            asyncio.get_running_loop().call_soon(stop.set, StoppedBy.OPERATOR, verbatim("interrupted"))

    work = RecordingWork(steps=2, rest=3600, on_step=stop_when_all_have_begun)
    await asyncio.wait_for(run(work, HOSTS[:5], forks=2, stop=stop), timeout=120)  # for one that hangs
    assert work.concluded == {host: [(["step0"], None)] for host in HOSTS[:5]}


async def test_a_stop_does_not_come_between_calls_at_once(run: Running) -> None:
    """A step that goes on at once, with something under way on its host, goes on although the run is stopped."""
    stop, reason = StopSignal(), verbatim("interrupted")
    work = RecordingWork(steps=2, looks=3, on_step=lambda host, step: stop.set(StoppedBy.OPERATOR, reason))
    await run(work, ["pc"], stop=stop)
    assert work.performed["pc"] == [0]
    assert work.concluded["pc"] == [(["step0"], StepResult(Outcome.CANCELLED, reason))]
    assert work.states == ["look 1", "look 2", "look 3"]


@dataclass
class LookingWork(RecordingWork):
    """Its hosts are looked at aside, so often, before they have anything to do; one is at work until all were."""

    times: int = 2
    looked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    all_looked: asyncio.Event = field(default_factory=asyncio.Event)
    hosts: int = 0

    async def perform(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str | None, keep: Keep
    ) -> StepRecord | Rest | None:
        if host == "at work":
            await asyncio.wait_for(self.all_looked.wait(), timeout=120)  # for an engine that has no room for looks
        elif self.looked[host] < self.times:
            self.looked[host] += state is not None
            if sum(self.looked.values()) == self.times * self.hosts:
                self.all_looked.set()
            if self.looked[host] < self.times:
                return Rest(Clock().after(0.01), "looked", aside=True)
            return Rest(None, "found")
        return await super().perform(host, step, earlier, None, keep)


async def test_looks_need_no_place(run: Running) -> None:
    """While the one host that may be at work is, others are looked at; what is found waits for its place."""
    work = LookingWork(steps=1, hosts=4)
    await run(work, [*HOSTS[:4], "at work"], forks=1)
    assert work.most_at_work == 1
    assert work.performed == {host: [0] for host in (*HOSTS[:4], "at work")}


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
