"""Branches of Windows that we know: how they are recognised, what their WinRM allows, and which language they speak."""

from __future__ import annotations

import locale
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.model.message import Message, message, phrase
from orchestrator.model.preflight import Language
from orchestrator.model.registry import Value
from orchestrator.windows import computer_name, registry
from orchestrator.windows.command import Fact, asked, gather
from orchestrator.windows.registry import Key

CURRENT_VERSION = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
ENVIRONMENT = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
_LONGEST_BUILD: Final = 9
"""Digits."""


@dataclass(frozen=True)
class Quotas:
    """Limits that we keep to.

    Attributes:
        operations_per_shell: Commands that one shell may run before it is replaced by another.
        envelope_bytes: MaxEnvelopeSizekb: the largest message, in bytes.
    """

    operations_per_shell: int
    envelope_bytes: int


WINRM_2 = Quotas(operations_per_shell=12, envelope_bytes=150 * 1024)
"""Windows 7. It counts 15 operations a user (test-kitchen issue 656); three are left for whoever else uses the account.

No Windows counts down when a command is signed off with Signal (MS-WSMV, product behaviour note 118), but all do when
the shell is deleted; so commands that have ended are not signed off, which saves a round trip for each.
"""
WINRM_3 = Quotas(operations_per_shell=100, envelope_bytes=500 * 1024)
"""Windows 8 and later: 1,500 operations a user (learn.microsoft.com, WinRM quotas), of which we take a small part."""


@dataclass(frozen=True)
class Branch:
    """A branch of Windows.

    Attributes:
        name: As used in playbooks and result files.
        title: As people call it.
        quotas: What the WinRM service of a stock machine allows.
        tls12_by_default: Whether Schannel offers TLS 1.2 to clients without any registry value
            (MicrosoftDocs/win32, protocols-in-tls-ssl--schannel-ssp-).
        winhttp_needs_default_secure_protocols: Whether WinHTTP's default set lacks TLS 1.2 (KB3140245 names
            Windows 7 SP1 and Server 2012; that Windows 8 shares 2012's code is inferred).
    """

    name: str
    title: str
    quotas: Quotas
    tls12_by_default: bool
    winhttp_needs_default_secure_protocols: bool


WINDOWS_7 = Branch("windows7", "Windows 7", WINRM_2, False, True)
WINDOWS_8 = Branch("windows8", "Windows 8", WINRM_3, True, True)
WINDOWS_8_1 = Branch("windows8.1", "Windows 8.1", WINRM_3, True, False)
WINDOWS_10 = Branch("windows10", "Windows 10", WINRM_3, True, False)
OTHER = Branch("other", "Windows", WINRM_2, False, True)
"""Anything else: reached with the tightest limits, and nothing is changed on it."""

_BY_VERSION: Mapping[str, Branch] = {"6.1": WINDOWS_7, "6.2": WINDOWS_8, "6.3": WINDOWS_8_1}


@dataclass(frozen=True)
class Machine:
    """Which Windows this is.

    Attributes:
        branch: The branch; OTHER for servers and for what we do not know.
        product: `ProductName`, as in `Windows 7 Professional`.
        edition: `EditionID`, which is not translated, as in `Professional`.
        build: As in `7601`.
        service_pack: 0 when there is none.
        architecture: `x86` or `x64`.
        computer_name: NetBIOS name.
    """

    branch: Branch
    product: str
    edition: str
    build: str
    service_pack: int
    architecture: str
    computer_name: str

    @property
    def title(self) -> str:
        """As an admin would say it: `Windows 7 SP1 x64`."""
        pack = f" SP{self.service_pack}" if self.service_pack else ""
        return f"{self.branch.title}{pack} {self.architecture}"

    @property
    def build_number(self) -> int:
        """The build as a number; 0 when the host shows none."""
        plain = self.build.isascii() and self.build.isdecimal() and len(self.build) <= _LONGEST_BUILD
        return int(self.build) if plain else 0


LEAVE_OUT: Final = phrase("remedy-leave-host-out")()


@message("branch-left-unchanged")
def _left_unchanged(product: str) -> None: ...


def unchanged(machine: Machine) -> Message:
    """Why nothing is changed on a machine of no branch that we know."""
    return _left_unchanged(machine.product)


def identify(version: Key | None, architecture: Value | None, name: Value | None) -> Machine:
    """Puts the answers of MACHINE together.

    Windows 10 says 6.3 in CurrentVersion for compatibility and has CurrentMajorVersionNumber 10 instead; one of another
    type tells no branch. The service pack is read from CSDVersion's digits, as its words are translated on some
    editions. `InstallationType` tells clients from servers.
    """
    key = version or registry.absent(CURRENT_VERSION)
    if "currentmajorversionnumber" in key.values:
        branch = WINDOWS_10 if key.number("CurrentMajorVersionNumber") == 10 else OTHER  # noqa: PLR2004
    else:
        branch = _BY_VERSION.get(key.text("CurrentVersion") or "", OTHER)
    if (key.text("InstallationType") or "Client").lower() != "client":
        branch = OTHER
    pack = re.search("[0-9]{1,3}", key.text("CSDVersion") or "")
    return Machine(
        branch=branch,
        product=key.text("ProductName") or "unknown",
        edition=key.text("EditionID") or "unknown",
        build=key.text("CurrentBuild") or key.text("CurrentBuildNumber") or "unknown",
        service_pack=int(pack[0]) if pack else 0,
        architecture={"amd64": "x64", "x86": "x86"}.get(
            str(architecture.data).lower() if architecture else "", "other"
        ),
        computer_name=str(name.data) if name else "unknown",
    )


MACHINE: Fact[Machine] = gather(
    "machine",
    identify,
    version=asked(registry.key("machine.version", CURRENT_VERSION, lasting=True)),
    architecture=asked(registry.value("machine.architecture", ENVIRONMENT, "PROCESSOR_ARCHITECTURE", lasting=True)),
    name=asked(computer_name.ACTIVE),
)


# Which languages a host speaks, and which code page its tools write: shown, and nothing decided on it.
_NLS = r"HKLM\SYSTEM\CurrentControlSet\Control\Nls"
INSTALLED = _NLS + r"\Language"
CODE_PAGES = _NLS + r"\CodePage"
INTERFACE = r"HKLM\SYSTEM\CurrentControlSet\Control\MUI\UILanguages"


def _language(installed: Value | None, interface: Key | None, oem: Value | None) -> Language:
    return Language(
        _name(str(installed.data)) if installed else None,
        interface.subkeys if interface else (),
        str(oem.data) if oem else None,
    )


def _name(langid: str) -> str:
    """Python's own table has Windows' LANGIDs."""
    try:
        return locale.windows_locale[int(langid, 16)].replace("_", "-")
    except (ValueError, KeyError):
        return langid


LANGUAGE: Fact[Language] = gather(
    "language",
    _language,
    installed=asked(registry.value("language.installed", INSTALLED, "InstallLanguage")),
    interface=asked(registry.key("language.interface", INTERFACE)),
    oem=asked(registry.value("language.oem", CODE_PAGES, "OEMCP")),
)
