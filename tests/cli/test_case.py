"""`sspr case`: from a computer's name to what is attached to its ticket."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from tests.captures import has_task, install_on, logging
from tests.cli.conftest import Sspr
from tests.cli.test_captures import told_to_try
from tests.e2e.program import sspr as started
from tests.fleet.test_absent_hosts import switch_off
from tests.lab_fixtures import kind, site

FINE, SOME_NOT, NOTHING_BEGUN = 0, 1, 2


ANNA, BLOCKED = "anna@contoso.example", "User's account has insufficient authentication methods defined."


def export() -> str:
    """One refused reset, as Microsoft Graph writes it (directoryAudits)."""
    record = {
        "id": "SSPR_1",
        "correlationId": "0000000e-0000-4000-8000-00000000000e",
        "result": "failure",
        "resultReason": BLOCKED,
        "activityDisplayName": "Reset password (self-service)",
        "activityDateTime": "2026-09-03T12:00:00Z",
        "loggedByService": "Self-service Password Management",
        "initiatedBy": {"user": {"id": "00000f09-0000-4000-8000-000000000f09", "userPrincipalName": ANNA}},
    }
    return json.dumps({"value": [record]})


def attached(folder: Path) -> tuple[Path, Path]:
    """The page and the zip file that were left, for their owner alone."""
    (page,), (archive,) = folder.glob("*.html"), folder.glob("*.zip")
    assert {stat.S_IMODE(each.stat().st_mode) for each in (page, archive)} == {0o600}
    return page, archive


def ends_with(out: str) -> dict[str, str]:
    """The last three lines, by what they begin with."""
    lines = [line.partition(":") for line in out.strip().splitlines()[-3:]]
    assert [term for term, _, _ in lines] == ["What is wrong", "Whose task", "To attach"]
    return {term: told.strip() for term, _, told in lines}


def test_somebody_tries_it(sspr: Sspr, folder: Path) -> None:
    """The log is on while somebody tries, and off when the answer comes; the copy for the ticket names no person."""
    with site(folder, {"PC": kind(traits=["schannel_explicit", "winhttp_a80"])}) as lab:
        install_on(lab, {"PC": 0})
        host = lab.hosts["PC"]
        words = ("case", host, "-i", str(lab.inventory), "--for", "24h", "--user", "anna", "--redact", "--yes")
        process = started(folder, *words, "--folder", "ticket")
        try:
            told_to_try(process)
            assert (logging(lab, "PC"), has_task(lab, "PC")) == (1, True)
            assert sspr("logs", "capture", host, "--stop").code == FINE
            out, aside = process.communicate(timeout=120)
        finally:
            process.kill()
            process.communicate()
        assert (logging(lab, "PC"), has_task(lab, "PC")) == (0, False)
        shown = " ".join(aside.split())
        for doing in ("bringing them here", "switching the log back to what it was", "reading what it gave"):
            assert doing in shown
        assert "verbose_logging_on" not in out, "a capture is nothing that somebody has left on"
        page, archive = attached(folder / "ticket")
        assert str(page.name) in ends_with(out)["To attach"]
        assert "the add-in wrote nothing while it could be tried" in ends_with(out)["What is wrong"], "nobody has"
        assert str(archive.name) in ends_with(out)["To attach"]
        verified = sspr("logs", "verify", str(archive))
        assert (verified.code, "a redacted copy" in verified.out + verified.err) == (FINE, True)
        assert host in page.read_text("utf-8")


def test_without_the_add_in(sspr: Sspr, folder: Path) -> None:
    """Nothing can be tried there; the logs that there are say why, and whose task it is."""
    with site(folder, {"PC": kind()}) as lab:
        ran = sspr("case", lab.hosts["PC"], "-i", str(lab.inventory), "--yes", "--folder", "ticket")
        assert ran.code == SOME_NOT
        assert "the add-in is not installed" in ran.err
        end = ends_with(ran.out)
        assert end["Whose task"].startswith("whoever administers the computers: run the playbook `install`")
        attached(folder / "ticket")
        again = sspr("case", lab.hosts["PC"], "-i", str(lab.inventory), "--yes", "--folder", "ticket")
        assert (again.code, "holds files already" in again.err) == (NOTHING_BEGUN, True)


def test_one_that_is_off(sspr: Sspr, folder: Path) -> None:
    """There are the three lines all the same, and nothing is left behind."""
    with site(folder, {"PC": kind()}) as lab:
        switch_off(lab, "PC")
        ran = sspr("case", lab.hosts["PC"], "-i", str(lab.inventory), "--yes", "--folder", "ticket")
        assert ran.code == SOME_NOT
        end = ends_with(ran.out)
        assert end["To attach"] == "nothing: the computer gave no files"
        assert end["Whose task"].startswith("whoever administers the computers: ")
        assert not (folder / "ticket").exists()


def test_of_one_computer(sspr: Sspr, folder: Path) -> None:
    """A pattern of several is refused before any is touched, and so is a name that is none."""
    with site(folder, {"PC": kind(), "other": kind()}) as lab:
        ran = sspr("case", "*", "-i", str(lab.inventory), "--yes")
        assert (ran.code, "a case is of one computer" in " ".join(ran.err.split())) == (NOTHING_BEGUN, True)
        assert sspr("case", "PC-9", "-i", str(lab.inventory), "--yes").code == NOTHING_BEGUN
        one = ("case", lab.hosts["PC"], "-i", str(lab.inventory), "--yes")
        (folder / "file").write_text("x")
        for words, named in ((("--audit", "none.csv"), "none.csv"), (("--folder", "file/x"), "file/x")):
            ran = sspr(*one, *words)
            assert (ran.code, named in ran.err) == (NOTHING_BEGUN, True)
        assert not list(folder.glob("case-*"))
        assert sum(lab.requests().values()) == 0


def test_what_the_directory_says(sspr: Sspr, folder: Path) -> None:
    """Resets in an audit log stand beside what the machine says, on the screen, in JSON and on the page."""
    with site(folder, {"PC": kind()}) as lab:
        assert sspr("logs", "collect", "-i", str(lab.inventory), "--folder", "ticket").code == FINE
    (folder / "audit.json").write_text(export())
    words = ("logs", "analyze", "ticket", "--audit", "audit.json")
    ran = sspr(*words, "--user", "anna", "--json", "case.json", "--html", "case.html")
    assert ran.code == SOME_NOT
    (told,) = json.loads((folder / "case.json").read_text("utf-8"))["cases"]
    assert [(each["user"], each["reason"]) for each in told["attempts"]] == [(ANNA, BLOCKED)]
    assert "insufficient authentication methods" in (folder / "case.html").read_text("utf-8")
    assert BLOCKED in ran.out
    assert ("directory_refused", "directory") in {(each["code"], each["owner"]) for each in told["problems"]}
    assert sspr(*words, "--user", "anna", "--redact", "--html", "other.html").code == SOME_NOT
    assert "anna" not in (folder / "other.html").read_text("utf-8")
    ran = sspr(*words, "--json", "case.json")
    (told,) = json.loads((folder / "case.json").read_text("utf-8"))["cases"]
    assert (told["attempts"], told["attempts_left_out"]) == ([], 1)
    assert "None of the 1 reset in the audit log" in ran.out
    ran = sspr("logs", "analyze", "ticket", "--user", "anna")
    assert (ran.code, "--audit" in ran.err) == (NOTHING_BEGUN, True)
    (folder / "none.json").write_text("{}")
    ran = sspr("logs", "analyze", "ticket", "--audit", "none.json")
    assert (ran.code, "none.json" in ran.err) == (NOTHING_BEGUN, True)
