"""Accounts of a domain over whole runs: however many references, names, processes and runs, none is ever locked.

What counts is what the domain's controller has seen (`sspr_lab.winrm.domain`), not what the product says of it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from lab.tests.winrm_hosts import until
from orchestrator.app import CheckHosts, prepare
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult
from sspr_lab.faults import fault
from sspr_lab.fleet import Fleet
from sspr_lab.mix import Kind
from sspr_lab.profile import Profile
from sspr_lab.winrm.domain import Domain, Ledger
from tests.lab_fixtures import Lineup, Site, fleet_site

RIGHT, WRONG = "Correct-horse-7", "Wrong-horse-8"
SPELLINGS = (r"CONTOSO\admin", r"contoso\admin", "admin@contoso.com", r"CONTOSO\ADMIN")
PROCESSES = 2


def contoso(threshold: int = 5, locks_after: int | None = None) -> Domain:
    return Domain("CONTOSO", "contoso.com", {"admin": RIGHT, "other": RIGHT}, threshold, locks_after)


@contextmanager
def fleet(folder: Path, domain: Domain, machines: int, refusing: int = 0) -> Iterator[Site]:
    """Members of a domain, up inside the block; some let nobody in, for reasons of their own."""
    stock = Profile(branch="windows8.1")
    kinds = [Kind(stock, ())] * machines
    for number in range(refusing):
        kinds[2 + 4 * number] = Kind(stock, (fault("logon_refused"),))
    lineup = Lineup(Path("lineup"), (), tuple(kinds))
    with fleet_site(folder, lambda port: Fleet(machines, mix=lineup, speed=30, port=port, domain=domain)) as up:
        yield up


def write(site: Site, hosts: Sequence[tuple[str, str]], *, extra: str = "", ports: Sequence[int] = ()) -> Path:
    """An inventory of that many aliases, each with its user name and password reference."""
    addresses = [host.address for host in site.lab.fleet.hosts.values()]
    lines = [extra, "all: {identity: any}", "hosts:"]
    for number, (username, reference) in enumerate(hosts):
        credential = f"credential: {{username: '{username}', password: '{reference}'}}"
        place = (
            f"address: 127.0.0.1, port: {ports[number]}"
            if number < len(ports)
            else (f"address: {addresses[number - len(ports)]}, port: {site.lab.fleet.port}")
        )
        lines.append(f"  PC-{number:03}: {{{place}, {credential}}}")
    inventory = site.folder / "contoso.yaml"
    inventory.write_text("\n".join(lines))
    return inventory


async def run(inventory: Path, forks: int = 16, *, new_password: bool = False) -> RunResult:
    return await prepare(CheckHosts(inventory=inventory, forks=forks, new_password=new_password)).begin().execute()


def of(result: RunResult, first: int = 0, end: int | None = None) -> Counter[str]:
    """How some hosts ended: by the error of their step, or as reached."""
    return Counter(_end(host) for host in result.hosts[first:end])


def _end(host: HostResult) -> str:
    return str(host.deciding.evidence.get("error", "reached"))


def admin(domain: Domain) -> Ledger:
    return domain.ledger("admin")


async def test_ten_references_to_one_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many references lead to it, the account sees two wrong passwords."""
    domain = contoso()
    for number in range(10):
        monkeypatch.setenv(f"SECRET_{number}", WRONG)
    with fleet(tmp_path, domain, 30) as site:
        result = await run(write(site, [(SPELLINGS[0], f"env:SECRET_{number % 10}") for number in range(30)]))
    assert admin(domain).bad == 2
    assert of(result) == {"LogonRefused": 2, "LogonWithheld": 28}
    assert result.state == "stopped"
    assert {host.outcome for host in result.hosts} == {Outcome.UNREACHABLE, Outcome.CANCELLED}


async def test_spellings_and_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four names of one account, and a run after that: two wrong passwords in all."""
    domain = contoso()
    monkeypatch.setenv("SECRET", WRONG)
    with fleet(tmp_path, domain, 12) as site:
        inventory = write(site, [(spelling, "env:SECRET") for spelling in SPELLINGS * 3])
        assert of(await run(inventory)) == {"LogonRefused": 2, "LogonWithheld": 10}
        assert of(await run(inventory)) == {"LogonWithheld": 12}
    assert admin(domain).bad == 2


@pytest.mark.slow
async def test_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes at once: two wrong passwords in all."""
    domain = contoso()
    monkeypatch.setenv("SECRET", WRONG)
    with fleet(tmp_path, domain, 12) as site:
        inventory = write(site, [(spelling, "env:SECRET") for spelling in SPELLINGS * 3])
        command = [sys.executable, "-c", "from orchestrator.cli import main; main()", "check", "-i", str(inventory)]
        nothing = asyncio.subprocess.DEVNULL
        processes = [
            await asyncio.create_subprocess_exec(*command, stdout=nothing, stderr=nothing) for _ in range(PROCESSES)
        ]
        assert [await process.wait() for process in processes] == [3] * PROCESSES
    assert admin(domain).bad == 2


async def test_an_account_that_is_locked_amid_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody locks it after ten good log-ons: of fifty hosts more, four at most see it refused."""
    domain = contoso(locks_after=10)
    monkeypatch.setenv("SECRET", RIGHT)
    with fleet(tmp_path, domain, 60) as site:
        result = await run(write(site, [(SPELLINGS[0], "env:SECRET")] * 60))
    assert admin(domain).good == 10
    assert 1 <= admin(domain).bad <= 4
    assert of(result) == {"reached": 10, "LogonRefused": admin(domain).bad, "LogonWithheld": 50 - admin(domain).bad}


async def test_an_account_that_only_the_first_host_accepts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a domain that locks after three, two refusals follow the one good log-on."""
    domain = contoso(locks_after=1, threshold=3)
    monkeypatch.setenv("SECRET", RIGHT)
    with fleet(tmp_path, domain, 40) as site:
        await run(write(site, [(SPELLINGS[0], "env:SECRET")] * 40, extra="lockout: {threshold: 3}"))
    assert (admin(domain).good, admin(domain).bad) == (1, 2)


async def test_the_right_half_of_a_fleet_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of two credentials is wrong: its hosts are not tried, all the others are."""
    domain = contoso()
    monkeypatch.setenv("SECRET", RIGHT)
    monkeypatch.setenv("OTHER", WRONG)
    with fleet(tmp_path, domain, 24) as site:
        hosts = [(r"CONTOSO\other", "env:OTHER"), (r"CONTOSO\admin", "env:SECRET")] * 12
        result = await run(write(site, hosts))
    assert (domain.ledger("other").bad, admin(domain).bad) == (2, 0)
    assert admin(domain).good >= 12, "and more where a line was too slow"
    assert of(result) == {"reached": 12, "LogonRefused": 2, "LogonWithheld": 10}


async def test_machines_that_refuse_a_good_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few that let nobody in do not end a rollout: each is told apart, and all the others are reached."""
    domain = contoso()
    monkeypatch.setenv("SECRET", RIGHT)
    with fleet(tmp_path, domain, machines=24, refusing=6) as site:
        # So few at once that refusals cannot come one right after the other, whichever host is slow.
        result = await run(write(site, [(SPELLINGS[0], "env:SECRET")] * 24), forks=3)
    assert of(result) == {"reached": 18, "LogonRefused": 6}
    assert result.state == "finished"


async def test_a_new_password(tmp_path: Path) -> None:
    """A new one in the file is tried at once; one of which nobody can tell waits for `--new-password`."""
    domain = contoso()
    secret = tmp_path / "secret"
    with fleet(tmp_path, domain, 6) as site:
        inventory = write(site, [(SPELLINGS[0], f"file:{secret}")] * 6)
        _write(secret, WRONG, 1)
        assert of(await run(inventory)) == {"LogonRefused": 2, "LogonWithheld": 4}
        assert of(await run(inventory)) == {"LogonWithheld": 6}
        _write(secret, RIGHT, 2)
        assert of(await run(inventory)) == {"reached": 6}


async def test_a_new_password_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a variable's password nobody can tell that it is new, so a person does."""
    domain = contoso()
    with fleet(tmp_path, domain, 6) as site:
        inventory = write(site, [(SPELLINGS[0], "env:SECRET")] * 6)
        monkeypatch.setenv("SECRET", WRONG)
        assert of(await run(inventory)) == {"LogonRefused": 2, "LogonWithheld": 4}
        monkeypatch.setenv("SECRET", RIGHT)
        assert of(await run(inventory)) == {"LogonWithheld": 6}
        assert of(await run(inventory, new_password=True)) == {"reached": 6}


async def test_an_account_that_has_been_unlocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can tell that it has been, so it is left alone until a person says so."""
    domain = contoso()
    monkeypatch.setenv("SECRET", RIGHT)
    with fleet(tmp_path, domain, 6) as site:
        inventory = write(site, [(SPELLINGS[0], "env:SECRET")] * 6)
        admin(domain).locked = True
        assert of(await run(inventory)) == {"LogonRefused": 2, "LogonWithheld": 4}
        domain.unlock("admin")
        assert of(await run(inventory)) == {"LogonWithheld": 6}
        assert of(await run(inventory, new_password=True)) == {"reached": 6}
    assert admin(domain).most_in_a_row == 2


def _write(path: Path, password: str, when: int) -> None:
    path.touch(mode=0o600)
    path.write_text(password)
    os.utime(path, ns=(when, when))


async def test_silent_machines_hold_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve that take TCP and say nothing come first: the twelve good ones are reached while those are waited for."""
    domain = contoso()
    monkeypatch.setenv("SECRET", RIGHT)
    with fleet(tmp_path, domain, 12) as site, silent(12) as listeners:
        inventory = write(
            site, [(SPELLINGS[0], "env:SECRET")] * 24, ports=[listener.getsockname()[1] for listener in listeners]
        )
        session = prepare(CheckHosts(inventory=inventory, forks=24)).begin()
        running = asyncio.create_task(session.execute())
        await until(lambda: admin(domain).good == 12, seconds=60)
        assert not running.done()
        session.stop()
        for listener in listeners:
            listener.close()
        result = await running
    assert of(result, 12) == {"reached": 12}


@contextmanager
def silent(count: int) -> Iterator[list[socket.socket]]:
    """Listeners whose connections the kernel takes and nobody ever speaks on."""
    with ExitStack() as stack:
        yield [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
