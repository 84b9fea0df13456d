"""Step `windows10`, and what the other steps do on Windows 10: each the sensible thing, in clear words."""

from pathlib import Path

import pytest

from orchestrator.model.finding import Severity
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import PreflightDetail
from orchestrator.sentences import say
from orchestrator.steps.msi import MsiParameters, install
from orchestrator.steps.preflight import PreflightParameters, preflight
from orchestrator.steps.uninstall import UninstallParameters, uninstall
from orchestrator.steps.verbose_logging import VerboseLoggingParameters, switch_verbose_logging
from orchestrator.steps.verify import VerifyParameters, verify
from orchestrator.steps.windows10 import Windows10Detail, Windows10Parameters, switch_windows10
from sspr_lab.profile import Profile, Trait
from sspr_lab.registry import Value
from tests.lab_fixtures import kind, shipped, site
from tests.steps.one_step import context, one, to_end

POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\AzureADAccount"
ON, OFF = Windows10Parameters(), Windows10Parameters(state="off")
INTERFERING: dict[Trait, set[str]] = {
    "fast_user_switching_off": {"fast_user_switching"},
    "desktop_switch_delayed": {"desktop_switch_delay"},
    "last_user_name_hidden": {"last_user_name"},
    "no_lock_screen": {"no_lock_screen"},
    "block_user_install": {"block_user_install"},
    "lock_screen_notifications_off": {"lock_screen_notifications"},
    "smart_card_required": {"smart_card_required"},
    "kiosk_shell": {"custom_shell"},
}
"""What keeps the feature from working by itself → the codes that it is told by."""


def ten(*traits: Trait) -> Profile:
    """A Windows 10 that is joined to Microsoft Entra ID, with these traits."""
    return Profile("windows10").with_traits("azure_ad_joined", *traits)


async def test_it_is_switched_on_and_off(tmp_path: Path) -> None:
    """Set to 1 and proved, found so again; then set to 0, the value that forbids it, and found so again."""
    async with one(ten()) as (host, reached):
        registry = host.machine.registry
        for parameters, number in ((ON, 1), (OFF, 0)):
            first = await switch_windows10(reached, parameters, context(tmp_path))
            assert first.outcome is Outcome.CHANGED, say(first.reason)
            found = registry.get(POLICY, "AllowPasswordReset")
            assert found is not None
            assert (found.kind, found.data) == ("REG_DWORD", number)
        async with one(ten()) as (_, fresh):
            again = await switch_windows10(fresh, OFF, context(tmp_path))
            assert again.outcome is Outcome.OK, "where it was never on, nothing is done"


async def test_a_second_run_finds_it_switched_on(tmp_path: Path) -> None:
    """What is so already is said and left."""
    with site(tmp_path, {"ten": kind(branch="windows10", traits=["azure_ad_joined"])}) as lab:
        playbook = shipped("windows10-enable")
        outcomes = []
        for check in (True, False, False):
            result = await lab.run(playbook, check=check)
            outcomes.append(result["ten"].outcome)
        assert outcomes == [Outcome.CHANGED, Outcome.CHANGED, Outcome.OK]
        assert lab.value("ten", POLICY, "AllowPasswordReset") == 1


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (ten("windows10_1709"), "came with version 1803"),
        (Profile("windows10"), "not joined"),
        (Profile("windows10").with_traits("domain_joined"), "not registered with Microsoft Entra ID"),
    ],
    ids=["1709", "workgroup", "domain only"],
)
async def test_where_it_cannot_work_it_is_blocked(tmp_path: Path, profile: Profile, words: str) -> None:
    """An old build, and a device that is not joined, are left alone, with a remedy."""
    async with one(profile) as (host, reached):
        result = await switch_windows10(reached, ON, context(tmp_path))
        assert result.outcome is Outcome.BLOCKED
        assert words in say(result.reason)
        assert result.remedy
        assert not host.machine.registry.exists(POLICY)


async def test_a_join_need_not_be_waited_for(tmp_path: Path) -> None:
    """Told so, a device that is not joined yet gets the policy too; an old build never does."""
    early = Windows10Parameters(require_join=False)
    async with one(Profile("windows10")) as (_, reached):
        assert (await switch_windows10(reached, early, context(tmp_path))).outcome is Outcome.CHANGED
    async with one(Profile("windows10").with_traits("windows10_1709")) as (_, reached):
        assert (await switch_windows10(reached, early, context(tmp_path))).outcome is Outcome.BLOCKED


@pytest.mark.parametrize("trait", INTERFERING)
async def test_each_interfering_setting_is_named(tmp_path: Path, trait: Trait) -> None:
    """The feature is switched on all the same, and the result and the preflight say what is in its way, and where."""
    async with one(ten(trait)) as (_, reached):
        result = await switch_windows10(reached, ON, context(tmp_path))
        assert result.outcome is Outcome.CHANGED
        assert isinstance(result.detail, Windows10Detail)
        assert {found.code for found in result.detail.interfering} == INTERFERING[trait]
        assert all(say(found.message) in say(result.reason) and found.evidence for found in result.detail.interfering)
        looked = await preflight(reached, PreflightParameters(), context(tmp_path))
        assert isinstance(looked.detail, PreflightDetail)
        codes = {found.code for found in looked.detail.findings if found.severity is Severity.WARN}
        assert codes == INTERFERING[trait]


async def test_settings_that_interfere_together(tmp_path: Path) -> None:
    """Ctrl+Alt+Del counts by itself before 1809, and later only together with what is not read from the registry."""
    both: tuple[Trait, ...] = ("ctrl_alt_del_required", "lock_screen_notifications_off")
    cases: list[tuple[Profile, set[str]]] = [
        (ten("ctrl_alt_del_required"), set()),
        (ten("ctrl_alt_del_required", "windows10_1803"), {"ctrl_alt_del"}),
        (ten(*both), {"lock_screen_notifications", "ctrl_alt_del_combination"}),
    ]
    for profile, codes in cases:
        async with one(profile) as (_, reached):
            result = await switch_windows10(reached, ON, context(tmp_path))
            assert isinstance(result.detail, Windows10Detail)
            assert {found.code for found in result.detail.interfering} == codes
            assert set(result.detail.not_readable) == {"EnableLostMode", "IsContentDeliveryPolicyEnforced"}


async def test_the_join_and_the_management_are_told(tmp_path: Path) -> None:
    """Tenant, domain, and what a device management has set are in the result."""
    async with one(ten("domain_joined", "password_reset_managed")) as (_, reached):
        detail = (await switch_windows10(reached, ON, context(tmp_path))).detail
        assert isinstance(detail, Windows10Detail)
        assert say(detail.join.title or verbatim("")) == "joined to a domain and to Microsoft Entra ID"
        assert detail.join.tenants == ("11111111-2222-3333-4444-555555555555",)
        assert detail.join.domain == "contoso.example"
        assert detail.set_by_device_management == 1


async def test_other_branches_are_left_alone(tmp_path: Path) -> None:
    """On Windows 7 the step is skipped and nothing is written."""
    async with one() as (host, reached):
        result = await switch_windows10(reached, ON, context(tmp_path))
        assert result.outcome is Outcome.SKIPPED
        assert not host.machine.registry.exists(POLICY)


async def test_the_other_steps_leave_windows_10_alone(tmp_path: Path) -> None:
    """No add-in is sent, removed or made to log there; the proof is of the policy."""
    async with one(ten()) as (host, reached):
        before = host.machine.snapshot()
        blocked = await to_end(install, reached, MsiParameters(), context(tmp_path))
        skipped = [
            await to_end(uninstall, reached, UninstallParameters(), context(tmp_path)),
            await switch_verbose_logging(reached, VerboseLoggingParameters(state="on"), context(tmp_path)),
        ]
        unproved = await verify(reached, VerifyParameters(), context(tmp_path))
        assert (blocked.outcome, unproved.outcome) == (Outcome.BLOCKED, Outcome.FAILED)
        assert {result.outcome for result in skipped} == {Outcome.SKIPPED}
        assert all("built in" in say(result.reason) for result in (blocked, *skipped))
        await reached.release()
        assert host.machine.snapshot() == before
        await switch_windows10(reached, ON, context(tmp_path))
        assert (await verify(reached, VerifyParameters(), context(tmp_path))).outcome is Outcome.OK


@pytest.mark.parametrize("found", [Value.of("1"), Value("REG_QWORD", 1)], ids=lambda value: value.kind)
async def test_a_policy_that_is_no_number(tmp_path: Path, found: Value) -> None:
    """Windows does not take it for 1: the verification says what it is instead, and the step sets it anew."""
    async with one(ten()) as (host, reached):
        host.machine.registry.set(POLICY, "AllowPasswordReset", found)
        unproved = await verify(reached, VerifyParameters(), context(tmp_path))
        assert unproved.outcome is Outcome.FAILED
        assert f'AllowPasswordReset is a {found.kind} "1"' in say(unproved.reason)
        assert (await switch_windows10(reached, ON, context(tmp_path))).outcome is Outcome.CHANGED
        assert host.machine.registry.get(POLICY, "AllowPasswordReset") == Value.of(1)
        assert (await verify(reached, VerifyParameters(), context(tmp_path))).outcome is Outcome.OK
