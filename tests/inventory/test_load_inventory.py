"""Good inventories: which hosts come of them, and what each inherits."""

from __future__ import annotations

import textwrap
import time
from pathlib import Path

import pytest

from orchestrator.inventory.load import load_inventory
from orchestrator.inventory.patterns import Inventory
from orchestrator.model.errors import DocumentError
from orchestrator.model.host import CredentialReference, Host, JumpHost, way

SAMPLES = Path(__file__).parents[2] / "inventory"


def read(folder: Path, text: str) -> Inventory:
    path = folder / "inventory.yaml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return load_inventory(path)


def ports(inventory: Inventory) -> dict[str, int]:
    return {host.name: host.port for host in inventory.hosts}


def test_a_host_is_what_is_said_of_it(tmp_path: Path) -> None:
    """All variables arrive in the host; what is not said has its default."""
    inventory = read(
        tmp_path,
        r"""
        all: {credential: {username: 'CONTOSO\installer', password: env:SSPR_PASSWORD}}
        groups:
          seoul: {hosts: [PC-002]}
        hosts:
          PC-001: {address: 10.0.0.1, port: 15985, credential: {username: local, password: file:secret}}
          PC-003:
        """,
    )
    installer = CredentialReference(r"CONTOSO\installer", "env:SSPR_PASSWORD")
    assert inventory.hosts == (
        Host("PC-002", "PC-002", 5985, installer, ("seoul",)),
        Host("PC-001", "10.0.0.1", 15985, CredentialReference("local", "file:secret")),
        Host("PC-003", "PC-003", 5985, installer),
    )
    assert inventory.groups == ("seoul",)


def test_the_nearest_word_counts(tmp_path: Path) -> None:
    """Host before inner group before outer group before all."""
    inventory = read(
        tmp_path,
        """
        all: {credential: {username: u, password: env:X}, port: 1}
        groups:
          korea: {port: 2, children: [seoul], hosts: [IN-KOREA]}
          seoul: {port: 3, children: [lab], hosts: [IN-SEOUL, SINGLE]}
          lab: {hosts: [IN-LAB]}
          elsewhere: {hosts: [AWAY]}
        hosts:
          SINGLE: {port: 4}
          ALONE: {}
        """,
    )
    assert ports(inventory) == {"IN-KOREA": 2, "IN-SEOUL": 3, "SINGLE": 4, "IN-LAB": 3, "AWAY": 1, "ALONE": 1}


def test_groups_around_a_group_give_way_wherever_the_host_is_listed(tmp_path: Path) -> None:
    """A group inside another counts before it, also when the host stands in both or is reached by two ways."""
    inventory = read(
        tmp_path,
        """
        all: {credential: {username: u, password: env:X}}
        groups:
          outer: {port: 1, children: [left, right], hosts: [BOTH]}
          left: {port: 2, hosts: [BOTH, INNER, DIAMOND]}
          right: {hosts: [DIAMOND]}
        """,
    )
    assert ports(inventory) == {"BOTH": 2, "INNER": 2, "DIAMOND": 2}
    groups = {host.name: host.groups for host in inventory.hosts}
    assert groups == {
        "BOTH": ("outer", "left"),
        "INNER": ("left", "outer"),
        "DIAMOND": ("left", "right", "outer"),
    }


def test_siblings_that_agree_are_no_conflict(tmp_path: Path) -> None:
    """Two groups may say the same of a host."""
    text = """
        all: {credential: {username: u, password: env:X}}
        groups: {one: {port: 7, hosts: [PC]}, other: {port: 7, hosts: [PC]}}
        """
    assert ports(read(tmp_path, text)) == {"PC": 7}


def test_case_makes_no_other_host(tmp_path: Path) -> None:
    """Windows names have no case: a host is one, however groups spell it, and has the spelling under `hosts`."""
    inventory = read(
        tmp_path,
        """
        all: {credential: {username: u, password: env:X}}
        groups: {Seoul: {hosts: [pc-001]}, lab: {hosts: [Pc-001], children: []}, korea: {children: [SEOUL]}}
        hosts: {PC-001: {port: 7}}
        """,
    )
    (host,) = inventory.hosts
    assert (host.name, host.port, host.groups) == ("PC-001", 7, ("Seoul", "lab", "korea"))


def test_who_is_asked_for_a_password_is_told_for_whom(tmp_path: Path) -> None:
    """A bare `prompt:` gets the user's name, so that two users are two questions; a label is left as it is."""
    inventory = read(
        tmp_path,
        """
        hosts:
          ONE: {credential: {username: one, password: 'prompt:'}}
          OTHER: {credential: {username: other, password: 'prompt:The usual one'}}
        """,
    )
    assert [host.credential.password for host in inventory.hosts] == ["prompt:one", "prompt:The usual one"]


def test_jump_hosts(tmp_path: Path) -> None:
    """A way is inherited like a credential, `[]` is a way without jump hosts, and names have no case."""
    (tmp_path / "known").write_text("")
    (tmp_path / "key").touch(mode=0o600)
    inventory = read(
        tmp_path,
        """
        jump_hosts:
          gate: {username: u, agent: true, known_hosts: known}
          Inner:
            address: 10.0.0.2
            port: 2222
            username: i
            key: key
            passphrase: 'prompt:'
            password: 'prompt:'
            known_hosts: known
        all: {credential: {username: u, password: env:X}, via: gate}
        groups:
          plant: {via: [GATE, inner], hosts: [PC-001, PC-002]}
        hosts: {PC-002: {via: []}, PC-003: {address: 10.1.1.1}, PC-004: {address: 10.1.1.1, via: []}}
        """,
    )
    known = tmp_path / "known"
    gate = JumpHost("gate", "gate", 22, "u", known, agent=True)
    inner = JumpHost(
        "Inner",
        "10.0.0.2",
        2222,
        "i",
        known,
        key=tmp_path / "key",
        passphrase="prompt:the key of i on Inner",
        password="prompt:i on Inner",
    )
    ways = {host.name: host.via for host in inventory.hosts}
    assert ways == {"PC-001": (gate, inner), "PC-002": (), "PC-003": (gate,), "PC-004": ()}


def test_the_key_of_a_jump_host_is_its_owners_alone(tmp_path: Path) -> None:
    """As `ssh` does it: a private key that others may read is not used, and it is said what to do."""
    (tmp_path / "key").touch(mode=0o600)
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(
        DocumentError, match=f"`jump_hosts.gate.key`: others may read .*; do `chmod 600 {tmp_path}/key`"
    ):
        read(
            tmp_path,
            """
            jump_hosts: {gate: {username: u, key: key, known_hosts: key}}
            all: {credential: {username: u, password: env:X}}
            hosts: {PC-001: }
            """,
        )


def test_known_hosts_are_the_users_own_where_none_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~/.ssh/known_hosts`, which has to be there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    text = """
        jump_hosts: {gate: {username: u, agent: true}}
        all: {credential: {username: u, password: env:X}, via: gate}
        hosts: {PC-001: }
        """
    with pytest.raises(DocumentError, match=r":2: `jump_hosts.gate.known_hosts`: there is no file .*/.ssh/known_hosts"):
        read(tmp_path, text)
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/known_hosts").touch()
    assert read(tmp_path, text).hosts[0].via[0].known_hosts == tmp_path / ".ssh/known_hosts"


def test_the_samples_are_good() -> None:
    """The inventories that are shipped as samples can be used, and the large one shows what its comments say."""
    assert [host.name for host in load_inventory(SAMPLES / "sample.yaml").hosts] == ["PC-001", "PC-002"]
    inventory = load_inventory(SAMPLES / "branches.yaml")
    hosts = {host.name: host for host in inventory.hosts}
    assert len(hosts) == 345
    assert hosts["LAB-01"].credential == CredentialReference("labadmin", "file:secrets/lab-password")
    assert hosts["LAB-07"].credential == CredentialReference("labadmin", "file:secrets/lab-07-password")
    assert hosts["BS-080"].port == 15985
    assert len(inventory.select("seoul")) == 265
    assert len(inventory.select("seoul,!seoul-lab")) == 241
    assert len(inventory.select("kiosks,&busan")) == 10
    assert len(inventory.select("BS-*,!BS-[001:010]")) == 70
    hosts = {host.name: host for host in load_inventory(SAMPLES / "jump-hosts.yaml").hosts}
    assert [way(hosts[name].via) for name in ("BR-001", "PLC-01", "PLC-12")] == ["gate", "gate > plant", ""]


@pytest.mark.parametrize("ranges", [True, False])
def test_five_thousand_hosts_are_read_at_once(tmp_path: Path, ranges: bool) -> None:
    """A large fleet costs no waiting: half a second of CPU for 5,000 hosts, written as ranges or one by one."""
    head = "all: {credential: {username: u, password: 'env:X'}}\n"
    rows = (f"  PC-{number:04}: {{address: 10.1.{number // 250}.{number % 250}, port: 5985}}" for number in range(5000))
    body = "groups: {g: {hosts: ['PC-[0000:4999]']}}" if ranges else "hosts:\n" + "\n".join(rows)
    path = tmp_path / "inventory.yaml"
    path.write_text(head + body, encoding="utf-8")
    begun = time.process_time()
    inventory = load_inventory(path)
    assert time.process_time() - begun < 2.0, "on a busy machine"
    assert len(inventory.hosts) == 5000
