"""`--csv` wherever a table is printed: a line for each of its lines; `--json` and `--folder` wherever a run ends."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import select
import stat
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.cli import inventory, msi
from orchestrator.cli.outputs import Outputs
from orchestrator.console import csv_file
from orchestrator.model.result import RunResult
from sspr_lab.packages import standin
from tests.cli.conftest import Sspr
from tests.lab_fixtures import Site


def lines(file: str) -> list[dict[str, str]]:
    """The lines of a file, by their columns."""
    with Path(file).open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened, strict=True))


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "outcomes"),
    [
        (("check",), {"stock": "blocked", "fit": "ok"}),
        (("run", "preflight"), {"stock": "blocked", "fit": "ok"}),
        (("logs", "on", "--check"), {"stock": "blocked", "fit": "blocked"}),
        (("logs", "off", "--check"), {"stock": "ok", "fit": "ok"}),
        (("logs", "collect", "--days", "1"), {"stock": "ok", "fit": "ok"}),
        (("reboot", "schedule", "--check"), {"stock": "changed", "fit": "changed"}),
        (("reboot", "cancel"), {"stock": "ok", "fit": "ok"}),
    ],
    ids=["check", "run", "logs on", "logs off", "logs collect", "reboot schedule", "reboot cancel"],
)
def test_runs_on_hosts(sspr: Sspr, lab: Site, words: tuple[str, ...], outcomes: dict[str, str]) -> None:
    """Each command that goes to hosts writes a line for each, with how it ended and why, and keeps the run."""
    sspr(*words, "-i", str(lab.inventory), "--csv", "hosts.csv", "--json", "result.json", "--folder", "here")
    assert Path("here/result.json").read_bytes() == Path("result.json").read_bytes()
    found = lines("hosts.csv")
    assert {line["name"]: line["outcome"] for line in found} == {
        lab.hosts[name]: each for name, each in outcomes.items()
    }
    assert all(line["reason"] and line["address"] for line in found)
    if words == ("check",):
        assert {line["name"]: line["tls12"] for line in found} == {lab.hosts["stock"]: "off", lab.hosts["fit"]: "on"}


@pytest.mark.usefixtures("folder")
def test_a_machine_examined(sspr: Sspr, lab: Site) -> None:
    """`sspr doctor` writes a line for each belief."""
    sspr("doctor", lab.hosts["fit"], "-i", str(lab.inventory), "--csv", "beliefs.csv")
    found = lines("beliefs.csv")
    assert len(found) > 10
    assert {line["holds"] for line in found} == {"true"}


@pytest.mark.usefixtures("folder")
def test_what_is_known_without_hosts(sspr: Sspr, lab: Site) -> None:
    """Inventory, playbooks, packages and earlier runs, all with the columns of what they show."""
    inventory = ("-i", str(lab.inventory))
    assert sspr("inventory", "list", *inventory, "--csv", "inventory.csv").code == 0
    assert [line["name"] for line in lines("inventory.csv")] == list(lab.hosts.values())
    assert sspr("playbooks", "--csv", "playbooks.csv").code == 0
    assert "install" in {line["name"] for line in lines("playbooks.csv")}
    assert sspr("msi", "inspect", str(standin("x86")), "--csv", "package.csv").code == 0
    (package,) = lines("package.csv")
    assert (package["architecture"], len(package["sha256"])) == ("x86", 64)
    sspr("check", *inventory)
    assert sspr("runs", "list", "--csv", "runs.csv").code == 0
    (run,) = lines("runs.csv")
    assert (run["playbook"], run["hosts"], run["blocked"], run["ok"]) == ("preflight", "2", "1", "1")
    assert sspr("runs", "show", run["id"], "--csv", "again.csv").code == 0
    assert [line["run"] for line in lines("again.csv")] == [run["id"]] * 2


@pytest.mark.usefixtures("folder")
def test_a_place_where_nothing_can_be_written(sspr: Sspr, lab: Site) -> None:
    """Told before any host is asked, with what to do."""
    asked = lab.requests()
    ran = sspr("check", "-i", str(lab.inventory), "--csv", "nowhere/hosts.csv")
    assert (ran.code, "there is no folder nowhere" in ran.error) == (2, True)
    assert lab.requests() == asked


@pytest.mark.usefixtures("folder")
def test_earlier_outputs_are_written_anew(sspr: Sspr, lab: Site) -> None:
    """Each kind over one of its own; what a person made empty beforehand is as good as nothing."""
    outputs = {"--json": Path("r.json"), "--report": Path("r.html"), "--csv": Path("r.csv")}
    words = [word for option, path in outputs.items() for word in (option, str(path))]
    for path in outputs.values():
        path.touch()
    written = []
    for _ in range(2):
        sspr("check", "-i", str(lab.inventory), *words)
        written.append([path.read_bytes() for path in outputs.values()])
    assert all(written[0])
    assert all(first != second for first, second in zip(*written, strict=True))
    for command in (("runs", "list"), ("playbooks",), ("msi", "inspect", str(standin("x86")))):
        assert sspr(*command, "--csv", "r.csv").code == 0


RUN = RunResult("r", "preflight", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC), "finished", ())
TABLES = {
    "hosts": csv_file.host_table(RUN),
    "check": csv_file.check_table(RUN),
    "doctor": csv_file.doctor_table(RUN),
    "runs": csv_file.runs_table([]),
    "inventory": csv_file.Table(inventory.COLUMNS, []),
    "msi": csv_file.Table(msi.COLUMNS, []),
}


@pytest.mark.parametrize("table", TABLES)
def test_every_table_of_ours_is_known_again(tmp_path: Path, table: str) -> None:
    """A new or renamed column must not make yesterday's output somebody else's file."""
    csv_file.write_csv(TABLES[table], tmp_path / "t.csv")
    Outputs(csv=tmp_path / "t.csv").check()


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="pipes in folders, and how much one holds, are Linux's")


@contextlib.contextmanager
def broken_pipe(path: Path) -> Iterator[None]:
    """A pipe whose reader is there until something comes, and reads none of it."""
    import fcntl  # noqa: PLC0415 - Windows has none

    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)

    def close() -> None:
        select.select([reader], [], [], 60)
        os.close(reader)

    closing = threading.Thread(target=close)
    closing.start()
    yield
    closing.join()


@on_linux
@pytest.mark.usefixtures("folder")
def test_a_file_that_cannot_be_written_after_all(sspr: Sspr, lab: Site) -> None:
    """The host is fine, and the exit code 1: the rest is printed and written, and the path that was typed is named."""
    Path("link.html").symlink_to("pipe")
    with broken_pipe(Path("pipe")):
        ran = sspr(
            *("check", "-i", str(lab.inventory), "--limit", lab.hosts["fit"], "--folder", "here"),
            *("--report", "link.html", "--csv", "hosts.csv", "--json", "result.json"),
        )
    assert ran.code == 1
    assert ran.error.endswith("error: link.html: could not be written: Broken pipe")
    assert "kept in here" in ran.error
    assert lab.hosts["fit"] in ran.out
    assert [line["name"] for line in lines("hosts.csv")] == [lab.hosts["fit"]]
    assert Path("result.json").read_bytes() == Path("here/result.json").read_bytes()
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)
    with broken_pipe(Path("other")):
        ran = sspr("runs", "show", "here", "--report", "other", "--csv", "again.csv")
    assert (ran.code, ran.error) == (1, "error: other: could not be written: Broken pipe")
    assert [line["name"] for line in lines("again.csv")] == [lab.hosts["fit"]]


def put_in_the_way(folder: Path) -> None:
    """A folder where the run's result is to be, as soon as the run has begun."""
    while not (folder / "log.jsonl").exists():
        time.sleep(0.001)
    (folder / "result.json" / "in the way").mkdir(parents=True)


@pytest.mark.usefixtures("folder")
def test_a_folder_of_the_run_that_cannot_take_its_result(sspr: Sspr, lab: Site) -> None:
    """The result is printed, and written where else it is wanted."""
    hosts = ("-i", str(lab.inventory), "--limit", lab.hosts["fit"])
    in_the_way = threading.Thread(target=put_in_the_way, args=(Path("here").absolute(),))
    in_the_way.start()
    ran = sspr("check", *hosts, "--folder", "here", "--json", "result.json")
    in_the_way.join()
    assert ran.code == 1
    assert f"error: {Path('here/result.json')}: could not be written: " in ran.error
    assert lab.hosts["fit"] in ran.out
    (host,) = json.loads(Path("result.json").read_bytes())["hosts"]
    assert (host["name"], host["outcome"]) == (lab.hosts["fit"], "ok")


@on_linux
@pytest.mark.usefixtures("folder")
def test_a_pipe_gets_what_a_file_would(sspr: Sspr, lab: Site) -> None:
    """As a shell makes one with `>(…)`."""
    os.mkfifo("pipe")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(Path("pipe").read_bytes()), daemon=True)
    reader.start()
    sspr("check", "-i", str(lab.inventory), "--json", "pipe", "--folder", "here")
    reader.join(60)
    assert [json.loads(each) for each in read] == [json.loads(Path("here/result.json").read_bytes())]
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)
