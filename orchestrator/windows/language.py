r"""Which languages a host speaks, and which code page its tools write: shown, and nothing decided on it."""

from __future__ import annotations

import locale

from orchestrator.model.preflight import Language
from orchestrator.model.registry import Value
from orchestrator.windows import registry
from orchestrator.windows.command import Fact, asked, gather
from orchestrator.windows.registry import Key

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
