"""How long a search of all collected logs takes: the first one, which reads them, later ones, and the whole command.

python -m benchmarks.search --hosts 1000
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.measuring import ROOT, cpu_of_program, surroundings
from benchmarks.table import WIDTH
from orchestrator.harvest import timeline
from orchestrator.harvest.bundle import Bundle
from orchestrator.harvest.eventlog import EventRecord
from orchestrator.harvest.manifest import Origin, entry
from orchestrator.runs.folders import log_index_file
from orchestrator.runs.log_search import search_logs

EVENTS, LINES = 120, 200
"""Of each host: of thirty days with a restart each, and of the log of an installation that failed."""
RUN: Final = "20260301-080000-000000"
WORDS: Final[Mapping[str, str]] = {
    "on every host": "Return value",
    "on one host": "PC-00017",
    "Korean, three letters": "컴퓨터",
    "Korean, two letters": "종료",
    "two words": "KERNEL32 0x8007",
    "two letters, nowhere": "ßq",
    "nowhere": "no such words",
}
_BEGUN: Final = datetime(2026, 3, 1, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and of CPU."""

    wall: float
    cpu: float

    @classmethod
    def middle(cls, times: Sequence[Took]) -> Took:
        return cls(median(each.wall for each in times), median(each.cpu for each in times))


@dataclass(frozen=True)
class Figures:
    """What searches took inside a process, and what the index takes.

    Attributes:
        first: The first search.
        later: One in which nothing is new, by what was searched.
        one_new: One before which a host came home anew.
        command: `sspr logs search` as a process of its own: seconds of CPU.
        help: `sspr --help`, likewise: what any command takes.
        megabytes: Of the index.
    """

    first: Took
    later: dict[str, Took]
    one_new: Took
    command: float
    help: float
    megabytes: float


def _events(host: str, number: int) -> Iterator[EventRecord]:
    for record in range(1, number + 1):
        moment = _BEGUN + timedelta(minutes=record)
        said = f"프로세스 msiexec.exe가 컴퓨터 {host}을(를) 다시 시작했습니다. 종료 유형: {record}"
        told = said if record % 6 == 0 else f"Windows Installer installed the product. Status: 0x8007{record:04x}."
        yield EventRecord(moment, "Application", "MsiInstaller", 1033, 4, record, host, (), told)


def _log(host: str, lines: int) -> bytes:
    told = [
        f"MSI (s) (8C:{n % 90:02}) [08:00:{n % 60:02}:123]: Doing action {n} of KERNEL32 on {host}"
        for n in range(lines)
    ]
    return "\r\n".join([*told, "Action ended 8:00:11: InstallFinalize. Return value 3.", ""]).encode("utf-16")


def bring_home(run: Path, host: str, events: int = EVENTS, lines: int = LINES) -> None:
    """Makes a host's logs as `sspr logs collect` does."""
    with Bundle(run / "hosts" / host / "collect", Origin(host, run.name, _BEGUN)) as bundle:
        bundle.add_collected("MSI1.log", [_log(host, lines)], "C:\\Windows\\Temp\\MSI1.log")
        bundle.add_made("timeline.csv", timeline.as_csv(_events(host, events)))
        bundle.seal(entry("collected.cab", BytesIO(b"MSCF"), "makecab"))


def measure(hosts: int, rounds: int) -> Figures:
    """Searches in a state folder of its own, which goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as folder:
        before = os.environ.get("SSPR_STATE")
        os.environ["SSPR_STATE"] = folder
        try:
            return _measured(Path(folder) / "runs" / RUN, hosts, rounds)
        finally:
            os.environ.pop("SSPR_STATE")
            if before is not None:
                os.environ["SSPR_STATE"] = before


def _measured(run: Path, hosts: int, rounds: int) -> Figures:
    run.mkdir(parents=True)
    (run / "log.jsonl").touch()
    for number in range(hosts):
        bring_home(run, f"PC-{number:05}")
    first = _took("Return value", hosts)
    size = log_index_file().stat().st_size / 1_000_000
    expected = {"on every host": hosts, "on one host": min(1, max(0, hosts - 17)), "two words": 0}
    later = {
        name: Took.middle([_took(words, expected.get(name)) for _ in range(rounds)]) for name, words in WORDS.items()
    }
    state = run.parent.parent
    command, usual = (
        median(cpu_of_program(ROOT, state, words) for _ in range(rounds))
        for words in (["logs", "search", "Return value"], ["--help"])
    )
    bring_home(run, "PC-NEW")
    return Figures(first, later, _took("Return value", hosts + 1), command, usual, size)


def _took(words: str, hosts: int | None) -> Took:
    """Raises SystemExit where the words are not found on so many hosts."""
    begun, used = time.perf_counter(), time.process_time()
    found = search_logs([words])
    took = Took(time.perf_counter() - begun, time.process_time() - used)
    if hosts is not None and found.hosts != hosts:
        raise SystemExit(f"{words} was found on {found.hosts} hosts, and should be on {hosts}")
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=1000, help="how many (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="how often; the median counts (default: %(default)s)")
    asked = parser.parse_args()
    before = surroundings()
    found = measure(asked.hosts, asked.rounds)
    table = Table("Search", box=box.MARKDOWN, title="Milliseconds", title_justify="left")
    for column in ("of CPU", "by the clock"):
        table.add_column(column, justify="right")
    searches = {"the first, which reads everything": found.first, **found.later}
    for name, took in (searches | {"after one more host came home": found.one_new}).items():
        table.add_row(name, f"{took.cpu * 1000:,.0f}", f"{took.wall * 1000:,.0f}")
    for name, seconds in (("sspr logs search, on every host", found.command), ("sspr --help", found.help)):
        table.add_row(name, f"{seconds * 1000:,.0f}", "")
    passages = asked.hosts * (EVENTS + LINES + 1)
    print(f"{before}\n{asked.hosts:,} hosts, {passages:,} lines and events, an index of {found.megabytes:,.0f} MB\n")
    Console(width=WIDTH).print(table)


if __name__ == "__main__":
    main()
