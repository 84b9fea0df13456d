"""A round: disturbed runs against hosts, the same run again until one ends undisturbed, and what came of it."""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.chaos.coordinator import Command, Coordinator
from tests.chaos.disturbances import Disturbance, UnderWay
from tests.chaos.host_disturbances import HostilePeer
from tests.chaos.hosts import Hosts, hosts_up, write_inventory
from tests.chaos.ledger import Violation, judge_hosts, judge_run, refusals_of, unrecorded
from tests.chaos.plan import Plan, plan_of
from tests.e2e.program import PACKAGES
from tests.kdc import Realm

LONGEST: Final = 420.0
"""Seconds that a run may take: a line that stalls holds a step for a minute, and is tried again."""
_LOOK_SECONDS: Final = 0.05


@dataclass(frozen=True)
class Outcome:
    """What came of a round.

    Attributes:
        seed: Of the round.
        tried: How many faults of each kind there were to be.
        happened: How many of them were seen to happen.
        hosts: How many disturbed hosts there were.
        runs: How many processes of the program.
        violations: All that was not as it has to be.
        refusals: How often the account was refused that was refused most.
        peak: The most memory that a coordinator held, in bytes.
        seconds: How long the round took.
    """

    seed: str
    tried: Counter[str]
    happened: Counter[str]
    hosts: int
    runs: int
    violations: Sequence[Violation]
    refusals: int
    peak: int
    seconds: float


def carry_out(seed: str, realm: Realm, keep: Path | None = None) -> Outcome:
    """One round.

    Args:
        seed: Whose plan is carried out.
        realm: That hosts are members of.
        keep: Where the folders of its runs are left, for whoever looks into a violation; else they are removed.
    """
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # of connections that are broken, as they are meant to be
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="sspr-chaos-")) if keep is None else keep
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return _Round(plan_of(seed), folder, realm).carried_out(began)
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


class _Round:
    def __init__(self, plan: Plan, folder: Path, realm: Realm) -> None:
        self._plan = plan
        self._folder = folder
        self._realm = realm
        self._runs: list[Coordinator] = []
        self._unrecorded: set[str] = set()
        self._violations: list[Violation] = []
        self._wanted = plan.playbook == "install"

    def carried_out(self, began: float) -> Outcome:
        plan = self._plan
        with hosts_up(self._folder, self._realm, plan.hosts, plan.peers, installed=not self._wanted) as hosts:
            for number, disturbances in enumerate(plan.runs, 1):
                self._run(hosts, number, disturbances)
            self._run(hosts, len(plan.runs) + 1, ())
            self._violations += judge_hosts(hosts, plan.disturbances, wanted=self._wanted)
            return Outcome(
                plan.seed,
                Counter(each.kind for each in plan.disturbances),
                Counter(each.kind for each in plan.disturbances if each.happened),
                len(plan.hosts),
                len(self._runs),
                self._violations,
                max(refusals_of(hosts, plan.disturbances).values()),
                max(run.peak for run in self._runs),
                time.monotonic() - began,
            )

    def _run(self, hosts: Hosts, number: int, disturbances: Sequence[Disturbance]) -> None:
        last = not disturbances
        peers = [each.name for each in disturbances if isinstance(each, HostilePeer)]
        names = [*hosts.disturbed, *(hosts.twins.values() if last else ()), *peers]
        command = self._command(hosts, number, names)
        for each in disturbances:
            command = each.shape(command)
        hosts.exchanges.begin()
        run = UnderWay(hosts, command, Coordinator)
        run.runs.append(Coordinator(command))
        try:
            for each in disturbances:
                each.begin(run)
            self._await_end(run, number, disturbances)
        finally:
            for process in run.runs:
                process.end()
            for each in disturbances:
                each.end(run)
        self._judge(run, number, disturbances, names)

    def _await_end(self, run: UnderWay, number: int, disturbances: Sequence[Disturbance]) -> None:
        deadline = time.monotonic() + LONGEST
        while any(process.code is None for process in run.runs):
            for process in run.runs:
                process.measure()
            for each in disturbances:
                each.watch(run)
            if time.monotonic() > deadline:
                during = tuple(each.kind for each in disturbances if each.happened and each.host is None)
                self._violations.append(Violation("hangs", number, "", f"still there after {LONGEST:.0f} s", during))
                return
            time.sleep(_LOOK_SECONDS)

    def _judge(self, run: UnderWay, number: int, disturbances: Sequence[Disturbance], names: Sequence[str]) -> None:
        hosts, unlocked = run.hosts, self._plan.unlocked_before(number)
        for process in run.runs:
            self._violations += judge_run(
                hosts, number, process, disturbances, names, wanted=self._wanted, unlocked=unlocked
            )
            self._runs.append(process)
        if self._wanted:
            self._judge_records(hosts, number, disturbances)

    def _judge_records(self, hosts: Hosts, number: int, disturbances: Sequence[Disturbance]) -> None:
        """Each host is told of once, after the run that changed it without a record."""
        during = tuple(each.kind for each in disturbances if each.happened and each.host is None)
        for name, places in unrecorded(hosts, self._runs).items():
            if name not in self._unrecorded:
                self._unrecorded.add(name)
                words = f"{len(places)} values, such as {min(places)}"
                self._violations.append(Violation("changed without a record", number, name, words, during))

    def _command(self, hosts: Hosts, number: int, names: Sequence[str]) -> Command:
        inventory = write_inventory(hosts, self._folder / f"inventory-{number}.yaml", names)
        words = ["run", self._plan.playbook, "--inventory", str(inventory), "--yes", "--forks", "40"]
        words += ["--set", "reboot.delay_minutes=0", "--set", "reboot.return_minutes=5"]
        if self._plan.unlocked_before(number):
            words.append("--new-password")  # who has unlocked an account says so; else it is left alone for an hour
        if self._wanted:
            words += PACKAGES
        environment = {"SSPR_STATE": str(self._folder / "state"), **self._realm.environment}
        return Command(tuple(words), self._folder / f"run-{number}", environment)
