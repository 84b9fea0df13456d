"""What it takes to understand a long log of Windows Installer: an older commit and this tree, in turn.

python -m benchmarks.msi_log --commit b10bd895
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.comparing import compare

MEGABYTES: Final = 100
ENCODINGS: Final = {"UTF-16": "utf-16", "a code page": "cp1252"}
_TRACE: Final = "MSI (s) (64:F0) [20:27:49:{0:03}]: "
_LINES: Final[Mapping[str, int]] = {
    _TRACE + r"Executing op: FileCopy(SourceName=a{1}.dll|Part{1}.dll,SourceCabKey=f{2},DestName=Part{1}.dll,"
    "Attributes=512,FileSize={3},PerTick=65536,,VerifyMedia=1,,,,,CheckCRC=0,Version=1.0.0.0,Language=1033,"
    "InstallMode=58982400,,,,,,,)": 4,
    _TRACE + "File: C:\\Program Files\\App\\Part{1}.dll;\tTo be installed;\tWon't patch;\tNo existing file": 4,
    _TRACE + "Source for file 'f{1}' is compressed": 4,
    _TRACE + r"Executing op: SetTargetFolder(Folder=C:\Program Files\App\{1}\)": 3,
    _TRACE + "Executing op: RegAddValue(Name=Part{1},Value=#{2},)": 4,
    _TRACE + r"Executing op: RegOpenKey(,Key=SOFTWARE\App\{1},,BinaryType=0,,)": 3,
    _TRACE + r"Note: 1: 2318 2: C:\Program Files\App\{1} ": 3,
    _TRACE + r"Note: 1: 1402 2: HKEY_LOCAL_MACHINE\Software\App\{1} 3: 2 ": 3,
    _TRACE + "PROPERTY CHANGE: Adding Part{1} property. Its value is '{2}'.": 1,
    "InstallFiles: File: Part{1}.dll,  Directory: C:\\Program Files\\App\\,  Size: {3}": 4,
    r"WriteRegistryValues: Key: \SOFTWARE\App\{1}, Name: Part{2}, Value: #{3}": 4,
    r"Property(S): Part{1} = C:\Program Files\App\{2}": 1,
    "Action ended 20:27:49: Part{1}. Return value 1.": 1,
}
"""Lines of such logs, and how often each stands among the others."""
_BEGIN: Final = """\
=== Verbose logging started: 01.03.2026  20:27:48  Build type: SHIP UNICODE 5.00.7601.00  Calling process: msiexec ===
MSI (s) (64:F0) [20:27:49:001]: Doing action: InstallFinalize
Action start 20:27:49: InstallFinalize.
"""
_END: Final = """\
MSI (s) (64:F0) [20:28:49:259]: Note: 1: 1920 2: SSPR Helper 3: SsprHelper
MSI (s) (64:F0) [20:28:49:260]: Product: SSPR -- Error 1920. Service 'SSPR Helper' (SsprHelper) failed to start.
Action ended 20:28:49: InstallFinalize. Return value 3.
MSI (s) (64:F0) [20:28:49:300]: MainEngineThread is returning 1603
"""
_PROGRAM: Final = """
import json, sys, time
from pathlib import Path
from orchestrator.harvest import msi_log, msi_trace
with open(sys.argv[1], "rb") as file:
    began = time.process_time()
    verdict = msi_log.analyse(file)
    cpu = time.process_time() - began
    read = min(file.seek(0, 2), getattr(msi_trace, "MOST_BYTES", sys.maxsize))
assert verdict.result == 1603 and verdict.action == "InstallFinalize"
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(json.dumps([read / 1e6, read / 1e6 / cpu, int(status["VmHWM"].split()[0]) / 1000]))
"""


def log(size: int, seed: int = 1) -> Iterator[str]:
    """A failed installation of so many letters, line by line."""
    chance = random.Random(seed)
    kinds, weights = list(_LINES), list(_LINES.values())
    yield _BEGIN
    while size > 0:
        for kind in chance.choices(kinds, weights, k=1000):
            line = kind.format(*(chance.randrange(1000) for _ in range(4))) + "\n"
            size -= len(line)
            yield line
    yield _END


def _measured(source: Path, path: Path) -> list[float]:
    command = [sys.executable, "-c", _PROGRAM, str(path)]
    environment = {**os.environ, "PYTHONPATH": str(source)}
    told = subprocess.run(command, cwd=source, env=environment, check=True, capture_output=True)
    figures: list[float] = json.loads(told.stdout)
    return figures


def measure(sources: Sequence[Path], rounds: int, megabytes: int = MEGABYTES) -> dict[str, list[float]]:
    """What each source reads of a log, how fast, and what it holds at most: the medians."""
    rows = {}
    with tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as folder:
        for name, encoding in ENCODINGS.items():
            path = Path(folder) / f"{encoding}.log"
            with path.open("w", encoding=encoding, newline="\r\n") as file:
                file.writelines(log(megabytes * 1_000_000 // len("x".encode(encoding.replace("16", "16-le")))))
            seen = [[_measured(source, path) for source in sources] for _ in range(rounds)]
            for at, what in enumerate(("MB read", "MB/s of CPU", "MB of memory at most")):
                columns = zip(*([figures[at] for figures in turn] for turn in seen), strict=True)
                rows[f"{name}: {what}"] = [median(column) for column in columns]
    return rows


def main() -> None:
    title = f"A log of {MEGABYTES} MB of Windows Installer"
    compare(__doc__, "b10bd895", 3, measure, heading="Log", title=title, shown="{:,.1f}")


if __name__ == "__main__":
    main()
