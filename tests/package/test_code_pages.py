"""Packages whose texts are in code pages of the whole world: none is taken for damaged, and nothing is printed."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestrator.package.msi import read_package
from sspr_lab.installer.database import read_database
from sspr_lab.packages import standin
from tests.package.packages import with_summary, with_texts

NAME = "씨앗 ก ß Я"
PAGES: Mapping[int, tuple[str, str]] = {
    65001: ("utf-8", NAME),
    874: ("cp874", "ตัวติดตั้ง"),
    932: ("cp932", "インストーラー"),
    936: ("gbk", "安装程序"),
    949: ("cp949", "설치 관리자"),
    950: ("cp950", "安裝程式"),
    1251: ("cp1251", "Установщик"),
    1256: ("cp1256", "المثبت"),
    1361: ("johab", "설치 관리자"),
    437: ("cp437", "Größe"),
    850: ("cp850", "Größe"),
    28591: ("iso8859_1", "Größe"),
    54936: ("gb18030", NAME),
}
"""Code page → Python's name of it, and a text that it has."""


def read(folder: Path, content: bytes) -> tuple[str, str, str]:
    """Product, manufacturer and architecture; the package is the lab's Windows Installer's too."""
    path = folder / "package.msi"
    path.write_bytes(content)
    package = read_package(path)
    assert read_database(content).platform == package.architecture
    return package.product_name, package.manufacturer.strip(), package.architecture


@pytest.mark.parametrize("page", PAGES)
def test_texts_in_any_code_page(tmp_path: Path, page: int) -> None:
    """Be it the summary that is in it, whose number is then perhaps a negative one, or the tables."""
    codec, text = PAGES[page]
    plain = read(tmp_path, standin("x64").read_bytes())
    assert read(tmp_path, with_summary(page, text.encode(codec))) == plain
    assert read(tmp_path, with_texts(page, text.encode(codec))) == (plain[0], text, plain[2])


@pytest.mark.parametrize(
    ("page", "text", "read_as"),
    [
        (0, "Größe".encode(), "Größe"),
        (0, "Größe".encode("cp1252"), "Größe"),
        (1252, b"Contoso \x81", "Contoso \ufffd"),
        (65001, b"Contoso \xff", "Contoso \ufffd"),
        (29999, b"Contoso \xe4", "Contoso \ufffd"),
    ],
    ids=["neutral, UTF-8", "neutral, Western", "no letter of Western", "no UTF-8", "nobody's code page"],
)
def test_what_is_no_text_of_its_code_page_costs_letters(tmp_path: Path, page: int, text: bytes, read_as: str) -> None:
    """And nothing else: what identifies a product is ASCII, which every code page has."""
    path = tmp_path / "package.msi"
    for content in (with_texts(page, text), with_summary(page, text)):
        path.write_bytes(content)
        assert read_package(path).architecture == "x64"
    path.write_bytes(with_texts(page, text))
    assert read_package(path).manufacturer.strip() == read_as


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Rules for a table that is not there, as merge modules leave them behind, are nobody's business."""
    if shutil.which("msibuild") is None and "CI" not in os.environ:
        pytest.skip("needs Debian's msitools")
    path = tmp_path / "package.msi"
    shutil.copyfile(standin("x64"), path)
    columns = ("Nullable` CHAR(4)", "MinValue` LONG", "MaxValue` LONG", "KeyTable` CHAR(255)", "KeyColumn` SHORT")
    besides = ("Category` CHAR(32)", "Set` CHAR(255)", "Description` CHAR(255)")
    made = ", ".join(
        f"`{column}" for column in ("Table` CHAR(32) NOT NULL", "Column` CHAR(32) NOT NULL", *columns, *besides)
    )
    for query in (
        f"CREATE TABLE `_Validation` ({made} PRIMARY KEY `Table`, `Column`)",
        "INSERT INTO `_Validation` (`Table`, `Column`, `Nullable`) VALUES ('Gone', 'Column', 'N')",
    ):
        subprocess.run(["msibuild", path, "-q", query], check=True, capture_output=True)
    assert read_package(path).version == "1.0.10.0"
    assert capfd.readouterr() == ("", "")
