r"""The add-in on a host: its credential provider, the DLL behind it, its verbose log, and who may be in its way.

The provider's CLSID and `EnableLogging` are documented (learn.microsoft.com, howto-sspr-windows). The DLL's name is
not, so it is read from `CLSID\…\InprocServer32`. LogonUI on a 64-bit Windows is a 64-bit program, so it is the native
view that counts, which is what a WinRM shell sees.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import message, phrase
from orchestrator.windows import registry, registry_change
from orchestrator.windows.command import (
    Change,
    Command,
    Evidence,
    Fact,
    Reply,
    Sureness,
    all_of,
    asked,
    gather,
    line_of_there,
)
from orchestrator.windows.registry import Key

CLSID = "{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}"
EVENT_SOURCE = "AADPasswordResetCredentialProvider"
"""Writes to the Application log (azure-docs pull request 115628)."""

AUTHENTICATION = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Authentication"
PROVIDERS = AUTHENTICATION + r"\Credential Providers"
FILTERS = AUTHENTICATION + r"\Credential Provider Filters"
PROVIDER = PROVIDERS + "\\" + CLSID
INPROC_SERVER = rf"HKLM\SOFTWARE\Classes\CLSID\{CLSID}\InprocServer32"
ENABLE_LOGGING = "EnableLogging"
POLICIES_SYSTEM = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"

BUILT_IN: Mapping[str, str] = {
    "{6f45dc1e-5384-457a-bc13-2cd81b0d28ed}": "PasswordProvider",
    "{60b78e88-ead8-445c-9cfd-0b87f74ea6cd}": "PasswordProvider (8)",
    "{3dd6bec0-8193-4ffe-ae25-e08e39ea4063}": "NPProvider",
    "{8bf9a910-a8ff-457f-999f-a5ca10b4a885}": "SmartcardCredentialProvider",
    "{8fd7e19c-3bf7-489b-a72c-846ab3678c96}": "SmartcardCredentialProvider (8)",
    "{94596c7e-3744-41ce-893e-bbf09122f76a}": "Smartcard Pin Provider",
    "{1b283861-754f-4022-ad47-a5eaaa618894}": "Smartcard reader selection",
    "{cb82ea12-9f71-446d-89e1-8d0924e1256e}": "PINLogonProvider",
    "{f8a0b131-5f68-486c-8040-7e8fc3c85bb6}": "WLIDCredentialProvider",
    "{07aa0886-cc8d-4e19-a410-1c75af686e62}": "OnexCredentialProvider",
    "{33c86cd6-705f-4ba1-9adb-67070b837775}": "OnexPlapSmartcardCredentialProvider",
    "{25cbb996-92ed-457e-b28c-4774084bd562}": "GenericProvider",
    "{503739d0-4c5e-4cfd-b3ba-d881334f0df2}": "VaultCredProvider",
    "{e74e57b0-6c6d-44d5-9cda-fb2df5ed7435}": "CertCredProvider",
    "{ac3ac249-e820-4343-a65b-377ac634dc09}": "WinBio Credential Provider",
    CLSID.lower(): "the add-in",
}
"""Windows' own providers by CLSID (SDK header credentialprovider.h; the last four before ours from memory)."""

BUILT_IN_FILTERS = frozenset({"{ddc0eed2-adbe-40b6-a217-ede16a79a0de}"})
"""GenericFilter, which Windows has itself (from memory)."""


_NEITHER_WAY = phrase("answer-if-exist")


@message("change-verbose-logging")
def _verbose_logging(on: bool) -> None: ...


def strangers(key: Key | None, known: Mapping[str, str] | frozenset[str]) -> tuple[str, ...]:
    """CLSIDs below a key that are not among the known ones."""
    return tuple(name for name in (key.subkeys if key else ()) if name.lower() not in known)


def _other_providers(providers: Key | None) -> tuple[str, ...]:
    return strangers(providers, BUILT_IN)


def _other_filters(filters: Key | None) -> tuple[str, ...]:
    return strangers(filters, BUILT_IN_FILTERS)


OTHER_PROVIDERS: Fact[tuple[str, ...]] = gather(
    "providers.other", _other_providers, providers=asked(registry.key("providers", PROVIDERS))
)
OTHER_FILTERS: Fact[tuple[str, ...]] = gather(
    "filters.other", _other_filters, filters=asked(registry.key("filters", FILTERS))
)
SYSTEM_POLICIES: Fact[Key | None] = registry.key("policies.system", POLICIES_SYSTEM)
"""Policies that concern the log-on: `EnableLUA`, `ExcludedCredentialProviders`, `scforceoption`."""


@dataclass(frozen=True)
class Provider:
    """The add-in's registration.

    Attributes:
        key: The credential provider's key. It stays behind when the add-in goes and a value of ours is in it.
        dll: What InprocServer32 names; None when COM does not know the class.
    """

    key: Key | None
    dll: str | None

    @property
    def registered(self) -> bool:
        """Whether the add-in is there: both LogonUI and COM know it."""
        return self.key is not None and self.dll is not None

    @property
    def verbose(self) -> bool:
        return self.registered and bool(self.key and self.key.number(ENABLE_LOGGING))


REGISTRATION: Fact[Provider] = gather(
    "provider",
    Provider,
    key=asked(registry.key("provider.key", PROVIDER)),
    dll=asked(registry.default_value("provider.inproc_server", INPROC_SERVER)),
)
"""Without a look at the file; ask `dll_exists` for that once its name is known."""

_IF_EXIST = Evidence(
    "if exist: learn.microsoft.com/windows-server/administration/windows-commands/if", Sureness.DOCUMENTED
)


def file_exists(path: str) -> Fact[bool]:
    """Whether a file is there. Environment variables in the path expand on the host."""

    def parse(replies: Sequence[Reply]) -> bool:
        answer = replies[0].output.strip()
        if answer not in {"yes", ""}:
            raise UnexpectedOutput(_NEITHER_WAY(), path=path, output=answer[:200])
        return answer == "yes"

    # The path came from the host's registry: what cmd.exe would act on inside quotes must not reach it.
    safe = "".join(character for character in path if character not in '"\r\n')
    return Fact("file_exists", (Command(line_of_there(safe), _IF_EXIST, accepts=None),), parse)


def places(dll: str) -> tuple[str, ...]:
    r"""Where Windows looks for the file that InprocServer32 names, in order.

    A name without a folder is looked for as LoadLibrary does for a process of System32 (learn.microsoft.com, Dynamic-
    link library search order), and gets `.dll` where it has no ending; public providers are registered so. Slashes and
    the prefix of long paths are spellings that Windows takes as well.
    """
    named = re.sub(r"^\\[\\?][?.]\\(?=[A-Za-z]:)", "", dll.strip().strip('"').strip().replace("/", "\\"))
    if not named or set(named) & set("\\:%"):
        return (named,)
    named = named if "." in named else f"{named}.dll"
    return (rf"%SystemRoot%\System32\{named}", rf"%SystemRoot%\{named}")


def dll_exists(dll: str) -> Fact[bool]:
    """Whether the file is there that InprocServer32 names."""
    looks = all_of("dll_exists", {place: file_exists(place) for place in places(dll)})
    return Fact(looks.name, looks.commands, lambda replies: any(looks.parse(replies).values()))


def logging_change(*, on: bool, before: Provider) -> Change:
    """Switches verbose logging. Only for a registered provider: the key is never made by us.

    Off is `EnableLogging=0`, as the documentation has it, and not a deleted value.
    """
    return registry_change.numbers_change(_verbose_logging(on), PROVIDER, {ENABLE_LOGGING: int(on)}, before.key)
