"""Every registry value that we rely on, what we take it to say, and where that is known from."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.windows import (
    boot,
    branches,
    ciphers,
    computer_name,
    interfering,
    join,
    limits,
    product,
    provider,
    proxy,
    time_zone,
    tls12,
    updates,
    windows10,
)
from orchestrator.windows.command import Evidence, Sureness


@dataclass(frozen=True)
class RegistryValue:
    """A value, or a key where `name` is None, and what we take it to say."""

    key: str
    name: str | None
    meaning: str
    evidence: Evidence


_SCHANNEL = Evidence("MicrosoftDocs/windowsserverdocs, security/tls/tls-registry-settings", Sureness.DOCUMENTED)
_WINHTTP = Evidence("KB3140245", Sureness.DOCUMENTED)
_SSPR = Evidence("learn.microsoft.com, howto-sspr-windows", Sureness.DOCUMENTED)
_RESTART_SIGNS = Evidence("consistent in public administration scripts and modules", Sureness.REPORTED)
_VERSION = Evidence("known from experience", Sureness.REMEMBERED)
_INSTALLER = Evidence("MicrosoftDocs/win32, Msi/uninstall-registry-key", Sureness.DOCUMENTED)
_COM = Evidence("MicrosoftDocs/win32, com/inprocserver32", Sureness.DOCUMENTED)
_WININET = Evidence("as in public audit lists and administration scripts", Sureness.REPORTED)
_NETWORKS = Evidence("learn.microsoft.com/windows-hardware/customize/enterprise/uwfexclusions", Sureness.DOCUMENTED)
_ZONES = Evidence(
    "MicrosoftDocs, TIME_ZONE_INFORMATION and DYNAMIC_TIME_ZONE_INFORMATION (timezoneapi.h)", Sureness.DOCUMENTED
)
_OURS = Evidence("written and read by us alone", Sureness.DOCUMENTED)

REGISTRY_VALUES = (
    RegistryValue(tls12.CLIENT, "Enabled", "0: TLS 1.2 is switched off; any other number: it may be used", _SCHANNEL),
    RegistryValue(tls12.CLIENT, "DisabledByDefault", "not 0: only programs that ask for TLS 1.2 get it", _SCHANNEL),
    RegistryValue(tls12.SERVER, "Enabled", "the same for connections from outside", _SCHANNEL),
    RegistryValue(tls12.SERVER, "DisabledByDefault", "the same for connections from outside", _SCHANNEL),
    RegistryValue(
        tls12.WINHTTP, "DefaultSecureProtocols", "bits of the protocols WinHTTP offers; 0x800: TLS 1.2", _WINHTTP
    ),
    RegistryValue(
        tls12.WINHTTP_WOW64, "DefaultSecureProtocols", "the same for 32-bit programs on a 64-bit Windows", _WINHTTP
    ),
    RegistryValue(provider.PROVIDER, None, "there: the add-in's credential provider is registered", _SSPR),
    RegistryValue(provider.PROVIDER, "EnableLogging", "1: the add-in writes its verbose log; 0: it does not", _SSPR),
    RegistryValue(provider.INPROC_SERVER, "(default)", "the provider's DLL", _COM),
    RegistryValue(provider.PROVIDERS, None, "subkeys: all credential providers, by CLSID", _SSPR),
    RegistryValue(
        provider.FILTERS,
        None,
        "subkeys: filters, which can hide providers",
        Evidence("credential provider samples and reports", Sureness.REPORTED),
    ),
    RegistryValue(provider.POLICIES_SYSTEM, "EnableLUA", "0: User Account Control is off", _SSPR),
    RegistryValue(product.UNINSTALL, None, "subkey by product code: the product is installed", _INSTALLER),
    RegistryValue(product.UNINSTALL_WOW64, None, "the same for 32-bit packages on a 64-bit Windows", _INSTALLER),
    RegistryValue(
        product.COMPONENTS,
        None,
        "values by packed product code below each component: the key path that the product has brought",
        Evidence("known from experience", Sureness.REMEMBERED),
    ),
    RegistryValue(
        product.UPGRADE_CODES,
        None,
        "values by packed product code below each packed upgrade code: the versions of one product",
        Evidence("known from experience", Sureness.REMEMBERED),
    ),
    RegistryValue(boot.CBS, "RebootPending", "subkey there: servicing waits for a restart", _RESTART_SIGNS),
    RegistryValue(
        boot.CBS, "RebootInProgress, PackagesPending", "subkey there: servicing is under way", _RESTART_SIGNS
    ),
    RegistryValue(boot.WINDOWS_UPDATE, None, "there: Windows Update waits for a restart", _RESTART_SIGNS),
    RegistryValue(
        boot.SESSION_MANAGER,
        "PendingFileRenameOperations",
        "files that are replaced at the next start; a weak sign",
        _RESTART_SIGNS,
    ),
    RegistryValue(computer_name.KEY, "ComputerName", "the computer's name now", _RESTART_SIGNS),
    RegistryValue(boot.NEXT_NAME, "ComputerName", "its name after the next start", _RESTART_SIGNS),
    RegistryValue(
        boot.WINRM_SERVICE,
        "Start",
        "2: WinRM starts by itself; 3: by hand; 4: never",
        Evidence("MicrosoftDocs/win32, winsvc ChangeServiceConfig (dwStartType)", Sureness.DOCUMENTED),
    ),
    RegistryValue(
        boot.AUTO_LOGON_CHECKED,
        None,
        "there: the log-on screen has come up since the start",
        Evidence("ansible.windows 1.6.0 relies on it; seen on Windows 7 in public reports", Sureness.REPORTED),
    ),
    RegistryValue(
        branches.CURRENT_VERSION,
        "CurrentVersion, CurrentMajorVersionNumber, CurrentBuild, CSDVersion, EditionID, InstallationType, ProductName",
        "which Windows this is",
        _VERSION,
    ),
    RegistryValue(branches.ENVIRONMENT, "PROCESSOR_ARCHITECTURE", "AMD64 or x86", _VERSION),
    RegistryValue(
        windows10.POLICY, windows10.ALLOW, "1: Windows 10 lets people reset passwords at its log-on screen", _SSPR
    ),
    RegistryValue(
        windows10.MANAGED,
        windows10.MANAGED_ALLOW,
        "the same, set by a device management",
        Evidence("MicrosoftDocs, Policy CSP Authentication; where Windows keeps it: public scripts", Sureness.INFERRED),
    ),
    RegistryValue(
        join.JOIN_INFO,
        "TenantId",
        "in a subkey each: the directories in the cloud that the device is joined to",
        Evidence("consistent in public administration scripts", Sureness.REPORTED),
    ),
    RegistryValue(
        join.TCPIP,
        "Domain",
        "the domain of a member; in a workgroup usually empty",
        Evidence("consistent in public administration scripts", Sureness.REPORTED),
    ),
    *(
        RegistryValue(
            policy.key,
            policy.name,
            f"1: keeps Windows 10's password reset from working ({policy.editions})",
            policy.path,
        )
        for policy in interfering.POLICIES
    ),
    RegistryValue(
        provider.POLICIES_SYSTEM,
        "DisableCAD",
        "0: Ctrl+Alt+Del is asked for; keeps password reset from working before version 1809 (2019)",
        interfering.CAD_PATH,
    ),
    RegistryValue(
        interfering.WINLOGON,
        "Shell",
        "not explorer.exe: keeps Windows 10's password reset from working (2019, 2025)",
        interfering.SHELL_PATH,
    ),
    RegistryValue(
        provider.PROVIDER,
        "Disabled",
        "not 0: the add-in is not shown",
        Evidence("known from experience", Sureness.REMEMBERED),
    ),
    RegistryValue(
        provider.POLICIES_SYSTEM,
        "ExcludedCredentialProviders",
        "CLSIDs of providers that are not shown",
        Evidence("MicrosoftDocs/windows-itpro-docs, ADMX_CredentialProviders", Sureness.REPORTED),
    ),
    RegistryValue(
        updates.PACKAGES,
        "CurrentState",
        "in a subkey each: 0x50 superseded, 0x70 installed, 0x80 permanent; others: not there",
        Evidence("Microsoft's blog Tip of the Day, 12 October 2015 (CBS servicing states chart)", Sureness.REPORTED),
    ),
    RegistryValue(
        proxy.CONNECTIONS,
        "WinHttpSettings",
        "flags at byte 8 (2: a proxy), then proxy and bypass list behind their lengths",
        Evidence("the layout as many have found it out for WinINET's settings", Sureness.REPORTED),
    ),
    RegistryValue(
        proxy.SYSTEM,
        "ProxyEnable, ProxyServer, AutoConfigURL, SecureProtocols",
        "WinINET's settings of SYSTEM",
        _WININET,
    ),
    RegistryValue(
        proxy.MACHINE,
        "ProxyEnable, ProxyServer, AutoConfigURL, SecureProtocols",
        "the same, where a policy makes them everybody's; SecureProtocols also where SYSTEM has none",
        _WININET,
    ),
    RegistryValue(proxy.POLICY, "ProxySettingsPerUser", "0: WinINET's proxy is the machine's and not users'", _WININET),
    RegistryValue(proxy.POLICY, "SecureProtocols", "goes before what users and SYSTEM have", _WININET),
    RegistryValue(
        ciphers.ORDER_KEY,
        "Functions",
        "the order of cipher suites that a policy sets",
        Evidence("MicrosoftDocs/win32, SecAuthN/prioritizing-schannel-cipher-suites", Sureness.DOCUMENTED),
    ),
    RegistryValue(branches.INSTALLED, "InstallLanguage", "LANGID of the language that Windows was set up in", _VERSION),
    RegistryValue(branches.INTERFACE, None, "subkeys: languages that windows can be shown in", _VERSION),
    RegistryValue(
        time_zone.CURRENT,
        "Bias, StandardBias, DaylightBias",
        "minutes that are added to local time for UTC; without summer time the first alone",
        _ZONES,
    ),
    RegistryValue(
        time_zone.CURRENT,
        "StandardStart, DaylightStart",
        "when clocks are changed this year, as TIME_FIELDS; without a month never",
        Evidence("exports of Windows 7 and 10 that people have published; digital-detective.co.uk", Sureness.REPORTED),
    ),
    RegistryValue(
        time_zone.CURRENT,
        "TimeZoneKeyName, DynamicDaylightTimeDisabled",
        "whose key below Time Zones counts; not 0: none, the dates above are those of every year",
        _ZONES,
    ),
    RegistryValue(
        time_zone.ZONES,
        "TZI",
        "in a subkey each: Bias, StandardBias, DaylightBias, StandardDate, DaylightDate; below Dynamic DST by years",
        Evidence("KB 115231; MicrosoftDocs, EnumDynamicTimeZoneInformation", Sureness.DOCUMENTED),
    ),
    RegistryValue(branches.CODE_PAGES, "OEMCP", "code page of consoles", _VERSION),
    RegistryValue(
        limits.TERMINAL_SERVER,
        "fDenyTSConnections",
        "0: Remote Desktop is allowed",
        Evidence("learn.microsoft.com, Microsoft-Windows-TerminalServices-LocalSessionManager", Sureness.DOCUMENTED),
    ),
    RegistryValue(
        limits.TERMINAL_POLICY,
        "fDenyTSConnections",
        "the same by policy, which goes first",
        Evidence("paths as in public copies of Windows' administrative templates", Sureness.REPORTED),
    ),
    RegistryValue(
        limits.WIRED_AUTOCONFIG,
        "Start",
        "2: 802.1X on cables is in use; a stock machine has 3",
        Evidence("known from experience", Sureness.REMEMBERED),
    ),
    RegistryValue(limits.WIRED_POLICY, None, "there: a group policy sets up networks on cables", _NETWORKS),
    RegistryValue(limits.WIRELESS_POLICY, None, "there: a group policy sets up wireless networks", _NETWORKS),
    RegistryValue(boot.OURS, boot.AWAITING, "the boot whose end a change of ours waits for", _OURS),
    RegistryValue(boot.OURS, boot.SCHEDULED, "the boot that we have scheduled the end of, and when", _OURS),
)
