"""Every finding of preflight: a lab host that provokes it, and one that does not; each asked as a run asks it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from lab.tests.winrm_hosts import winrm_host
from orchestrator.model.finding import Severity
from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import Egress, Language, PreflightDetail, WinInet
from orchestrator.model.result import StepResult
from orchestrator.remote.target import Target
from orchestrator.runs.result_part import ResultPart, plain, written
from orchestrator.sentences import say
from orchestrator.steps.declaration import StepContext
from orchestrator.steps.preflight import PreflightParameters, preflight
from orchestrator.windows import boot, branches, limits, provider, roots, tls12, windows10
from orchestrator.windows.readiness.judging import KINDS
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile, Trait
from sspr_lab.registry import Value
from tests.remote.targets import target
from tests.steps import one_step

Preparation = Callable[[Machine, Target], Awaitable[None]]


class Provocation(NamedTuple):
    """A lab host on which something is found.

    Attributes:
        profile: The host.
        others: Codes that the same cause has to provoke too.
        prepare: What is done to it besides.
        parameters: What the step is told.
    """

    profile: Profile
    others: frozenset[str] = frozenset()
    prepare: Preparation | None = None
    parameters: PreflightParameters = PreflightParameters()


async def _changed_and_not_restarted(machine: Machine, host: Target) -> None:
    booted = await host.observe(boot.BOOT)
    machine.registry.set(boot.OURS, boot.AWAITING, Value.of(booted.marker))


async def _allowed(machine: Machine, _: Target) -> None:
    machine.registry.set(windows10.POLICY, windows10.ALLOW, Value.of(1))


async def _one_root_alone(machine: Machine, _: Target) -> None:
    machine.registry.delete_key(rf"{FETCHED}\73A5E64A3BFF8316FF0EDCCC618A906E4EAE4D74")


def _forbidden(store: str) -> Preparation:
    async def prepare(machine: Machine, _: Target) -> None:
        machine.registry.create(roots.place(store, roots.NEEDED))

    return prepare


async def _text_for_a_number(machine: Machine, _: Target) -> None:
    machine.registry.set(provider.POLICIES_SYSTEM, "EnableLUA", Value.of("0"))


async def _remote_desktop_refused(machine: Machine, _: Target) -> None:
    machine.registry.refuse(limits.TERMINAL_SERVER)


FETCHED = r"HKLM\SOFTWARE\Microsoft\SystemCertificates\AuthRoot\Certificates"
SOUND = Profile().with_traits("schannel_explicit", "winhttp_a80")
TRYING = PreflightParameters.model_validate({"egress": None})
SOUND_10 = Profile("windows10").with_traits("azure_ad_joined")


def seven(*traits: Trait, others: set[str] | None = None) -> Provocation:
    """The sound Windows 7 with something in its past."""
    return Provocation(SOUND.with_traits(*traits), frozenset(others or ()))


def tried(*traits: Trait, others: set[str] | None = None) -> Provocation:
    """The sound Windows 7 with something in its past, which is to reach the service by itself."""
    return Provocation(SOUND.with_traits(*traits), frozenset(others or ()), None, TRYING)


def ten(*traits: Trait, others: set[str] | None = None) -> Provocation:
    """The sound Windows 10 with something in its past."""
    return Provocation(SOUND_10.with_traits(*traits), frozenset(others or ()), _allowed)


UPDATES = {"kb3140245", "kb4474419", "kb4490628", "kb3080079"}
PROVOKED: Mapping[str, Provocation] = {
    "unsupported": seven("windows_server"),
    "service_pack": seven("no_service_pack", others=UPDATES),
    "tls12": Provocation(Profile()),
    "tls12_restart": Provocation(SOUND, prepare=_changed_and_not_restarted),
    "servicing": seven("cbs_in_progress"),
    "disk": seven("low_disk"),
    "restart_pending": seven("update_reboot_required"),
    "file_renames": seven("pending_file_rename"),
    "winrm_start": seven("winrm_manual_start"),
    "logged_on": seven("user_logged_on"),
    "uac": seven("uac_off"),
    "not_a_number": Provocation(SOUND, prepare=_text_for_a_number),
    "other_providers": seven("third_party_provider"),
    "provider_filters": seven("provider_filter"),
    "excluded": seven("excluded_provider"),
    "disabled": seven("provider_disabled"),
    "smart_card": seven("smart_card_required"),
    "cipher_order": seven("weak_cipher_order"),
    "cipher_doubtful": seven("doubtful_cipher_order"),
    "cipher_disabled": seven("aes_off"),
    "root_disallowed": Provocation(SOUND, prepare=_forbidden(roots.DISALLOWED[0])),
    "root_updates_off": seven("roots_never_fetched", "root_updates_off"),
    "root_behind_proxy": seven("roots_never_fetched", "proxy_of_users", others={"proxy_of_users"}),
    "root_missing": seven("roots_never_fetched"),
    "root_others_missing": Provocation(SOUND.with_traits("root_updates_off"), prepare=_one_root_alone),
    "wininet_tls12": seven("old_wininet"),
    **{code: seven("unpatched", others=UPDATES - {code}) for code in sorted(UPDATES)},
    "proxy": seven("proxy"),
    "proxy_of_users": seven("proxy_of_users"),
    "proxy_unreadable": seven("proxy_damaged"),
    "clock": seven("clock_a_day_ahead"),
    "egress_name": tried("internet_no_names"),
    "egress_route": tried("internet_refused"),
    "egress_tls": tried("weak_cipher_order", others={"cipher_order"}),
    "egress_certificate": tried("tls_inspection"),
    "egress_proxy": tried("proxy", "proxy_asks", others={"proxy"}),
    "egress_unknown": tried("scripts_disabled"),
    "remote_desktop": seven("remote_desktop"),
    "not_known": Provocation(SOUND.with_traits("remote_desktop"), prepare=_remote_desktop_refused),
    "dot1x_before_logon": seven("dot1x_before_logon"),
    "dot1x": seven("wired_dot1x"),
    "domain_controller": seven("domain_joined"),
    "copy_profile": seven("copy_profile"),
    "windows10_build": ten("windows10_1709"),
    "windows10_join": Provocation(Profile("windows10"), prepare=_allowed),
    "windows10_off": Provocation(SOUND_10),
    "windows10_not_readable": ten(),
    "fast_user_switching": ten("fast_user_switching_off"),
    "desktop_switch_delay": ten("desktop_switch_delayed"),
    "last_user_name": ten("last_user_name_hidden"),
    "no_lock_screen": ten("no_lock_screen"),
    "block_user_install": ten("block_user_install"),
    "lock_screen_notifications": ten("lock_screen_notifications_off"),
    "smart_card_required": ten("smart_card_required"),
    "custom_shell": ten("kiosk_shell"),
    "ctrl_alt_del": ten("windows10_1803", "ctrl_alt_del_required"),
    "ctrl_alt_del_combination": ten(
        "ctrl_alt_del_required", "lock_screen_notifications_off", others={"lock_screen_notifications"}
    ),
}
"""Code -> the host that provokes it."""
SEVERITIES = list(Severity)


@pytest.fixture
def context(tmp_path: Path) -> StepContext:
    """What surrounds a step that needs none of it."""
    return replace(one_step.context(tmp_path, "run"), name="preflight")


def paths(machine: Machine) -> set[str]:
    """What lies in Windows' folder."""
    return {entry.name for entry in machine.files.listdir(r"C:\Windows")}


async def looked_at(provocation: Provocation, context: StepContext) -> StepResult:
    """What the step says of a host."""
    async with winrm_host(provocation.profile) as host, target(host.server.port) as reached:
        if provocation.prepare:
            await provocation.prepare(host.machine, reached)
            await reached.release()
        before = host.machine.snapshot()
        files = paths(host.machine)
        result = await preflight(reached, provocation.parameters, context)
        await reached.release()
        after = host.machine.snapshot()
        if provocation.parameters.egress:  # a script comes and goes, which Windows' folder remembers as a date
            after = replace(after, files=before.files)
        assert (after, paths(host.machine)) == (before, files)
        text = json.dumps(plain(written(result)))
        assert ResultPart.model_validate_json(text).result.detail == result.detail
        return result


def learned(result: StepResult) -> PreflightDetail:
    """What the step has to tell."""
    assert isinstance(result.detail, PreflightDetail)
    return result.detail


def codes(result: StepResult) -> set[str]:
    """What was found."""
    return {finding.code for finding in learned(result).findings}


@pytest.mark.parametrize("code", KINDS)
async def test_a_host_provokes_it(code: str, context: StepContext) -> None:
    """Every declared kind is found on a lab host made for it, in its severity, and nothing else is found there."""
    provocation = PROVOKED[code]
    result = await looked_at(provocation, context)
    always = {"windows10_not_readable"} if provocation.profile.branch == "windows10" else set()
    assert codes(result) == {code} | provocation.others | always
    (found,) = (finding for finding in learned(result).findings if finding.code == code)
    assert found.severity is KINDS[code].severity
    blocks = Severity.BLOCK in {finding.severity for finding in learned(result).findings}
    assert result.outcome is (Outcome.BLOCKED if blocks else Outcome.OK)


async def test_a_host_does_not(context: StepContext) -> None:
    """On a sound host nothing is found at all, so that each finding above comes from what was done to it."""
    result = await looked_at(Provocation(SOUND), context)
    assert codes(result) == set()
    assert (result.outcome, say(result.reason)) == (Outcome.OK, "nothing stands in the way")


@pytest.mark.parametrize("profile", [SOUND, SOUND.with_traits("proxy"), SOUND_10, Profile("windows8.1")])
async def test_a_sound_host_reaches_the_service(profile: Profile, context: StepContext) -> None:
    """Where nothing is in the way the service is reached by a handshake, straight or by a proxy."""
    result = await looked_at(Provocation(profile, parameters=TRYING), context)
    assert not any(code.startswith("egress") for code in codes(result))
    assert learned(result).egress == Egress("reached", "passwordreset.microsoftonline.com:443", None, None, 200)


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (Profile(), "as long as TLS 1.2 is not enabled"),
        (Profile().with_traits("winhttp_a80"), "as long as TLS 1.2 is not enabled"),
        (Profile().with_traits("schannel_explicit"), "as long as TLS 1.2 is not enabled"),
        (SOUND.with_traits("unpatched"), "although TLS 1.2 is enabled"),
    ],
)
async def test_no_handshake_on_an_old_windows(profile: Profile, words: str, context: StepContext) -> None:
    """Half a fix is none: Schannel, WinHTTP's value and the update that heeds it are needed for a handshake."""
    result = await looked_at(Provocation(profile, parameters=TRYING), context)
    (found,) = (finding for finding in learned(result).findings if finding.code == "egress_tls")
    assert words in say(found.message)
    egress = learned(result).egress
    assert egress
    assert (egress.end, found.evidence["winhttp_error"]) == ("no handshake", 12157)


async def test_the_fix_is_proved_by_a_handshake(context: StepContext) -> None:
    """What the playbook changes is what the host's own TLS goes by."""
    async with winrm_host() as host, target(host.server.port) as reached:
        before = await preflight(reached, TRYING, context)
        machine, settings = await reached.observe(branches.MACHINE), await reached.observe(tls12.SETTINGS)
        await reached.apply(tls12.enable(settings, machine.branch, machine.architecture))
        after = await preflight(reached, TRYING, context)
        await reached.release()
    assert "egress_tls" in codes(before)
    egress = learned(after).egress
    assert egress
    assert egress.end == "reached"


async def test_signs_of_802_1x(context: StepContext) -> None:
    """Networks that a group policy sets up are signs of 802.1X, too, on cables as without."""
    profile = SOUND.with_traits("network_policies", "wired_dot1x")
    result = learned(await looked_at(Provocation(profile), context))
    (found,) = result.findings
    assert found.code == "dot1x"
    assert result.limits
    assert len(result.limits.dot1x) == 3


async def test_what_was_learned_is_in_the_detail(context: StepContext) -> None:
    """The detail has every fact that findings rest on, whether something was found or not."""
    profile = SOUND.with_traits("domain_joined", "proxy_of_users", "weak_cipher_order", "clock_a_day_ahead")
    detail = learned(await looked_at(Provocation(profile), context))
    assert detail.proxy
    assert detail.proxy.users == (WinInet(None, "http://proxy.contoso.example/proxy.pac", None),)
    assert detail.language == Language("en-US", ("en-US",), "437")
    assert detail.limits
    assert detail.limits.domain == "contoso.example"
    assert detail.cipher_order
    assert "TLS_RSA_WITH_RC4_128_SHA" in detail.cipher_order
    assert detail.updates
    assert detail.updates.rollups == ("7601.24545.1.8",)
    assert detail.clock_ahead_seconds == pytest.approx(24 * 3600, abs=5)
