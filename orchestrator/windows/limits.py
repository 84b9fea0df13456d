r"""Signs of what password reset does not do anywhere, and no command mends: Remote Desktop, 802.1X, domains, images.

The limits themselves are documented (howto-sspr-windows, "General limitations"). They are told only where a host shows
that it may meet them.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.model.message import phrase
from orchestrator.model.preflight import Limits
from orchestrator.model.registry import Value
from orchestrator.windows import join, registry
from orchestrator.windows.command import Command, Evidence, Fact, Reply, Sureness, asked, gather
from orchestrator.windows.registry import Key

TERMINAL_SERVER = r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server"
TERMINAL_POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services"
WIRED_AUTOCONFIG = r"HKLM\SYSTEM\CurrentControlSet\Services\dot3svc"
WIRED_POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\WiredL2\GP_Policy"
WIRELESS_POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\Wireless\GPTWirelessPolicy"

_WIRED_SERVICE = phrase("dot1x-wired-service")
_WIRED_POLICY = phrase("dot1x-wired-policy")
_WIRELESS_POLICY = phrase("dot1x-wireless-policy")

_AUTOMATIC = 2
_SHOWN = 20

_PROFILES = Evidence(
    "singleSignOn/type preLogon: MicrosoftDocs/win32, NativeWiFi/onexschema-singlesignon-onex-element; where profiles "
    "are kept: learn.microsoft.com/windows-hardware/customize/enterprise/uwfexclusions; those that a group policy "
    "brings are kept elsewhere; that the element stands on one line is inferred",
    Sureness.INFERRED,
)
_ANSWER_FILE = Evidence(
    "Windows Setup keeps its answer file in %WINDIR%\\Panther: learn.microsoft.com, Windows Setup Automation Overview; "
    "CopyProfile: Microsoft-Windows-Shell-Setup; that the element stands on one line is inferred",
    Sureness.INFERRED,
)


def _limits(
    denied: Value | None,
    denied_by_policy: Value | None,
    profiles: tuple[str, ...],
    wired: Value | None,
    wired_policy: Key | None,
    wireless_policy: Key | None,
    answer_files: tuple[str, ...],
    domain: str | None,
) -> Limits:
    deny = denied_by_policy or denied
    signs = {
        _WIRED_SERVICE(): wired is not None and wired.number == _AUTOMATIC,
        _WIRED_POLICY(): wired_policy is not None,
        _WIRELESS_POLICY(): wireless_policy is not None,
    }
    return Limits(
        deny is not None and deny.number == 0,
        profiles,
        tuple(sign for sign, there in signs.items() if there),
        bool(answer_files),
        domain,
    )


def _file_names(replies: Sequence[Reply]) -> tuple[str, ...]:
    """What `findstr /m` lists: names of files, one a line."""
    return tuple(line.strip() for line in replies[0].lines if line.strip())[:_SHOWN]


DENIED = registry.value("limits.remote_desktop", TERMINAL_SERVER, "fDenyTSConnections")
DENIED_BY_POLICY = registry.value("limits.remote_desktop_policy", TERMINAL_POLICY, "fDenyTSConnections")
PROFILES: Fact[tuple[str, ...]] = Fact(
    "limits.network_profiles",
    (
        Command(
            'findstr /s /i /m /c:"<type>preLogon</type>" "%ProgramData%\\Microsoft\\dot3svc\\*.xml"'
            ' "%ProgramData%\\Microsoft\\Wlansvc\\*.xml" 2>nul',
            _PROFILES,
            accepts=None,
        ),
    ),
    _file_names,
)
WIRED = registry.value("limits.wired", WIRED_AUTOCONFIG, "Start")
WIRED_BY_POLICY = registry.key("limits.wired_policy", WIRED_POLICY)
WIRELESS_BY_POLICY = registry.key("limits.wireless_policy", WIRELESS_POLICY)
ANSWER_FILES: Fact[tuple[str, ...]] = Fact(
    "limits.answer_file",
    (
        Command(
            'findstr /i /m /c:"<CopyProfile>true</CopyProfile>" "%SystemRoot%\\Panther\\unattend.xml"'
            ' "%SystemRoot%\\Panther\\Unattend\\unattend.xml" 2>nul',
            _ANSWER_FILE,
            accepts=None,
        ),
    ),
    _file_names,
)

LIMITS: Fact[Limits] = gather(
    "limits",
    _limits,
    denied=asked(DENIED),
    denied_by_policy=asked(DENIED_BY_POLICY),
    profiles=asked(PROFILES),
    wired=asked(WIRED),
    wired_policy=asked(WIRED_BY_POLICY),
    wireless_policy=asked(WIRELESS_BY_POLICY),
    answer_files=asked(ANSWER_FILES),
    domain=asked(join.DOMAIN),
)
