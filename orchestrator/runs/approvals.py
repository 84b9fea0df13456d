"""Approvals of waves: a small file each in the run's folder, for which whoever is at work on the run looks."""

from __future__ import annotations

import getpass
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from orchestrator.model import trust
from orchestrator.model.codec import decode, encode
from orchestrator.model.errors import UsageError
from orchestrator.model.private_file import write_private
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.journal_reader import read_waves
from orchestrator.runs.kept import read_kept_run
from orchestrator.runs.orders import Given, check_ours, is_cancelled
from orchestrator.runs.store import known_of

_NAME: Final = re.compile(r"wave-(\d{1,5})\.approved")
_MOST_BYTES: Final = 4096


def approve(folder: RunFolder, wave: int | None = None) -> tuple[int, int]:
    """Lets a wave of a run begin, once its turn has come.

    Args:
        folder: The run's.
        wave: Its number, from 1; None for the one that waits.

    Returns:
        Its number, and how many hosts it has.

    Raises:
        UsageError: No wave of the run waits for that, there is none of that number, the run is over, or another's.
        DocumentError: What is kept of the run cannot be read.
        UntrustedPath: Another person may write there.
        OSError: It cannot be written.
    """
    check_ours(folder)
    if is_cancelled(folder):
        raise UsageError(f"run {folder.name} was cancelled, and is over; there is nothing to approve")
    if folder.ended and known_of(folder).state == "finished":
        raise UsageError(f"run {folder.name} has finished; there is nothing to approve")
    rollout = read_kept_run(folder).rollout
    if not rollout.strategy.approval or len(rollout.waves) == 1:
        raise UsageError(f"no wave of run {folder.name} waits for an approval (`strategy.approval` of its playbook)")
    waves = read_waves(folder.journal)
    number = wave or max(waves.ended, default=0) + 1
    if wave is None and waves.begun >= number:
        later = f"; --wave {number + 1} approves the next one beforehand" if number < len(rollout.waves) else ""
        raise UsageError(f"wave {number} of run {folder.name} is at work, and none waits{later}")
    if not 1 < number <= len(rollout.waves):
        raise UsageError(f"run {folder.name} has waves 2 to {len(rollout.waves)} to be approved, and no wave {number}")
    given = Given(getpass.getuser(), datetime.now(UTC))
    write_private(folder.path / f"wave-{number}.approved", encode(given).encode() + b"\n")
    return number, len(rollout.waves[number - 1])


def approvals(folder: RunFolder) -> Mapping[int, str]:
    """Who has let which waves begin, by their numbers; what cannot be read, or is another person's, is no approval."""
    found = {}
    for path in folder.path.glob("wave-*.approved"):
        if name := _NAME.fullmatch(path.name):
            with suppress(OSError, UsageError, ValueError):
                found[int(name[1])] = decode(Given, trust.read(path, most=_MOST_BYTES).decode()).by
    return found
