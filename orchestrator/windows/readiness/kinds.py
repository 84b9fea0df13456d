"""Every kind of finding, declared once: its code, its default severity, what it means and where that is known from."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.windows import windows10
from orchestrator.windows.command import Evidence, Sureness
from orchestrator.windows.readiness.finding import Kind, Severity

_SSPR = Evidence("learn.microsoft.com, howto-sspr-windows", Sureness.DOCUMENTED)
_SCHANNEL = Evidence("MicrosoftDocs/windowsserverdocs, security/tls/tls-registry-settings", Sureness.DOCUMENTED)
_RESTART_SIGNS = Evidence("consistent in public administration scripts and modules", Sureness.REPORTED)
_PROVIDERS = Evidence("credential provider samples and reports", Sureness.REPORTED)

UNSUPPORTED = Kind("unsupported", Severity.BLOCK, "there is no password reset for this Windows", _SSPR)
SERVICE_PACK = Kind(
    "service_pack",
    Severity.BLOCK,
    "Windows 7 without Service Pack 1",
    Evidence("KB3140245 (names Service Pack 1)", Sureness.DOCUMENTED),
)
TLS12 = Kind("tls12", Severity.BLOCK, "TLS 1.2 is not enabled in so many words", _SSPR)
TLS12_RESTART = Kind(
    "tls12_restart", Severity.WARN, "TLS 1.2 was enabled and takes effect with the next restart", _SCHANNEL
)
SERVICING = Kind("servicing", Severity.BLOCK, "Windows is in the middle of installing updates", _RESTART_SIGNS)
DISK = Kind(
    "disk",
    Severity.BLOCK,
    "too little space on the system drive",
    Evidence("an installation needs room for the package, its cache and its log", Sureness.INFERRED),
)
RESTART_PENDING = Kind("restart_pending", Severity.WARN, "something waits for a restart", _RESTART_SIGNS)
FILE_RENAMES = Kind("file_renames", Severity.INFO, "files wait to be replaced at the next start", _RESTART_SIGNS)
WINRM_START = Kind(
    "winrm_start",
    Severity.WARN,
    "WinRM does not start by itself",
    Evidence("MicrosoftDocs/win32, winsvc ChangeServiceConfig (dwStartType)", Sureness.DOCUMENTED),
)
UAC = Kind("uac", Severity.WARN, "User Account Control is switched off", _SSPR)
OTHER_PROVIDERS = Kind("other_providers", Severity.WARN, "there are credential providers of other makers", _SSPR)
PROVIDER_FILTERS = Kind("provider_filters", Severity.WARN, "a filter of another maker may hide the add-in", _PROVIDERS)
LOGGED_ON = Kind(
    "logged_on",
    Severity.INFO,
    "somebody is logged on, whom a restart would interrupt",
    Evidence("learn.microsoft.com/windows-server/administration/windows-commands/shutdown (/f)", Sureness.DOCUMENTED),
)

WINDOWS10_BUILD = Kind(
    windows10.BUILD_CODE, Severity.BLOCK, "this build of Windows 10 is older than the feature (version 1803)", _SSPR
)
WINDOWS10_JOIN = Kind(windows10.JOIN_CODE, Severity.BLOCK, "Windows 10 without an Azure AD join or a hybrid one", _SSPR)
WINDOWS10_OFF = Kind(
    "windows10_off", Severity.INFO, "Windows 10's password reset at the log-on screen is not switched on", _SSPR
)
WINDOWS10_NOT_READABLE = Kind(
    "windows10_not_readable", Severity.INFO, "settings that interfere on Windows 10, and that nobody can look up", _SSPR
)
_WINDOWS10_INTERFERING = (
    *(
        Kind(
            policy.code,
            Severity.WARN,
            f"on Windows 10 a policy keeps password reset from working: {policy.title}",
            Evidence(f"{_SSPR.source} ({policy.editions}); {policy.path.source}", policy.path.sureness),
        )
        for policy in windows10.POLICIES
    ),
    Kind(
        windows10.SHELL_CODE,
        Severity.WARN,
        "on Windows 10 another shell than Explorer keeps password reset from working",
        Evidence(f"{_SSPR.source} (2019, 2025); {windows10.SHELL_PATH.source}", windows10.SHELL_PATH.sureness),
    ),
    Kind(
        windows10.CAD_CODE,
        Severity.WARN,
        "before Windows 10 1809 asking for Ctrl+Alt+Del keeps password reset from working",
        Evidence(f"{_SSPR.source} (2019); {windows10.CAD_PATH.source}", windows10.CAD_PATH.sureness),
    ),
    Kind(
        windows10.COMBINATION_CODE,
        Severity.WARN,
        "on Windows 10 two of three settings that together keep password reset from working",
        Evidence(
            f"{_SSPR.source} (2019; 2025 with other limits); {windows10.CAD_PATH.source}", windows10.CAD_PATH.sureness
        ),
    ),
)

KINDS: Mapping[str, Kind] = {
    kind.code: kind
    for kind in (
        UNSUPPORTED,
        SERVICE_PACK,
        TLS12,
        TLS12_RESTART,
        SERVICING,
        DISK,
        RESTART_PENDING,
        FILE_RENAMES,
        WINRM_START,
        LOGGED_ON,
        UAC,
        OTHER_PROVIDERS,
        PROVIDER_FILTERS,
        WINDOWS10_BUILD,
        WINDOWS10_JOIN,
        WINDOWS10_OFF,
        WINDOWS10_NOT_READABLE,
        *_WINDOWS10_INTERFERING,
    )
}
"""By code."""
