"""Undoing runs on lab hosts: registries are as before, what others have set stays, and every ending says what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.app.undo import undoing
from orchestrator.model import registry
from orchestrator.model.errors import UsageError
from orchestrator.model.events import Event, RegistryChanging
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult
from orchestrator.playbook.plan import Playbook
from orchestrator.runs.result_file import read_result, write_result
from orchestrator.sentences import say
from orchestrator.steps.undo import LeftAlone, UndoDetail
from sspr_lab.faults import fault
from sspr_lab.registry import Data, Value
from tests.details import detail_of
from tests.lab_fixtures import BRANCHES, Site, install, kind, shipped, site
from tests.leftovers import is_installed, left_over, traces
from tests.playbook.written import playbook

SCHANNEL = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2"
WINHTTP = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp"
PROVIDER = (
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Authentication\Credential Providers"
    r"\{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}"
)
FABRIKAM = r"HKLM\SOFTWARE\Fabrikam"
TLS = shipped("enable-tls12", "reboot.when=never")


class DropInTheMiddle:
    """Breaks the line to hosts when their registry is about to be changed, each so many times in a row."""

    def __init__(self, lab: Site, times: Mapping[str, int]) -> None:
        self._lab = lab
        self._times = {lab.hosts[name]: (name, number) for name, number in times.items()}

    def notify(self, event: Event) -> None:
        if isinstance(event, RegistryChanging) and event.host in self._times:
            name, number = self._times.pop(event.host)
            self._lab.on(name, lambda machine: machine.faults.add(fault("drop_receive", times=number)))


async def ran(
    lab: Site,
    plan: Playbook,
    *hosts: str,
    check: bool = False,
    seconds: float | None = None,
    listeners: Sequence[DropInTheMiddle] = (),
) -> RunResult:
    """A run as its result file has it; with `seconds`, each step may take no longer."""
    results = await lab.run(
        plan,
        *hosts,
        check=check,
        listeners=listeners,
        told=lambda step: step if seconds is None else replace(step, deadline_seconds=seconds),
    )
    now = datetime.now(UTC)
    result = RunResult("20261122-130501-9f3c", plan.name, now, now, "finished", tuple(results.values()), check)
    path = lab.folder / "kept" / "result.json"
    write_result(result, path)
    return read_result(path)


async def undone(lab: Site, result: RunResult, *hosts: str, check: bool = False) -> dict[str, HostResult]:
    """How undoing a run ends, by what the test calls the hosts."""
    return lab.by_name(await ran(lab, undoing(result), *hosts, check=check))


def outcomes(results: dict[str, HostResult]) -> dict[str, Outcome]:
    return {name: result.outcome for name, result in results.items()}


async def test_registries_are_as_before(tmp_path: Path) -> None:
    """On every branch, values of all former types and keys that were missing are as before; the rehearsal says so."""
    former: dict[str, tuple[str, str, Data | Value]] = {
        "number": (WINHTTP, "DefaultSecureProtocols", 0xA0),
        "text": (SCHANNEL + r"\Client", "Enabled", '50 % of "it" & more\\'),
        "expandable": (SCHANNEL + r"\Server", "DisabledByDefault", Value("REG_EXPAND_SZ", r"%SystemRoot%\x")),
        "octets": (SCHANNEL + r"\Client", "DisabledByDefault", b"\x5a\x00\xff"),
        "strings": (SCHANNEL + r"\Client", "Enabled", ["a b", "%PATH%"]),
        "large": (SCHANNEL + r"\Client", "DisabledByDefault", Value("REG_QWORD", 1 << 40)),
    }
    with site(tmp_path, {**BRANCHES, **dict.fromkeys([*former, "empty key"], kind())}) as lab:
        for name, (key, value_name, data) in former.items():
            value = data if isinstance(data, Value) else Value.of(data)
            lab.on(name, lambda machine, k=key, n=value_name, v=value: machine.registry.set(k, n, v))  # type: ignore[misc]
        lab.on("empty key", lambda machine: machine.registry.create(SCHANNEL))
        before = lab.snapshots()
        run = await ran(lab, TLS)
        assert {host.outcome for host in run.hosts} == {Outcome.CHANGED}

        changed = lab.snapshots()
        assert set(outcomes(await undone(lab, run, check=True)).values()) == {Outcome.CHANGED}
        assert not any(lab.changes(changed).values())

        results = await undone(lab, run)
        assert set(outcomes(results).values()) == {Outcome.REBOOT_PENDING}
        assert {name: lines for name, lines in lab.changes(before).items() if lines} == {}
        assert all("takes effect with the next restart" in say(result.reason) for result in results.values())

        assert set(outcomes(await undone(lab, run)).values()) == {Outcome.OK}


async def test_what_the_installer_did_stays(tmp_path: Path) -> None:
    """After `install` without a restart everything of ours goes, our note too; the add-in stays, and that is told."""
    with site(tmp_path, {**BRANCHES, **{f"{name} by hand": each for name, each in BRANCHES.items()}}) as lab:
        packages = {name: traces(lab, f"{name} by hand") for name in BRANCHES}
        before = lab.snapshots()
        run = await ran(lab, install("reboot.when=never"), *BRANCHES)
        results = await undone(lab, run, *BRANCHES)
        changes = lab.changes(before)
    for name in BRANCHES:
        assert is_installed(changes[name], packages[name])
        assert set(changes[name]) == {
            line for line in changes[name] if "SCHANNEL" not in line and "WinHttp" not in line
        }
        assert left_over(changes[name], packages[name]) == ()
        assert "`uninstall`" in say(results[name].reason)


async def test_what_others_have_set_stays(tmp_path: Path) -> None:
    """A value that was changed since is told with what it is now, and left; a person decides. The others go back."""
    with site(tmp_path, {"changed": kind(), "deleted": kind(), "all": kind()}) as lab:
        run = await ran(lab, TLS)
        lab.on("changed", lambda machine: machine.registry.set(WINHTTP, "DefaultSecureProtocols", Value.of(0x800)))
        lab.on("deleted", lambda machine: machine.registry.delete_value(SCHANNEL + r"\Client", "Enabled"))
        lab.on("deleted", lambda machine: machine.registry.set(SCHANNEL + r"\Client", "Other", Value.of(7)))
        for step in run.hosts[2].steps[0].result.registry.values:
            key, name = step.key, step.name
            lab.on("all", lambda machine, k=key, n=name: machine.registry.set(k, n, Value.of(77)))  # type: ignore[misc]
        in_check_mode = await undone(lab, run, check=True)
        results = await undone(lab, run)
        blocked = {"changed": Outcome.BLOCKED, "all": Outcome.BLOCKED}
        assert outcomes(in_check_mode) == {**blocked, "deleted": Outcome.CHANGED}
        assert outcomes(results) == {**blocked, "deleted": Outcome.REBOOT_PENDING}, "what is as before needs no undo"
        assert "DefaultSecureProtocols (2048, was 2208)" in say(results["changed"].reason)
        assert "put back 5 registry values" in say(results["changed"].reason)
        assert "put back" not in say(results["all"].reason)
        assert lab.value("changed", WINHTTP, "DefaultSecureProtocols") == 0x800
        assert lab.value("changed", SCHANNEL + r"\Client", "Enabled") is None
        assert lab.value("deleted", SCHANNEL + r"\Client", "Other") == 7, "a key of the run with another's value stays"
        assert not lab.on("deleted", lambda machine: machine.registry.exists(SCHANNEL + r"\Server"))
        (left,) = detail_of(results["changed"].steps[0].result, UndoDetail).left_alone
        set_by_run, now = (registry.Value("REG_DWORD", number) for number in (2208, 2048))
        assert left == LeftAlone(WINHTTP, "DefaultSecureProtocols", before=None, run=set_by_run, now=now)


async def test_what_cannot_be_set_is_told(tmp_path: Path) -> None:
    """A former text of several lines is kept in the record and not guessed at; the value stays as the run left it."""
    with site(tmp_path, {"host": kind()}) as lab:
        lab.on("host", lambda machine: machine.registry.set(SCHANNEL + r"\Client", "Enabled", Value.of("one\r\ntwo")))
        run = await ran(lab, TLS)
        result = (await undone(lab, run))["host"]
        assert result.outcome is Outcome.BLOCKED
        assert "cannot be set exactly: Enabled" in say(result.reason)
        assert lab.value("host", SCHANNEL + r"\Client", "Enabled") == 1
        assert lab.value("host", SCHANNEL + r"\Client", "DisabledByDefault") is None


async def test_undoing_the_undo(tmp_path: Path) -> None:
    """An undo is a run like any other: undone, TLS 1.2 is enabled again, and that can be undone in its turn."""
    with site(tmp_path, BRANCHES) as lab:
        before = lab.snapshots()
        run = await ran(lab, TLS)
        enabled = lab.snapshots()
        undo = await ran(lab, undoing(run))
        redo = await ran(lab, undoing(undo))
        assert not any(lab.changes(enabled).values())
        assert {host.outcome for host in redo.hosts} == {Outcome.REBOOT_PENDING}
        await undone(lab, redo)
        assert not any(lab.changes(before).values())


async def test_verbose_logging(tmp_path: Path) -> None:
    """Switched on and undone, EnableLogging is as before: absent, 0, or of a type that it should not have."""
    former: dict[str, Data | None] = {"absent": None, "off": 0, "text": "0"}
    with site(tmp_path, dict.fromkeys(former, kind())) as lab:
        for name, data in former.items():
            traces(lab, name)
            if data is not None:
                value = Value.of(data)
                lab.on(name, lambda machine, v=value: machine.registry.set(PROVIDER, "EnableLogging", v))  # type: ignore[misc]
        before = lab.snapshots()
        run = await ran(lab, shipped("verbose-logging-on"))
        results = await undone(lab, run)
        assert set(outcomes(results).values()) == {Outcome.CHANGED}, "no restart is needed"
        assert not any(lab.changes(before).values())


async def test_a_connection_lost_in_the_middle(tmp_path: Path) -> None:
    """Whether the host is seen again in the same run or not, the run knows what to put back, and the undo does it."""
    drops = {"seen again": 1, "gone": 2}
    with site(tmp_path, dict.fromkeys(drops, kind())) as lab:
        before = lab.snapshots()
        run = await ran(lab, TLS, seconds=6.0, listeners=[DropInTheMiddle(lab, drops)])
        assert [host.outcome for host in run.hosts] == [Outcome.CHANGED, Outcome.UNKNOWN]
        assert "TLS 1.2 is enabled for clients" in say(run.hosts[0].steps[0].result.reason), (
            "found so by the second look"
        )
        for host in run.hosts:
            record = host.steps[0].result.registry
            assert {(each.name, each.before) for each in record.values} == {
                ("Enabled", None),
                ("DisabledByDefault", None),
                ("DefaultSecureProtocols", None),
                ("AwaitingRestartOf", None),
            }
        results = await undone(lab, run)
        assert set(outcomes(results).values()) == {Outcome.REBOOT_PENDING}
        assert "lost sight" in say(results["gone"].reason)
        changes = [line for lines in lab.changes(before).values() for line in lines]
        assert [line for line in changes if not line.startswith("+ shell")] == [], "a shell ends when it has been idle"


async def test_a_connection_lost_in_the_middle_of_an_undo(tmp_path: Path) -> None:
    """What the first attempt has put back counts as put back by this undo, and can be undone with the rest."""
    with site(tmp_path, {"host": kind()}) as lab:
        before = lab.snapshots()
        run = await ran(lab, TLS)
        enabled = lab.snapshots()
        undo = await ran(lab, undoing(run), listeners=[DropInTheMiddle(lab, {"host": 1})])
        assert (undo.hosts[0].outcome, undo.hosts[0].steps[0].attempts) == (Outcome.REBOOT_PENDING, 2)
        assert "put back 6 registry values" in say(undo.hosts[0].reason)
        assert not any(lab.changes(before).values())
        await undone(lab, undo)
        assert not any(lab.changes(enabled).values())


async def test_hosts_without_anything_to_put_back(tmp_path: Path) -> None:
    """A host on which all was right is left alone, one that the run did not have is not even connected to."""
    right = kind(traits=["schannel_explicit", "winhttp_a80"])
    with site(tmp_path, {"right": right, "wrong": kind(), "new": kind()}) as lab:
        run = await ran(lab, TLS, "right", "wrong")
        asked = lab.requests()
        results = await undone(lab, run)
        assert outcomes(results) == {
            "right": Outcome.OK,
            "wrong": Outcome.REBOOT_PENDING,
            "new": Outcome.SKIPPED,
        }
        assert lab.requests()["new"] == asked["new"]


async def test_runs_that_cannot_be_undone(tmp_path: Path) -> None:
    """A rehearsal and a run without changes are refused in words that say why; so is one of the installer alone."""
    right = kind(traits=["schannel_explicit", "winhttp_a80"])
    with site(tmp_path, {"right": right}) as lab:
        rehearsal = await ran(lab, TLS, check=True)
        nothing = await ran(lab, TLS)
    with pytest.raises(UsageError, match="check mode"):
        undoing(rehearsal)
    with pytest.raises(UsageError, match="changed nothing in registries"):
        undoing(nothing)


async def test_other_settings_of_ours(tmp_path: Path) -> None:
    """Windows 10's switch and any value of a playbook's own go back the same way: set, replaced and deleted ones."""
    steps = (
        "windows10: {state: on}\n    when: {branch: [windows10]}",
        r"""registry_value: {key: 'HKLM\SOFTWARE\Contoso\A\B', name: New, type: REG_SZ, data: '%TEMP% & "x"'}
    name: new""",
        r"""registry_value: {key: 'HKLM\SOFTWARE\Fabrikam', name: Replaced, type: REG_DWORD, data: 5}
    name: replaced""",
        r"""registry_value: {key: 'HKLM\SOFTWARE\Fabrikam', name: Deleted, state: absent}
    name: deleted""",
        r"""registry_value: {key: 'HKLM\SOFTWARE\Fabrikam', name: Octets, type: REG_BINARY, data: '00 ff,ab'}
    name: octets""",
    )
    kinds = {"10": kind(branch="windows10", traits=["azure_ad_joined"]), "7": kind()}
    with site(tmp_path, kinds) as lab:
        for name in kinds:
            for value_name, data in (("Replaced", ["a", "b c"]), ("Deleted", 7)):
                value = Value.of(data)
                lab.on(name, lambda machine, n=value_name, v=value: machine.registry.set(FABRIKAM, n, v))  # type: ignore[misc]
        before = lab.snapshots()
        run = await ran(lab, playbook(tmp_path, *steps))
        assert {host.outcome for host in run.hosts} == {Outcome.CHANGED}
        changed = lab.snapshots()
        undo = await ran(lab, undoing(run))
        assert {host.outcome for host in undo.hosts} == {Outcome.CHANGED}
        assert not any(lab.changes(before).values())
        await undone(lab, undo)
        assert not any(lab.changes(changed).values())
