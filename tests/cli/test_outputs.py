"""`--csv` wherever a table is printed: a line for each of its lines; `--json` and `--folder` wherever a run ends."""

from __future__ import annotations

import contextlib
import csv
import itertools
import json
import os
import select
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.cli import inventory, msi
from orchestrator.cli.outputs import Outputs
from orchestrator.console import csv_file, leases, table_file
from orchestrator.model.result import RunResult
from sspr_lab.packages import standin
from tests.cli.conftest import Sspr
from tests.lab_fixtures import Site
from tests.other_users import MALLORY, as_root, give


def lines(file: str | Path, delimiter: str = ";") -> list[dict[str, str]]:
    """The lines of a file, by their columns."""
    with Path(file).open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened, strict=True, delimiter=delimiter))


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
        (("reboot", "cancel", "--yes"), {"stock": "ok", "fit": "ok"}),
    ],
    ids=["check", "run", "logs on", "logs off", "logs collect", "reboot schedule", "reboot cancel"],
)
def test_runs_on_hosts(sspr: Sspr, lab: Site, words: tuple[str, ...], outcomes: dict[str, str]) -> None:
    """Each command that goes to hosts writes a line for each, with how it ended and why, and keeps the run."""
    outputs = ("--csv", "hosts.csv", "--json", "result.json", "--report", "report.html", "--folder", "here")
    sspr(*words, "-i", str(lab.inventory), *outputs)
    assert Path("here/result.json").read_bytes() == Path("result.json").read_bytes()
    assert lab.hosts["fit"] in Path("report.html").read_text("utf-8")
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
def test_metrics(sspr: Sspr, lab: Site) -> None:
    """They stand in the file from the run's beginning on, are for everybody to read, and can be printed instead."""
    hosts = ("-i", str(lab.inventory), "--limit", lab.hosts["fit"])
    before = os.umask(0o077)
    try:
        for _ in range(2):
            assert sspr("run", "preflight", *hosts, "--prometheus", "sspr.prom").code == 0
    finally:
        os.umask(before)
    written = Path("sspr.prom").read_text("utf-8")
    assert stat.S_IMODE(Path("sspr.prom").stat().st_mode) == 0o644
    assert [path.name for path in Path().glob("*sspr.prom*")] == ["sspr.prom"]
    assert f'sspr_hosts{{outcome="ok",run="{kept_run()}"}} 1.0\n' in written
    printed = sspr("check", *hosts, "--prometheus", "-").out
    assert printed.startswith("# HELP sspr_run_info ")
    assert printed.endswith(" 0.0\n")


def kept_run() -> str:
    """The newest run."""
    return max(path.name for path in Path("state/runs").iterdir())


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
    assert {stat.S_IMODE(path.stat().st_mode) for path in outputs.values()} == {0o600}
    assert all(first != second for first, second in zip(*written, strict=True))
    for command in (("runs", "list"), ("playbooks",), ("msi", "inspect", str(standin("x86")))):
        assert sspr(*command, "--csv", "r.csv").code == 0


RUN = RunResult("r", "preflight", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC), "finished", ())
TABLES = {
    "hosts": csv_file.host_table(RUN),
    "check": csv_file.check_table(RUN),
    "doctor": csv_file.doctor_table(RUN),
    "leases": leases.leases_table(RUN),
    "runs": csv_file.runs_table([]),
    "inventory": table_file.Table(inventory.COLUMNS, []),
    "msi": table_file.Table(msi.COLUMNS, []),
}


@pytest.mark.parametrize("table", TABLES)
def test_every_table_of_ours_is_known_again(tmp_path: Path, table: str) -> None:
    """A new or renamed column must not make yesterday's output somebody else's file."""
    (tmp_path / "t.csv").write_bytes(table_file.csv_bytes(TABLES[table]))
    Outputs(csv=tmp_path / "t.csv").check()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "sign"), [((), ";"), (("--delimiter", "comma"), ","), (("--delimiter", "tab"), "\t")]
)
def test_what_separates_cells(sspr: Sspr, words: tuple[str, ...], sign: str) -> None:
    """Semicolons, unless somebody says otherwise; a table of one kind may take the place of one of another."""
    for _ in range(2):
        assert sspr("playbooks", "--csv", "playbooks.csv", *words).code == 0
        assert "install" in {line["name"] for line in lines("playbooks.csv", sign)}
        assert sspr("playbooks", "--csv", "playbooks.csv").code == 0


@pytest.mark.usefixtures("folder")
def test_the_standard_output(sspr: Sspr, lab: Site) -> None:
    """`-` is it: nothing else is printed there, and what people read goes to the standard error."""
    hosts = ("-i", str(lab.inventory), "--limit", lab.hosts["fit"])
    ran = sspr("check", *hosts, "--json", "-", "--csv", "hosts.csv", "--folder", "here")
    assert ran.out.encode() == Path("here/result.json").read_bytes()
    assert "1 of 1 machine is in order" in ran.err
    for words, begins in (
        (("check", *hosts, "--csv", "-"), "\ufeffrun;name;address"),
        (("run", "preflight", *hosts, "--report", "-"), "<!doctype html>"),
        (("runs", "show", "here", "--csv", "-"), "\ufeffrun;name;address"),
        (("runs", "list", "--csv", "-"), "\ufeffid;playbook;started"),
        (("inventory", "list", *hosts, "--csv", "-"), "\ufeffname;address;port"),
        (("playbooks", "--csv", "-"), "\ufeffname;description;steps"),
        (("msi", "inspect", str(standin("x86")), "--csv", "-"), "\ufeffproduct_name;manufacturer"),
    ):
        ran = sspr(*words)
        assert (ran.code, ran.out.startswith(begins), bool(ran.err)) == (0, True, True), words
    assert not Path("-").exists()


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="pipes in folders, and descriptors as files, are Linux's")
OTHER_NAMES = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["-", *(pytest.param(name, marks=on_linux) for name in OTHER_NAMES)])
def test_the_standard_output_is_wanted_twice(sspr: Sspr, lab: Site, name: str) -> None:
    """Refused, before any host is asked, by whatever name it goes."""
    if name == "link":
        Path("link").symlink_to("/dev/stdout")
    asked = lab.requests()
    ran = sspr("check", "-i", str(lab.inventory), "--json", name, "--csv", "-")
    assert (ran.code, "--json and --csv cannot both be written to the standard output" in ran.error) == (2, True)
    assert lab.requests() == asked


SHELL = "import sys; from orchestrator.cli import main; main()"


def from_a_shell(command: str) -> subprocess.CompletedProcess[str]:
    """What a shell makes of a command line with `sspr` in it, whose descriptors are real ones."""
    return subprocess.run(
        ["bash", "-c", f'sspr() {{ "{sys.executable}" -c "{SHELL}" "$@"; }}; {command}'],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@on_linux
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "where"),
    [*itertools.product(OTHER_NAMES, ("", " > out.csv", " | cat > out.csv")), ("out.csv", " > out.csv")],
)
def test_another_name_of_the_standard_output(name: str, where: str) -> None:
    """It gets the table and nothing else, wherever it leads; what people read goes to the standard error."""
    Path("link").symlink_to("/dev/stdout")
    ran = from_a_shell(f"sspr playbooks --csv {name}{where}")
    table = Path("out.csv").read_text("utf-8") if where else ran.stdout
    assert (ran.returncode, table.startswith("\ufeffname;description;steps"), table.count("description")) == (
        0,
        True,
        1,
    )
    assert "install" in ran.stderr


@on_linux
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--csv /dev/fd/7 7> t.csv", ""),
        ("--csv /proc/self/fd/7 7> t.csv", ""),
        ("--csv /dev/fd/7 7>> t.csv", ""),
        ("--csv /dev/fd/7 7<> t.csv", ""),
        ("--csv >(cat > t.csv; touch read)", ""),
        ("--csv /dev/stderr 2> t.csv", ""),
        ("--csv /dev/fd/7", "/dev/fd/7: cannot be written: No such file or directory"),
        ("--csv /dev/fd/7 7< playbooks", "/dev/fd/7: cannot be written: is open for reading alone"),
    ],
)
def test_a_descriptor_that_the_shell_has_opened(words: str, said: str) -> None:
    """It is written into where it is open for that; nothing takes the place of the file, or is told too late."""
    Path("playbooks").touch()
    read = "until [ -e read ]; do sleep 0.1; done; " if "cat" in words else ""
    ran = from_a_shell(f"sspr playbooks {words}; code=$?; {read}exit $code")
    assert (ran.returncode, said in ran.stderr) == (2 if said else 0, True), ran.stderr
    if said:
        assert ran.stdout == ""
    else:
        assert "install" in {line["name"] for line in lines("t.csv")}


@on_linux
@pytest.mark.usefixtures("folder")
def test_two_outputs_in_one_descriptor(sspr: Sspr, lab: Site) -> None:
    """They would be mixed up in it; what goes to a device that keeps nothing is nobody's loss."""
    ran = from_a_shell(f"sspr check -i {lab.inventory} --json /dev/fd/7 --csv t.csv 7> t.csv")
    assert (ran.returncode, "--csv t.csv: --json is to be written there already" in ran.stderr) == (2, True)
    assert sspr("check", "-i", str(lab.inventory), "--json", "/dev/null", "--csv", "/dev/null").code == 1


@as_root
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("content", ["", "an earlier one"])
@pytest.mark.parametrize("linked", [False, True], ids=["itself", "by a link of ours"])
def test_a_file_of_another_user(
    sspr: Sspr, lab: Site, monkeypatch: pytest.MonkeyPatch, content: str, linked: bool
) -> None:
    """It is not replaced, whatever is in it, and that is told before any host is asked; who called sudo is no other."""
    words = ("check", "-i", str(lab.inventory), "--limit", lab.hosts["fit"], "--json", "link" if linked else "a.json")
    Path("link").symlink_to("a.json")
    if content:
        assert sspr(*words).code == 0
    else:
        Path("a.json").touch()
    before = Path("a.json").read_bytes()
    give(Path("a.json"))
    asked = lab.requests()
    ran = sspr(*words)
    assert (ran.code, f"a.json: cannot be written: is a file of the user {MALLORY}" in ran.error) == (2, not linked)
    assert f"cannot be written: is a file of the user {MALLORY}; give the name of another" in ran.error
    assert (Path("a.json").read_bytes(), Path("a.json").stat().st_uid) == (before, MALLORY)
    assert lab.requests() == asked
    monkeypatch.setenv("SUDO_UID", str(MALLORY))
    assert sspr(*words).code == 0


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
    """The host is fine, and the exit code 4: the rest is printed and written, and the path that was typed is named."""
    Path("link.html").symlink_to("pipe")
    with broken_pipe(Path("pipe")):
        ran = sspr(
            *("check", "-i", str(lab.inventory), "--limit", lab.hosts["fit"], "--folder", "here"),
            *("--report", "link.html", "--csv", "hosts.csv", "--json", "result.json"),
        )
    assert ran.code == 4
    assert ran.error.endswith("error: link.html: could not be written: Broken pipe")
    assert "kept in here" in ran.error
    assert lab.hosts["fit"] in ran.out
    assert [line["name"] for line in lines("hosts.csv")] == [lab.hosts["fit"]]
    assert Path("result.json").read_bytes() == Path("here/result.json").read_bytes()
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)
    with broken_pipe(Path("other")):
        ran = sspr("runs", "show", "here", "--report", "other", "--csv", "again.csv")
    assert (ran.code, ran.error) == (4, "error: other: could not be written: Broken pipe")
    assert [line["name"] for line in lines("again.csv")] == [lab.hosts["fit"]]


@on_linux
@pytest.mark.usefixtures("folder")
def test_a_pipe_that_nobody_reads(sspr: Sspr, lab: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before hosts are asked, rather than hung upon when all is done."""
    monkeypatch.setattr("orchestrator.model.private_file.READER_SECONDS", 0.1)
    os.mkfifo("pipe")
    asked = lab.requests()
    ran = sspr("check", "-i", str(lab.inventory), "--json", "pipe", "--folder", "here")
    assert (ran.code, "pipe: nobody reads this pipe" in ran.error) == (2, True), ran.error
    assert lab.requests() == asked


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
    assert ran.code == 4
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
