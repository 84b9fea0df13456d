"""What keeping track of a host costs, whatever is done to it: CPU of the durable engine, of one that forgets, of DBOS.

python -m benchmarks.engine --hosts 1000 10000

Every way and every number of hosts is a process of its own, whose CPU the kernel counts.
Each host has four steps that do nothing and three waits between them. `sleeping workflows` is DBOS by itself, with a
workflow for each host that sleeps where ours leaves nothing in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import resource
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring import surroundings
from orchestrator.engine.database import Database
from orchestrator.engine.durable import DurableEngine
from orchestrator.engine.in_process import InProcessEngine
from orchestrator.engine.protocol import Keep
from orchestrator.fleet.stop import StopSignal
from orchestrator.model.clock import Clock
from orchestrator.model.message import Message, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord, StepResult
from tests.engine.all_at_once import AllAtOnce

STEPS, WAIT_SECONDS, FORKS = 4, 2.0, 100
RUN = "20260101-000000-be5c"
FINE = StepResult(Outcome.OK, verbatim("nothing was to be done"))


class Nothing(AllAtOnce):
    """See `engine.protocol.HostWork`: each step but the first waits before it."""

    steps = STEPS

    async def perform(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str | None, keep: Keep
    ) -> StepRecord | Rest | None:
        if step and state is None:
            return Rest(Clock().after(WAIT_SECONDS), "{}")
        return StepRecord(f"step{step}", FINE)

    async def give_up(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str, reason: Message
    ) -> StepRecord:
        raise NotImplementedError("nobody stops it")

    async def conclude(self, host: str, records: Sequence[StepRecord], verdict: StepResult | None) -> None:
        assert len(records) == STEPS


async def durable(hosts: Sequence[str], folder: Path) -> None:
    """Ours: a phase between two waits."""
    database = Database.in_file(folder / "progress.sqlite3")
    database.prepare()
    await DurableEngine(database, RUN).run(hosts, Nothing(), FORKS, StopSignal())


async def in_process(hosts: Sequence[str], folder: Path) -> None:
    """Ours that forgets."""
    await InProcessEngine().run(hosts, Nothing(), FORKS, StopSignal())


async def sleeping(hosts: Sequence[str], folder: Path) -> None:
    """DBOS by itself, tuned as ours is: a workflow for each host, all of them at once."""
    from dbos import DBOS, DBOSConfig, SetWorkflowID  # noqa: PLC0415 - the others do without

    database = Database.in_file(folder / "sleeping.sqlite3")
    database.prepare()
    config: DBOSConfig = {
        "name": "sleeping",
        "system_database_url": database.url.render_as_string(),
        "system_database_engine": database.connections(4),
        "max_executor_threads": 8,
        "log_level": "ERROR",
        "enable_otlp": False,
    }
    DBOS(config=config)

    async def nothing() -> str:
        return "done"

    @DBOS.workflow(name="host", max_recovery_attempts=None)
    async def host() -> None:
        for step in range(STEPS):
            if step:
                await DBOS.sleep_async(WAIT_SECONDS)
            await DBOS.run_step_async({"name": f"step{step}"}, nothing)

    DBOS.launch()
    try:
        handles = []
        for name in hosts:
            with SetWorkflowID(name):
                handles.append(await DBOS.start_workflow_async(host))
        for handle in handles:
            await handle.get_result()
    finally:
        await asyncio.to_thread(DBOS.destroy)


WAYS: dict[str, Callable[[Sequence[str], Path], Coroutine[Any, Any, None]]] = {
    "durable": durable,
    "in process": in_process,
    "sleeping workflows": sleeping,
}


@dataclass(frozen=True)
class Cost:
    """CPU seconds and MB at most of a process."""

    cpu: float
    megabytes: float


def measured(way: str, hosts: int) -> Cost:
    """What one way costs in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_measure, args=(way, hosts, theirs))
    process.start()
    cost: Cost = ours.recv()
    process.join()
    return cost


def _measure(way: str, hosts: int, answer: Any) -> None:
    names = [f"PC-{number:05}" for number in range(hosts)]
    with tempfile.TemporaryDirectory() as folder:
        before = _cpu()
        asyncio.run(WAYS[way](names, Path(folder)))
        answer.send(Cost(_cpu() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, nargs="+", default=[1000], help="how many, each in a process of its own")
    wanted: list[int] = parser.parse_args().hosts
    print(surroundings())
    first: dict[str, float] = {}
    for hosts in wanted:
        alone = {way: measured(way, 1).cpu for way in WAYS}
        costs = {way: measured(way, hosts) for way in WAYS}
        print(
            f"\n{hosts:,} hosts, {STEPS} steps and {STEPS - 1} waits each; what a run costs without hosts is taken off"
        )
        each = {way: 1000 * (cost.cpu - alone[way]) / (hosts - 1) for way, cost in costs.items()}
        first = first or each
        for way, cost in costs.items():
            ratios = (each[way] / each["sleeping workflows"], each[way] / each["in process"], each[way] / first[way])
            print(
                f"{way:20} {each[way]:7.2f} ms of CPU a host, {each[way] / STEPS:6.2f} a phase, {ratios[0]:5.2f} of "
                f"sleeping workflows, {ratios[1]:6.1f} of in process, {ratios[2]:5.2f} of {wanted[0]:,} hosts, "
                f"{cost.megabytes:6.0f} MB"
            )


if __name__ == "__main__":
    main()
