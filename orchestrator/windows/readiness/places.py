"""Where each kind of finding is looked for, and what would have to stand there: for whoever wants to look, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orchestrator.model.finding import Finding
from orchestrator.windows import (
    boot,
    branches,
    ciphers,
    interfering,
    join,
    limits,
    provider,
    proxy,
    tls,
    updates,
    windows10,
)
from orchestrator.windows.readiness import kinds
from orchestrator.windows.readiness.place import Place, before_10, egress_tried, on_7, on_10, updates_read
from orchestrator.windows.readiness.survey import Survey

_VERSION = rf"{branches.CURRENT_VERSION}: ProductName, CurrentBuild, CSDVersion"
_PACKAGES = rf"{updates.PACKAGES}: Package_for_KB…"
_OF_7 = "the update, or a later one that has brought the same"

PLACES: Mapping[str, Place] = {
    place.kind.code: place
    for place in (
        Place(
            kinds.UNSUPPORTED, "a Windows that has password reset", _VERSION, "Windows 7, 8, 8.1 or 10, for x86 or x64"
        ),
        Place(kinds.SERVICE_PACK, "Service Pack 1 is there", _VERSION, "Service Pack 1", on_7),
        Place(
            kinds.TLS12,
            "TLS 1.2 is enabled",
            rf"{tls.SCHANNEL_PROTOCOL}\Client and \Server; {tls.WINHTTP}, on x64 in Wow6432Node too",
            "Enabled=1 and DisabledByDefault=0; bit 0x800 in DefaultSecureProtocols (Windows 10: not switched off)",
        ),
        Place(
            kinds.TLS12_RESTART,
            "no change of TLS 1.2 waits for a restart",
            rf"{boot.OURS}, and the newest start in the System log",
            "a start since the change",
        ),
        Place(
            kinds.SERVICING,
            "Windows is not in the middle of installing updates",
            rf"{boot.CBS}: RebootInProgress, PackagesPending",
            "neither key",
        ),
        Place(
            kinds.DISK,
            "there is enough space on the system drive",
            "free bytes on the system drive (fsutil)",
            "as much as the policy's minimum_free_mb",
            lambda survey: before_10(survey) and survey.free_bytes is not None,
        ),
        Place(
            kinds.RESTART_PENDING,
            "nothing waits for a restart",
            rf"{boot.WINDOWS_UPDATE}; {boot.CBS}\RebootPending; {boot.ACTIVE_NAME}; {boot.NETLOGON}; {boot.UPDATES}",
            "no keys and values that wait for a restart, and one name of the computer",
        ),
        Place(
            kinds.FILE_RENAMES,
            "no files wait to be replaced",
            rf"{boot.SESSION_MANAGER}: PendingFileRenameOperations",
            "no such value",
        ),
        Place(kinds.WINRM_START, "WinRM starts by itself", rf"{boot.WINRM_SERVICE}: Start", "2 (automatically)"),
        Place(
            kinds.LOGGED_ON,
            "nobody is logged on",
            "the sessions of the host (quser)",
            "nobody",
            lambda survey: survey.sessions is not None,
        ),
        Place(
            kinds.UAC, "User Account Control is on", rf"{provider.POLICIES_SYSTEM}: EnableLUA", "1, or no such value"
        ),
        Place(
            kinds.OTHER_PROVIDERS,
            "there are no other makers' credential providers",
            rf"{provider.AUTHENTICATION}\Credential Providers",
            "none but Windows' own",
        ),
        Place(
            kinds.PROVIDER_FILTERS,
            "there are no other makers' filters of credential providers",
            rf"{provider.AUTHENTICATION}\Credential Provider Filters",
            "none but Windows' own",
        ),
        Place(
            kinds.EXCLUDED,
            "no policy keeps the add-in from being shown",
            rf"{provider.POLICIES_SYSTEM}: ExcludedCredentialProviders",
            f"a list without {provider.CLSID}, or no such value",
            before_10,
        ),
        Place(
            kinds.DISABLED,
            "the add-in's credential provider is not disabled",
            rf"{provider.PROVIDER}: Disabled",
            "0, or no such value",
            before_10,
        ),
        Place(
            kinds.SMART_CARD,
            "no policy requires smart cards",
            rf"{provider.POLICIES_SYSTEM}: scforceoption",
            "0, or no such value",
            before_10,
        ),
        Place(
            kinds.CIPHER_ORDER,
            "no policy leaves out the cipher suites that are needed",
            rf"{ciphers.ORDER_KEY}: Functions",
            "no such value, or one of TLS_ECDHE_RSA_WITH_AES_…_CBC or TLS_(DHE_)RSA_WITH_AES_…_GCM in the list",
        ),
        Place(
            kinds.WININET_TLS12,
            "WinINET does not leave TLS 1.2 out for SYSTEM",
            rf"SecureProtocols in {proxy.POLICY}, {proxy.SYSTEM}, {proxy.MACHINE}",
            "bit 0x800, or no such value",
        ),
        Place(
            kinds.KB3140245,
            "the update by which WinHTTP heeds DefaultSecureProtocols is there",
            _PACKAGES,
            f"{_OF_7}, as every monthly rollup does",
            updates_read,
        ),
        Place(kinds.KB4474419, "the update for SHA-2 signatures is registered", _PACKAGES, _OF_7, updates_read),
        Place(kinds.KB4490628, "the servicing stack update is registered", _PACKAGES, _OF_7, updates_read),
        Place(kinds.KB3080079, "the update for TLS 1.2 in CredSSP is registered", _PACKAGES, _OF_7, updates_read),
        Place(
            kinds.PROXY,
            "the machine has no proxy",
            rf"{proxy.MACHINE}\Connections: WinHttpSettings; {proxy.SYSTEM}: ProxyEnable, ProxyServer, AutoConfigURL",
            "nothing has to be otherwise; a proxy has to let the service through without asking who is there",
        ),
        Place(
            kinds.PROXY_OF_USERS,
            "users have no proxy that the machine lacks",
            "ProxyEnable, ProxyServer and AutoConfigURL of SYSTEM, and of whoever is logged on",
            "the users' proxy for the machine as well, or none for anybody",
        ),
        Place(
            kinds.PROXY_UNREADABLE,
            "WinHTTP's proxy settings are in a form that we know",
            rf"{proxy.MACHINE}\Connections: WinHttpSettings",
            "settings as netsh winhttp writes",
        ),
        Place(
            kinds.CLOCK,
            "the clock is right",
            "the date in the host's answers, beside our own clock",
            "no further apart than the policy's clock_minutes",
            lambda survey: survey.clock_ahead is not None,
        ),
        *(
            Place(
                kind, fine, "a request of the host's WinHTTP to the service that the policy names", wanted, egress_tried
            )
            for kind, fine, wanted in (
                (kinds.EGRESS_NAME, "the host resolves the service's name", "DNS knows the name"),
                (kinds.EGRESS_ROUTE, "the host gets connections to the service", "a connection"),
                (kinds.EGRESS_TLS, "the host speaks TLS with the service", "a handshake with TLS 1.2"),
                (kinds.EGRESS_CERTIFICATE, "the host accepts the service's certificate", "the service's own"),
                (kinds.EGRESS_PROXY, "no proxy refuses the way to the service", "an answer of the service itself"),
                (kinds.EGRESS_UNKNOWN, "whether the host reaches the service is known", "an answer or an error"),
            )
        ),
        Place(
            kinds.REMOTE_DESKTOP,
            "Remote Desktop is not allowed",
            f"fDenyTSConnections in {limits.TERMINAL_POLICY}, {limits.TERMINAL_SERVER}",
            "nothing has to be otherwise; password reset is tried at the machine",
        ),
        Place(
            kinds.DOT1X_BEFORE_LOGON,
            "no network asks for 802.1X immediately before log-on",
            r"%ProgramData%\Microsoft\dot3svc and \Wlansvc: singleSignOn in the profiles of networks",
            "no type preLogon",
        ),
        Place(
            kinds.DOT1X,
            "no sign of 802.1X",
            f"{limits.WIRED_AUTOCONFIG}: Start; {limits.WIRED_POLICY}; {limits.WIRELESS_POLICY}",
            "none",
        ),
        Place(
            kinds.DOMAIN_CONTROLLER,
            "the host is in no domain",
            rf"{join.TCPIP}: Domain",
            "nothing has to be otherwise; a domain controller has to be within reach",
        ),
        Place(
            kinds.COPY_PROFILE,
            "not set up with CopyProfile",
            r"%SystemRoot%\Panther: CopyProfile in the answer files of Windows Setup",
            "no CopyProfile, or a web cache that was cleared before sysprep",
        ),
        Place(
            kinds.WINDOWS10_BUILD,
            "this build of Windows 10 has the feature",
            _VERSION,
            f"build {windows10.FIRST_BUILD} or later",
            on_10,
        ),
        Place(
            kinds.WINDOWS10_JOIN,
            "the device is joined to Azure AD",
            join.JOIN_INFO,
            "a key with a TenantId",
            on_10,
        ),
        Place(
            kinds.WINDOWS10_OFF,
            "password reset at the log-on screen is switched on",
            f"{windows10.POLICY}: {windows10.ALLOW}",
            "1",
            on_10,
        ),
        Place(
            kinds.WINDOWS10_NOT_READABLE,
            "everything that interferes can be read",
            "nowhere that is known",
            "neither setting",
            on_10,
        ),
        *(
            Place(
                kinds.KINDS[policy.code],
                f"not set: {policy.title}",
                f"{policy.key}: {policy.name}",
                "0, or no such value",
                on_10,
            )
            for policy in interfering.POLICIES
        ),
        Place(
            kinds.KINDS[interfering.SHELL_CODE],
            "Explorer is the shell",
            f"{interfering.WINLOGON}: Shell",
            "explorer.exe",
            on_10,
        ),
        Place(
            kinds.KINDS[interfering.CAD_CODE],
            "Ctrl+Alt+Del is not in the way",
            f"{provider.POLICIES_SYSTEM}: DisableCAD",
            "1, or no such value",
            on_10,
        ),
        Place(
            kinds.KINDS[interfering.COMBINATION_CODE],
            "not two of the settings that together interfere",
            f"{provider.POLICIES_SYSTEM}: DisableCAD; lock screen notifications",
            "at most one of the settings",
            on_10,
        ),
    )
}
"""By code, in the order in which they are told."""


def found_fine(survey: Survey, found: Iterable[Finding]) -> list[str]:
    """Codes of what was looked for on a host and is not among its findings."""
    codes = {finding.code for finding in found}
    return [code for code, place in PLACES.items() if code not in codes and place.asked(survey)]
