"""Traits of a machine's surroundings: policies, proxies, updates, networks, images, and a clock that is off."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sspr_lab.clock import Clock
from sspr_lab.machine import Machine
from sspr_lab.profile import Branch, Profile, Trait
from sspr_lab.registry import Value

if TYPE_CHECKING:
    from lab.tests.conftest import Run

WINDOWS = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion"
CONTROL = r"HKLM\SYSTEM\CurrentControlSet\Control"
SETTINGS = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
PACKAGES = WINDOWS + r"\Component Based Servicing\Packages"
INTERFACE = "{6B1B2F0E-3C55-4A0E-9C6D-1B0E5B7A2D11}"
ADDIN = "{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}"


@pytest.mark.parametrize(
    ("trait", "path", "name", "expected"),
    [
        ("excluded_provider", WINDOWS + r"\Policies\System", "ExcludedCredentialProviders", Value.of(ADDIN)),
        ("old_wininet", rf"HKU\.DEFAULT\{SETTINGS}", "SecureProtocols", Value.of(0xA0)),
        ("provider_disabled", rf"{WINDOWS}\Authentication\Credential Providers\{ADDIN}", "Disabled", Value.of(1)),
        ("remote_desktop", CONTROL + r"\Terminal Server", "fDenyTSConnections", Value.of(0)),
        ("windows_server", CONTROL + r"\ProductOptions", "ProductType", Value.of("ServerNT")),
        ("wired_dot1x", r"HKLM\SYSTEM\CurrentControlSet\Services\dot3svc", "Start", Value.of(2)),
        ("dot1x_before_logon", r"HKLM\SYSTEM\CurrentControlSet\Services\dot3svc", "Start", Value.of(2)),
    ],
)
def test_a_trait_is_a_value(clock: Clock, trait: Trait, path: str, name: str, expected: Value) -> None:
    """What was done to a machine is there with the trait, and not without."""
    assert Machine(Profile().with_traits(trait), clock).registry.get(path, name) == expected
    assert Machine(Profile(), clock).registry.get(path, name) != expected


@pytest.mark.parametrize(
    ("trait", "path"),
    [
        ("copy_profile", r"C:\Windows\Panther\unattend.xml"),
        (
            "dot1x_before_logon",
            rf"C:\ProgramData\Microsoft\dot3svc\Profiles\Interfaces\{INTERFACE}\{INTERFACE}.xml",
        ),
    ],
)
def test_a_trait_is_a_file(clock: Clock, trait: Trait, path: str) -> None:
    """A trait that leaves a file leaves one with Windows' line ends, and a machine without the trait has none."""
    content = Machine(Profile().with_traits(trait), clock).files.read(path)
    assert content.startswith(b"<?xml")
    assert content.count(b"\n") == content.count(b"\r\n") > 5
    assert not Machine(Profile(), clock).files.exists(path)


@pytest.mark.parametrize(
    ("branch", "traits", "there", "missing"),
    [
        ("windows7", (), {"Package_for_KB976932", "Package_for_KB3140245", "Package_for_RollupFix"}, set()),
        ("windows7", ("unpatched",), {"Package_for_KB976932"}, {"Package_for_KB3140245", "Package_for_RollupFix"}),
        ("windows7", ("no_service_pack",), set(), {"Package_for_KB976932", "Package_for_KB3140245"}),
        ("windows8.1", (), {"Package_for_KB2919355"}, {"Package_for_KB3140245"}),
    ],
)
def test_packages_are_those_of_the_branch(
    clock: Clock, branch: Branch, traits: tuple[Trait, ...], there: set[str], missing: set[str]
) -> None:
    """A machine has the updates of its Windows and of its age, each with the architecture in its name."""
    names = Machine(Profile(branch, "x86").with_traits(*traits), clock).registry.key(PACKAGES).subkey_names
    assert all("~31bf3856ad364e35~x86~~" in name for name in names)
    packages = {name.partition("~")[0] for name in names}
    assert there <= packages
    assert not missing & packages


async def test_windows_7_without_its_service_pack(clock: Clock, run: "Run") -> None:
    """Such a machine is build 7600 wherever it says what it is, and has no service pack to show."""
    machine = Machine(Profile().with_traits("no_service_pack"), clock)
    await machine.boot()
    assert "7600" in (await run("cmd /c ver", machine=machine)).out
    key = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
    assert machine.registry.get(key, "CSDVersion") is None
    assert machine.registry.get(key, "CurrentBuild") == Value.of("7600")


@pytest.mark.parametrize(
    ("trait", "shown"), [("proxy", "proxy.contoso.example:8080"), ("proxy_damaged", "proxy.contoso.example:8080")]
)
async def test_netsh_shows_the_proxy(clock: Clock, run: "Run", trait: Trait, shown: str) -> None:
    """netsh reads the blob that the trait writes, also one that is cut off behind the proxy's name."""
    machine = Machine(Profile().with_traits(trait), clock)
    assert shown in (await run("netsh winhttp show proxy", machine=machine)).out


async def test_a_clock_that_is_off_is_off_everywhere(clock: Clock, run: "Run") -> None:
    """What such a machine writes down and shows is of tomorrow, and another machine of the same lab has today."""
    off, right = Machine(Profile().with_traits("clock_a_day_ahead"), clock), Machine(Profile(), clock)
    for machine, days in ((off, 1), (right, 0)):
        day = f"{clock.now() + timedelta(days=days):%Y%m%d}"
        assert f"LocalDateTime={day}" in (await run("wmic os get LocalDateTime /value", machine=machine)).out
    assert off.clock.offset - right.clock.offset == timedelta(days=1)


async def test_closing_a_clock_closes_those_made_from_it() -> None:
    """Nothing that was to happen on a machine whose clock is off happens after the lab's end."""
    clock = Clock(speed=1000)
    happened = asyncio.Event()

    async def happen() -> None:
        happened.set()

    handle = clock.ahead(timedelta(days=1)).call_later(50, happen)
    await clock.close()
    assert handle.done
    assert not happened.is_set()
