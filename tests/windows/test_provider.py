"""The add-in on a host, and who may be in its way."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.registry import Value
from orchestrator.windows import provider
from orchestrator.windows.command import Reply, line_of_there
from orchestrator.windows.provider import Provider
from orchestrator.windows.registry import Key

ABSENT = Reply(1, "")
DLL = r"C:\Windows\System32\Sspr.dll"
KNOWN = Reply(0, f"\nHKEY_LOCAL_MACHINE\\X\n    (기본값)    REG_SZ    {DLL}\n\n")
LONG = provider.PROVIDERS.replace("HKLM", "HKEY_LOCAL_MACHINE")
LONG_FILTERS = provider.FILTERS.replace("HKLM", "HKEY_LOCAL_MACHINE")
STRANGER = "{DEADBEEF-0000-4000-8000-000000000001}"


def key_with(value: str = "") -> Reply:
    return Reply(0, f"\nHKEY_LOCAL_MACHINE\\X\n    (Default)    REG_SZ    SSPR\n{value}\n")


@pytest.mark.parametrize(
    ("replies", "registered", "verbose"),
    [
        ((ABSENT, ABSENT), False, False),
        ((key_with(), KNOWN), True, False),
        ((key_with("    EnableLogging    REG_DWORD    0x1\n"), KNOWN), True, True),
        ((key_with("    EnableLogging    REG_DWORD    0x0\n"), KNOWN), True, False),
        ((key_with("    EnableLogging    REG_DWORD    0x1\n"), ABSENT), False, False),
        ((ABSENT, KNOWN), False, False),
    ],
    ids=["absent", "there", "verbose", "quiet", "key left behind", "class alone"],
)
def test_registration(replies: tuple[Reply, ...], registered: bool, verbose: bool) -> None:
    """The add-in is there when both LogonUI and COM know it; a key that was left behind is not enough."""
    seen = provider.REGISTRATION.parse(replies)
    assert (seen.registered, seen.verbose) == (registered, verbose)


def test_the_dll_is_named_by_com() -> None:
    """The DLL's name is read from the host, whatever the default value is called there."""
    assert provider.REGISTRATION.parse((key_with(), KNOWN)).dll == DLL


def test_providers_of_windows_are_no_strangers() -> None:
    """Windows' own providers and the add-in are known in any case of letters; others are told."""
    own = "".join(f"{LONG}\\{clsid.upper()}\n" for clsid in provider.BUILT_IN)
    assert provider.OTHER_PROVIDERS.parse([Reply(0, f"\n{own}")]) == ()
    assert provider.OTHER_PROVIDERS.parse([Reply(0, f"\n{own}{LONG}\\{STRANGER}\n")]) == (STRANGER,)
    assert provider.OTHER_PROVIDERS.parse([ABSENT]) == ()


def test_filters_of_others_are_told() -> None:
    """Any filter that is not Windows' own may hide the add-in."""
    own = f"\n{LONG_FILTERS}\\{{DDC0EED2-ADBE-40B6-A217-EDE16A79A0DE}}\n"
    assert provider.OTHER_FILTERS.parse([Reply(0, own)]) == ()
    assert provider.OTHER_FILTERS.parse([Reply(0, f"{own}{LONG_FILTERS}\\{STRANGER}\n")]) == (STRANGER,)


@pytest.mark.parametrize("on", [True, False])
def test_switching_the_verbose_log(on: bool) -> None:
    """On is EnableLogging=1 and off is 0; what stood is remembered, with its type."""
    stood = Provider(Key(provider.PROVIDER, {"enablelogging": Value("REG_DWORD", 1)}), DLL)
    change = provider.logging_change(on=on, before=stood)
    (command,) = change.commands
    assert command.line == rf'reg add "{provider.PROVIDER}" /v "EnableLogging" /t REG_DWORD /d {int(on)} /f 2>&1'
    assert [each.before for each in change.values] == [Value("REG_DWORD", 1)]
    fresh = provider.logging_change(on=on, before=Provider(Key(provider.PROVIDER), DLL))
    assert [each.before for each in fresh.values] == [None]
    assert fresh.created_keys == ()


def test_a_file_is_there_or_not() -> None:
    """`yes` is our own word, and nothing is the only other answer; the exit code is the last command's."""
    fact = provider.file_exists(DLL)
    assert fact.parse([Reply(1, "yes\n")]) is True
    assert fact.parse([Reply(0, "")]) is False
    with pytest.raises(UnexpectedOutput):
        fact.parse([Reply(0, "what\n")])
    assert fact.commands[0].accepts is None


@given(path=st.text(st.sampled_from('"%&|<>^()\\:. \r\na') | st.characters(), max_size=40))
@example(path='C:\\x.dll" & calc "')
def test_a_path_from_the_registry_stays_inside_its_quotes(path: str) -> None:
    """A path that a host's registry names cannot end its quotes or its line."""
    line = provider.file_exists(path).commands[0].line
    assert line.count('"') == 2
    assert not set(line) & {"\r", "\n"}


SYSTEM32, WINDOWS = "%SystemRoot%\\System32", "%SystemRoot%"


@pytest.mark.parametrize(
    ("registered", "places"),
    [
        (DLL, (DLL,)),
        (f'"{DLL}"', (DLL,)),
        (r"%SystemRoot%\System32\Sspr.dll", (r"%SystemRoot%\System32\Sspr.dll",)),
        ("SsprCredProvider.dll", (rf"{SYSTEM32}\SsprCredProvider.dll", rf"{WINDOWS}\SsprCredProvider.dll")),
        (" SsprCredProvider ", (rf"{SYSTEM32}\SsprCredProvider.dll", rf"{WINDOWS}\SsprCredProvider.dll")),
        ("Sspr.ocx", (rf"{SYSTEM32}\Sspr.ocx", rf"{WINDOWS}\Sspr.ocx")),
        (r"sub\Sspr.dll", (r"sub\Sspr.dll",)),
        (r"\\server\share\Sspr.dll", (r"\\server\share\Sspr.dll",)),
        (r"\Windows\Sspr.dll", (r"\Windows\Sspr.dll",)),
        ("C:/Windows/System32/Sspr.dll", (DLL,)),
        ("%SystemRoot%/System32/Sspr.dll", (rf"{SYSTEM32}\Sspr.dll",)),
        (rf"\\?\{DLL}", (DLL,)),
        (rf"\??\{DLL}", (DLL,)),
        (r"\\?\UNC\server\share\Sspr.dll", (r"\\?\UNC\server\share\Sspr.dll",)),
    ],
)
def test_where_windows_looks_for_it(registered: str, places: tuple[str, ...]) -> None:
    """A bare name is found in System32, as LogonUI finds it; any of the places will do."""
    assert provider.places(registered) == places
    fact = provider.dll_exists(registered)
    assert [command.line for command in fact.commands] == [line_of_there(place) for place in places]
    for there in range(len(places)):
        assert fact.parse([Reply(0, "yes\n" if place == there else "") for place in range(len(places))])
    assert not fact.parse([Reply(0, "")] * len(places))
