"""How many events a second become timeline.csv and timeline.txt, of an older commit and of this tree.

python -m benchmarks.timeline --commit aaa34d0
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.comparing import compare

EVENTS: Final = 20_000
"""What a full log of Windows 7 holds."""
FORMATS: Final[Mapping[str, str]] = {"timeline.csv": "as_csv", "timeline.txt": "as_text"}
"""What is written, and by which function of `orchestrator.harvest.timeline`."""
_PROGRAM: Final = """
import json, sys, time
from datetime import UTC, datetime
from orchestrator.harvest import timeline
from orchestrator.harvest.eventlog import EventRecord
with open(sys.argv[1], encoding="utf-8") as file:
    records = [
        EventRecord(**{**each, "time": datetime.fromisoformat(each["time"]), "data": tuple(each["data"])})
        for each in json.load(file)
    ]
write = getattr(timeline, sys.argv[2])
seconds = []
for _ in range(int(sys.argv[3])):
    begun = time.process_time()
    made = write(records)
    size = len(made) if isinstance(made, bytes) else sum(map(len, made))
    seconds.append(time.process_time() - begun)
print(json.dumps({"seconds": min(seconds), "bytes": size, "place": timeline.__file__}))
"""
"""Earlier builds made all of a file at once; later ones make it piece by piece."""
TIMES: Final = 5
"""How often each process writes a file; the quickest counts, as other work on the computer makes none quicker."""
_KINDS: Final = (
    (
        "MsiInstaller", "Application", 1033, 4, ("Sample product", "1.2.3", "1033", "0", "Contoso", "(NULL)"),
        ("Windows Installer installed the product. Product Name: Sample product. Product Version: 1.2.3. "
         "Product Language: 1033. Manufacturer: Contoso. Installation success or error status: 0."),
    ),
    ("MsiInstaller", "Application", 1040, 4, (r"C:\Windows\Temp\sample.msi", "2412"), None),
    (
        "AADPasswordResetCredentialProvider", "Application", 4711, 2, ("tenant", "0x80072efd"),
        ("The request to https://passwordreset.microsoftonline.com could not be sent.\r\n\r\nHRESULT: 0x80072EFD\r\n"
         "Correlation: 5e1c6a4e-1f0b-4c0e-9a0d-1c7f0b3d9a11\r\n\tMachine: PC-0017"),
    ),
    (
        "Microsoft-Windows-Kernel-General", "System", 12, 4, ("6", "1", "7601", "18015", "1", "0"),
        "The operating system started at system time \u200e2026\u200e-\u200e03\u200e-\u200e01T07:58:11.500Z.",
    ),
    (
        "User32", "System", 1074, 4, ("msiexec.exe", "PC-0017", "", "0x80030002", "restart", "", "SYSTEM"),
        "프로세스 msiexec.exe가 다음 이유로 컴퓨터 PC-0017을(를) 다시 시작했습니다.\r\n 종료 유형: restart\r\n 설명: ",
    ),
)  # fmt: skip
"""Provider, log, number, level, strings and message of what such logs hold, in turns."""


def events(number: int) -> list[dict[str, object]]:
    """Fields of so many events."""
    found = []
    for record_id in range(1, number + 1):
        provider, channel, event_id, level, data, message = _KINDS[record_id % len(_KINDS)]
        found.append(
            {
                "time": f"2026-03-{1 + record_id % 28:02}T{record_id % 24:02}:{record_id % 60:02}:11.123456+00:00",
                "channel": channel,
                "provider": provider,
                "event_id": event_id,
                "level": level,
                "record_id": record_id,
                "computer": "PC-0017.corp.example",
                "data": [f"{text}{record_id}" if text.isdecimal() else text for text in data],
                "message": message,
            }
        )
    return found


def rate(records: Path, count: int, function: str, source: Path) -> float:
    """Records in a second of CPU that the files in `source` write."""
    ran = subprocess.run(
        [sys.executable, "-P", "-c", _PROGRAM, str(records), function, str(TIMES)],
        env={"PYTHONPATH": str(source)},
        check=True,
        capture_output=True,
    )
    told = json.loads(ran.stdout)
    if told["bytes"] < count or not Path(told["place"]).is_relative_to(source):
        raise SystemExit(f"{function} of {told['place']} wrote {told['bytes']} bytes")
    return float(count / told["seconds"])


def measure(sources: Sequence[Path], rounds: int, count: int = EVENTS) -> dict[str, list[float]]:
    """The median for each file in records a second, a source each; sources take turns."""
    figures = {}
    with tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as folder:
        records = Path(folder) / "events.json"
        records.write_text(json.dumps(events(count)), encoding="utf-8")
        for name, function in FORMATS.items():
            once = partial(rate, records, count, function)
            seen = [[once(source) for source in sources] for _ in range(rounds)]
            figures[name] = [median(column) for column in zip(*seen, strict=True)]
    return figures


def main() -> None:
    compare(__doc__, "aaa34d0", 5, measure, heading="File", title="Records a second of CPU", shown="{:,.0f}")


if __name__ == "__main__":
    main()
