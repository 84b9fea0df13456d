"""What it takes the coordinator to bring logs home: an older commit and this tree in turn, and pywinrm beside them.

python -m benchmarks.harvest --commit aaa34d0

Lab hosts in another process have 5 MB of logs each. CPU is that of the coordinator's process and of those that it
begins, by the kernel's count; what a process takes once falls out, as two sizes of fleets are asked. It is divided by
the MB that came home, unpacked, since this tree brings more of a host than the older one did. The last row has both
unpack and read one and the same cabinet.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import naive
from benchmarks.comparing import compare
from benchmarks.measuring import PROGRAM, ROOT, install
from benchmarks.table import WIDTH
from orchestrator.inventory.credentials import SecretResolver
from orchestrator.inventory.load import load_inventory

COMMIT: Final = "aaa34d0"
FLEETS: Final = (2, 32)
PORT: Final = 15989
TIMES: Final = 5
"""How often a process unpacks the cabinet; the quickest counts, as other work makes none quicker."""
_UNPACKED: Final = """
import json, resource, sys, tempfile
from datetime import UTC, datetime
from pathlib import Path
from orchestrator.harvest import unpacking
cabinet, when = Path(sys.argv[1]), datetime(2026, 3, 1, tzinfo=UTC)
if hasattr(unpacking, "Asked"):
    given, asked = cabinet, unpacking.Asked({})
else:
    given, asked = cabinet.read_bytes(), {}
def cpu():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
seconds = []
for _ in range(int(sys.argv[2])):
    with tempfile.TemporaryDirectory() as folder:
        begun = cpu()
        manifest = unpacking.unpack(given, Path(folder) / "host", unpacking.Origin("PC-17", "run-1", when), asked)
        seconds.append(cpu() - begun)
size = sum(file.bytes for file in manifest.files if file.name.startswith("collected/"))
print(json.dumps([min(seconds), size]))
"""
_TYPED: Final = """
import hashlib, json, resource, sys, time
import winrm
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
account, password, names, addresses = json.load(sys.stdin)
def fetched(address):
    session = winrm.Session(address, auth=(account, password), transport="ntlm", message_encryption="always")
    return [session.run_cmd("type", ["C:\\\\Logs\\\\" + name]).std_out for name in names]
fetched(addresses[0])
began, started = cpu(), time.perf_counter()
came = [fetched(address) for address in addresses[1:]]
used, took = cpu() - began, time.perf_counter() - started
hashes = sorted({hashlib.sha256(b"".join(each)).hexdigest() for each in came})
print(json.dumps([used, took, sum(len(file) for each in came for file in each), hashes]))
"""


@dataclass(frozen=True)
class Collected:
    """What `sspr logs collect` took: seconds of CPU and by the clock, and bytes that came home, unpacked."""

    cpu: float
    wall: float
    size: int

    def since(self, smaller: Collected) -> Collected:
        """What further hosts added."""
        return Collected(self.cpu - smaller.cpu, self.wall - smaller.wall, self.size - smaller.size)

    @property
    def milliseconds(self) -> float:
        """Of CPU, for a MB."""
        return self.cpu * 1e9 / self.size


@contextmanager
def lab(hosts: int, port: int, *, share: float = 1.0, beside: Path | None = None) -> Iterator[Path]:
    """Hosts with logs, in a process of their own; gives their inventory. They have the files of `beside`, too."""
    with tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as folder:
        inventory = Path(folder) / "lab.yaml"
        words = [str(inventory), str(hosts), str(port), str(share), *([str(beside)] if beside else [])]
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.host_logs", *words], stdin=subprocess.PIPE, cwd=ROOT
        )
        try:
            while not inventory.exists():
                if process.poll() is not None:
                    raise SystemExit("the lab did not start")
                time.sleep(0.05)
            yield inventory
        finally:
            process.communicate()


def collected(source: Path, inventory: Path, hosts: int, folder: Path, *options: str) -> Collected:
    """Has the program of a source bring home the logs of so many hosts, into a folder that is not there yet."""
    state = folder / "state"
    names = ",".join(f"LAB-{number:04}" for number in range(1, hosts + 1))
    words = ["logs", "collect", "--inventory", str(inventory), "--limit", names, *options]
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words, "--folder", str(folder / "run")],
        env={**os.environ, "PYTHONPATH": str(source), "SSPR_STATE": str(state), "XDG_STATE_HOME": str(state)},
        cwd=folder.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    files = [file.stat().st_size for file in (folder / "run").rglob("collected/*")]
    if process.returncode != 0 or len(files) < hosts:
        raise SystemExit(f"sspr logs collect of {source} ended with {process.returncode}, and {len(files)} files came")
    return Collected(usage.ru_utime + usage.ru_stime, wall, sum(files))


def further_hosts(source: Path, inventory: Path, fleets: tuple[int, int], *options: str) -> Collected:
    """What the hosts take by which the fleets differ."""
    with tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as name:
        folder = Path(name)
        small, large = (collected(source, inventory, hosts, folder / str(hosts), *options) for hosts in fleets)
    return large.since(small)


def unpacked(source: Path, cabinet: Path) -> float:
    """Milliseconds of CPU that a source takes for a MB of a cabinet, from there to the bundle with its timeline."""
    command = [sys.executable, "-c", _UNPACKED, str(cabinet), str(TIMES)]
    environment = {**os.environ, "PYTHONPATH": str(source)}
    told = subprocess.run(command, cwd=cabinet.parent, env=environment, check=True, capture_output=True)
    seconds, size = json.loads(told.stdout)
    return float(seconds * 1e9 / size)


def cabinet_of(folder: Path, cabinet: Path) -> None:
    """Packs the files of a folder as makecab does."""
    from cabarchive import CabArchive, CabFile  # noqa: PLC0415 - the lab's, which this tree has for tests alone

    archive = CabArchive()
    for file in sorted(folder.iterdir()):
        archive[file.name] = CabFile(file.read_bytes())
    cabinet.write_bytes(archive.save(compress=True, sort=False))


def measure(
    sources: Sequence[Path], rounds: int, fleets: tuple[int, int] = FLEETS, port: int = PORT, share: float = 1.0
) -> dict[str, list[float]]:
    """What each source takes, the median of the rounds; a first time, which compiles, does not count."""
    with lab(fleets[1], port, share=share) as inventory, tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as name:
        for number, source in enumerate(sources):
            collected(source, inventory, 1, Path(name) / str(number))
        (came,) = (Path(name) / str(len(sources) - 1)).rglob("collected")
        cabinet = Path(name) / "harvest.cab"
        cabinet_of(came, cabinet)
        seen = [[further_hosts(source, inventory, fleets) for source in sources] for _ in range(rounds)]
        alone = [[unpacked(source, cabinet) for source in sources] for _ in range(rounds)]
    further = fleets[1] - fleets[0]
    return {
        "collect: MB of a host": [each.size / further / 1e6 for each in seen[0]],
        "collect: CPU ms a host": [median(each.cpu for each in column) * 1000 / further for column in _columns(seen)],
        "collect: CPU ms a MB": [median(each.milliseconds for each in column) for column in _columns(seen)],
        "one cabinet unpacked and read: CPU ms a MB": [median(column) for column in zip(*alone, strict=True)],
    }


def _columns(seen: Sequence[Sequence[Collected]]) -> Iterator[tuple[Collected, ...]]:
    return zip(*seen, strict=True)


@dataclass(frozen=True)
class Way:
    """How quickly bytes come home: MB a second by the clock, one host after the other, and ms of CPU a MB."""

    rate: float
    milliseconds: float


def beside_pywinrm(python: str, hosts: int = 8, port: int = PORT, share: float = 1.0) -> Mapping[str, Way]:
    """The same bytes from as many hosts: by this tree, and by `type` in pywinrm's Session.

    `type` makes UTF-16 with a byte order mark another text, so that files lie there without theirs.
    """
    with tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as name:
        folder = Path(name)
        with lab(hosts + 1, port, share=share) as inventory:
            collected(ROOT, inventory, 1, folder / "first")
            ours = further_hosts(ROOT, inventory, (1, hosts + 1), "--forks", "1")
        (came,) = (folder / "first").rglob("collected")
        for file in came.iterdir():
            content = file.read_bytes().removeprefix(b"\xff\xfe")
            file.write_bytes(content) if content else file.unlink()
        names = sorted(file.name for file in came.iterdir())
        with lab(hosts + 1, port, share=share, beside=came) as inventory:
            known, passwords = load_inventory(inventory).hosts, SecretResolver(inventory.parent)
            account, password = known[0].credential.account, naive.password(known[0], passwords)
            asked = json.dumps([account, password, names, [f"http://{each.address}:{port}" for each in known]])
            told = subprocess.run([python, "-c", _TYPED], input=asked, text=True, check=True, capture_output=True)
        cpu, wall, size, hashes = json.loads(told.stdout)
        if size != hosts * sum((came / each).stat().st_size for each in names) or len(hashes) != 1:
            raise SystemExit("what `type` has brought is not what lies there")
    return {
        "sspr logs collect": Way(ours.size / ours.wall / 1e6, ours.milliseconds),
        "pywinrm Session, type": Way(size / wall / 1e6, cpu * 1e9 / size),
    }


def print_ways(ways: Mapping[str, Way]) -> None:
    table = Table("Way", box=box.MARKDOWN, title="MB of logs brought home, unpacked", title_justify="left")
    for column in ("MB/s by the clock", "CPU ms a MB"):
        table.add_column(column, justify="right")
    for name, way in ways.items():
        table.add_row(name, f"{way.rate:,.1f}", f"{way.milliseconds:,.1f}")
    Console(width=WIDTH).print(table)


def main() -> None:
    title = "Logs brought home, and the bundle with its timeline made"
    compare(__doc__, COMMIT, 5, measure, heading="What", title=title, shown="{:,.1f}")
    with tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as folder:
        python, missing = install(Path(folder), ["pywinrm"])
        for package, why in missing.items():
            raise SystemExit(f"{package} could not be installed from PyPI: {why}")
        print_ways(beside_pywinrm(python))


if __name__ == "__main__":
    main()
