"""Spoils the product on purpose, a text at a time, and sees whether the tests notice: `python -m tests.mutants.runner`.

Each mutant is a copy of the project in a temporary folder with one text replaced. The tests that must notice it have
to pass without the change, and one of them has to fail with it. The exit code is 1 when a mutant survives, when its
text does not stand exactly once in the source, or when the tests do not pass without it.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from tests.mutants.mutant import Mutant, UnfitMutant, read

ROOT = Path(__file__).parents[2]
PARTS = ("orchestrator", "lab", "tests", "playbooks", "inventory", "docs", "pyproject.toml")
"""What the tests need of the project."""
LIMIT_SECONDS = 60
"""How long the tests of one mutant may take; they take a few seconds when nothing hangs."""
BASELINE_SECONDS = 240
TESTS_FAILED = 1
"""pytest's exit code; any but 0 and this one means that it did not come to test anything."""


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    KILLED_BY_TIMEOUT = "killed by time-out"
    SURVIVED = "SURVIVED"
    NOT_TESTED = "NOT TESTED"
    """The tests could not be run: the mutant is no program, or a test is not there."""

    @property
    def killed(self) -> bool:
        return self in {Fate.KILLED, Fate.KILLED_BY_TIMEOUT}


@dataclass(frozen=True)
class Verdict:
    """A mutant's fate, the seconds it took, and what noticed it, or the end of pytest's output where nothing did."""

    mutant: Mutant
    fate: Fate
    seconds: float
    evidence: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.runner", description=__doc__)
    parser.add_argument("-n", type=int, default=os.cpu_count() or 1, metavar="COUNT", help="how many at a time")
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutants; all when none is named")
    asked = parser.parse_args()
    console = Console(soft_wrap=True, markup=False, highlight=False)
    with TemporaryDirectory(prefix="sspr-mutants-") as folder:
        original = Path(folder) / "original"
        _copy(original)
        try:
            mutants = read(original, asked.names)
        except UnfitMutant as error:
            console.print(str(error))
            return 1
        if complaint := _baseline(original, mutants, asked.n):
            console.print(complaint)
            return 1
        with ThreadPoolExecutor(asked.n) as workers:
            verdicts = _told(console, workers.map(partial(_judge, original), mutants))
    killed = sum(verdict.fate.killed for verdict in verdicts)
    console.print(f"{killed} killed, {len(verdicts) - killed} survived")
    return int(killed < len(verdicts))


def _copy(destination: Path) -> None:
    """The project with its compiled files: they are good as long as a source's time and size are the same."""
    destination.mkdir()
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, destination / part)
        else:
            shutil.copy2(ROOT / part, destination / part)


def _baseline(original: Path, mutants: Iterable[Mutant], workers: int) -> str | None:
    """All tests that any mutant relies on, on the product as it is; says what is wrong when they do not pass."""
    tests = list(dict.fromkeys(test for mutant in mutants for test in mutant.killed_by))
    try:
        done = _pytest(original, tests, BASELINE_SECONDS, "-n", str(workers))
    except subprocess.TimeoutExpired:
        return f"the tests do not end within {BASELINE_SECONDS} s without a mutant"
    if done.returncode != 0:
        return f"the tests do not pass without a mutant, so that they prove nothing\n{done.stdout[-4000:]}"
    return None


def _judge(original: Path, mutant: Mutant) -> Verdict:
    began = time.monotonic()
    with TemporaryDirectory(prefix="mutant-", dir=original.parent) as folder:
        copy = Path(folder) / "project"
        shutil.copytree(original, copy, copy_function=os.link)
        changed = copy / mutant.file
        changed.unlink()  # the link alone; the original keeps its content
        changed.write_text(mutant.content, encoding="utf-8")
        try:
            done = _pytest(copy, mutant.killed_by, LIMIT_SECONDS, "--exitfirst")
        except subprocess.TimeoutExpired:
            return Verdict(mutant, Fate.KILLED_BY_TIMEOUT, time.monotonic() - began, f"after {LIMIT_SECONDS} s")
    fate = {0: Fate.SURVIVED, TESTS_FAILED: Fate.KILLED}.get(done.returncode, Fate.NOT_TESTED)
    noticed = re.search(r"^(?:FAILED|ERROR) (tests/.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
    evidence = noticed[1] if fate is Fate.KILLED and noticed else (done.stdout + done.stderr)[-1500:]
    return Verdict(mutant, fate, time.monotonic() - began, evidence)


def _pytest(root: Path, tests: Sequence[str], seconds: float, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs tests of the copy at `root` on the product there; `witness` ends a run on any other."""
    own = ("-q", "--tb=short", "--timeout=0", "-p", "no:cacheprovider", "-p", "tests.mutants.witness")
    return subprocess.run(
        [sys.executable, "-m", "pytest", *own, "-m", "", *options, *tests],  # be it that they are slow
        cwd=root,
        env={**os.environ, "PYTHONPATH": f"{root}:{root / 'lab'}", "COLUMNS": "300"},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def _told(console: Console, verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Shows each verdict as it comes, in the list's order."""
    told = []
    for verdict in verdicts:
        console.print(f"{verdict.fate:<18} {verdict.seconds:5.1f} s  {verdict.mutant.name:<44} {verdict.evidence}")
        told.append(verdict)
    return told


if __name__ == "__main__":
    sys.exit(main())
