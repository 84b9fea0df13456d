"""The commands in README.md and docs/: the program understands each, and the pages' walks lead where they say."""

import re
import shlex
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from orchestrator.inventory.load import load_inventory
from orchestrator.runs.captures import ask_to_end, captures_folder, known_captures
from orchestrator.windows.provider import CLSID, PROVIDER
from sspr_lab.mix import Kind
from sspr_lab.packages import standin
from tests.cli.conftest import Sspr, whole_command
from tests.lab_fixtures import UNSIGNED, Site, kind, site

ROOT = Path(__file__).parents[2]
ADMINS, SUPPORT = ROOT / "docs" / "admins.md", ROOT / "docs" / "support.md"
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
COMMAND = whole_command()
SPEED = 60.0


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def written(page: Path) -> list[list[str]]:
    """The words of every command of ours in the blocks of a page."""
    lines = [line.strip() for block in blocks(page, "sh") for line in block.replace("\\\n", " ").splitlines()]
    ours = (shlex.split(line, comments=True)[1:] for line in lines if line.startswith("sspr "))
    return [list(takewhile(lambda word: word not in {"&", ">", "|"}, words)) for words in ours]


def mentioned(page: Path) -> list[list[str]]:
    """The words of the commands in its running text, which need not be whole."""
    return [found.split() for found in re.findall(r"`sspr ([^`]+)`", page.read_text("utf-8"))]


def found(words: list[str]) -> tuple[Any, Any, list[str]]:
    """The command that is meant, the context above it, and what is left for it to parse."""
    parser, context, rest = COMMAND, None, list(words)
    while rest and rest[0] in getattr(parser, "commands", {}):
        context = parser.context_class(parser, parent=context)
        parser = parser.commands[rest.pop(0)]
    return parser, context, rest


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_is_understood(page: Path) -> None:
    """The command's own parser takes those in blocks; those in the text are there, with the options that they name."""
    for words in written(page):
        parser, context, rest = found(words)
        assert not hasattr(parser, "commands"), words
        parser.make_context("sspr", rest, parent=context)
    for words in mentioned(page):
        parser, _context, rest = found(words)
        assert parser is not COMMAND or rest[0].startswith("--"), words
        known = {option for parameter in parser.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("-")} <= known, words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    """A link inside the repository names a file that is there."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_the_inventory_of_the_page_can_be_used(tmp_path: Path) -> None:
    """What a newcomer copies is an inventory, of the machines that the page goes on with."""
    (tmp_path / "inventory.yaml").write_text(blocks(ADMINS, "yaml")[0], encoding="utf-8")
    hosts = load_inventory(tmp_path / "inventory.yaml").select("office,pilot")
    assert [host.name for host in hosts] == ["PC-001", "PC-002", "PC-003", "PC-004", "PC-005"]


def served(folder: Path, kinds: Mapping[str, Kind], extra: str = "") -> Iterator[Site]:
    """Lab hosts of these names, and beside them the `inventory.yaml` of which the pages speak."""
    named = {name: Kind(each.profile, each.faults, name) for name, each in kinds.items()}
    with site(folder, named, speed=SPEED) as lab:
        text = lab.inventory.read_text("utf-8")
        (folder / "inventory.yaml").write_text(text.replace("\nhosts:\n", f"\n{extra}hosts:\n"), encoding="utf-8")
        yield lab


@pytest.fixture
def office(folder: Path) -> Iterator[Site]:
    """The machines of the page for admins."""
    ten = kind(branch="windows10", traits=["azure_ad_joined"])
    kinds = {"PC-001": kind(), "PC-002": kind(architecture="x86"), "PC-003": kind(branch="windows8.1")}
    groups = "  pilot:\n    hosts: [PC-001, PC-002, PC-003]\n"
    for architecture in ("x64", "x86"):
        shutil.copy(standin(architecture), folder / f"SsprWindowsLogon.PROD.{architecture}.msi")
    yield from served(folder, {**kinds, "PC-004": ten, "PC-005": kind()}, groups)


@pytest.fixture
def desk(folder: Path) -> Iterator[Site]:
    """The machine of the page for support, ready for the add-in."""
    yield from served(folder, {"PC-0042": kind()})


def unattended(words: list[str]) -> list[str]:
    """The command as written, with a stand-in for a package that Microsoft has signed, where nobody is at a terminal.

    People at hosts need no minutes to save their work.
    """
    restarts = words[:1] == ["run"] and words[1] in {"install", "uninstall"}
    asks = any("--yes" in parameter.opts for parameter in found(words)[0].params)
    settings = ["reboot.delay_minutes=0"] if restarts else []
    settings += [UNSIGNED] if words[:2] == ["run", "install"] else []
    return [*words, *(word for each in settings for word in ("--set", each)), *(["--yes"] if asks else [])]


@contextmanager
def whoever_tries_it() -> Iterator[None]:
    """Somebody at the machine who has tried it as soon as it is time, and says so."""
    over = threading.Event()

    def tries() -> None:
        while not over.wait(0.1):
            for each in known_captures(captures_folder()):
                ask_to_end(captures_folder(), each)

    somebody = threading.Thread(target=tries)
    somebody.start()
    try:
        yield
    finally:
        over.set()
        somebody.join()


@pytest.mark.slow
def test_the_first_rollout(sspr: Sspr, office: Site, folder: Path) -> None:
    """The page for admins, command by command as it stands: at its end the add-in is everywhere but where it says."""
    before = office.snapshots()
    codes = [
        (words[:2], sspr(*unattended(words)).code) for words in written(ADMINS) if "-i" in words or "last" in words
    ]
    assert [code for code in codes if code[1] != 0] == [(["check", "-i"], 1), (["check", "-i"], 1)]
    changes = office.changes(before)
    assert [name for name in office.hosts if any(CLSID in line for line in changes[name])] == [
        "PC-002",
        "PC-003",
        "PC-005",
    ]
    assert {"check.csv", "pilot.html", "all.html", "all.csv", "again.html"} <= {file.name for file in folder.iterdir()}


def test_the_logs_of_one_machine(sspr: Sspr, desk: Site, folder: Path) -> None:
    """The page for support, command by command: the log is on when they are taken, off in the end, and all is there."""
    installing = ("run", "install", "-i", "inventory.yaml", "--msi", str(standin("x64")))
    assert sspr(*unattended(list(installing))).code == 0
    meant = [words for words in written(SUPPORT) if {"PC-0042", "ticket-4711", "case-4711"} & set(words)]
    with whoever_tries_it():
        ran = [sspr(*unattended(words)) for words in meant]
    assert {each.code for each in ran} == {0}
    collected = folder / "ticket-4711" / "hosts" / "PC-0042" / "collect"
    told = re.findall(r"^\| `([a-z]+\.\w+)`(?:, `([a-z]+\.\w+)`)?", SUPPORT.read_text("utf-8"), re.MULTILINE)
    assert {name for names in told for name in names if name} <= {file.name for file in collected.iterdir()}
    summary = (collected / "summary.txt").read_text("utf-8")
    assert "on (EnableLogging=1)" in summary
    for page in (summary, ran[-1].out, " ".join(SUPPORT.read_text("utf-8").split())):
        assert page.count("7 September 2026 only methods that the user has registered count") == 1
        assert page.count("Microsoft Entra ID (formerly Azure AD)") == page.count("Azure AD") == 1
    assert desk.value("PC-0042", PROVIDER, "EnableLogging") == 0
    assert "✓ TLS 1.2 is enabled" in ran[-1].out
