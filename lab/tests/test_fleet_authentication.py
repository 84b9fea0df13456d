"""Fleets whose hosts are logged on to in every way: what a mix may say of it, and an inventory with which it works."""

import asyncio
import json
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.tests.winrm_hosts import until
from sspr_lab.fleet import BackendUnusable, Fleet, serve
from sspr_lab.membership import Membership
from sspr_lab.mix import load_mix
from sspr_lab.thread import LabThread
from sspr_lab.winrm_settings import ServiceSettings
from tests.kdc import DOMAIN, Realm, needs_kdc, realm
from tests.warned import warned

MIX = """
machines:
  - {count: 1, branch: windows8.1, name: PLAIN}
  - {count: 1, branch: windows8.1, name: BASIC, logon: basic}
  - {count: 1, branch: windows8.1, name: MAPPED, logon: certificate}
  - {count: 1, branch: windows8.1, name: DELEGATE, logon: credssp}
  - {count: 1, branch: windows8.1, name: STRICT, listener: https, cbt: strict}
  - {count: 1, branch: windows7, name: FIXED, listener: https, traits: [schannel_explicit]}
  - {count: 1, branch: windows7, name: UNFIXED, listener: both}
"""
TICKETS = """  - {count: 1, branch: windows8.1, name: TICKET, logon: kerberos}
  - {count: 1, branch: windows8.1, name: BOUND, logon: kerberos, listener: https, cbt: strict}
"""
BASIC_SWITCHED_OFF = "machines:\n  - {count: 1, branch: windows8.1, logon: basic, auth: [negotiate]}\n"


@pytest.fixture
def port() -> int:
    """A port that is free on a fleet's first address."""
    with socket.socket() as probe:
        probe.bind(("127.20.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def kdc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    needs_kdc()
    with realm(tmp_path_factory.mktemp("realm"), ["TICKET", "BOUND"]) as up:
        yield up


def fleet(folder: Path, mix: str, port: int, membership: Membership | None = None) -> Fleet:
    path = folder / "mix.yaml"
    path.write_text(mix, encoding="utf-8")
    return Fleet(mix.count("count: 1"), mix=load_mix(path), speed=20, port=port, realm=membership)


async def test_a_mix_says_how_services_are_set_up(tmp_path: Path, port: int) -> None:
    """A way to log on brings what it needs; what is said of listeners and ways counts, even if it makes no sense."""
    hosts = fleet(tmp_path, MIX, port).hosts
    settings = {name: host.machine.profile.winrm for name, host in hosts.items()}
    assert settings["PLAIN"] == ServiceSettings()
    assert settings["BASIC"].listeners == settings["MAPPED"].listeners == {"https"}
    assert settings["BASIC"].auth == {"basic", "kerberos", "negotiate"}
    assert settings["DELEGATE"] == ServiceSettings(auth=frozenset({"credssp", "kerberos", "negotiate"}))
    assert settings["STRICT"] == ServiceSettings(frozenset({"https"}), cbt="strict")
    assert settings["UNFIXED"].listeners == {"http", "https"}
    (refusing,) = fleet(tmp_path, BASIC_SWITCHED_OFF, port).hosts.values()
    assert refusing.machine.profile.winrm.auth == {"negotiate"}
    assert refusing.over_tls


async def test_serving_tells_the_second_port(tmp_path: Path, port: int) -> None:
    """Whoever starts a lab with HTTPS listeners is told where they are."""
    said: list[str] = []
    task = asyncio.create_task(serve(fleet(tmp_path, MIX, port), tmp_path / "lab.yaml", said.append))
    await until(lambda: len(said) == 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert said[1].endswith(f", port {port}, HTTPS {port + 1}")


async def test_kerberos_needs_a_realm(tmp_path: Path, port: int) -> None:
    """A fleet without one refuses a mix that asks for it."""
    with pytest.raises(BackendUnusable, match="needs a realm"):
        fleet(tmp_path, "machines:\n" + TICKETS, port)


async def test_secrets_are_the_owners_and_go_with_the_inventory(tmp_path: Path, port: int) -> None:
    """The CA, the client's key and the password are files of their own, 0600, and no more of them than are needed."""
    files = fleet(tmp_path, MIX, port).write_inventory(tmp_path / "lab.yaml")
    written = {files.secret, files.authority, files.client}
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    assert b"PRIVATE KEY" in files.client.read_bytes()
    assert not files.realm_secret.exists()
    files.remove()
    assert not any(path.exists() for path in (*written, files.path))


def test_every_host_is_reached_in_its_own_way(
    tmp_path: Path, port: int, kdc: Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sspr check` reads the inventory and gets an answer from all hosts, each by the way that its mix says."""
    for name, value in kdc.environment.items():
        monkeypatch.setenv(name, value)
    member = Membership(kdc.keytab, DOMAIN, f"jane@{kdc.name}", kdc.passwords["jane"])
    with LabThread(lambda: fleet(tmp_path, MIX + TICKETS, port, member)) as lab:
        lab.fleet.write_inventory(tmp_path / "lab.yaml")
        results = tmp_path / "results.json"
        ran = subprocess.run(
            warned("orchestrator", "check", "-i", "lab.yaml", "--json", str(results)),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert results.exists(), ran.stderr
        hosts = {host["name"]: host["outcome"] for host in json.loads(results.read_text())["hosts"]}
        assert set(hosts) == set(lab.fleet.hosts)
        assert "unreachable" not in hosts.values(), ran.stdout
        logons = {name: (counted.logons > 0, counted.refused) for name, counted in lab.fleet.counters().items()}
        assert set(logons.values()) == {(True, 0)}
