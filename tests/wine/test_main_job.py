"""The main job on Wine hosts: real reg.exe, msiexec and cmd.exe do what the shipped playbooks ask for.

What has come of it is read from the prefixes' own files while they are down, with no program of theirs or ours between.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult
from sspr_lab.fleet import Fleet
from sspr_lab.mix import Kind
from sspr_lab.packages import standin
from sspr_lab.registry import Value
from sspr_lab.wine import hive
from sspr_lab.wine.fleet import WineFleet
from sspr_lab.wine.machine import WineMachine
from tests.lab_fixtures import PACKAGES, Lineup, Site, fleet_site, install, kind, shipped

HOSTS: dict[str, Kind] = {
    "seven": kind(),
    "seven-renaming": kind(traits=["pending_file_rename"]),
    "eight-one": kind(branch="windows8.1"),
    "eight-one-again": kind(branch="windows8.1"),
}
SPEED = 20.0
CLSID = "{86d2f0ac-2171-46cf-9998-4e33b3d7fd4f}"
CODE = "{3f0c9b5e-7e0b-4b55-9b63-5d2f0e6a6401}"
PROVIDER = rf"software\microsoft\windows\currentversion\authentication\credential providers\{CLSID}"
INPROC_SERVER = rf"software\classes\clsid\{CLSID}\inprocserver32"
UNINSTALL = rf"software\microsoft\windows\currentversion\uninstall\{CODE}"
TLS = r"system\currentcontrolset\control\securityproviders\schannel\protocols\tls 1.2"
WINHTTP = r"software\microsoft\windows\currentversion\internet settings\winhttp"
WINHTTP_WOW64 = WINHTTP.replace("software", r"software\wow6432node", 1)
SESSION_MANAGER = r"system\currentcontrolset\control\session manager"
DISPLAY = re.compile(r"\\control\\class\\\{4d36e9(68|6e)-e325-11ce-bfc1-08002be10318\}")
"""Of graphics cards and monitors, which Wine registers some time after a desktop was made."""
OURS = r"software\ssprorchestrator"
DLL = "windows/system32/SsprStandInProvider.dll"
EXPLICIT = {"Enabled": Value.of(1), "DisabledByDefault": Value.of(0)}

pytestmark = pytest.mark.timeout(400)


@dataclass(frozen=True)
class Remains:
    """A prefix that is down: its HKLM by lower-case path, and its drive C:."""

    registry: dict[str, dict[str, Value]]
    drive: Path

    def holds(self, path: str) -> bool:
        return (self.drive / path).exists()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, original: Path) -> Iterator[Site]:
    """Two hosts in Wine's Windows 7 mode and two in its Windows 8.1 mode."""
    lineup = Lineup(Path("lineup"), (), tuple(HOSTS.values()))

    def make(port: int) -> Fleet:
        return WineFleet(len(HOSTS), mix=lineup, speed=SPEED, port=port, cache=original.parent)

    with fleet_site(tmp_path_factory.mktemp("wine"), make) as site:
        yield replace(site, hosts=dict(zip(HOSTS, site.lab.fleet.hosts, strict=True)))


def remains(site: Site) -> dict[str, Remains]:
    """What the prefixes hold, by host: they are stopped for the look, so that all of the registry is in its files."""

    async def look(fleet: Fleet) -> dict[str, Remains]:
        found = {}
        for name, host in site.hosts.items():
            machine = fleet.hosts[host].machine
            assert isinstance(machine, WineMachine)
            await machine.prefix.stop()
            found[name] = Remains(hive.read(machine.prefix.directory / "system.reg"), machine.prefix.drive)
            await machine.start_wine()
        return found

    return site.lab.call(look)


def outcomes(results: Mapping[str, HostResult]) -> set[Outcome]:
    return {result.outcome for result in results.values()}


def changed_keys(before: Remains, after: Remains) -> set[str]:
    """Keys that differ; Wine's notes on the fonts and the display that this machine has do not count."""
    paths = {*before.registry, *after.registry}
    differing = {path for path in paths if before.registry.get(path) != after.registry.get(path)}
    return {path for path in differing if not path.endswith(r"\fonts") and not DISPLAY.search(path)}


def provider_dll(folder: Path) -> bytes:
    """The file that the package brings, taken out of it by msitools."""
    subprocess.run(["msiextract", "-C", folder, standin("x64")], check=True, capture_output=True)
    (path,) = folder.rglob("SsprStandInProvider.dll")
    return path.read_bytes()


async def test_the_whole_main_job(site: Site, tmp_path: Path) -> None:
    """A look, the installation with its restart and proof, a second run and the removal, on four hosts.

    Logs are not brought home: a pattern in quotes ends Wine's cmd.exe, so that no files are listed (conformance).
    """
    untouched = remains(site)
    looked = await site.run(install(), check=True)
    assert outcomes(looked) == {Outcome.CHANGED}, looked
    for name, left in remains(site).items():
        assert changed_keys(untouched[name], left) == set()

    boots = {name: site.machine(name).power.boot_time for name in HOSTS}
    done = await site.run(install())
    assert outcomes(done) == {Outcome.CHANGED}, done
    assert all(site.machine(name).power.boot_time > boot for name, boot in boots.items())
    dll = provider_dll(tmp_path)
    for name, left in remains(site).items():
        assert_installed(left, dll, needs_winhttp=name.startswith("seven"))

    again = await site.run(install())
    assert outcomes(again) == {Outcome.OK}, again

    removed = await site.run(shipped("uninstall", "reboot.delay_minutes=0", packages=PACKAGES))
    assert outcomes(removed) == {Outcome.CHANGED}, removed
    for left in remains(site).values():
        assert_removed(left)


def assert_installed(left: Remains, dll: bytes, *, needs_winhttp: bool) -> None:
    """TLS 1.2, the add-in's registration, its entry among the installed programs, and its file are in the prefix."""
    registry = left.registry
    assert registry[rf"{TLS}\client"] == registry[rf"{TLS}\server"] == EXPLICIT
    for path in (WINHTTP, WINHTTP_WOW64):
        set_to = registry.get(path, {}).get("DefaultSecureProtocols")
        assert set_to == (Value.of(0x8A0) if needs_winhttp else None)
    assert PROVIDER in registry
    library = registry[INPROC_SERVER][""]
    assert str(library.data).lower() == r"c:\windows\system32\ssprstandinprovider.dll"
    assert registry[INPROC_SERVER]["ThreadingModel"] == Value.of("Apartment")
    entry = registry[UNINSTALL]
    assert entry["DisplayName"] == Value.of("SSPR Windows Logon (lab stand-in)")
    assert entry["DisplayVersion"] == Value.of("1.0.10.0")
    assert (left.drive / DLL).read_bytes() == dll
    assert "PendingFileRenameOperations" not in registry[SESSION_MANAGER]
    assert_no_traces(left)


def assert_removed(left: Remains) -> None:
    """Nothing of the add-in is left; TLS 1.2 stays as it was set."""
    assert not {PROVIDER, INPROC_SERVER, UNINSTALL} & set(left.registry)
    assert not left.holds(DLL)
    assert left.registry[rf"{TLS}\client"] == EXPLICIT
    assert_no_traces(left)


def assert_no_traces(left: Remains) -> None:
    """No folder, task or note of the program's own."""
    assert not left.holds("windows/SsprOrchestrator")
    assert OURS not in left.registry
    tasks = left.drive / "windows" / "system32" / "Tasks"
    assert [path for path in tasks.rglob("*") if "Sspr" in path.name] == []
