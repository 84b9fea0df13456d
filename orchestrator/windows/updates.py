r"""Updates that bear on TLS 1.2 and on updates to come, as far as the servicing registry of Windows 7 shows them.

A package that is not registered proves nothing: what it brought may have come with a later one of another name. So
what is missing here is told and never stands in the way. What would prove it is the version of a file (winhttp.dll),
which no stock tool tells but wmic, at the price of starting WMI on every host.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from orchestrator.model.preflight import Updates
from orchestrator.windows import registry
from orchestrator.windows.boot import CBS
from orchestrator.windows.command import Command, Evidence, Fact, Reply, Sureness

PACKAGES = CBS + r"\Packages"

WINHTTP_TLS12 = "KB3140245"
SHA2_SIGNING = "KB4474419"
SERVICING_STACK = "KB4490628"
CREDSSP_TLS12 = "KB3080079"
WATCHED = (WINHTTP_TLS12, SHA2_SIGNING, SERVICING_STACK, CREDSSP_TLS12)
ROLLUP = "RollupFix"
"""What monthly rollups are registered as; each contains those before it."""
WITNESS = "Microsoft-Windows-Foundation-Package"
"""Every Windows has it: where it is not listed, nothing could be read."""

THERE = frozenset({0x50, 0x70, 0x80})
"""CurrentState: superseded by something newer, installed, permanent."""

_PACKAGES = Evidence(
    "CurrentState of packages: Microsoft's blog Tip of the Day, 12 October 2015 (CBS servicing states chart); names "
    "of packages as in public servicing logs; that a key's plain listing names all its subkeys: reg-query",
    Sureness.REPORTED,
)
_NAME = re.compile(
    r"Package_for_(?P<what>KB[0-9]{6,8}|RollupFix)~[^~\\]*~[^~\\]*~[^~\\]*~(?P<version>[0-9.]{1,40})$", re.IGNORECASE
)


def _parse(replies: Sequence[Reply]) -> Updates | None:
    keys = registry.parse_keys(replies[0])
    if not any(f"\\{WITNESS}~".lower() in key.path.lower() for key in keys):
        return None
    packages, rollups = set(), []
    for key in keys:
        name = _NAME.search(key.path)
        if name is None or key.number("CurrentState") not in THERE:
            continue
        if name["what"].lower() == ROLLUP.lower():
            rollups.append(name["version"])
        else:
            packages.add(name["what"].upper())
    return Updates(tuple(sorted(packages)), tuple(rollups))


_SEARCHED = " ".join((f"{WITNESS}~", *(f"Package_for_{what}~" for what in (*WATCHED, ROLLUP))))

UPDATES: Fact[Updates | None] = Fact(
    "updates",
    (
        Command(
            f'for /f "delims=" %k in (\'reg query "{PACKAGES}" 2^>nul ^| findstr /i /l "{_SEARCHED}"\')'
            ' do @reg query "%k" /v CurrentState 2>nul',
            _PACKAGES,
            accepts=None,
        ),
    ),
    _parse,
)
"""One listing of thousands of names, of which the host itself picks the few that matter; None when it has none."""
