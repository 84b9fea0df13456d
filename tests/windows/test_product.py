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


def test_products_are_found_by_their_package() -> None:
    """Keys found below Products give product codes, each once; what is no packed code is left out."""
    base = r"HKEY_LOCAL_MACHINE\SOFTWARE\Classes\Installer\Products"
    output = (
        f"\n{base}\\{PACKED}\\SourceList\n    PackageName    REG_SZ    SsprWindowsLogon.PROD.msi\n\n"
        f"{base}\\{PACKED}\\SourceList\\Net\n    1    REG_EXPAND_SZ    C:\\SsprWindowsLogon\\\n\n"
        f"{base}\\notacode\\SourceList\n    PackageName    REG_SZ    SsprWindowsLogon.PROD.msi\n\n"
        f"{base}\n\nEnd of search: 3 match(es) found.\n"
    )
    assert product.ADD_IN_CODES.parse([Reply(0, output)]) == (CODE,)
    assert product.ADD_IN_CODES.parse([Reply(1, "End of search: 0 match(es) found.\n")]) == ()
