"""The registry model: names, views, volatile keys, access, and stock content by branch."""

from dataclasses import replace

import pytest

from sspr_lab.accounts import SYSTEM
from sspr_lab.clock import Clock
from sspr_lab.errors import (
    ACCESS_DENIED,
    CHILD_MUST_BE_VOLATILE,
    FILE_NOT_FOUND,
    INVALID_PARAMETER,
    WindowsError,
)
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.profile import Architecture, Branch, Profile, Trait
from sspr_lab.registry import Data, Registry, Value
from sspr_lab.winrm_settings import ServiceSettings

NT = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
WINDOWS = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion"
CONTROL = r"HKLM\SYSTEM\CurrentControlSet\Control"
PROVIDERS = WINDOWS + r"\Authentication\Credential Providers"
TLS = CONTROL + r"\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client"
WINHTTP = WINDOWS + r"\Internet Settings\WinHttp"


@pytest.fixture
def registry(machine: Machine) -> Registry:
    """The registry of a stock 64-bit Windows 7."""
    return machine.registry


def test_names_ignore_case_and_keep_it(registry: Registry) -> None:
    """Keys and values are found in any case and stay as they were first written."""
    registry.set(r"HKLM\SOFTWARE\Lab", "Name", Value.of(1))
    registry.set(r"hkey_local_machine\software\LAB", "NAME", Value.of(2))
    key = registry.key(r"HKLM\Software\lab")
    assert (key.name, dict(key.values)) == ("Lab", {"Name": Value.of(2)})


def test_subkeys_come_sorted(registry: Registry) -> None:
    """Subkeys are listed in the order of their upper-case names, values in that of their making."""
    for name in ("b", "A", "c"):
        registry.create(rf"HKLM\SOFTWARE\Lab\{name}")
        registry.set(r"HKLM\SOFTWARE\Lab", name, Value.of(name))
    key = registry.key(r"HKLM\SOFTWARE\Lab")
    assert key.subkey_names == ["A", "b", "c"]
    assert list(key.values) == ["b", "A", "c"]


@pytest.mark.parametrize(
    ("path", "view", "real"),
    [
        (r"HKLM\SOFTWARE\Lab", 64, r"HKLM\SOFTWARE\Lab"),
        (r"HKLM\SOFTWARE\Lab", 32, r"HKLM\SOFTWARE\Wow6432Node\Lab"),
        (r"HKLM\SOFTWARE\Wow6432Node\Lab", 32, r"HKLM\SOFTWARE\Wow6432Node\Lab"),
        (r"HKLM\SOFTWARE\Wow6432Node\Lab", 64, r"HKLM\SOFTWARE\Wow6432Node\Lab"),
        (r"HKLM\SOFTWARE\Wow6432Node\Policies\Lab", 64, r"HKLM\SOFTWARE\Policies\Lab"),
        (r"HKLM\SOFTWARE\Classes\CLSID\{1}", 32, r"HKLM\SOFTWARE\Classes\Wow6432Node\CLSID\{1}"),
        (r"HKLM\SOFTWARE\Classes\.txt", 32, r"HKLM\SOFTWARE\Classes\.txt"),
        (r"HKCR\CLSID\{1}", 64, r"HKLM\SOFTWARE\Classes\CLSID\{1}"),
        (r"HKLM\SYSTEM\CurrentControlSet\Control\Lab", 32, r"HKLM\SYSTEM\ControlSet001\Control\Lab"),
        (r"HKLM\SOFTWARE\Policies\Lab", 32, r"HKLM\SOFTWARE\Policies\Lab"),
        (r"HKCU\Lab", 64, r"HKU\S-1-5-18\Lab"),
        (r"HKU\S-1-5-18\Lab", 64, r"HKU\.DEFAULT\Lab"),
    ],
)
def test_links_and_redirection(registry: Registry, path: str, view: int, real: str) -> None:
    """A path leads where "Registry Keys Affected by WOW64" says for Windows 7."""
    registry.set(path, "x", Value.of("y"), view)
    assert registry.get(real, "x") == Value.of("y")


def test_volatile_keys_do_not_survive_a_shutdown(registry: Registry) -> None:
    """Volatile keys go at shutdown, others stay, and a stable key cannot be under a volatile one."""
    registry.create(r"HKLM\SOFTWARE\Lab\Kept")
    registry.create(r"HKLM\SOFTWARE\Lab\Gone\Too", volatile=True)
    with pytest.raises(WindowsError) as refused:
        registry.create(r"HKLM\SOFTWARE\Lab\Gone\Stable")
    assert refused.value.code == CHILD_MUST_BE_VOLATILE
    registry.drop_volatile()
    assert registry.key(r"HKLM\SOFTWARE\Lab").subkey_names == ["Kept"]
    assert not registry.exists(NT + r"\Winlogon\AutoLogonChecked")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (r"HKLM\SOFTWARE\None", FILE_NOT_FOUND),
        (r"HKLM\SOFTWARE\\Microsoft", FILE_NOT_FOUND),
        (r"HKXX\SOFTWARE", INVALID_PARAMETER),
    ],
)
def test_what_is_not_there(registry: Registry, path: str, code: int) -> None:
    """Opening what does not exist fails with the code of RegOpenKeyEx."""
    with pytest.raises(WindowsError) as refused:
        registry.key(path)
    assert refused.value.code == code


def test_a_key_with_subkeys_is_deleted_only_as_a_tree(registry: Registry) -> None:
    """RegDeleteKey refuses a key that has subkeys."""
    registry.create(r"HKLM\SOFTWARE\Lab\Sub")
    with pytest.raises(WindowsError) as refused:
        registry.delete_key(r"HKLM\SOFTWARE\Lab", tree=False)
    assert refused.value.code == ACCESS_DENIED
    registry.delete_key(r"HKLM\SOFTWARE\Lab")
    assert not registry.exists(r"HKLM\SOFTWARE\Lab")


def test_a_filtered_token_cannot_write_the_machine(clock: Clock) -> None:
    """A second local administrator has no full token over the network when KB951016's value is gone."""
    machine = Machine(Profile(administrators=("Administrator", "second")), clock)
    policies = WINDOWS + r"\Policies\System"
    assert log_on(machine, "second").elevated
    machine.registry.delete_value(policies, "LocalAccountTokenFilterPolicy")
    account = log_on(machine, r".\SECOND")
    with pytest.raises(WindowsError) as refused:
        machine.registry.set(r"HKLM\SOFTWARE\Lab", "x", Value.of(1), account=account)
    assert (account.elevated, refused.value.code) == (False, ACCESS_DENIED)
    assert log_on(machine, "administrator").elevated


@pytest.mark.parametrize(
    ("branch", "version", "build", "service_pack", "product"),
    [
        ("windows7", "6.1", "7601", Value.of("Service Pack 1"), "Windows 7 Professional"),
        ("windows8", "6.2", "9200", None, "Windows 8 Pro"),
        ("windows8.1", "6.3", "9600", None, "Windows 8.1 Pro"),
        ("windows10", "6.3", "19045", None, "Windows 10 Pro"),
    ],
)
@pytest.mark.parametrize("architecture", ["x86", "x64"])
def test_a_branch_tells_what_it_is(
    clock: Clock,
    branch: Branch,
    version: str,
    build: str,
    service_pack: Value | None,
    product: str,
    architecture: Architecture,
) -> None:
    """Version, build, service pack, product and architecture stand in the registry as on such a machine."""
    registry = Machine(Profile(branch, architecture), clock).registry

    def text(path: str, name: str) -> Data | None:
        value = registry.get(path, name)
        return None if value is None else value.data

    assert text(NT, "CurrentVersion") == version
    assert text(NT, "CurrentBuild") == build
    assert text(NT, "ProductName") == product
    assert registry.get(NT, "CSDVersion") == service_pack
    expected = "AMD64" if architecture == "x64" else "x86"
    assert text(CONTROL + r"\Session Manager\Environment", "PROCESSOR_ARCHITECTURE") == expected
    assert registry.exists(r"HKLM\SOFTWARE\Wow6432Node\Microsoft") == (architecture == "x64")


@pytest.mark.parametrize("branch", ["windows7", "windows8", "windows8.1"])
def test_a_stock_machine_needs_the_work(clock: Clock, branch: Branch) -> None:
    """Out of the box: no TLS 1.2 key, no add-in, UAC on, WinRM starts late, each provider has its DLL."""
    machine = Machine(Profile(branch), clock)
    registry = machine.registry
    assert registry.key(CONTROL + r"\SecurityProviders\SCHANNEL\Protocols").subkey_names == ["SSL 2.0"]
    assert registry.get(
        CONTROL + r"\SecurityProviders\SCHANNEL\Protocols\SSL 2.0\Client", "DisabledByDefault"
    ) == Value.of(1)
    assert registry.get(WINHTTP, "DefaultSecureProtocols") is None
    assert registry.get(WINDOWS + r"\Policies\System", "EnableLUA") == Value.of(1)
    assert registry.get(NT + r"\Winlogon", "Shell") == Value.of("explorer.exe")
    assert machine.services.service("WinRM").delayed
    for view in (64, 32):
        names = registry.key(PROVIDERS, view).subkey_names
        assert "{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}" not in names
        assert "{6f45dc1e-5384-457a-bc13-2cd81b0d28ed}" in names
        for clsid in names:
            dll = registry.get(rf"HKLM\SOFTWARE\Classes\CLSID\{clsid}\InprocServer32", "", view)
            assert dll is not None
            assert dll.kind == "REG_EXPAND_SZ"
            name = str(dll.data).rpartition("\\")[2]
            assert machine.files.exists(rf"C:\Windows\System32\{name}")


@pytest.mark.parametrize(
    ("trait", "path", "name", "expected"),
    [
        ("schannel_explicit", TLS, "Enabled", Value.of(0xFFFFFFFF)),
        ("tls_hard_disabled", TLS, "Enabled", Value.of(0)),
        ("winhttp_a0", WINHTTP, "DefaultSecureProtocols", Value.of(0xA0)),
        ("winhttp_a80", WINHTTP, "DefaultSecureProtocols", Value.of(0xA80)),
        ("uac_off", WINDOWS + r"\Policies\System", "EnableLUA", Value.of(0)),
        ("winrm_manual_start", r"HKLM\SYSTEM\CurrentControlSet\Services\WinRM", "Start", Value.of(3)),
    ],
)
def test_a_trait_is_a_value(clock: Clock, trait: Trait, path: str, name: str, expected: Value) -> None:
    """What a machine's past left is there with the trait, and not without."""
    assert Machine(Profile().with_traits(trait), clock).registry.get(path, name) == expected
    assert Machine(Profile(), clock).registry.get(path, name) != expected


@pytest.mark.parametrize(
    ("trait", "path"),
    [
        ("cbs_reboot_pending", WINDOWS + r"\Component Based Servicing\RebootPending"),
        ("update_reboot_required", WINDOWS + r"\WindowsUpdate\Auto Update\RebootRequired"),
        ("third_party_provider", PROVIDERS + r"\{B12744B8-5BB7-463A-B85E-BB7627E73002}"),
        (
            "provider_filter",
            WINDOWS + r"\Authentication\Credential Provider Filters\{F2A7C6C5-3E7C-4B1C-9E3B-6C0D3AF0A001}",
        ),
    ],
)
def test_a_trait_is_a_key(clock: Clock, trait: Trait, path: str) -> None:
    """A trait that is a key makes it, and a machine without the trait lacks it."""
    assert Machine(Profile().with_traits(trait), clock).registry.exists(path)
    assert not Machine(Profile(), clock).registry.exists(path)


def test_winrm_keeps_its_settings_in_the_registry(clock: Clock) -> None:
    """Each listener is a key there, and what of the service is not the default is a value; stock is HTTP alone."""
    stock = Machine(Profile(), clock).registry
    assert stock.key(WINDOWS + r"\WSMAN\Listener").subkey_names == ["*+HTTP"]
    assert dict(stock.key(WINDOWS + r"\WSMAN\Service").values) == {"allow_remote_requests": Value.of(1)}

    settings = ServiceSettings(frozenset({"https"}), frozenset({"basic", "negotiate"}), "strict")
    registry = Machine(Profile(winrm=settings), clock).registry
    assert registry.key(WINDOWS + r"\WSMAN\Listener").subkey_names == ["*+HTTPS"]
    assert registry.get(WINDOWS + r"\WSMAN\Listener\*+HTTPS", "Port") == Value.of(5986)
    assert dict(registry.key(WINDOWS + r"\WSMAN\Service").values) == {
        "allow_remote_requests": Value.of(1),
        "auth_basic": Value.of(1),
        "auth_kerberos": Value.of(0),
        "cbt_hardening_level": Value.of("Strict"),
    }


def test_machines_share_stock_content_and_nothing_else(clock: Clock) -> None:
    """Two machines of a kind hold the same key objects until one of them changes its own."""
    one, two = (Machine(replace(Profile(), computer_name=name), clock) for name in ("ONE", "TWO"))
    assert one.registry.key(PROVIDERS) is two.registry.key(PROVIDERS)
    one.registry.set(PROVIDERS, "x", Value.of(1), account=SYSTEM)
    assert two.registry.get(PROVIDERS, "x") is None
    assert one.registry.get(CONTROL + r"\ComputerName\ComputerName", "ComputerName") == Value.of("ONE")
