"""The exit codes, for scripts: docs/exit-codes.md explains them, and a test holds that page against these."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What became of a command; where several apply, that of a run's end goes first."""

    FINE = 0
    """All was done, and every host is fine."""
    SOME_NOT = 1
    """All was done, and some host is not fine; `logs verify` or `runs verify` found what differs, `logs search`
    nothing, `logs analyze` a machine of which the answer is not yes, `msi inspect` one of several that it cannot read,
    or the service could not be reached, or takes nothing that was tried."""
    NOTHING_BEGUN = 2
    """Wrong usage, inventory or playbook, or nobody said yes: nothing was begun."""
    STOPPED = 3
    """Some host was not tried, lest its account be locked, or since too many others had failed."""
    COORDINATOR = 4
    """This computer could not do its part: its disk, descriptors, threads, a folder or a file that was asked for."""
    INTERRUPTED = 130
    """The operator stopped the run: Ctrl-C, SIGTERM, `runs pause` or `cancel`, or the terminal was closed."""
