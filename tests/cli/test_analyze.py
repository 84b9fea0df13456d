"""`sspr logs analyze`: files from anywhere, on the screen and as JSON."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import stat
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from orchestrator.analysis.case_file import CasesFile, cases_schema
from orchestrator.app.analyze import analyze
from orchestrator.console.case import print_cases
from orchestrator.harvest import zipped
from orchestrator.model.codec import decode
from tests.analysis.inputs import READY, SPOKEN, event, reg, spoke, written, xml
from tests.cli.conftest import Sspr
from tests.lab_fixtures import Site

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "case.schema.json"
OURS = ["Step collect began", "Step collect ended: ok", "The run was through with the machine: ok"]
MSI_LOGS = Path(__file__).parents[1] / "harvest" / "data" / "msi"


def told(path: Path) -> list[Any]:
    """The cases of a file, which keeps to the published schema."""
    document = json.loads(path.read_text("utf-8"))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(document)
    assert document["version"] == 1
    cases: list[Any] = document["cases"]
    return cases


def test_the_published_schema_is_what_is_written() -> None:
    """docs/schemas/case.schema.json is what the code says: python -m orchestrator.analysis.case_file writes it."""
    assert json.loads(SCHEMA.read_text("utf-8")) == cases_schema()


def test_collected_logs_tell_the_same_in_every_form(sspr: Sspr, folder: Path, lab: Site) -> None:
    """A run's folder, one host's, and its zip file; with what the run did beside what the machine tells."""
    assert sspr("logs", "collect", "-i", str(lab.inventory), "--folder", "ticket").code == 0
    hosts = folder / "ticket" / "hosts"
    name = lab.hosts["stock"]
    collected = hosts / name / "collect"
    ran = sspr("logs", "analyze", "ticket", "--json", "all.json")
    assert ran.code == 1
    assert stat.S_IMODE((folder / "all.json").stat().st_mode) == 0o600
    whole = {each["host"]: each for each in told(folder / "all.json")}
    assert whole.keys() == set(lab.hosts.values())
    zipped.pack(collected, hosts / name / "collect.zip")
    seen = []
    for path in (collected, hosts / name / "collect.zip"):
        assert sspr("logs", "analyze", str(path), "--json", "one.json").code == 1
        (one,) = told(folder / "one.json")
        names = sorted(re.sub(r".*collect\.zip/?", "", file["name"]) for file in one["files"])
        where = [piece["file"].rpartition("/")[2] for problem in one["problems"] for piece in problem["evidence"]]
        codes = [problem["code"] for problem in one["problems"]]
        moments = [(each["utc"], each["lane"], each["label"]) for each in one["timeline"]]
        seen.append((one["answer"], one["verdict"], codes, where, moments, [each for each in names if each]))
    assert seen[0] == seen[1]
    answer, _, codes, where, moments, _ = seen[0]
    assert (answer, set(codes), set(where)) == ("no", {"tls12", "add_in_absent"}, {"check.json"})
    assert (whole[name]["answer"], len(whole[name]["timeline"])) == (answer, len(moments))
    assert [label for _, lane, label in moments if lane == "ours"] == OURS
    assert whole[name]["zone_minutes"] is not None
    assert "✕ No: nobody can reset a password at its log-on screen" in ran.out
    assert ran.out.endswith("\n2 machines: 2 ✕ No\n")
    with (folder / "ticket" / "log.jsonl").open("ab") as journal:
        journal.write(b'{"event": "step_finished"}\n')
    assert sspr("logs", "analyze", "ticket", "--json", "all.json").code == 1
    again = {each["host"]: each for each in told(folder / "all.json")}[name]
    (lost,) = [file["lost"]["text"] for file in again["files"] if file["lost"]]
    assert "this is no line of a run's log" in lost
    assert [each["label"] for each in again["timeline"] if each["lane"] == "ours"] == OURS


def test_a_machine_that_can(sspr: Sspr, folder: Path) -> None:
    """Exit code 0, and what to ask next."""
    written(folder / "usb", {"k.reg": reg(READY), "e.xml": xml(SPOKEN)})
    ran = sspr("logs", "analyze", "usb")
    assert ran.code == 0
    assert "✓ Yes: nothing on the machine stands in the way" in ran.out
    assert "7 September 2026" in ran.out
    assert sorted(path.name for path in (folder / "usb").iterdir()) == ["e.xml", "k.reg"]


def test_several_at_once(sspr: Sspr, folder: Path) -> None:
    """Single files of one machine, each by its own name; JSON to the standard output alone."""
    written(folder, {"k.reg": reg(READY), "e.xml": xml(SPOKEN)})
    shutil.copy(MSI_LOGS / "access-denied.log", folder)
    ran = sspr("logs", "analyze", "k.reg", "e.xml", "access-denied.log", "--json", "-")
    assert ran.code == 0
    (only,) = json.loads(ran.out)["cases"]
    assert [file["name"] for file in only["files"]] == ["k.reg", "e.xml", "access-denied.log"]
    (installation,) = only["installations"]
    assert installation["result"] == 1603
    assert installation["cause"]["text"]
    assert all(piece["file"] == "access-denied.log" and piece["place"] for piece in installation["evidence"])
    assert "✓ Yes" in ran.err
    paths = [folder / name for name in ("k.reg", "e.xml", "access-denied.log")]
    assert decode(CasesFile, ran.out).cases == analyze(paths)


@pytest.mark.parametrize(
    ("names", "error"),
    [
        (
            ["nowhere"],
            "nowhere: there is no such file or folder; give a folder or zip file that `sspr logs collect` made",
        ),
        (["empty"], "empty: nothing there tells anything of a machine; give"),
        (["text.txt"], "text.txt: nothing there tells anything of a machine; give"),
        (["broken.zip"], "nothing there tells anything of a machine (broken.zip: it is no zip file, or its end is"),
    ],
)
def test_what_cannot_be_analyzed(sspr: Sspr, folder: Path, names: list[str], error: str) -> None:
    """It is said what to give instead, and nothing is written."""
    (folder / "empty").mkdir()
    written(folder, {"text.txt": b"hello", "broken.zip": b"PK\3\4rubbish"})
    ran = sspr("logs", "analyze", *names, "--json", "case.json")
    assert ran.code == 2
    assert error in ran.error
    assert not (folder / "case.json").exists()


@pytest.mark.skipif(os.name != "posix", reason="pipes as POSIX has them")
def test_a_pipe_is_not_waited_for(sspr: Sspr, folder: Path) -> None:
    """It is refused by what it is."""
    os.mkfifo(folder / "pipe.evtx")
    ran = sspr("logs", "analyze", "pipe.evtx")
    assert ran.code == 2
    assert "is a pipe or a device" in ran.error


def test_nobodys_file_is_overwritten(sspr: Sspr, folder: Path) -> None:
    """Neither the files that are read nor anything else than an output of ours."""
    written(folder, {"k.reg": reg(READY), "notes.json": b"{}"})
    for name in ("k.reg", "notes.json"):
        ran = sspr("logs", "analyze", "k.reg", "--json", name)
        assert ran.code == 2
        assert name in ran.error
    assert sspr("logs", "analyze", "k.reg", "--json", "c.json").code == 1
    assert sspr("logs", "analyze", "k.reg", "--json", "c.json").code == 1  # its own kind


def test_a_screen_of_eighty_columns(folder: Path) -> None:
    """No line is longer on a terminal, what fits none is cut or folded, and no text acts on it."""
    failed = event("Schannel", 36887, "70", "\u202e" + "x" * 300, time="2026-03-01T09:00:30Z", level=2)
    files = {"k.reg": reg(READY), "e.xml": xml(spoke(text="y" * 300), failed), "odd\x1b[2J.reg": b"rubbish"}
    console = Console(force_terminal=True, width=80, record=True, file=io.StringIO())
    print_cases(analyze([written(folder / "usb", files)]), console)
    shown = console.export_text(clear=False)
    assert max(map(len, shown.splitlines())) <= 80
    for told in (
        "! Perhaps not",
        "Task of:",
        "To do:",
        "Seen in:  e.xml record 1",
        "What happened",
        "Could not be read",
    ):
        assert told in shown
    assert "\u202e" not in shown
    assert "\x1b" not in shown
