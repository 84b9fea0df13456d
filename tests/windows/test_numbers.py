"""Every number that is read of the registry: one of another type is told with its type, and never called fine."""

from __future__ import annotations

import pytest

from orchestrator.model.registry import Value as Found
from orchestrator.sentences import say
from orchestrator.windows import branches, numbers, proxy, roots, updates, windows10
from orchestrator.windows.command import Place
from orchestrator.windows.readiness.finding import Policy
from orchestrator.windows.readiness.judging import KINDS, findings, found_fine
from orchestrator.windows.readiness.survey import PREFLIGHT, Survey
from orchestrator.windows.registry import Key
from sspr_lab.clock import Clock
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from sspr_lab.registry import Value
from tests.windows.test_on_lab_hosts import ask

PACKAGE = rf"{updates.PACKAGES}\Package_for_KB3140245~31bf3856ad364e35~amd64~~6.1.1.0"
BELOW = {
    **{place: rf"{place.key}\AES 128/128" for place in numbers.CIPHER_PARTS},
    Place("HKU", "ProxyEnable"): proxy.SYSTEM,
    Place(updates.PACKAGES, "CurrentState"): PACKAGE,
}
"""Where a number stands that may stand in any of the keys below one."""
OTHERS = {
    "REG_SZ": (Value.of("1"), 'REG_SZ "1"'),
    "REG_QWORD": (Value("REG_QWORD", 1), 'REG_QWORD "1"'),
    "REG_BINARY": (Value.of(b"\1\0\0\0"), 'REG_BINARY "01000000"'),
}
SETTINGS = tuple(number for number in numbers.NUMBERS if number not in numbers.MAJOR_VERSION)
PROFILES = {"windows7": Profile().with_traits("schannel_explicit"), "windows10": Profile("windows10")}


def test_every_number_belongs_to_a_finding() -> None:
    """The table has what findings rest on and nothing else."""
    assert {number for kind in KINDS.values() for number in kind.numbers} == set(numbers.NUMBERS)


async def surveyed(profile: Profile, value: Value) -> Survey:
    """A lab host that has every number as this value."""
    clock = Clock(speed=1000)
    try:
        machine = Machine(profile, clock)
        await machine.boot()
        for number in SETTINGS:
            assert number.value
            machine.registry.set(BELOW.get(number, number.key), number.value, value)
        return PREFLIGHT.parse(await ask(machine, PREFLIGHT.commands))
    finally:
        await clock.close()


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("branch", PROFILES)
async def test_another_type_is_told_and_not_fine(branch: str, kind: str) -> None:
    """Each is shown with its type beside the one that is wanted, and no finding that rests on it is called fine."""
    value, shown = OTHERS[kind]
    survey = await surveyed(PROFILES[branch], value)
    found = {each.code: each for each in findings(survey, Policy())}
    told = found["not_a_number"]
    concerned = {number for each in KINDS.values() if each.asked(survey) for number in each.numbers}
    for number in concerned - set(numbers.MAJOR_VERSION):
        path = rf"{BELOW.get(number, number.key)}\{number.value}".lower()
        seen = {name.lower(): read for name, read in told.evidence.items()}
        assert seen[path] == f"{shown}, wanted REG_DWORD"
        assert f"{number.value} is a {shown}".lower() in say(told.message).lower()
    fine = found_fine(survey, found.values())
    assert not {code for code in fine if set(KINDS[code].numbers) - set(numbers.MAJOR_VERSION)}
    assert not {"uac", "smart_card", "disabled", "remote_desktop", "wininet_tls12"} & set(found)
    expected = {"windows7": {"winrm_start"}, "windows10": {"winrm_start", "windows10_off"}}[branch]
    assert expected <= set(found)
    assert found["winrm_start"].evidence == {"Start": f"{shown}, wanted REG_DWORD"}
    if branch == "windows10":
        assert found["windows10_off"].evidence == {
            "managed": f"{shown}, wanted REG_DWORD",
            windows10.POLICY: {windows10.ALLOW.lower(): f"{shown}, wanted REG_DWORD"},
        }


@pytest.mark.parametrize("branch", PROFILES)
async def test_numbers_of_the_right_type_are_none_of_these(branch: str) -> None:
    """Nothing is said of their types."""
    survey = await surveyed(PROFILES[branch], Value.of(0))
    assert not survey.mistyped
    assert "not_a_number" in found_fine(survey, findings(survey, Policy()))


@pytest.mark.parametrize("value", [Found("REG_SZ", "10"), Found("REG_QWORD", 10)], ids=lambda value: value.kind)
def test_a_version_that_is_no_number_tells_no_branch(value: Found) -> None:
    """Windows 10 is not taken for 8.1, which it calls itself for old programs."""
    values = {"currentversion": Found("REG_SZ", "6.3"), "currentmajorversionnumber": value}
    assert branches.identify(Key(branches.CURRENT_VERSION, values), None, None).branch is branches.OTHER


async def test_a_root_is_missing_and_the_policy_is_no_number() -> None:
    """What Windows passes over keeps it from nothing, and the evidence shows it none the less."""
    profile = Profile().with_traits("schannel_explicit", "roots_never_fetched")
    survey = await surveyed(profile, Value.of("1"))
    (missing,) = (each for each in findings(survey, Policy()) if each.code == "root_missing")
    assert missing.evidence[roots.DISABLED] == 'REG_SZ "1", wanted REG_DWORD'
