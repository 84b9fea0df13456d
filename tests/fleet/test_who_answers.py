"""The machine that answers has to be the one that is meant: another is left alone before anything is changed there."""

import textwrap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.app import RunPlaybook, prepare
from orchestrator.model.host import CredentialReference, Host, Https
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult
from orchestrator.sentences import say
from sspr_lab.registry import Value
from tests.lab_fixtures import Site, kind, shipped, site

ACTIVE = r"HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName"
INSTALLER = CredentialReference("installer", "env:X")
LONG = "ACCOUNTING-SEOUL-07"


def entries(lab: Site, written: Mapping[str, str], everywhere: str = "") -> Site:
    """The same site by another inventory: an entry's name → what it says beside the address of the lab's host."""
    (host,) = lab.hosts.values()
    server = lab.lab.fleet.hosts[host].server
    secret = f"{lab.inventory.name}.secret"
    lines = [
        f"all: {{credential: {{username: Administrator, password: 'file:{secret}'}}{everywhere}}}",
        "hosts:",
        *(f"  {name}: {{address: {server.address}, port: {server.port}{said}}}" for name, said in written.items()),
    ]
    path = lab.folder / "by-hand.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return replace(lab, inventory=path, hosts={name: name for name in written})


async def enabled(lab: Site) -> HostResult:
    """How the only entry ends by a playbook that changes its host."""
    (result,) = (await lab.run(shipped("enable-tls12", "reboot.when=never"))).values()
    return result


@pytest.mark.parametrize(
    ("name", "said", "own"),
    [
        ("PC-BOSS", "", "LAB-0001"),
        ("pc-boss.corp.example", "", "LAB-0001"),
        ("LAB-0002", "", "LAB-0001"),
        ("LAB-0001", ", computer_name: PC-BOSS", "LAB-0001"),
        ("10.0.0.1", ", computer_name: PC-BOSS", "LAB-0001"),
    ],
)
async def test_another_machine_is_left_alone(tmp_path: Path, name: str, said: str, own: str) -> None:
    """Nothing is shown to it, asked of it or changed there; the reason has both names."""
    with site(tmp_path, {"host": kind(name=own)}) as lab:
        before = lab.snapshots()
        result = await enabled(entries(lab, {name: said}))
        reason = say(result.deciding.reason)
        meant = "PC-BOSS" if said else name
        assert result.outcome is Outcome.UNREACHABLE
        assert own in reason
        assert meant in reason
        assert lab.changes(before) == {"host": []}
        assert lab.sent == []


@pytest.mark.parametrize(
    ("name", "said", "own"),
    [
        ("LAB-0001", "", "LAB-0001"),
        ("lab-0001.corp.example", "", "LAB-0001"),
        ("kiosk", ", computer_name: lab-0001", "LAB-0001"),
        ("kiosk", ", identity: any", "LAB-0001"),
        ("10.0.0.1", "", "LAB-0001"),
        (LONG.lower(), "", LONG[:15]),
    ],
)
async def test_the_machine_that_is_meant(tmp_path: Path, name: str, said: str, own: str) -> None:
    """What calls itself as is said, and whatever answers where that is not compared, is worked on."""
    with site(tmp_path, {"host": kind(name=own)}) as lab:
        result = await enabled(entries(lab, {name: said}))
        assert result.outcome is Outcome.CHANGED, say(result.deciding.reason)


async def test_aliases_of_a_group(tmp_path: Path) -> None:
    """`identity` is inherited, and a name that a host gives itself counts before it."""
    with site(tmp_path, {"host": kind(name="LAB-0001")}) as lab:
        any_may = ", identity: any"
        assert (await enabled(entries(lab, {"kiosk": ""}, any_may))).outcome is Outcome.CHANGED
        named = entries(lab, {"kiosk": ", computer_name: PC-BOSS"}, any_may)
        assert (await enabled(named)).outcome is Outcome.UNREACHABLE


async def test_the_name_in_the_registry_counts_too(tmp_path: Path) -> None:
    """A machine that says the right name at the log-on and has another is found before the first change."""
    with site(tmp_path, {"host": kind(name="LAB-0001")}) as lab:
        name = Value("REG_SZ", "PC-CLONE")
        lab.on("host", lambda machine: machine.registry.set(ACTIVE, "ComputerName", name))
        before = lab.snapshots()
        result = await enabled(lab)
        assert result.outcome is Outcome.UNREACHABLE
        assert say(result.deciding.reason).startswith("PC-CLONE answers where LAB-0001 is meant")
        assert lab.changes(before) == {"host": []}


async def test_a_name_that_is_an_address_is_told(tmp_path: Path) -> None:
    """Before the run, once for all of them, and not where any machine may answer."""
    inventory = tmp_path / "inventory.yaml"
    text = """
        all: {credential: {username: installer, password: env:SECRET}}
        hosts: {192.0.2.7: , 192.0.2.8: , 192.0.2.9: {identity: any}, 192.0.2.10: {computer_name: PC-10}, PC-11: }
        """
    inventory.write_text(textwrap.dedent(text), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET", "x")
        session = prepare(RunPlaybook(playbook=shipped("preflight"), inventory=inventory, folder=tmp_path / "run"))
        begun = session.begin()
        begun.stop()
        await begun.execute()
    assert [say(note).partition(",")[0] for note in begun.notes] == ["2 hosts"]
    assert "192.0.2.7" in say(begun.notes[0])


@pytest.mark.parametrize(
    ("differing", "meant"),
    [
        ({}, "pc-01"),
        ({"logon": "kerberos"}, None),
        ({"https": Https()}, None),
        ({"logon": "kerberos", "computer_name": "LAB-1"}, "LAB-1"),
        ({"identity": "any"}, None),
        ({"name": "192.0.2.1"}, None),
        ({"name": "2001:db8::1"}, None),
    ],
)
def test_what_is_compared(differing: Mapping[str, object], meant: str | None) -> None:
    """Tickets and certificates prove by themselves who answers; a name that is said is compared all the same."""
    host = Host(**{"name": "pc-01", "address": "pc-01", "port": 5985, "credential": INSTALLER, **differing})  # type: ignore[arg-type]
    assert host.meant == meant
