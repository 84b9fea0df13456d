"""Installed products: what Windows Installer registers, read."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.windows import product
from orchestrator.windows.command import Reply
from orchestrator.windows.product import Product

CODE = "{90150000-0011-0000-1000-0000000FF1CE}"
PACKED = "00005109110000000100000000F01FEC"
"""The same in packed form: a public example, Office 2013."""


def packed(code: str) -> str:
    """The packed form by its other definition: the GUID's bytes as they lie in memory, each with its digits swapped."""
    return "".join(f"{byte:02X}"[::-1] for byte in uuid.UUID(code).bytes_le)


def uninstall_key(path: str, name: str, version: str) -> Reply:
    text = f"\n{path}\n    DisplayName    REG_SZ    {name}\n    DisplayVersion    REG_SZ    {version}\n\n"
    return Reply(0, text)


def test_a_packed_code_that_is_known() -> None:
    """A packed code seen in public is unpacked to its product code."""
    assert product.unpack(PACKED) == CODE


@given(code=st.uuids())
def test_any_code_is_unpacked(code: uuid.UUID) -> None:
    """Unpacking takes packing back, whatever the letters' case."""
    text = f"{{{code}}}".upper()
    assert product.unpack(packed(text)) == text
    assert product.unpack(packed(text).lower()) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        CODE[1:-1],
        CODE.lower(),
        CODE + " ",
        CODE + "\n",
        f"{CODE}&calc",
        '{"}',
        "{9015000-0011-0000-1000-0000000FF1CE}",
    ],
)
def test_what_is_no_product_code(text: str) -> None:
    """Nothing but a GUID in braces and capital letters gets into a command line."""
    assert not product.is_product_code(text)
    with pytest.raises(ValueError, match="product code"):
        product.installed(text)


NATIVE = uninstall_key(rf"HKEY_LOCAL_MACHINE\{CODE}", "Add-in", "1.2.3")
WOW64 = uninstall_key(rf"HKEY_LOCAL_MACHINE\WOW\{CODE}", "Add-in (x86)", "1.0")
NONE = Reply(1, "")


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ((NATIVE, NONE), Product(CODE, "Add-in", "1.2.3")),
        ((NONE, WOW64), Product(CODE, "Add-in (x86)", "1.0")),
        ((NATIVE, WOW64), Product(CODE, "Add-in", "1.2.3")),
        ((NONE, NONE), None),
        ((Reply(0, "\n"), NONE), Product(CODE, None, None)),
    ],
    ids=["native", "32-bit", "both", "absent", "without words"],
)
def test_installed(replies: tuple[Reply, ...], expected: Product | None) -> None:
    """A product is found in either view, the native one first."""
    fact = product.installed(CODE)
    assert [command.line.count(CODE) for command in fact.commands] == [1, 1]
    assert fact.parse(replies) == expected


BASE = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UserData\S-1-5-18\Components"
CLSID = "{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}"
DLL = r"C:\Program Files\Maker\provider.dll"


def components(*paths: str) -> Reply:
    """What a search among components shows: the first is of the product that is known here, others of others."""
    codes = [PACKED, "A" * 32, "B" * 32]
    keys = (
        f"{BASE}\\{'C' * 31}{place}\n    {codes[place]}    REG_SZ    {path}\n\n" for place, path in enumerate(paths)
    )
    return Reply(0, "\n" + "".join(keys) + "End of search: 3 match(es) found.\n")


@pytest.mark.parametrize(
    ("dll", "path"),
    [
        (DLL, DLL),
        (DLL, r"C?\PROGRAM FILES\Maker\Provider.dll"),
        (r"%ProgramFiles%\Maker\provider.dll", DLL),
        ("provider.dll", r"C:\Windows\System32\Provider.dll"),
        ("Provider", r"C:\WINDOWS\system32\provider.dll"),
        ("provider.dll", r"C?\Windows\provider.dll"),
        (r"%SystemRoot%\provider.dll", r"C:\Windows\provider.dll"),
        (r"%windir%/System32/provider.dll", r"C:\Windows\System32\provider.dll"),
        (r"\Program Files\Maker\provider.dll", DLL),
        (DLL.replace("\\", "/"), DLL),
        (rf"\\?\{DLL}", DLL),
        (f'"{DLL}"', DLL),
        (None, rf"02:\SOFTWARE\Microsoft\...\Credential Providers\{CLSID}\\"),
    ],
    ids=[
        *("a file", "a file that others count, too", "by a variable"),
        *("a bare name", "without an ending", "a bare name in Windows' folder", "by SystemRoot", "by windir"),
        *("without a drive", "with slashes", "the long way", "in quotes", "a key"),
    ],
)
def test_who_has_brought_a_provider(dll: str | None, path: str) -> None:
    """The product that has a component with the registered file, or with the provider's key."""
    fact = product.owners(CLSID, dll)
    replies = [components(path)] * len(fact.commands)
    assert fact.parse(replies) == (CODE,)


@pytest.mark.parametrize(
    ("dll", "path"),
    [
        (DLL, r"C:\Other\provider.dll"),
        (DLL, r"C:\Program Files\Maker\myprovider.dll.old"),
        (DLL, "x"),
        (DLL, rf"C:\Copy{DLL[2:]}"),
        ("provider.dll", DLL),
        ("provider.dll", r"C:\Windows\System32\Maker\provider.dll"),
        (r"Maker\provider.dll", DLL),
    ],
)
def test_who_has_not(dll: str, path: str) -> None:
    """A file of the same name elsewhere is another product's."""
    fact = product.owners(CLSID, dll)
    assert fact.parse([components(path)] * len(fact.commands)) == ()


@pytest.mark.parametrize(
    "dll", ["mscoree.dll", r"C:\Windows\System32\mscoree.dll", 'C:\\a" & calc.dll', "C:\\a%PATH%.dll", "", None]
)
def test_a_file_that_tells_nothing(dll: str | None) -> None:
    """What runs other people's code belongs to somebody else, and what is no plain path gets into no command line."""
    assert len(product.owners(CLSID, dll).commands) == 1


def test_versions_of_one_product() -> None:
    """Products are found by their upgrade code, whose packed form is that of product codes."""
    fact = product.sharing(CODE)
    assert PACKED in fact.commands[0].line
    path = rf"HKEY_LOCAL_MACHINE\SOFTWARE\Classes\Installer\UpgradeCodes\{PACKED}"
    assert fact.parse([Reply(0, f"\n{path}\n    {PACKED}    REG_SZ    \n\n")]) == (CODE,)
    assert fact.parse([Reply(1, "")]) == ()


@given(code=st.uuids())
def test_any_code_is_packed(code: uuid.UUID) -> None:
    """Packing is the other way round."""
    text = f"{{{code}}}".upper()
    assert product.unpack(product.pack(text)) == text
