"""Many rounds, several at a time, each in a process of its own with its own lab."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tests.chaos.figures import Figures
from tests.chaos.round import Outcome, carry_out
from tests.kdc import Realm, realm

_COMPUTERS = [f"LAB-{number:04d}" for number in range(1, 41)]


def rounds(
    seed: str, faults: int, minutes: float, workers: int, tell: Callable[[str], None] = lambda _: None
) -> Figures:
    """Rounds until so many faults were seen to happen, or the time is over.

    Args:
        seed: The rounds' own are `seed.1`, `seed.2` and so on.
        faults: How many.
        minutes: After which no other round is begun.
        workers: How many rounds at a time.
        tell: Is told of each round that ends.
    """
    figures, until = Figures(), time.monotonic() + minutes * 60
    context = multiprocessing.get_context("spawn")
    with _realm() as up, ProcessPoolExecutor(workers, context, max_tasks_per_child=1) as pool:
        numbers = count(1)
        under_way: set[Future[Outcome]] = set()
        while under_way or (figures.happened < faults and time.monotonic() < until):
            while len(under_way) < workers and figures.happened < faults and time.monotonic() < until:
                under_way.add(pool.submit(carry_out, f"{seed}.{next(numbers)}", up))
            ended, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for each in ended:
                outcome = each.result()
                figures.rounds.append(outcome)
                tell(
                    f"round {outcome.seed}: {outcome.happened.total()} faults, {len(outcome.violations)} violations, "
                    f"{outcome.seconds:.0f} s; {figures.happened} faults so far"
                )
                for violation in outcome.violations:
                    tell(f"    {violation.rule}: run {violation.run} {violation.host} {violation.words}")
    return figures


def one_round(seed: str, keep: Path | None) -> Figures:
    """A single round by its seed, whose files are kept where it says."""
    with _realm() as up:
        return Figures([carry_out(seed, up, keep)])


@contextmanager
def _realm() -> Iterator[Realm]:
    """The Kerberos realm of all hosts; this process and those that it starts are members too."""
    with tempfile.TemporaryDirectory(prefix="sspr-chaos-realm-") as folder, realm(Path(folder) / "r", _COMPUTERS) as up:
        os.environ.update(up.environment)
        yield up
