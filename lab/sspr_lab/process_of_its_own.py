"""Lab hosts in a process of their own, as real ones are: their work is not ours, and they end when we do."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.model.errors import UsageError
from sspr_lab.inventory_file import InventoryFiles

START_SECONDS = 120.0
"""Thousands of hosts take a while on a busy machine; a lab that cannot start ends by itself."""
STOP_SECONDS = 10.0


@contextmanager
def lab_process(inventory: Path, **options: object) -> Iterator[None]:
    """The lab is up inside, and gone afterwards, even when this process is killed.

    Args:
        inventory: Where its inventory is written.
        options: Further options of `sspr lab up`, by name.

    Raises:
        UsageError: It did not start, or its inventory would overwrite somebody else's; the text says why.
    """
    InventoryFiles(inventory).make_way()
    command = [sys.executable, "-m", "orchestrator", "lab", "up", "--until-eof", "--inventory", str(inventory)]
    command += [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    process = subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for whoever uses the lab; it lives until that one has finished
    )
    try:
        _await_start(process, inventory)
        yield
    finally:
        try:
            process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _await_start(process: subprocess.Popen[str], inventory: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not inventory.exists():
        if process.poll() is not None:
            said = process.communicate()[1].strip().removeprefix("error: ")
            raise UsageError(f"the lab did not start: {said[-500:]}")
        if time.monotonic() > deadline:
            raise UsageError(f"the lab did not start within {START_SECONDS:.0f} seconds")
        time.sleep(0.05)
