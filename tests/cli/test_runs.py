"""Commands that go to hosts: what is printed where, what is written, and which exit code says so."""

import json
import socket
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from sspr_lab.packages import standin
from tests.cli.conftest import Sspr
from tests.lab_fixtures import UNSIGNED, Site

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "result.schema.json"


@pytest.fixture
def on(lab: Site) -> Callable[..., tuple[str, ...]]:
    """The options that choose hosts of the lab."""
    return lambda *names: ("-i", str(lab.inventory), "--limit", ",".join(lab.hosts[name] for name in names))


def test_check_tells_and_writes_what_it_found(
    sspr: Sspr, folder: Path, lab: Site, on: Callable[..., tuple[str, ...]]
) -> None:
    """One host is fit and one is not: exit code 1; a table on stdout, progress on stderr, a file to its schema."""
    before = lab.snapshots()
    ran = sspr("check", *on("stock", "fit"), "--json", "check.json", "--report", "check.html")
    assert ran.code == 1
    table = [line for line in ran.out.splitlines() if line.startswith("LAB-")]
    assert {line.split()[0]: line.split()[2] for line in table} == {
        lab.hosts["stock"]: "blocked",
        lab.hosts["fit"]: "ok",
    }
    assert "1 of 2 machines is in order; 1 needs only `install`" in ran.out
    assert "[2/2]" in ran.err
    assert "[2/2]" not in ran.out
    document = json.loads((folder / "check.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")), jsonschema.Draft202012Validator)
    assert document["summary"] == {"blocked": 1, "ok": 1}
    assert "<html" in (folder / "check.html").read_text(encoding="utf-8")
    assert not any(lab.changes(before).values())


def test_earlier_runs_are_listed_and_shown(sspr: Sspr, folder: Path, on: Callable[..., tuple[str, ...]]) -> None:
    """A fit host gives exit code 0; its run is in the list, can be shown, and its report be written anew."""
    assert sspr("runs", "list").out == "no runs yet\n"
    assert sspr("check", *on("fit")).code == 0
    (run,) = (path.name for path in (folder / "state" / "runs").iterdir())
    listed = sspr("runs", "list")
    assert listed.code == 0
    assert run in listed.out
    assert "1 ok" in listed.out
    shown = sspr("runs", "show", run, "--report", "again.html")
    assert shown.code == 0
    assert "1 of 1 machine is in order" in shown.out
    assert run in (folder / "again.html").read_text(encoding="utf-8")


def test_a_run_is_shown_by_groups_and_for_some_hosts(sspr: Sspr, folder: Path, lab: Site) -> None:
    """Groups of the inventory count their hosts; a pattern leaves the others out of what is shown and written."""
    seoul = f"\n  seoul:\n    hosts: [{lab.hosts['fit']}]\n\nhosts:\n"
    text = lab.inventory.read_text("utf-8").replace("\nhosts:\n", seoul)
    grouped = lab.inventory.with_name("grouped.yaml")
    grouped.write_text(text, encoding="utf-8")
    assert sspr("check", "-i", str(grouped)).code == 1
    shown = sspr("runs", "show", "last", "--by-group")
    lines = [line.split() for line in shown.out.splitlines()]
    assert ["seoul", "1", "1", "ok"] in lines
    assert ["windows7", "2", "1", "ok,", "1", "blocked"] in lines
    assert "1 of 2 machines is in order" in shown.out
    part = sspr("runs", "show", "last", "--limit", "seoul", "--csv", "seoul.csv")
    assert "1 of 1 machine is in order" in part.out
    assert lab.hosts["stock"] not in (folder / "seoul.csv").read_text("utf-8")
    assert ";windows7, seoul;" in (folder / "seoul.csv").read_text("utf-8")
    mistaken = sspr("runs", "show", "last", "--limit", "soul")
    assert (mistaken.code, "did you mean `seoul`" in mistaken.error) == (2, True)


def test_a_broken_result_does_not_hide_the_other_runs(
    sspr: Sspr, folder: Path, on: Callable[..., tuple[str, ...]]
) -> None:
    """A result file that was cut short is listed as such, beside those that can be read."""
    sspr("check", *on("fit"))
    broken = folder / "state" / "runs" / "20200101-000000-abcd"
    broken.mkdir()
    (broken / "result.json").write_text("{", encoding="utf-8")
    listed = sspr("runs", "list")
    assert listed.code == 0
    assert "1 ok" in listed.out
    assert "not readable" in listed.out


def test_a_run_that_was_killed_is_listed(sspr: Sspr, folder: Path, on: Callable[..., tuple[str, ...]]) -> None:
    """It has a log and no result. A run is named by as much of its name as no other begins with."""
    sspr("check", *on("fit"))
    (whole,) = (folder / "state" / "runs").iterdir()
    killed = whole.with_name("20200101-000000-abcd")
    killed.mkdir()
    log = (whole / "log.jsonl").read_bytes().splitlines(keepends=True)
    (killed / "log.jsonl").write_bytes(b"".join(log[:-1]))
    lines = {line.split()[0]: line for line in sspr("runs", "list").out.splitlines()}
    assert "killed" in lines[killed.name]
    assert "finished" in lines[whole.name]
    assert whole.name in sspr("runs", "show", "last").out
    assert whole.name in sspr("runs", "show", whole.name[:10]).out
    both = sspr("runs", "show", "20")
    assert (both.code, "begins the names of 2 runs" in both.error) == (2, True)
    neither = sspr("runs", "show", "1999")
    assert (neither.code, "there is no run `1999`" in neither.error) == (2, True)


def test_no_run_looked_at_that_host(sspr: Sspr, on: Callable[..., tuple[str, ...]]) -> None:
    """What `last` was to find is said, when there is no such run."""
    sspr("check", *on("fit"))
    ran = sspr("check", "--run", "last", "--explain", "NOPE")
    assert (ran.code, "had a host `NOPE`" in ran.error) == (2, True)


def test_a_rehearsal_says_what_would_be_changed(sspr: Sspr, lab: Site, on: Callable[..., tuple[str, ...]]) -> None:
    """`--check` asks nothing, changes nothing, ends with 0 and says so."""
    before = lab.snapshots()
    ran = sspr("run", "install", *on("stock"), "--msi", str(standin("x64")), "--set", UNSIGNED, "--check")
    assert ran.code == 0
    assert "1 would be changed" in ran.out
    assert "nothing was changed (--check)" in ran.out
    assert not any(lab.changes(before).values())


def test_a_restart_is_scheduled_with_its_message_and_cancelled(
    sspr: Sspr, lab: Site, on: Callable[..., tuple[str, ...]]
) -> None:
    """People at the host see the message as it was typed; cancelling takes the restart back, once."""
    message = "It's True: save your work; {now} - or # later"
    words = ("reboot", "schedule", *on("fit"), "--at", "22:30", "--no-wait", "--yes", "--message", message)
    assert sspr(*words).code == 0
    pending = lab.look(lambda _: lab.machine("fit").power.pending)
    assert pending is not None
    assert pending.message == message
    assert "the restart is cancelled" in sspr("reboot", "cancel", *on("fit"), "--yes").out
    assert lab.look(lambda _: lab.machine("fit").power.pending) is None
    again = sspr("reboot", "cancel", *on("fit"), "--yes")
    assert again.code == 0
    assert "no restart of ours is scheduled" in again.out


def test_logs_of_an_add_in_that_is_not_there(sspr: Sspr, on: Callable[..., tuple[str, ...]]) -> None:
    """Switching on needs the add-in and says what to do; switching off has nothing to do."""
    switched = sspr("logs", "on", *on("stock"), "--yes")
    assert switched.code == 1
    assert "To do: " in switched.out
    assert "install" in switched.out
    assert sspr("logs", "off", *on("stock"), "--yes").code == 0


def test_logs_are_brought_home(sspr: Sspr, folder: Path, lab: Site, on: Callable[..., tuple[str, ...]]) -> None:
    """A folder a host, with a manifest, where `--folder` says."""
    ran = sspr("logs", "collect", *on("stock"), "--folder", "ticket", "--days", "7", "--delimiter", "comma")
    assert ran.code == 0
    assert "kept in ticket" in ran.err
    home = folder / "ticket" / "hosts" / lab.hosts["stock"] / "collect"
    assert (home / "manifest.json").is_file()
    assert (home / "timeline.csv").read_bytes().startswith(b"\xef\xbb\xbftime (UTC),level,")


def test_a_host_that_does_not_answer(sspr: Sspr, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1, and what to do about it; the password is nowhere in what is left behind."""
    monkeypatch.setenv("SSPR_TEST_PASSWORD", "correct-horse-battery")
    monkeypatch.setattr("orchestrator.fleet.retry.UNREACHABLE_ATTEMPTS", 1)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        (folder / "i.yaml").write_text(
            "all: {credential: {username: admin, password: env:SSPR_TEST_PASSWORD}, "
            f"port: {closed.getsockname()[1]}}}\nhosts: {{PC-1: {{address: 127.0.0.1}}}}\n",
            encoding="utf-8",
        )
        ran = sspr("run", "preflight", "-i", "i.yaml")
    assert ran.code == 1
    assert "unreachable: 1 machine" in ran.out
    assert "To do: " in ran.out
    left = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert left
    assert not any(b"correct-horse-battery" in content for content in (*left, ran.out.encode(), ran.err.encode()))
