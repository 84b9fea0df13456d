"""`sspr check --explain`: everything about one host, asked now or as an earlier run found it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Sspr
from tests.lab_fixtures import Site

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
        == "run the playbook `enable-tls12`, or `install`, which does the same; they restart the host where needed"
    )
    assert told["Known from"].strip() == "learn.microsoft.com, howto-sspr-windows (documented)"


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


def test_a_host_that_was_not_in_a_run(sspr: Sspr, lab: Site, folder: Path) -> None:
    """It is named, with the nearest that was."""
    explained(sspr, lab, "--explain", lab.hosts["stock"], "--folder", "kept")
    ran = sspr("check", "--run", str(folder / "kept"), "--explain", "LAB-001")
    assert ran.code == 2
    assert "has no host `LAB-001`; did you mean `LAB-0001`?" in ran.error
