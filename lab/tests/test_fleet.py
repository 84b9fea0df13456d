"""Fleets of lab hosts: what they are made of, the files that describe them, and how they come up and go."""

import asyncio
import socket
import stat
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from winrm.protocol import Protocol

from lab.tests.winrm_hosts import until
from orchestrator.inventory.credentials import SecretResolver
from orchestrator.inventory.load import load_inventory
from orchestrator.model.errors import DocumentError
from sspr_lab.fault_entries import load_faults
from sspr_lab.fleet import Fleet, LabHost, serve
from sspr_lab.mix import load_mix
from sspr_lab.snapshot import Snapshot
from sspr_lab.thread import LabThread


@pytest.fixture
def port() -> int:
    """A port that is free on a fleet's first address."""
    with socket.socket() as probe:
        probe.bind(("127.20.0.1", 0))
        return int(probe.getsockname()[1])


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def kinds(fleet: Fleet) -> list[tuple[str, str, frozenset[str]]]:
    profiles = [host.machine.profile for host in fleet.hosts.values()]
    return [(profile.branch, profile.architecture, frozenset(profile.traits)) for profile in profiles]


async def test_the_default_mix_is_what_old_fleets_are() -> None:
    """Every fleet of some size has Windows 7, 8 and 8.1, both architectures, and machines with a past."""
    made = kinds(Fleet(100))
    branches = Counter(branch for branch, _, _ in made)
    assert set(branches) == {"windows7", "windows8", "windows8.1"}
    assert branches["windows7"] > 60
    assert {architecture for _, architecture, _ in made} == {"x86", "x64"}
    assert {"schannel_explicit", "winhttp_a0", "user_logged_on"} <= {trait for _, _, traits in made for trait in traits}


async def test_a_seed_makes_the_same_fleet_again() -> None:
    """The same seed gives the same machines in the same places, another seed others; passwords are never the same."""
    one, again, other = Fleet(40, seed=7), Fleet(40, seed=7), Fleet(40, seed=8)
    assert kinds(one) == kinds(again) != kinds(other)
    seeds = [host.machine.profile.seed for host in one.hosts.values()]
    assert seeds == [host.machine.profile.seed for host in again.hosts.values()]
    assert len(set(seeds)) == 40
    assert one.password != again.password


async def test_names_and_addresses_count_on() -> None:
    """Hosts are numbered from LAB-0001 on 127.20.0.1; no address ends in 0 or 255."""
    fleet = Fleet(300)
    addresses = {name: host.address for name, host in fleet.hosts.items()}
    assert addresses["LAB-0001"] == "127.20.0.1"
    assert addresses["LAB-0254"] == "127.20.0.254"
    assert addresses["LAB-0255"] == "127.20.1.1"
    assert len(set(addresses.values())) == 300
    assert [host.machine.profile.computer_name for host in fleet.hosts.values()] == list(addresses)


@pytest.mark.parametrize("hosts", [0, 65_025])
def test_a_fleet_has_a_size(hosts: int) -> None:
    """No hosts, or more than there are addresses, is a mistake of the caller."""
    with pytest.raises(ValueError, match="1 to 65,024 hosts"):
        Fleet(hosts)


async def test_counts_come_first_and_shares_divide_the_rest(tmp_path: Path) -> None:
    """Two fixed machines, and the other eight by 3 to 1."""
    mix = load_mix(
        write(
            tmp_path / "mix.yaml",
            """
            machines:
              - {count: 2, branch: windows8.1, architecture: x86, faults: [{fault: slow, seconds: 2}]}
              - {share: 3, branch: windows7, traits: [uac_off]}
              - {share: 1, branch: windows8}
            """,
        )
    )
    fleet = Fleet(10, mix=mix)
    assert Counter(branch for branch, _, _ in kinds(fleet)) == {"windows8.1": 2, "windows7": 6, "windows8": 2}
    slow = [host for host in fleet.hosts.values() if host.machine.faults.find("slow")]
    assert {host.machine.profile.branch for host in slow} == {"windows8.1"}
    with pytest.raises(DocumentError, match=r"mix\.yaml:1: `machines`: the counts make 2 machines, and 1 are asked"):
        Fleet(1, mix=mix)


BAD_MIXES = {
    "an unknown key": ("machines:\n  - {share: 1, brnch: windows7}\n", "mix.yaml:2", "unknown key `brnch`"),
    "an unknown branch": ("machines:\n  - {share: 1}\n  - {share: 1, branch: vista}\n", "mix.yaml:3", "branch"),
    "an unknown trait": ("machines:\n  - {share: 1, traits: [lucky]}\n", "mix.yaml:2", "traits"),
    "share and count": ("machines:\n  - {share: 1, count: 1}\n", "mix.yaml:2", "either `count` or `share`"),
    "neither of them": ("machines:\n  - {branch: windows7}\n", "mix.yaml:2", "either `count` or `share`"),
    "no machines": ("machines: []\n", "mix.yaml:1", "machines"),
    "a fault's wrong parameter": (
        "machines:\n  - {share: 1, faults: [{fault: quota, nth: 2}]}\n",
        "mix.yaml:2",
        "the fault `quota` has no `nth`",
    ),
}


@pytest.mark.parametrize(("text", "place", "problem"), BAD_MIXES.values(), ids=BAD_MIXES.keys())
def test_a_bad_mix_is_told_with_its_line(tmp_path: Path, text: str, place: str, problem: str) -> None:
    """File, line and key of what is wrong in a mix."""
    with pytest.raises(DocumentError) as caught:
        load_mix(write(tmp_path / "mix.yaml", text))
    assert place in str(caught.value)
    assert problem in str(caught.value)


BAD_FAULTS = {
    "an unknown fault": ("faults:\n  - {hosts: '*', fault: earthquake}\n", "faults.yaml:2", "fault"),
    "no hosts": ("faults:\n  - {fault: slow}\n", "faults.yaml:2", "`hosts` is missing"),
    "a wrong parameter": (
        "faults:\n  - hosts: '*'\n    fault: unreachable\n    seconds: 5\n",
        "faults.yaml:4",
        "the fault `unreachable` has no `seconds`",
    ),
    "a share above one": ("faults:\n  - {hosts: '*', fault: slow, share: 10}\n", "faults.yaml:2", "share"),
    "not YAML": ("faults: [\n", "faults.yaml:", "not YAML"),
}


@pytest.mark.parametrize(("text", "place", "problem"), BAD_FAULTS.values(), ids=BAD_FAULTS.keys())
def test_a_bad_faults_file_is_told_with_its_line(tmp_path: Path, text: str, place: str, problem: str) -> None:
    """File, line and key of what is wrong in a faults file."""
    with pytest.raises(DocumentError) as caught:
        load_faults(write(tmp_path / "faults.yaml", text))
    assert place in str(caught.value)
    assert problem in str(caught.value)


async def test_faults_go_to_the_hosts_they_name(tmp_path: Path) -> None:
    """Globs, lists of globs and shares choose hosts; parameters arrive; the seed makes the same choice again."""
    plan = load_faults(
        write(
            tmp_path / "faults.yaml",
            """
            faults:
              - {hosts: LAB-0001, fault: unreachable}
              - {hosts: [lab-0002, "LAB-00[45]?"], fault: drop_receive, nth: 3}
              - {hosts: "*", share: 0.25, fault: slow, seconds: 0.5}
            """,
        )
    )

    def having(fleet: Fleet, kind: str) -> list[str]:
        return [name for name, host in fleet.hosts.items() if any(one.kind == kind for one in host.machine.faults)]

    fleet = Fleet(100, faults=plan, seed=3)
    assert having(fleet, "unreachable") == ["LAB-0001"]
    assert having(fleet, "drop_receive") == ["LAB-0002", *(f"LAB-{number:04d}" for number in range(40, 60))]
    drop = fleet.hosts["LAB-0002"].machine.faults.find("drop_receive")
    assert drop is not None
    assert drop.number("nth", 1) == 3
    slow = having(fleet, "slow")
    assert 10 < len(slow) < 45
    assert having(Fleet(100, faults=plan, seed=3), "slow") == slow != having(Fleet(100, faults=plan, seed=4), "slow")


async def test_the_inventory_is_one_that_the_product_reads(tmp_path: Path) -> None:
    """Every host with its address and group, one port, and a password that only a reference leads to."""
    fleet = Fleet(30, port=20_000)
    files = fleet.write_inventory(tmp_path / "lab.yaml")
    inventory = load_inventory(files.path)
    assert {host.name: host.address for host in inventory.hosts} == {
        name: host.address for name, host in fleet.hosts.items()
    }
    assert {host.port for host in inventory.hosts} == {20_000}
    for host in inventory.hosts:
        assert host.groups == (fleet.hosts[host.name].machine.profile.branch,)
    credential = inventory.hosts[0].credential
    assert credential.username == "Administrator"
    assert credential.password is not None
    assert SecretResolver(tmp_path).resolve(credential.password).reveal() == fleet.password
    assert fleet.password not in files.path.read_text()
    assert stat.S_IMODE(files.secret.stat().st_mode) == 0o600
    files.remove()
    assert not files.path.exists()
    assert not files.secret.exists()


def test_two_hundred_hosts_are_up_in_no_time_and_all_answer(port: int) -> None:
    """200 hosts start in less than five seconds, serve unmodified pywinrm in parallel, and are gone afterwards."""

    def ask(host: LabHost) -> bytes:
        client = Protocol(
            f"http://{host.address}:{port}/wsman",
            transport="ntlm",
            username="Administrator",
            password=password,
            message_encryption="always",
            server_cert_validation="ignore",
            proxy=None,
        )
        shell = client.open_shell()
        command = client.run_command(shell, "hostname")
        stdout, _, _ = client.get_command_output(shell, command)
        client.close_shell(shell)
        return bytes(stdout)

    began = time.process_time()
    with LabThread(lambda: Fleet(200, port=port)) as lab:
        assert time.process_time() - began < 5
        password, hosts = lab.fleet.password, list(lab.fleet.hosts.values())
        before = lab.call(snapshots_of)
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(ask, hosts))
        assert answers == [f"{host.name}\r\n".encode() for host in hosts]
        after = lab.call(snapshots_of)
        assert [line for name, snapshot in before.items() for line in snapshot.diff(after[name])] == []
        assert {counters.logons for counters in lab.fleet.counters().values()} == {1}
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.20.0.1", port))


async def snapshots_of(fleet: Fleet) -> dict[str, Snapshot]:
    return fleet.snapshots()


def test_a_taken_address_fails_the_start_and_leaves_nothing(port: int) -> None:
    """When the second host's address is in use the whole start fails, and the first host's port is free again."""
    with socket.socket() as taken:
        taken.bind(("127.20.0.2", port))
        taken.listen()
        with pytest.raises(OSError, match="address already in use"), LabThread(lambda: Fleet(3, port=port)):
            pass
    with socket.socket() as probe:
        probe.bind(("127.20.0.1", port))


async def test_serving_tells_the_facts_and_cleans_up(tmp_path: Path, port: int) -> None:
    """`serve` writes an inventory, says where everything is, and takes its files away when it is cancelled."""
    said: list[str] = []
    path = tmp_path / "lab.yaml"
    fleet = Fleet(3, port=port, speed=2)
    task = asyncio.create_task(serve(fleet, path, said.append))
    await until(lambda: len(said) == 5)
    assert len(load_inventory(path).hosts) == 3
    assert said[0] == "hosts: 3, LAB-0001 to LAB-0003"
    assert said[1] == f"addresses: 127.20.0.1 to 127.20.0.3, port {port}"
    assert all(fleet.password not in line for line in said)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not path.exists()
    assert not path.with_name("lab.yaml.secret").exists()
    assert not any(host.server.listening for host in fleet.hosts.values())
