"""`sspr check --explain`: everything about one host, asked now or as an earlier run found it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Sspr
from tests.lab_fixtures import Site, kind, site

CLIENT = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client"


def explained(sspr: Sspr, lab: Site, *words: str) -> str:
    ran = sspr("check", "-i", str(lab.inventory), *words)
    assert ran.code in (0, 1), ran.err
    return ran.out


def test_a_finding_is_explained(sspr: Sspr, lab: Site) -> None:
    """Support staff read what is wrong, where that stands, what should stand there, what to do, and who says so."""
    out = explained(sspr, lab, "--explain", lab.hosts["stock"])
    lines = [line.strip() for line in out.splitlines()]
    (place,) = [at for at, line in enumerate(lines) if line.endswith("[tls12]")]
    assert lines[place].startswith("! blocks: Schannel Client and Server: TLS 1.2 is off")
    told = dict(line.split(": ", 1) for line in lines[place + 1 : lines.index("", place)])
    assert "SCHANNEL" in told["Looked at"]
    assert "Enabled=1" in told["Should be"]
    assert (
        told["To do"].strip()
        == "run the playbook `install`: it enables TLS 1.2 on its way, and restarts the host where needed"
    )
    assert told["Known from"].strip() == "learn.microsoft.com, howto-sspr-windows (documented)"


def test_who_comes_to_install_is_sent_there(sspr: Sspr, lab: Site) -> None:
    """What `install` does anyhow needs nobody, and the next step is told without a terminal too."""
    stock = sspr("check", "-i", str(lab.inventory), "--limit", lab.hosts["stock"])
    assert stock.code == 1
    headline, to_do = stock.out.splitlines()[-2:]
    assert headline == "0 of 1 machine is in order; 1 needs only `install`"
    assert to_do.startswith("To do for 1 machine: run the playbook `install`: it enables TLS 1.2 on its way")


def test_what_is_fine_is_told_too(sspr: Sspr, lab: Site) -> None:
    """What was looked at and found in order is listed, with what was read of nothing else."""
    out = explained(sspr, lab, "--explain", lab.hosts["fit"])
    assert "✓ TLS 1.2 is enabled  [tls12]" in out
    assert "✓ User Account Control is on  [uac]" in out
    assert "blocks" not in out
    assert "windows10" not in out


def test_what_is_ignored_is_told_as_such(sspr: Sspr, lab: Site, folder: Path) -> None:
    """A policy takes a finding out of the table and of what decides; the explanation still shows it, and why."""
    (folder / "policy.yaml").write_text("findings: {tls12: ignore}\n", encoding="utf-8")
    ran = sspr(
        "check",
        "-i",
        str(lab.inventory),
        "--explain",
        lab.hosts["stock"],
        "--policy",
        "policy.yaml",
        "--json",
        "r.json",
    )
    assert ran.code == 0
    before, _, after = ran.out.partition("Found, and ignored by the policy:")
    assert "[tls12]" not in before
    assert "TLS 1.2 is off" in after
    (host,) = json.loads((folder / "r.json").read_text("utf-8"))["hosts"]
    assert host["outcome"] == "ok"
    assert host["reason"]["text"] == "nothing stands in the way"


def test_an_earlier_run_is_explained_without_its_hosts(sspr: Sspr, lab: Site) -> None:
    """The page of a past run is the page of that run, whatever the host is today; its name goes without case."""
    now = explained(sspr, lab, "--explain", lab.hosts["stock"])
    earlier = sspr("check", "--run", "last", "--explain", lab.hosts["stock"].lower())
    assert (earlier.code, earlier.out) == (0, now)


@pytest.mark.slow
def test_a_host_that_a_later_run_has_changed(sspr: Sspr, folder: Path) -> None:
    """The page of the last look says what was done since, and does not tell as so what no longer is."""
    with site(folder, {"old": kind()}) as lab:
        name = lab.hosts["old"]
        explained(sspr, lab, "--explain", name)
        enabled = ("run", "enable-tls12", "-i", str(lab.inventory), "--yes", "--set", "reboot.delay_minutes=0")
        assert sspr(*enabled).code == 0
        ran = sspr("check", "--run", "last", "--explain", name)
    assert "Changed after it was looked at:\n    - enable-tls12, run " in ran.out
    assert "Found then, and done with since:\n    - Schannel Client and Server: TLS 1.2 is off" in ran.out
    assert "! blocks" not in ran.out


def test_a_host_that_no_run_has_looked_at(sspr: Sspr, lab: Site) -> None:
    """Its newest run is shown, which says how it ended and how to look; a name that no run knows is told as such."""
    name = lab.hosts["stock"]
    sspr("logs", "on", "-i", str(lab.inventory), "--limit", name, "--yes")
    ran = sspr("check", "--run", "last", "--explain", name)
    assert ran.code == 0
    assert "blocked: the add-in is not installed" in ran.out
    assert f"Look:       `sspr check -i INVENTORY --explain {name}`" in ran.out
    unknown = sspr("check", "--run", "last", "--explain", "LAB-001")
    assert unknown.code == 2
    assert "had a host `LAB-001`; did you mean `LAB-0001`?; look at it with" in unknown.error


def test_a_host_that_was_not_in_a_run(sspr: Sspr, lab: Site, folder: Path) -> None:
    """It is named, with the nearest that was."""
    explained(sspr, lab, "--explain", lab.hosts["stock"], "--folder", "kept")
    ran = sspr("check", "--run", str(folder / "kept"), "--explain", "LAB-001")
    assert ran.code == 2
    assert "has no host `LAB-001`; did you mean `LAB-0001`?" in ran.error
