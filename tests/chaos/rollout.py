"""A rollout that is left to a worker and killed again and again; the rule of the service's unit is all that helps it.

python -m tests.chaos.rollout --hosts 100 --kills 20 --seed 1
python -m tests.chaos.rollout --hosts 100 --kills 20 --seed 1 --cuts --restarts --postgresql

Lines break in random exchanges with --cuts; with --restarts every tenth machine restarts by itself meanwhile; with
--postgresql the database is on a server, which is restarted once. Ends with 1 when something is not as it has to be.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from orchestrator.app.verify_run import verify_run
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import RunResult
from orchestrator.runs.folders import RunFolder
from orchestrator.sentences import say
from sspr_lab.faults import fault
from sspr_lab.mix import Kind
from tests.e2e.detached import INSTALL, Detached, Unit, detached
from tests.lab_fixtures import kind
from tests.postgres import Server, postgres

FORKS: Final = 12
DROP: Final = 0.01
"""The share of exchanges in which a line breaks."""
LONGEST: Final = 2400.0
_PAUSES: Final = (1.0, 6.0)
"""Real seconds between two kills: from too few for a process to begin, up to some hosts' work."""
_ODD: Final = 10
"""Every so many machines restart by themselves."""


@dataclass(frozen=True)
class Plan:
    """What is done to whom.

    Attributes:
        hosts: How many machines.
        kills: How often something is killed.
        seed: Makes moments, and what is killed, the same again.
        cuts: Whether lines break.
        restarts: Whether machines restart by themselves.
    """

    hosts: int
    kills: int
    seed: str
    cuts: bool = False
    restarts: bool = False

    @property
    def kinds(self) -> Mapping[str, Kind]:
        line = [fault("link", round_trip=0, drop=DROP, seed=1)] if self.cuts else []
        return {f"{number}": kind(*line) for number in range(self.hosts)}


@dataclass
class Report:
    """What came of it.

    Attributes:
        killed: What was killed, in order.
        odd: The machines that restarted by themselves.
        seconds: How long it took.
        wrong: All that is not as it has to be.
    """

    killed: list[str] = field(default_factory=list)
    odd: set[str] = field(default_factory=set)
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def lines(self, plan: Plan) -> Iterator[str]:
        counted = ", ".join(f"{self.killed.count(what)} {what}" for what in sorted(set(self.killed)))
        yield f"{plan.hosts} hosts in {self.seconds:.0f} s; killed {len(self.killed)} times: {counted or 'nothing'}"
        yield f"{len(self.odd)} machines restarted by themselves; {len(self.wrong)} things are wrong"
        yield from self.wrong


def carried_out(plan: Plan, folder: Path, server: Server | None = None) -> Report:
    """Begins the rollout, kills what is at work on it, and judges its end.

    Args:
        plan: What is done.
        folder: Empty; of the lab and the state.
        server: Of the database, restarted once; None for one in a file.
    """
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # of lines that break, as they are meant to
    report, chance, began = Report(), random.Random(plan.seed), time.monotonic()
    environment = {"SSPR_DATABASE": server.address} if server else {}
    state = ("--state", "env:SSPR_DATABASE") if server else ()
    with detached(folder, environment=environment, kinds=plan.kinds) as here, Unit(here):
        run = here.begun(*INSTALL, "--forks", str(FORKS), *state)
        handed_over = here.state / "handed-over" / f"{run}.json"
        odd = set(chance.sample(sorted(here.lab.hosts), plan.hosts // _ODD)) if plan.restarts else set[str]()
        restart_server_after = plan.kills // 2 if server else None
        while handed_over.exists() and time.monotonic() - began < LONGEST:
            _pause(handed_over, chance.uniform(*_PAUSES))
            if len(report.killed) < plan.kills and handed_over.exists():
                report.killed += _killed(here, chance)
            if odd and len(report.killed) * len(odd) >= plan.kills * len(report.odd) and (left := odd - report.odd):
                _restart(here, report, chance.choice(sorted(left)))
            if server and restart_server_after is not None and len(report.killed) >= restart_server_after:
                restart_server_after = None
                server.stop()
                server.start()
        report.seconds = time.monotonic() - began
        if handed_over.exists():
            report.wrong.append(f"still at work after {LONGEST:.0f} s")
        else:
            report.wrong += _wrong(here, here.result(run), report.odd)
            verified = verify_run(RunFolder(here.state / "runs" / run))
            report.wrong += [f"the log: {problem}" for problem in verified.problems]
    return report


def _pause(handed_over: Path, seconds: float) -> None:
    until = time.monotonic() + seconds
    while handed_over.exists() and time.monotonic() < until:
        time.sleep(0.05)


def _killed(here: Detached, chance: random.Random) -> list[str]:
    """What was there to be killed: mostly the service as a whole, sometimes a process of it alone."""
    (which,) = chance.choices(("service", "worker", "run"), (6, 2, 1))
    meant = {"service": ("worker", "process"), "worker": ("worker",), "run": ("process",)}[which]
    found = [number for kind_of in meant for number in here.processes(kind_of)[-1:]]
    there = [number for number in found if _ends(number)]
    return [which] if there else []


def _ends(number: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)
        return True
    return False


def _restart(here: Detached, report: Report, name: str) -> None:
    """The machine restarts by itself, if it is up and no restart is on its way."""
    if here.lab.on(name, lambda machine: machine.powered and machine.power.initiate(0, force=True) == 0):
        report.odd.add(name)


def _wrong(here: Detached, result: RunResult, odd: set[str]) -> Iterator[str]:
    if result.state != "finished":
        yield f"the run is {result.state}"
    for name, host in here.lab.by_name(result).items():
        if host.outcome is not Outcome.CHANGED:
            yield f"{host.name} ended {host.outcome}: {say(host.reason)}"
        installed, started = here.lab.on(
            name, lambda machine: (machine.ledger.count("installed"), machine.ledger.count("started"))
        )
        by_itself = int(name in odd)
        if installed != 1:
            yield f"{host.name} was installed {installed} times"
        if not 1 <= started <= 1 + by_itself:
            yield f"{host.name} was restarted {started} times, {by_itself} of them by itself"


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0 when all is as it has to be."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.rollout", description=__doc__)
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--cuts", action="store_true")
    parser.add_argument("--restarts", action="store_true")
    parser.add_argument("--postgresql", action="store_true")
    given = parser.parse_args(words)
    plan = Plan(given.hosts, given.kills, given.seed, given.cuts, given.restarts)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sspr-rollout-")))
        server = stack.enter_context(postgres()) if given.postgresql else None
        report = carried_out(plan, folder, server)
    sys.stdout.write("\n".join(report.lines(plan)) + "\n")
    return 1 if report.wrong or len(report.killed) < given.kills else 0


if __name__ == "__main__":
    sys.exit(main())
