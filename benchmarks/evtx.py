"""How many records of an .evtx file a second are read: by this program, by python-evtx and by libevtx.

python -m benchmarks.evtx

The other two are installed from PyPI into a folder of their own that goes afterwards. Where that fails, it is said.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.measuring import ROOT, install, surroundings
from benchmarks.table import WIDTH
from sspr_lab.eventlog_providers import Provider
from sspr_lab.eventlog_record import Record
from sspr_lab.evtx import write_evtx

RECORDS: Final = 20_000
TIMES: Final = 3
"""How often each process reads the file; the quickest counts."""
_MEASURED: Final = """
import json, resource, sys, time
def cpu():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
seconds, walls = [], []
for _ in range(int(sys.argv[2])):
    begun, started = cpu(), time.perf_counter()
    count = sum(1 for each in records(sys.argv[1]) if each)
    seconds.append(cpu() - begun)
    walls.append(time.perf_counter() - started)
print(json.dumps({"records": count, "cpu": min(seconds), "wall": min(walls)}))
"""
"""Processes that a reader begins count with it."""


@dataclass(frozen=True)
class Reader:
    """A way to read the file.

    Attributes:
        package: What PyPI calls it; None for this program.
        program: Python that defines `records`, which gives something for each record of a path.
    """

    name: str
    package: str | None
    program: str


READERS: Final = (
    Reader(
        "sspr, its fields",
        None,
        """
from orchestrator.harvest import eventlog
def records(path):
    with open(path, "rb") as file:
        yield from (each for each in eventlog.read(file) if isinstance(each, eventlog.EventRecord))
""",
    ),
    Reader(
        "sspr, its XML",
        None,
        """
from orchestrator.harvest import eventlog
def records(path):
    with open(path, "rb") as file:
        yield from eventlog.evtx_texts(file)
""",
    ),
    Reader(
        "libevtx, its XML",
        "libevtx-python",
        """
import pyevtx
def records(path):
    with open(path, "rb") as file:
        log = pyevtx.file()
        log.open_file_object(file)
        for number in range(log.get_number_of_records()):
            yield log.get_record(number).get_xml_string()
        log.close()
""",
    ),
    Reader(
        "python-evtx, its XML",
        "python-evtx",
        """
from Evtx.Evtx import Evtx
def records(path):
    with Evtx(path) as log:
        for record in log.records():
            yield record.xml()
""",
    ),
)


@dataclass(frozen=True)
class Rate:
    """Records a second, of CPU in all processes together and by the clock."""

    cpu: float
    wall: float


def log(number: int) -> bytes:
    """An .evtx file with so many events, as an add-in that cannot reach its service fills it."""
    return write_evtx(_events(number))


def _events(number: int) -> Iterator[Record]:
    begun = datetime(2026, 3, 1, 8, tzinfo=UTC)
    add_in, installer = Provider("AADPasswordResetCredentialProvider"), Provider("MsiInstaller")
    for record_id in range(1, number + 1):
        failed = record_id % 3 == 0
        yield Record(
            record_id=record_id,
            channel="Application",
            provider=add_in if failed else installer,
            event_id=4711 if failed else 1033,
            level=2 if failed else 4,
            task=0,
            keywords=0x80000000000000,
            time=begun + timedelta(seconds=record_id),
            computer="PC-0017.corp.example",
            data=("The request could not be sent.", "0x80072EFD", f"attempt {record_id}")
            if failed
            else ("Sample product", "1.2.3", "1033", "0", "Contoso", "(NULL)"),
        )


def rate(python: str, reader: Reader, file: Path, count: int, times: int = TIMES) -> Rate:
    """How quick a reader is. Raises SystemExit when it does not find all records."""
    ran = subprocess.run(
        [python, "-P", "-c", reader.program + _MEASURED, str(file), str(times)],
        env={"PYTHONPATH": str(ROOT)} if reader.package is None else {},
        capture_output=True,
        text=True,
        check=False,
    )
    told = json.loads(ran.stdout) if ran.returncode == 0 else None
    if told is None or told["records"] != count:
        raise SystemExit(f"{reader.name} did not read {count} records: {told or ran.stderr[-500:]}")
    return Rate(count / told["cpu"], count / told["wall"])


def measure(count: int, readers: Sequence[Reader] = READERS) -> tuple[dict[str, Rate], dict[str, str]]:
    """What each reader does, and why there is nothing of the others."""
    rates, left_out = {}, {}
    with tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as name:
        folder = Path(name)
        python, missing = install(folder / "others", [reader.package for reader in readers if reader.package])
        file = folder / "events.evtx"
        file.write_bytes(log(count))
        for reader in readers:
            if reader.package in missing:
                left_out[reader.name] = missing[reader.package]
            else:
                rates[reader.name] = rate(sys.executable if reader.package is None else python, reader, file, count)
    return rates, left_out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=RECORDS, help="of the file (default: %(default)s)")
    asked = parser.parse_args()
    before = surroundings()
    rates, left_out = measure(asked.records)
    table = Table("Reader", box=box.MARKDOWN, title="Records of an .evtx file a second", title_justify="left")
    for column in ("of CPU", "by the clock", "of ours"):
        table.add_column(column, justify="right")
    ours = next(iter(rates.values()))
    for reader, found in rates.items():
        table.add_row(reader, f"{found.cpu:,.0f}", f"{found.wall:,.0f}", f"{found.cpu / ours.cpu:.2f}")
    print(f"{before}\n{asked.records:,} records\n")
    Console(width=WIDTH).print(table)
    for reader, why in left_out.items():
        print(f"{reader}: could not be installed from PyPI: {why}")


if __name__ == "__main__":
    main()
