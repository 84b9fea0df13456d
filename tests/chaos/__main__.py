"""Breaks the product on purpose and prints what came of it; ends with 1 when something is not within its target.

python -m tests.chaos --faults 1000 --seed 1 --minutes 60
python -m tests.chaos --round 1.17 --keep /tmp/look
"""

import argparse
import multiprocessing
import os
import signal
import sys
from pathlib import Path

from tests.chaos.suite import one_round, rounds


def main() -> int:
    """Exit code 0 when all is within its targets."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--faults", type=int, default=1000, help="end when so many were seen to happen")
    parser.add_argument("--seed", default="1", help="the same seed makes the same rounds")
    parser.add_argument("--minutes", type=float, default=60, help="begin no round after so long")
    parser.add_argument("-n", type=int, default=4, dest="workers", help="how many rounds at a time")
    parser.add_argument("--round", help="only the round of this seed")
    parser.add_argument("--keep", type=Path, help="where to leave the files of that round")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, _terminated)
    if given.round:
        figures = one_round(given.round, given.keep)
    else:
        figures = rounds(given.seed, given.faults, given.minutes, given.workers, tell=_tell)
    sys.stdout.write("\n".join(figures.lines()) + "\n")
    enough = bool(given.round) or figures.happened >= given.faults
    if not enough:
        sys.stdout.write(f"only {figures.happened} of {given.faults} faults happened in time\n")
    return 0 if enough and not figures.violations else 1


def _terminated(*_: object) -> None:
    """Ends the rounds too, each of which tidies up after itself."""
    for child in multiprocessing.active_children():
        if child.pid is not None:
            os.kill(child.pid, signal.SIGINT)
    raise KeyboardInterrupt


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
