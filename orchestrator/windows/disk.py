"""Free space on the system drive."""

from __future__ import annotations

import re
from collections.abc import Sequence

from orchestrator.windows.command import Command, Evidence, Fact, Reply, Sureness

_FSUTIL = Evidence(
    "fsutil volume diskfree: learn.microsoft.com/windows-server/administration/windows-commands/fsutil-volume; "
    "its words are translated, its first figure is the free bytes (public transcripts)",
    Sureness.REPORTED,
)

# Groups of digits, parted by whatever the host's region says: a blank that does not break a line becomes "?" or
# something else on its way through a code page.
_FIGURE = re.compile(r":\s*(\d{1,20}(?:\D\d{2,3}){0,8})(?!\d)")


def _parse(replies: Sequence[Reply]) -> int | None:
    (reply,) = replies
    if reply.exit_code != 0:
        return None
    for line in reply.lines:
        match = _FIGURE.search(line)
        if match:
            return int(re.sub(r"\D", "", match[1]))
    return None


FREE_BYTES: Fact[int | None] = Fact(
    "disk.free", (Command("fsutil volume diskfree %SystemDrive% 2>nul", _FSUTIL, accepts=None),), _parse
)
"""Bytes free on the system drive; None when fsutil does not say."""
