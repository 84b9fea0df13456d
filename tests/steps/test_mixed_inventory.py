"""One inventory of all branches: each shipped playbook does the right thing on each of them."""

from pathlib import Path

import pytest

from orchestrator.model.outcome import Outcome
from orchestrator.sentences import say
from orchestrator.steps.collect import CollectDetail
from tests.details import detail_of
from tests.lab_fixtures import BRANCHES, Site, install, kind, shipped, site

OK, CHANGED, BLOCKED, SKIPPED = Outcome.OK, Outcome.CHANGED, Outcome.BLOCKED, Outcome.SKIPPED
TEN = "10"
ALL = {**BRANCHES, TEN: kind(branch="windows10", traits=["azure_ad_joined"])}
POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\AzureADAccount"


async def steps(lab: Site, name: str, *settings: str) -> list[tuple[str, Outcome]]:
    """What a shipped playbook did on the Windows 10 machine, step by step."""
    results = await lab.run(shipped(name, *settings))
    return [(step.name, step.result.outcome) for step in results[TEN].steps]


async def test_install_does_the_right_thing_on_every_branch(tmp_path: Path) -> None:
    """The add-in and TLS 1.2 where it is needed, the policy on Windows 10, and a proof of either."""
    with site(tmp_path, ALL) as lab:
        before = lab.snapshots()
        results = await lab.run(install())
        assert {name: result.outcome for name, result in results.items()} == dict.fromkeys(ALL, CHANGED)
        assert say(results[TEN].reason) == (
            "password reset at the log-on screen is switched on now; password reset at the log-on screen is on"
        )
        assert [step.name for step in results[TEN].steps] == [
            "preflight",
            "windows10",
            "reboot",
            "reboot-return",
            "verify",
        ]
        assert {result.steps[-1].name for result in results.values()} == {"verify"}
        assert {result.steps[-1].result.outcome for result in results.values()} == {OK}
        assert {lab.value(name, POLICY, "AllowPasswordReset") for name in BRANCHES} == {None}
        assert lab.changes(before)[TEN] == [f"+ key {POLICY}", f"+ value {POLICY}:AllowPasswordReset"]

        again = await lab.run(install())
        assert {name: result.outcome for name, result in again.items()} == dict.fromkeys(ALL, OK)


async def test_what_is_collected_on_windows_10(tmp_path: Path) -> None:
    """The policy that switches the feature on and the join come home, and the summary says which way it is set."""
    with site(tmp_path, {TEN: ALL[TEN], "7 x64": ALL["7 x64"]}) as lab:
        await lab.run(shipped("windows10-enable"), TEN)
        results = await lab.run(shipped("collect-logs"))
    folders = {name: Path(detail_of(result.deciding, CollectDetail).folder or "") for name, result in results.items()}
    policy, join = "registry-windows10-policy.reg", "registry-join.reg"
    collected = folders[TEN] / "collected"
    assert '"AllowPasswordReset"=dword:00000001' in (collected / policy).read_text("utf-16")
    assert '"TenantId"="11111111-2222-3333-4444-555555555555"' in (collected / join).read_text("utf-16")
    assert (
        "password reset is switched on by policy (AllowPasswordReset = 1)" in (folders[TEN] / "summary.txt").read_text()
    )
    assert {policy, join}.isdisjoint(path.name for path in folders["7 x64"].joinpath("collected").iterdir())
    assert "Windows 10" not in (folders["7 x64"] / "summary.txt").read_text()


@pytest.mark.slow
async def test_the_other_playbooks_on_windows_10(tmp_path: Path) -> None:
    """What is for the add-in is skipped there in so many words; looking and collecting work as everywhere."""
    with site(tmp_path, {TEN: ALL[TEN]}) as lab:
        before = lab.snapshots()
        assert await steps(lab, "preflight") == [("preflight", OK)]
        assert await steps(lab, "verbose-logging-on") == [("verbose_logging", SKIPPED)]
        assert await steps(lab, "verbose-logging-off") == [("verbose_logging", SKIPPED)]
        assert await steps(lab, "collect-logs") == [("collect", OK)]
        assert await steps(lab, "uninstall") == [("uninstall", SKIPPED), ("reboot", OK), ("reboot-return", SKIPPED)]
        assert await steps(lab, "enable-tls12") == [
            ("tls12", SKIPPED),
            ("reboot", OK),
            ("reboot-return", SKIPPED),
            ("verify-tls12", SKIPPED),
        ]
        assert lab.changes(before) == {TEN: []}
        assert await steps(lab, "reboot", "reboot.delay_minutes=0") == [("reboot", CHANGED), ("reboot-return", CHANGED)]
        assert await steps(lab, "windows10-disable") == [("windows10", OK)]
