"""The boundary of engines: one that writes down all that it is told runs the same plan, and no step notices."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from orchestrator.engine.protocol import HostWork, Stop
from orchestrator.fleet.work import FleetWork
from orchestrator.model.clock import Clock
from orchestrator.model.codec import decode, encode
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord
from tests.lab_fixtures import install, kind, site

CLOCK = Clock()


class ForgetfulEngine:
    """Keeps nothing but text: every record goes through JSON, every step is done by work made anew, last host first."""

    def __init__(self) -> None:
        self.journal: list[str] = []

    async def run(self, hosts: Sequence[str], work: HostWork, forks: int, stop: Stop) -> None:
        assert isinstance(work, FleetWork)
        await asyncio.gather(*(self._run_host(host, work) for host in reversed(hosts)))

    async def _run_host(self, host: str, work: FleetWork) -> None:
        records: list[str] = []
        for step in range(work.steps):
            record = await self._run_step(host, step, [decode(StepRecord, line) for line in records], work)
            if record is None:
                continue
            records.append(encode(record))
            if not record.result.outcome.fine:
                break
        self.journal += records
        await work.conclude(host, [decode(StepRecord, line) for line in records], None)

    async def _run_step(
        self, host: str, step: int, earlier: Sequence[StepRecord], work: FleetWork
    ) -> StepRecord | None:
        """Every call is made by other hands."""
        state: str | None = None

        async def keep(newer: str) -> None:
            """What a call returns is newer."""

        while True:
            hands = fresh(work)
            end = await hands.perform(host, step, earlier, state, keep)
            await hands.conclude(host, (), None)  # lets its connection go
            if not isinstance(end, Rest):
                return end
            state = end.state
            if end.until:
                await asyncio.sleep(CLOCK.real_seconds_until(end.until))


def fresh(work: FleetWork) -> FleetWork:
    """The same work in other hands: nothing is known of any host."""
    return FleetWork(
        work.run_id,
        work.plan,
        work.hosts,
        work.connector,
        work.folder,
        work.check,
        lambda _: None,
        work.commit,
        work.stop,
        work.admission,
        work.pushes,
    )


async def test_another_engine_runs_the_same_plan(tmp_path: Path) -> None:
    """With records that went through JSON and steps in fresh hands, the plan comes to the same."""
    kinds = {"7": kind(architecture="x86"), "8.1": kind(branch="windows8.1")}
    engine = ForgetfulEngine()
    with site(tmp_path, kinds) as lab:
        first = await lab.run(install(), engine=engine)
        again = await lab.run(install())
    steps = {name: [step.result.outcome for step in result.steps] for name, result in first.items()}
    assert steps == {name: [Outcome.OK, *[Outcome.CHANGED] * 4, Outcome.OK] for name in kinds}
    assert {result.outcome for result in again.values()} == {Outcome.OK}
    assert len(engine.journal) == 6 * len(kinds)
    assert {name: (first[name].branch, again[name].branch) for name in kinds} == {
        "7": ("windows7", "windows7"),
        "8.1": ("windows8.1", "windows8.1"),
    }
