"""What cannot be used ends with exit code 2, before any host is touched, and says what to do."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from sspr_lab.packages import standin
from tests.cli.conftest import Sspr

GOOD = """\
all:
  credential: {username: admin, password: env:SSPR_TEST_PASSWORD}
hosts:
  PC-1: {address: 127.20.255.254}
"""
FILES: Mapping[str, str] = {
    "good.yaml": GOOD,
    "unclosed.yaml": "all:\n  credential: {username: a\nhosts: {}\n",
    "key.yaml": GOOD.replace("address", "adress"),
    "plain.yaml": GOOD.replace("env:SSPR_TEST_PASSWORD", "hunter2"),
    "unset.yaml": GOOD.replace("SSPR_TEST_PASSWORD", "SSPR_TEST_UNSET"),
    "open.yaml": GOOD.replace("env:SSPR_TEST_PASSWORD", "file:open.secret"),
    "open.secret": "hunter2\n",
    "basic.yaml": GOOD.replace("hosts:", "  logon: basic\nhosts:"),
    "hash.yaml": GOOD.replace("password:", "nt_hash:"),
    "asked.yaml": GOOD.replace("env:SSPR_TEST_PASSWORD", "'prompt:'"),
    "waves.yaml": "name: mine\ndescription: x\nsteps:\n  - preflight:\nstrategy: {approval: true, bake_minutes: 5}\n",
    "step.yaml": "name: mine\ndescription: x\nsteps:\n  - preflite:\n",
    "policy.yaml": "findings:\n  tls: warn\n",
    "text.msi": "this is no package",
    "table.yaml": f"\ufeffname,address,port,\n# {GOOD}",
    "report.html": "<!doctype html>\n",
    "page.html": "<!DOCTYPE html>\n<html lang='en'><p>Somebody's own",
    "state.json": '{ "version": 4, "serial": 1 }',
    "assets.csv": "\ufeffname,address,phone\r\nPC-1,a street,1\r\n",
    "run.json": '{\n "version": 2,\n "run": {\n  "id": "r"}}',
    "earlier/result.json": '{\n "version": 2,\n "run": {\n  "id": "r"}}',
    "earlier/log.jsonl": "",
}
X64 = str(standin("x64"))
I = ("-i", "good.yaml")  # noqa: E741 - as users write it

MISTAKES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "no inventory is named": (("run", "preflight"), ("Missing option", "--inventory")),
    "no inventory to check": (("check",), ("name the inventory with -i FILE",)),
    "a policy with an unknown finding": (
        ("check", *I, "--policy", "policy.yaml"),
        ("policy.yaml:2:", "no such finding", "did you mean `tls12`?"),
    ),
    "a policy that is not there": (("check", *I, "--policy", "none.yaml"), ("none.yaml: cannot be read",)),
    "an approval between waves that there are not": (
        ("run", "waves.yaml", *I),
        ("waves.yaml: `strategy.approval` and `strategy.bake_minutes` would have no effect", "say `strategy.waves`"),
    ),
    "an approval on the command line alone": (
        ("run", "preflight", *I, "--set", "strategy.approval=true"),
        ("preflight.yaml: `strategy.approval` would have no effect",),
    ),
    "an end date in another century": (
        ("run", "preflight", *I, "--until", "+9999d"),
        ("'+9999d' is too far ahead: it is", "and 366 days are the most"),
    ),
    "an earlier run without a host": (("check", "--run", "last"), ("name it with --explain HOST",)),
    "an earlier run that there is not": (
        ("check", "--run", "last", "--explain", "PC-1"),
        ("had a host `PC-1`",),
    ),
    "a host named twice": (("check", *I, "--explain", "PC-1", "--limit", "PC-2"), ("leave --limit out",)),
    "the inventory is missing": (("check", "-i", "none.yaml"), ("none.yaml: cannot be read: No such file",)),
    "the inventory is a folder": (("check", "-i", "."), ("cannot be read: Is a directory",)),
    "the inventory is no YAML": (("check", "-i", "unclosed.yaml"), ("unclosed.yaml:3: is not YAML", "line 2")),
    "a key of it is unknown": (
        ("check", "-i", "key.yaml"),
        ("key.yaml:4: unknown key `adress`", "did you mean `address`?"),
    ),
    "a password stands in it": (
        ("check", "-i", "plain.yaml"),
        ("plain.yaml:2: `all.credential.password`", "`env:NAME`"),
    ),
    "a secret is not set": (("check", "-i", "unset.yaml"), ("`env:SSPR_TEST_UNSET`", "set it and start again")),
    "a secret may be read by others": (("check", "-i", "open.yaml"), ("`file:open.secret`", "chmod 600 open.secret")),
    "a way in needs more than it has": (("check", "-i", "basic.yaml"), ("basic.yaml:3: `all.logon`", "needs `https`")),
    "a hash is none": (("check", "-i", "hash.yaml"), ("`env:SSPR_TEST_PASSWORD` leads to no NT hash",)),
    "nobody can be asked": (("check", "-i", "asked.yaml"), ("not a terminal", "use `env:` or `file:` instead")),
    "a limit matches nothing": (("check", *I, "--limit", "PC-2"), ("`PC-2` matches no host", "did you mean `PC-1`?")),
    "a limit leaves nothing": (("check", *I, "--limit", "!PC-1"), ("`!PC-1` leaves no host",)),
    "too many at once": (("check", *I, "--forks", "0"), ("--forks",)),
    "the playbook is unknown": (
        ("run", "instal", *I),
        ("no playbook `instal`", "did you mean `install`?", "uninstall"),
    ),
    "the playbook file is missing": (("run", "./mine.yaml", *I), ("mine.yaml: cannot be read",)),
    "a step is unknown": (("run", "step.yaml", *I), ("step.yaml:4:", "preflite", "preflight")),
    "no package is named": (("run", "install", *I), ("none was given", "--msi")),
    "the package is missing": (
        ("run", "install", *I, "--msi", "none.msi"),
        ("none.msi: No such file", "give the path"),
    ),
    "the package is none": (("run", "install", *I, "--msi", "text.msi"), ("text.msi: is not an MSI file",)),
    "two packages for one kind of host": (
        ("run", "install", *I, "--msi", X64, "--msi", X64),
        ("both for x64", "give one"),
    ),
    "a package where none is taken": (("run", "reboot", *I, "--msi", X64), ("no step of the playbook `reboot` takes",)),
    "a setting of an unknown step": (
        ("run", "install", *I, "--set", "mzi.a=1"),
        ("no step `mzi`", "did you mean `msi`?"),
    ),
    "an unknown setting": (("run", "install", *I, "--set", "msi.a=1"), ("unknown key `a`", "`install_minutes`")),
    "a setting that does not fit": (
        ("run", "install", *I, "--set", "msi.install_minutes=long"),
        ("expected a whole number, found `long`",),
    ),
    "a setting without a value": (("run", "install", *I, "--set", "msi"), ("expected STEP.KEY=VALUE",)),
    "an unknown finding": (
        ("run", "preflight", *I, "--set", "preflight.findings={tls: warn}"),
        ("no such finding", "did you mean `tls12`?"),
    ),
    "a time that is none": (("reboot", "schedule", *I, "--at", "25:00"), ("25:00", "as in 22:30")),
    "a time as a number": (("reboot", "schedule", *I, "--at", "3"), ("reboot.at", "as in 22:30")),
    "two times": (("reboot", "schedule", *I, "--at", "22:30", "--in", "5"), ("--in and --at exclude each other",)),
    "a result file in no folder": (("check", *I, "--json", "no/r.json"), ("no/r.json", "no folder no; make it first")),
    "a report that is a folder": (("run", "preflight", *I, "--report", "."), (".: is a folder", "name of a file")),
    "a table over the inventory": (
        ("check", *I, "--csv", "good.yaml"),
        ("--csv good.yaml", "this file is there already"),
    ),
    "a table over an inventory that is one": (
        ("inventory", "list", "-i", "table.yaml", "--csv", "./table.yaml"),
        ("--csv table.yaml: the command needs this file itself; give the name of another",),
    ),
    "a report over an inventory": (
        ("runs", "show", "last", "--report", "good.yaml"),
        ("--report good.yaml", "no report of ours", "take it away first"),
    ),
    "a result over a package": (
        ("run", "preflight", *I, "--json", "text.msi"),
        ("--json text.msi", "no result file of ours"),
    ),
    "a report over somebody's page": (("check", *I, "--report", "page.html"), ("no report of ours",)),
    "a result over somebody's state": (("check", *I, "--json", "state.json"), ("no result file of ours",)),
    "a table over somebody's table": (("check", *I, "--csv", "assets.csv"), ("no table of ours",)),
    "a table over a report": (("check", *I, "--csv", "report.html"), ("--csv report.html", "no table of ours")),
    "metrics over an inventory": (
        ("check", *I, "--prometheus", "good.yaml"),
        ("--prometheus good.yaml", "no file of metrics of ours"),
    ),
    "an address for notifications": (
        ("check", *I, "--notify", "json://ann:hunter2@chat.example/token"),
        ("an address for notifications often holds a token", "say --notify file:PATH or --notify env:NAME"),
    ),
    "addresses that are nowhere": (
        ("run", "preflight", *I, "--notify", "env:NO_SUCH_VARIABLE"),
        ("`env:NO_SUCH_VARIABLE`: there is no such variable",),
    ),
    "two outputs in one file": (
        ("check", *I, "--json", "x", "--csv", "./x"),
        ("--csv x: --json is to be written there already; give the name of another",),
    ),
    "the result in the place of the log": (
        ("check", *I, "--folder", ".", "--json", "log.jsonl"),
        ("--json log.jsonl: the command needs this file itself",),
    ),
    "a result over the run to be undone": (
        ("run", "--undo", "run.json", *I, "--json", "run.json"),
        ("--json run.json: the command needs this file itself",),
    ),
    "a result over an earlier run's": (
        ("check", *I, "--json", "earlier/result.json"),
        ("--json earlier/result.json: a run keeps its own record there",),
    ),
    "an earlier run that is shown to nobody": (
        ("check", "--run", "last", "--explain", "PC-1", "--notify", "env:X", "--csv", "x", "--prometheus", "y"),
        ("leave --notify, --csv, --prometheus out",),
    ),
    "an earlier run by another policy": (
        ("check", "--run", "last", "--explain", "PC-1", "--self-test", "--policy", "x", "--folder", "y"),
        ("leave --policy, --self-test, --folder out",),
    ),
    "a separator of nothing": (
        ("playbooks", "--delimiter", "tab"),
        ("--delimiter is for the table that --csv writes",),
    ),
    "a separator that is none": (("playbooks", "--csv", "x", "--delimiter", "dot"), ("--delimiter", "semicolon")),
    "a table of one playbook": (("playbooks", "install", "--csv", "x"), ("leave it out, or the playbook",)),
    "a shipped playbook that is none": (("playbooks", "instal"), ("no shipped playbook `instal`", "`install`?")),
    "a file to inspect that is none": (("msi", "inspect", "text.msi"), ("text.msi: is not an MSI file",)),
    "a file to inspect that is missing": (("msi", "inspect", "none.msi"), ("none.msi: No such file",)),
    "a run that there is not": (("runs", "show", "20261122-130501-9f3c"), ("no run", "`sspr runs list`")),
    "a lab of an unknown mix": (("lab", "up", "--inventory", "lab.yaml", "--mix", "good.yaml"), ("good.yaml:",)),
    "an end date that has passed": (
        ("run", "preflight", *I, "--until", "2026-01-01"),
        ("--until", "has passed", "and now"),
    ),
    "an end date that is none": (
        ("run", "preflight", *I, "--until", "monday"),
        ("--until", "'monday' is no moment", "2026-12-01T08:00", "+3d"),
    ),
    "an unknown command": (("chekc",), ("No such command 'chekc'",)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_what_to_do(
    sspr: Sspr, folder: Path, monkeypatch: pytest.MonkeyPatch, mistake: str
) -> None:
    """Exit code 2; the text goes to stderr and names what is wrong; no run is begun, and no password is shown."""
    monkeypatch.setenv("SSPR_TEST_PASSWORD", "hunter2")
    monkeypatch.delenv("SSPR_TEST_UNSET", raising=False)
    (folder / "earlier").mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o644)
    words, said = MISTAKES[mistake]
    ran = sspr(*words)
    assert ran.code == 2
    assert ran.out == ""
    for part in said:
        assert part in ran.error
    assert "hunter2" not in ran.err
    assert not (folder / "state").exists()


def test_the_former_name_of_an_option(sspr: Sspr) -> None:
    """`--at-once` is understood as `--forks` is: both come to the same complaint about a number."""
    ran = {option: sspr("check", *I, option, "0") for option in ("--forks", "--at-once", "-f")}
    assert {each.code for each in ran.values()} == {2}
    assert all("--forks" in each.error for each in ran.values())


COMMANDS: Mapping[str, tuple[str, ...]] = {
    "check": ("check", *I),
    "run": ("run", "preflight", *I),
    "logs on": ("logs", "on", *I),
    "reboot cancel": ("reboot", "cancel", *I),
    "doctor": ("doctor", "PC-1", *I),
    "leases list": ("leases", "list", *I),
    "runs list": ("runs", "list"),
    "runs show": ("runs", "show", "last"),
    "inventory list": ("inventory", "list", *I),
    "playbooks": ("playbooks",),
    "msi inspect": ("msi", "inspect", X64),
}
"""Every kind of command that takes `--csv`."""


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("no/t.csv", "no/t.csv: there is no folder no; make it first"),
        (".", ".: is a folder; give the name of a file"),
        ("open.secret", "--csv open.secret: this file is there already, and is no table of ours"),
        pytest.param("link.yaml", "--csv link.yaml: ", marks=pytest.mark.skipif(os.name != "posix", reason="links")),
        ("y" * 250, "y: cannot be written: "),
    ],
    ids=["no folder", "a folder", "a password", "a link to the inventory", "a name too long"],
)
def test_an_output_that_cannot_or_must_not_be_written(
    sspr: Sspr, folder: Path, monkeypatch: pytest.MonkeyPatch, command: str, table: str, said: str
) -> None:
    """Refused in the same words by every command, before it does anything; what is there stays as it is."""
    monkeypatch.setenv("SSPR_TEST_PASSWORD", "hunter2")
    (folder / "earlier").mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    if table == "link.yaml":
        (folder / table).symlink_to("good.yaml")
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    ran = sspr(*COMMANDS[command], "--csv", table)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.error
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    assert table != "link.yaml" or (folder / table).is_symlink()
