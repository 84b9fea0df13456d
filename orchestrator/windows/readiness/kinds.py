"""Every kind of finding, declared once: its code, its default severity, what it means and where that is known from."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.model.finding import Severity
from orchestrator.windows import interfering, updates, windows10
from orchestrator.windows.command import Evidence, Sureness
from orchestrator.windows.readiness.finding import Kind

_SSPR = Evidence("learn.microsoft.com, howto-sspr-windows", Sureness.DOCUMENTED)
_SCHANNEL = Evidence("MicrosoftDocs/windowsserverdocs, security/tls/tls-registry-settings", Sureness.DOCUMENTED)
_RESTART_SIGNS = Evidence("consistent in public administration scripts and modules", Sureness.REPORTED)
_PROVIDERS = Evidence("credential provider samples and reports", Sureness.REPORTED)

UNSUPPORTED = Kind("unsupported", Severity.BLOCK, "there is no password reset for this Windows", _SSPR, firm=True)
SERVICE_PACK = Kind(
    "service_pack",
    Severity.BLOCK,
    "Windows 7 without Service Pack 1",
    Evidence("KB3140245 (names Service Pack 1)", Sureness.DOCUMENTED),
    firm=True,
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
EXCLUDED = Kind(
    "excluded",
    Severity.BLOCK,
    "a policy keeps the add-in from being shown",
    Evidence("MicrosoftDocs/windows-itpro-docs, ADMX_CredentialProviders", Sureness.REPORTED),
)
DISABLED = Kind(
    "disabled",
    Severity.BLOCK,
    "the add-in's credential provider is disabled",
    Evidence("`Disabled` below a credential provider's key, known from experience", Sureness.REMEMBERED),
)
SMART_CARD = Kind("smart_card", Severity.WARN, "a policy lets nobody log on with a password", _SSPR)

CIPHER_ORDER = Kind(
    "cipher_order",
    Severity.WARN,
    "a policy leaves no cipher suite by which Entra can be reached",
    Evidence("MicrosoftDocs/win32, SecAuthN/tls-cipher-suites-in-windows-7; what Entra accepts", Sureness.INFERRED),
)
WININET_TLS12 = Kind(
    "wininet_tls12",
    Severity.WARN,
    "WinINET leaves TLS 1.2 out for SYSTEM",
    Evidence("SecureProtocols as in public audit lists; the add-in may use WinINET", Sureness.INFERRED),
)
KB3140245 = Kind(
    "kb3140245",
    Severity.WARN,
    "WinHTTP may not know the value that switches TLS 1.2 on",
    Evidence(f"{updates.WINHTTP_TLS12}; that monthly rollups contain it is remembered", Sureness.REMEMBERED),
)
KB4474419 = Kind(
    "kb4474419",
    Severity.INFO,
    "files and updates that are signed with SHA-2 alone may be refused",
    Evidence("KB4472027 (2019 SHA-2 code signing support requirement)", Sureness.DOCUMENTED),
)
KB4490628 = Kind(
    "kb4490628",
    Severity.INFO,
    "updates since July 2019 may not install",
    Evidence("KB4472027 (2019 SHA-2 code signing support requirement)", Sureness.DOCUMENTED),
)
KB3080079 = Kind(
    "kb3080079",
    Severity.INFO,
    "CredSSP and Remote Desktop may not speak TLS 1.2",
    Evidence("pywinrm issue 173, metasploit-framework issue 12214", Sureness.REPORTED),
)

PROXY = Kind("proxy", Severity.INFO, "the host reaches the Internet by a proxy", _SSPR)
PROXY_OF_USERS = Kind("proxy_of_users", Severity.WARN, "users have a proxy and the machine has none", _SSPR)
PROXY_UNREADABLE = Kind(
    "proxy_unreadable",
    Severity.INFO,
    "WinHTTP's proxy settings are not in a form that we know",
    Evidence("the layout as many have found it out for WinINET's settings", Sureness.REPORTED),
)
CLOCK = Kind(
    "clock",
    Severity.WARN,
    "the host's clock is further off than it may be",
    Evidence("MS-KILE 3.1.1.2 and Windows' default policy of 5 minutes; validity of certificates", Sureness.DOCUMENTED),
)

_EGRESS = Evidence(
    "howto-sspr-windows (the service on TCP 443); MicrosoftDocs/win32, WinHttp/error-messages; which of the stacks the "
    "add-in uses is not documented",
    Sureness.INFERRED,
)
EGRESS_NAME = Kind("egress_name", Severity.WARN, "the host cannot resolve the service's name", _EGRESS)
EGRESS_ROUTE = Kind("egress_route", Severity.WARN, "the host gets no connection to the service", _EGRESS)
EGRESS_TLS = Kind("egress_tls", Severity.WARN, "no TLS connection to the service comes about", _EGRESS)
EGRESS_CERTIFICATE = Kind(
    "egress_certificate", Severity.WARN, "the host does not accept the service's certificate", _EGRESS
)
EGRESS_PROXY = Kind("egress_proxy", Severity.WARN, "a proxy refuses the way to the service", _EGRESS)
EGRESS_UNKNOWN = Kind(
    "egress_unknown", Severity.INFO, "whether the host reaches the service could not be found out", _EGRESS
)

REMOTE_DESKTOP = Kind("remote_desktop", Severity.INFO, "password reset is not offered over Remote Desktop", _SSPR)
DOT1X_BEFORE_LOGON = Kind(
    "dot1x_before_logon", Severity.WARN, "802.1X immediately before user log-on: there is no network to reset by", _SSPR
)
DOT1X = Kind("dot1x", Severity.INFO, "802.1X may be in use; it must not wait for a user to log on", _SSPR)
DOMAIN_CONTROLLER = Kind(
    "domain_controller", Severity.INFO, "a new password works only within reach of a domain controller", _SSPR
)
COPY_PROFILE = Kind(
    "copy_profile", Severity.INFO, "set up with CopyProfile: the web cache had to be cleared first", _SSPR
)

WINDOWS10_BUILD = Kind(
    windows10.BUILD_CODE,
    Severity.BLOCK,
    "this build of Windows 10 is older than the feature (version 1803)",
    _SSPR,
    firm=True,
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
        for policy in interfering.POLICIES
    ),
    Kind(
        interfering.SHELL_CODE,
        Severity.WARN,
        "on Windows 10 another shell than Explorer keeps password reset from working",
        Evidence(f"{_SSPR.source} (2019, 2025); {interfering.SHELL_PATH.source}", interfering.SHELL_PATH.sureness),
    ),
    Kind(
        interfering.CAD_CODE,
        Severity.WARN,
        "before Windows 10 1809 asking for Ctrl+Alt+Del keeps password reset from working",
        Evidence(f"{_SSPR.source} (2019); {interfering.CAD_PATH.source}", interfering.CAD_PATH.sureness),
    ),
    Kind(
        interfering.COMBINATION_CODE,
        Severity.WARN,
        "on Windows 10 two of three settings that together keep password reset from working",
        Evidence(
            f"{_SSPR.source} (2019; 2025 with other limits); {interfering.CAD_PATH.source}",
            interfering.CAD_PATH.sureness,
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
        EXCLUDED,
        DISABLED,
        SMART_CARD,
        CIPHER_ORDER,
        WININET_TLS12,
        KB3140245,
        KB4474419,
        KB4490628,
        KB3080079,
        PROXY,
        PROXY_OF_USERS,
        PROXY_UNREADABLE,
        CLOCK,
        EGRESS_NAME,
        EGRESS_ROUTE,
        EGRESS_TLS,
        EGRESS_CERTIFICATE,
        EGRESS_PROXY,
        EGRESS_UNKNOWN,
        REMOTE_DESKTOP,
        DOT1X_BEFORE_LOGON,
        DOT1X,
        DOMAIN_CONTROLLER,
        COPY_PROFILE,
        WINDOWS10_BUILD,
        WINDOWS10_JOIN,
        WINDOWS10_OFF,
        WINDOWS10_NOT_READABLE,
        *_WINDOWS10_INTERFERING,
    )
}
"""By code."""
