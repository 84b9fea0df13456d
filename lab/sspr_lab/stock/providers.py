"""The credential providers that Windows comes with, by branch, as they are registered.

CLSIDs and names: credentialprovider.h of the Windows SDK for those it lists; the others as seen on such machines.
"""

from typing import Final, NamedTuple

from sspr_lab.profile import Branch
from sspr_lab.registry import Data, Value
from sspr_lab.stock.tree import DEFAULT, expand

PROVIDERS: Final = r"Microsoft\Windows\CurrentVersion\Authentication\Credential Providers"
FILTERS: Final = r"Microsoft\Windows\CurrentVersion\Authentication\Credential Provider Filters"


class Provider(NamedTuple):
    """A credential provider: its COM class, its name, the DLL that implements it."""

    clsid: str
    name: str
    dll: str


_ALL: Final = (
    Provider(
        "{1b283861-754f-4022-ad47-a5eaaa618894}",
        "Smartcard Reader Selection Provider",
        "SmartcardCredentialProvider.dll",
    ),
    Provider("{3dd6bec0-8193-4ffe-ae25-e08e39ea4063}", "NPProvider", "authui.dll"),
    Provider("{503739d0-4c5e-4cfd-b3ba-d881334f0df2}", "VaultCredProvider", "VaultCredProvider.dll"),
    Provider(
        "{8bf9a910-a8ff-457f-999f-a5ca10b4a885}", "Smartcard Credential Provider", "SmartcardCredentialProvider.dll"
    ),
    Provider("{94596c7e-3744-41ce-893e-bbf09122f76a}", "Smartcard Pin Provider", "SmartcardCredentialProvider.dll"),
    Provider("{AC3AC249-E820-4343-A65B-377AC634DC09}", "WinBio Credential Provider", "BioCredProv.dll"),
    Provider("{e74e57b0-6c6d-44d5-9cda-fb2df5ed7435}", "CertCredProvider", "certCredProvider.dll"),
    Provider("{25CBB996-92ED-457e-B28C-4774084BD562}", "GenericProvider", "authui.dll"),
)
_WINDOWS_7: Final = (Provider("{6f45dc1e-5384-457a-bc13-2cd81b0d28ed}", "PasswordProvider", "authui.dll"),)
_SINCE_WINDOWS_8: Final = (
    Provider("{60b78e88-ead8-445c-9cfd-0b87f74ea6cd}", "PasswordProvider", "credprovs.dll"),
    Provider("{6f45dc1e-5384-457a-bc13-2cd81b0d28ed}", "V1PasswordProvider", "authui.dll"),
    Provider(
        "{8FD7E19C-3BF7-489B-A72C-846AB3678C96}", "Smartcard Credential Provider", "SmartcardCredentialProvider.dll"
    ),
    Provider("{cb82ea12-9f71-446d-89e1-8d0924e1256e}", "PINLogonProvider", "credprovs.dll"),
    Provider("{F8A0B131-5F68-486c-8040-7E8FC3C85BB6}", "WLIDCredentialProvider", "wlidcredprov.dll"),
)
_GENERIC_FILTER: Final = Provider("{DDC0EED2-ADBE-40b6-A217-EDE16A79A0DE}", "GenericFilter", "authui.dll")


def built_in(branch: Branch) -> tuple[Provider, ...]:
    """The providers of a stock machine."""
    return _ALL + (_WINDOWS_7 if branch == "windows7" else _SINCE_WINDOWS_8)


def registration(
    provider: Provider, *, under: str = PROVIDERS, classes: str = "Classes"
) -> dict[str, dict[str, Data | Value]]:
    r"""The keys of one provider (or filter) below HKLM\SOFTWARE; `classes` names where its COM class is."""
    server: dict[str, Data | Value] = {
        DEFAULT: expand(f"%SystemRoot%\\system32\\{provider.dll}"),
        "ThreadingModel": "Apartment",
    }
    return {
        f"{under}\\{provider.clsid}": {DEFAULT: provider.name},
        f"{classes}\\CLSID\\{provider.clsid}": {DEFAULT: provider.name},
        f"{classes}\\CLSID\\{provider.clsid}\\InprocServer32": server,
    }


def stock_registrations(branch: Branch, *, classes: str = "Classes") -> dict[str, dict[str, Data | Value]]:
    """The keys of all built-in providers and of the built-in filter."""
    entries: dict[str, dict[str, Data | Value]] = {}
    for provider in built_in(branch):
        entries |= registration(provider, classes=classes)
    return entries | registration(_GENERIC_FILTER, under=FILTERS, classes=classes)
