"""How Windows Installer's work on a product ended, by the Application log: where the traces of a job of ours are gone.

At the end of an installation it writes 11707 or 11708, of a removal 11724 or 11725, and then a summary with the status,
1033 or 1034. The product's code stands in the data block of each, in ASCII, whatever the host's language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orchestrator.windows import moments
from orchestrator.windows.command import Command, Evidence, Fact, Reply, Sureness

_MSI_INSTALLER = Evidence(
    "MsiInstaller 1033, 1034, 11707, 11708: MicrosoftDocs/win32 Msi/event-logging.md; that the data block begins with "
    "the product code: events that people have published (tests/recorded/data/wevtutil.yaml)",
    Sureness.REPORTED,
)
_INSTALLED, _REMOVED, _SUCCEEDED, _FAILED = 1033, 1034, 11707, 11708
_STATUS: Final = 3
"""Place of the status among the data of a summary, in digits."""
_NEWEST: Final = 20
"""So many are asked for: other products' are among them."""
FATAL_ERROR: Final = 1603
"""What 11708 comes to, which has no status: msiexec's exit code for every failure of the work itself."""


@dataclass(frozen=True)
class InstallerEnd:
    """That an installation or removal has ended.

    Attributes:
        product_code: Of which product, in braces and capital letters.
        at: When, by the host's clock; to the second before Windows 10.
        removal: Whether it was a removal.
        status: What it ended with, as msiexec's exit code, but for restarts that are due; 0 is success.
    """

    product_code: str
    at: datetime
    removal: bool
    status: int


def last_of(ends: Sequence[InstallerEnd], product_code: str, since: datetime, *, removal: bool) -> InstallerEnd | None:
    """The newest end of such work on a product that is not older than that.

    Args:
        ends: The newest foremost.
        product_code: In braces.
        since: By the host's clock.
        removal: Whether a removal is meant.
    """
    ours = (end for end in ends if end.product_code == product_code.upper() and end.removal is removal)
    return next((end for end in ours if end.at >= since), None)


def _parse(replies: Sequence[Reply]) -> tuple[InstallerEnd, ...]:
    (reply,) = replies
    events = re.findall(r"<Event[ >].*?</Event>", reply.output, re.DOTALL)
    return tuple(end for end in map(_parse_event, events) if end is not None)


def _parse_event(event: str) -> InstallerEnd | None:
    """None for one that does not say which product it is about, or how it ended."""
    number = re.search(r"<EventID[^>]*>([0-9]{1,5})</EventID>", event)
    created = re.search(r"""SystemTime=['"]([0-9TZ:.+-]{10,40})['"]""", event)
    product = re.search(r"<Binary>(7B[0-9A-F]{72}7D)", event)
    if number is None or created is None or product is None:
        return None
    data = re.findall(r"<Data[^>/]*(?:/>|>([^<]*)</Data>)", event)
    what = int(number[1])
    status = _status(what, data)
    at = moments.read(created[1])
    if at is None or status is None:
        return None
    code = bytes.fromhex(product[1]).decode("ascii", "replace").upper()
    return InstallerEnd(code, at, what == _REMOVED, status)


def _status(what: int, data: Sequence[str]) -> int | None:
    if what == _SUCCEEDED:
        return 0
    if what == _FAILED:
        return FATAL_ERROR
    told = data[_STATUS] if len(data) > _STATUS else ""
    return int(told) if re.fullmatch(r"[0-9]{1,10}", told) else None


ENDS: Fact[tuple[InstallerEnd, ...]] = Fact(
    "installer.ends",
    (
        Command(
            "wevtutil qe Application /q:\"*[System[Provider[@Name='MsiInstaller'] and "
            f'({" or ".join(f"EventID={each}" for each in (_INSTALLED, _REMOVED, _SUCCEEDED, _FAILED))})]]"'
            f" /rd:true /c:{_NEWEST} /f:xml",
            _MSI_INSTALLER,
        ),
    ),
    _parse,
)
"""The newest ends of installations and removals on the host, the newest foremost."""
