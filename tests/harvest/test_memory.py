"""What a host sends does not decide how much memory we take, measured in a process of its own at its largest."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestrator.harvest import bundle
from tests.harvest import cabinets
from tests.harvest.cabinets import BLOCK

MEGABYTE = 1024 * 1024
PER_HOST, IN_ALL = 64, 512

MEASURED = '''
import asyncio, json, sys
from datetime import UTC, datetime
from pathlib import Path
from orchestrator.harvest.manifest import Origin
from orchestrator.harvest.unpacking import Asked, in_turn, unpack

def largest():
    """Megabytes. (ru_maxrss would be the parent's, where that was larger at the fork.)"""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) // 1024

async def all_at_once(folder, count):
    origin = Origin("PC-17", "run-1", datetime(2026, 3, 1, tzinfo=UTC))
    kinds = sorted(folder.glob("*.cab"))
    await asyncio.gather(*(
        in_turn(unpack, kinds[number % len(kinds)], folder / f"{number}", origin, Asked({})) for number in range(count)
    ))

before = largest()
asyncio.run(all_at_once(Path(sys.argv[1]), int(sys.argv[2])))
print(json.dumps({"whole": largest(), "more": largest() - before}))
'''


def block(text: str, encoding: str = "utf-16-le") -> bytes:
    """A text over and over, for the length of a block."""
    content = text.encode(encoding)
    return (content * (BLOCK // len(content) + 1))[:BLOCK]


EVENT = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='A'/>"
    "<EventID>1</EventID><TimeCreated SystemTime='2026-03-01T08:00:00Z'/><EventRecordID>{}</EventRecordID></System>"
    "<EventData><Data>{}</Data></EventData></Event>"
)
REGISTRY = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\A]\r\n".encode("utf-16")


def events(number: int) -> bytes:
    """One event that fills a block, in ASCII but for a letter that makes all of it wide."""
    without = EVENT.format(number, "\U0001f600")
    return EVENT.format(number, "\U0001f600" + "x" * (BLOCK - len(without.encode()))).encode()


def hostile(megabytes: int) -> dict[str, bytes]:
    """Cabinets that unpack to so much, or to six times that, each of another kind of file."""
    times = megabytes * MEGABYTE // BLOCK
    return {
        "zeros": cabinets.repeating({"a.txt": (bytes(BLOCK), 6 * times)}),
        "one line": cabinets.repeating({"a.log": (block("x"), times)}),
        "one value": cabinets.repeating({"a.reg": (REGISTRY.ljust(BLOCK, b"x"), 1), "b.reg": (block("x"), times)}),
        "an open element": cabinets.repeating({"a.xml": (block("<Event "), times)}),
        "large events": cabinets.repeating({f"{number}.xml": (events(number), 1) for number in range(199)}),
    }


def measured(folder: Path, count: int, kinds: Mapping[str, bytes]) -> dict[str, int]:
    for name, cabinet in kinds.items():
        (folder / f"{name}.cab").write_bytes(cabinet)
    command = [sys.executable, "-c", MEASURED, str(folder), str(count)]
    found: dict[str, int] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="it is asked of /proc")
def test_a_host_takes_little_memory(tmp_path: Path) -> None:
    """Cabinets of a few kilobytes that unpack to 25 MB and more each, two at a time: what two hosts may take."""
    kinds = hostile(25)
    assert all(len(cabinet) < MEGABYTE for cabinet in kinds.values())
    assert measured(tmp_path, len(kinds), kinds)["more"] < 2 * PER_HOST
    assert bundle.verify(tmp_path / "0") == []


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(sys.platform != "linux", reason="it is asked of /proc")
def test_a_hundred_hosts_take_little_memory(tmp_path: Path) -> None:
    """A hundred hosts at once, with what unpacks to 20 MB and more each."""
    found = measured(tmp_path, 100, hostile(20) | {"short lines": cabinets.repeating({"a.log": (block("\r\n"), 100)})})
    assert found["whole"] < IN_ALL


def test_what_unpacks_to_too_much_is_kept_as_it_came(tmp_path: Path) -> None:
    """A cabinet of 1 MB that stands for 600 MB: it lies in the bundle, and manifest and summary say why."""
    from tests.harvest.test_unpacking import ORIGIN, unpack  # noqa: PLC0415

    cabinet = cabinets.repeating({"a.txt": (bytes(BLOCK), 600 * MEGABYTE // BLOCK)})
    manifest = unpack(cabinet, tmp_path / "PC-17", ORIGIN, {})
    (kept,) = [entry for entry in manifest.files if entry.name == "collected/collected.cab"]
    assert kept.note == "the cabinet was not unpacked: it would unpack to more than 512 MB"
    assert (tmp_path / "PC-17" / kept.name).read_bytes() == cabinet
    assert kept.note in (tmp_path / "PC-17" / "summary.txt").read_text("utf-8")
    assert bundle.verify(tmp_path / "PC-17") == []
    assert bundle.read_manifest(tmp_path / "PC-17") == manifest
