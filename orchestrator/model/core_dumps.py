"""No image of this process's memory, which holds passwords, is left behind or open to other processes of its user."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Final

_PR_SET_DUMPABLE: Final = 4
"""prctl(2); `linux/prctl.h`."""


def forbid_core_dumps() -> None:
    """Has this process leave no core dump, whatever kills it, from now on; to be called once, at its beginning.

    The limit also holds for what it starts. On Linux the kernel is told besides, since a program that takes dumps
    (`|…` in `/proc/sys/kernel/core_pattern`) is given them whatever the limit says; its memory and environment are then
    out of reach of the user's other processes too, so that a debugger needs root. On Windows nothing is done: who may
    take dumps is the administrator's to say there.
    """
    if os.name != "posix":
        return
    import resource  # noqa: PLC0415 - Windows has none

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only Linux needs it

        with suppress(OSError, AttributeError):  # a C library that cannot be loaded from has no such call
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
