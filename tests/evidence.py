"""docs/evidence.md with what tests can testify: which lines Wine ran, and of which there are published outputs.

python -m tests.evidence > docs/evidence.md
python -m tests.evidence share
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from orchestrator.windows.registry import long_name
from sspr_lab.tools.table import TOOLS
from sspr_lab.wine.overlay import WINE_DECIDES
from tests import evidence_page
from tests.evidence_page import Testimony

from .conformance.case import rows as cases
from .recorded.records import all_records
from .recorded.records import recorded as records_of

_STAND_INS = sorted({name.removesuffix(".exe") for name in TOOLS if name not in WINE_DECIDES})
_CALLS_STAND_IN = re.compile(
    rf"(?<![\w\\.-])({'|'.join(map(re.escape, _STAND_INS))})(\.exe)?(?![\w\\.-])", re.IGNORECASE
)


def of_line(line: str) -> Testimony:
    """What testifies to a command line, as the page shows it."""
    judged = [row.case.wine for row in cases() if row.shown == line]
    if None in judged:
        wine = "its cmd only" if _CALLS_STAND_IN.search(line) else "agrees"
    elif any(verdict and verdict.differs for verdict in judged):
        wine = "differs"
    else:
        wine = "no"
    return Testimony(wine, "yes" if records_of(line) else "no")


def of_key(key: str) -> Testimony:
    """What testifies to a registry key: a case that Wine agrees with, an output of a real machine that shows it."""
    folded = (key.lower(), long_name(key).lower())
    agrees = any(row.case.wine is None and folded[0] in row.case.line.lower() for row in cases())
    shown = any(name in (record.command + record.output).lower() for record in all_records() for name in folded)
    return Testimony("agrees" if agrees else "no", "yes" if shown else "no")


def page() -> str:
    """The page as it has to be."""
    return evidence_page.render(of_line, of_key)


def share() -> str:
    """How many command lines somebody else than our model testifies to."""
    lines = [of_line(row.line) for row in evidence_page.rows()]
    wine = sum(found.wine == "agrees" for found in lines)
    recorded = sum(found.recorded == "yes" for found in lines)
    either = sum(found.wine == "agrees" or found.recorded == "yes" for found in lines)
    return (
        f"{len(lines)} command lines: Wine ran and agrees on {wine} ({wine / len(lines):.0%}), "
        f"published outputs of {recorded} ({recorded / len(lines):.0%}), one or the other {either / len(lines):.0%}"
    )


def main(arguments: Sequence[str]) -> None:
    sys.stdout.write(share() + "\n" if list(arguments) == ["share"] else page())


if __name__ == "__main__":
    main(sys.argv[1:])
