"""What this computer itself runs out of: found beforehand, and never told as the fault of a host."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.connect.connector import PywinrmConnector
from orchestrator.engine.protocol import HostWork, Stop
from orchestrator.model.clock import Deadline
from orchestrator.model.errors import RecordNotKept, Resource, ResourcesExhausted
from orchestrator.model.events import Interrupted, RunStarted
from orchestrator.model.host import CredentialReference, Host
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult
from orchestrator.model.secret import Secret
from orchestrator.runs.durable_file import being_written
from orchestrator.runs.journal import Journal
from tests.lab_fixtures import kind, shipped, site
from tests.warned import warned


@contextmanager
def limited(which: int, soft: int) -> Iterator[None]:
    """A limit of this process, set back with the block."""
    before = resource.getrlimit(which)
    resource.setrlimit(which, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(which, before)


class Known:
    """The password of every reference."""

    def resolve(self, reference: str) -> Secret:
        return Secret("x")


@pytest.mark.parametrize(("name", "looked"), [("127.0.0.1", False), ("localhost", False), ("localhost", True)])
async def test_no_descriptor_is_no_answer_of_a_host(name: str, looked: bool) -> None:
    """A host that listens is not said to be silent, nor its name to be unknown, where we cannot ask.

    Whether a name was looked for before is no matter; the C library says other things then.
    """
    connector = PywinrmConnector(Known(), threads=1)
    if looked:
        socket.getaddrinfo(name, 80)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        host = Host("pc", name, listening.getsockname()[1], CredentialReference("admin", "env:X"))
        deadline = Deadline.after(60)
        with limited(resource.RLIMIT_NOFILE, 3):
            with pytest.raises(ResourcesExhausted) as failed:
                await connector.connect(host, deadline)
            assert failed.value.reason.parameters == {"resource": Resource.DESCRIPTORS.value}
    connector.close()


def test_few_descriptors_mean_few_hosts_at_once(tmp_path: Path) -> None:
    """Said in one line beforehand; all hosts are served all the same."""
    kinds = {f"{number}": kind(traits=["schannel_explicit", "winhttp_a80"]) for number in range(8)}
    with site(tmp_path, kinds) as lab:
        words = warned("orchestrator", "check", "-i", str(lab.inventory), "--forks", "512")
        ran = subprocess.run(
            ["sh", "-c", 'ulimit -n 56 && exec "$@"', "sh", *words],
            env={**os.environ, "SSPR_STATE": str(tmp_path / "state")},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=120,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr + ran.stdout
    assert "hosts at once, not 8: this computer has too few file descriptors" in " ".join(ran.stderr.split())


TOO_FEW_THREADS = """
import resource, threading
from orchestrator.app.capacity import capacity
from orchestrator.model import threads
from orchestrator.model.errors import ResourcesExhausted
from orchestrator.model.host import CredentialReference, Host
hosts = [Host(f"pc-{n}", "127.0.0.1", 5985, CredentialReference("a", "env:X")) for n in range(400)]
threading.stack_size(64 * 2**20)  # so that small things find room where a stack does not
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2592 * 2**20, resource.RLIM_INFINITY))
allowed = capacity(400, hosts)
assert 0 < allowed.hosts < 400, allowed
assert allowed.note.parameters["resource"] == "threads"
threads.started(allowed.hosts, "x").shutdown()
try:
    threads.started(400, "x")
except ResourcesExhausted as error:
    assert error.reason.parameters["resource"] == "threads"
else:
    raise AssertionError
assert threading.active_count() == 1
"""


def test_few_threads_mean_few_hosts_at_once() -> None:
    """Where no more can be started, in a process with too little room for their stacks, that is known beforehand."""
    ran = subprocess.run(
        [sys.executable, "-c", TOO_FEW_THREADS],
        env={**os.environ, "MALLOC_ARENA_MAX": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


@dataclass
class BrokenEngine:
    """One that fails before it has served anybody."""

    async def run(self, hosts: Sequence[str], work: HostWork, forks: int, stop: Stop) -> None:
        raise MemoryError


async def test_an_engine_that_fails(tmp_path: Path) -> None:
    """Every host has its outcome, and the run its result."""
    with site(tmp_path, {"host": kind()}) as lab:
        results = await lab.run(shipped("preflight"), engine=BrokenEngine())
        (result,) = lab.folder.glob("*/result.json")
    assert (results["host"].outcome, results["host"].reason.code) == (Outcome.CANCELLED, "run-broke-off")
    assert '"state": "failed"' in result.read_text()


async def test_a_journal_that_cannot_go_on(tmp_path: Path) -> None:
    """A line that finds no room is not there in part; what is committed is, and nothing is called so after a gap."""
    path = tmp_path / "log.jsonl"
    with Journal(path) as journal:
        assert being_written(path)
        journal.notify(RunStarted("r", "install", [HostResult("A", "A")], check=False))
        await journal.commit()
        whole = path.read_text()
        with limited(resource.RLIMIT_FSIZE, len(whole) + 20):
            journal.notify(Interrupted())
        assert path.read_text() == whole
        journal.notify(Interrupted())
        with pytest.raises(RecordNotKept) as failed:
            await journal.commit()
    assert (failed.value.path, failed.value.error) == (path, os.strerror(27))
    assert path.read_text().startswith(whole)
    assert path.read_text().count("\n") == whole.count("\n") + 1
    assert being_written(path) is False


async def test_waiting_for_the_disk_is_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five hundred hosts that change at the same moment cost the disk a handful of waits, not five hundred."""
    waits: list[int] = []
    with Journal(tmp_path / "log.jsonl") as journal:
        journal.notify(Interrupted())
        await journal.commit()
        monkeypatch.setattr(os, "fsync", waits.append)
        await asyncio.gather(*(journal.commit() for _ in range(500)))
    assert 1 <= len(waits) <= 3
