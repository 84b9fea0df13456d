"""A new source of inventories is a function and its line in a table: the one of the page for extending, at work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.app import CheckHosts, prepare
from orchestrator.inventory.load import SOURCES, Source, load_inventory
from orchestrator.model.document import Document
from orchestrator.model.errors import DocumentError
from tests.cli.conftest import Sspr, folder, sspr
from tests.cli.test_pages import blocks

__all__ = ["folder", "sspr"]
PAGE = Path(__file__).parents[2] / "docs" / "extending.md"
HEADER = "name,group,username,password\n"
ROWS = "PC-1,seoul,EXAMPLE\\setup,env:SSPR_SECRET\nPC-2,busan,EXAMPLE\\setup,env:SSPR_SECRET\n"


@pytest.fixture(autouse=True)
def source(monkeypatch: pytest.MonkeyPatch) -> Source:
    """The page's source, where a table's files are taken for its own."""
    (program,) = [block for block in blocks(PAGE, "python") if "def load_csv" in block]
    defined: dict[str, Source] = {}
    exec(compile(program, str(PAGE), "exec"), defined)
    monkeypatch.setitem(SOURCES, ".csv", defined["load_csv"])
    monkeypatch.setenv("SSPR_SECRET", "pw")
    return defined["load_csv"]


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "machines.CSV"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_hosts_come_out_as_from_any_inventory(table: Callable[[str], Path]) -> None:
    """Names, groups and credentials; patterns choose among them, and a request takes the file."""
    inventory = load_inventory(table(HEADER + ROWS))
    assert [(host.name, host.groups, host.port) for host in inventory.hosts] == [
        ("PC-1", ("seoul",), 5985),
        ("PC-2", ("busan",), 5985),
    ]
    assert inventory.hosts[0].credential.username == "EXAMPLE\\setup"
    prepared = prepare(CheckHosts(inventory=inventory.path, limit="busan"))
    assert [host.name for host in prepared.hosts] == ["PC-2"]


def test_what_cannot_be_read_is_told_for_every_source(tmp_path: Path) -> None:
    """A source need not look for itself whether its file is there, and is text."""
    with pytest.raises(DocumentError, match=r"absent\.csv: cannot be read: No such file"):
        load_inventory(tmp_path / "absent.csv")
    (tmp_path / "latin.csv").write_bytes((HEADER + ROWS).replace("seoul", "düsseldorf").encode("latin-1"))
    with pytest.raises(DocumentError, match=r"latin\.csv: is not UTF-8 text; save it as UTF-8"):
        load_inventory(tmp_path / "latin.csv")


def test_the_command_line_has_it(sspr: Sspr, table: Callable[[str], Path]) -> None:
    """No command knows that there is a source more."""
    ran = sspr("inventory", "list", "-i", str(table(HEADER + ROWS)), "--limit", "seoul")
    assert "PC-1" in ran.out
    assert "PC-2" not in ran.out


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("name,group\n", 1, "the columns name, group, username and password are expected"),
        (HEADER, 1, "there is no host in it"),
        (HEADER + ROWS + "PC-1,seoul,u,env:X\n", 4, "the host `PC-1` is in this group already, by line 2"),
        (HEADER + ROWS + "PC-3,seoul,u,secret\n", 4, "a password is not written into the file"),
        (HEADER + ROWS + "PC 3,seoul,u,env:X\n", 4, "PC 3"),
        (HEADER + ROWS + "seoul,busan,u,env:X\n", 4, "`seoul` is the name of a group as well"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(table: Callable[[str], Path], text: str, line: int, said: str) -> None:
    """The source says where each thing stands, and what is wrong with it is found as in every inventory."""
    with pytest.raises(DocumentError) as raised:
        load_inventory(table(text))
    assert f"machines.CSV:{line}: " in str(raised.value)
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)


def test_what_has_no_line_is_sought_around_it(tmp_path: Path) -> None:
    """A source that knows no lines at all sends people to the first."""
    document = Document(tmp_path / "x", {"hosts": {"PC-1": None}}, {("hosts",): 7})
    assert [document.line("hosts", "PC-1"), document.line("groups", "seoul")] == [7, 1]
