"""Other users of this computer: what they plant is not taken, and where they can write, nothing of ours is put."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from orchestrator.package.msi import read_package
from orchestrator.runs.folders import RunFolder, run_folders
from orchestrator.runs.store import read_kept
from sspr_lab.packages import standin
from tests.cli.conftest import Sspr
from tests.lab_fixtures import UNSIGNED
from tests.other_users import MALLORY, as_root, give, on_posix, open_to

RUN = "20261122-130501-9f3c"
EARLIER = "20261121-130501-9f3c"
RESULT = {
    "version": 2,
    "run": {
        "id": RUN,
        "playbook": "enable-tls12",
        "started": "2026-11-22T13:05:01Z",
        "finished": "2026-11-22T13:06:01Z",
        "state": "finished",
        "check": False,
    },
    "summary": {},
    "hosts": [],
}
INVENTORY = "all: {credential: {username: admin, password: file:s.secret}}\nhosts: {PC-1: {address: 127.0.0.1}}\n"
JUMP = (
    "all: {credential: {username: admin, password: file:s.secret}, via: [gate]}\nhosts: {PC-1: {address: 127.0.0.1}}\n"
    "jump_hosts: {gate: {username: me, password: file:s.secret, known_hosts: known}}\n"
)
PLAYBOOK = "name: mine\ndescription: d\nsteps: [{copy: {source: sent.txt, destination: 'C:\\sent.txt'}}]\n"

pytestmark = on_posix


def kept(folder: Path, name: str = RUN) -> Path:
    """A run below the state folder."""
    run = folder / "state" / "runs" / name
    run.mkdir(mode=0o700, parents=True)
    (run / "result.json").write_text(json.dumps(RESULT), encoding="utf-8")
    (run / "result.json").chmod(0o600)
    return run


@pytest.fixture
def given(folder: Path) -> Path:
    """What a run can be told to take, all of it ours."""
    contents = {
        "i.yaml": INVENTORY,
        "jump.yaml": JUMP,
        "s.secret": "hunter2",
        "known": "",
        "policy.yaml": "findings: {}\n",
        "mine.yaml": PLAYBOOK,
        "sent.txt": "x",
    }
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
        (folder / name).chmod(0o600)
    (folder / "p.msi").write_bytes(standin("x64").read_bytes())
    (folder / "p.msi").chmod(0o600)
    return folder


TAKEN: Mapping[str, tuple[str, ...]] = {
    "i.yaml": ("check", "-i", "i.yaml"),
    "s.secret": ("check", "-i", "i.yaml"),
    "known": ("check", "-i", "jump.yaml"),
    "policy.yaml": ("check", "-i", "i.yaml", "--policy", "policy.yaml"),
    "mine.yaml": ("run", "./mine.yaml", "-i", "i.yaml", "--yes"),
    "sent.txt": ("run", "./mine.yaml", "-i", "i.yaml", "--yes"),
    "p.msi": ("run", "install", "-i", "i.yaml", "--msi", "p.msi", "--yes"),
}


@as_root
@pytest.mark.parametrize("file", TAKEN)
def test_what_another_has_put_there_is_not_taken(sspr: Sspr, given: Path, file: str) -> None:
    """Nothing is begun; the text says whose it is."""
    give(given / file)
    ran = sspr(*TAKEN[file])
    assert (ran.code, f"the user {MALLORY} owns" in ran.error) == (2, True), ran.error
    assert not (given / "state").exists()


def test_a_package_with_its_hash_may_lie_anywhere(sspr: Sspr, given: Path) -> None:
    """Its content is what counts; another content is refused, and said to be another."""
    everybodys = given / "everybodys"
    everybodys.mkdir()
    open_to(everybodys, 0o002)
    package = (given / "p.msi").rename(everybodys / "p.msi")
    words = ("run", "install", "-i", "i.yaml", "--msi", str(package), "--set", UNSIGNED, "--yes", "--limit", "!PC-1")
    assert "everybody may write" in sspr(*words).error
    pinned = f"msi.sha256={read_package(package).sha256.upper()}"
    assert "leaves no host" in sspr(*words, "--set", pinned).error
    other = sspr(*words, "--set", f"msi.sha256={'0' * 64}")
    assert (other.code, "is not the package that `sha256` names" in other.error) == (2, True)
    assert "64 hexadecimal digits" in sspr(*words, "--set", "msi.sha256=abc").error


def anothers_result(run: Path) -> None:
    give(run / "result.json")


def anothers_folder(run: Path) -> None:
    give(run)


def open_runs(run: Path) -> None:
    open_to(run.parent, 0o002)


PLANTED: Mapping[str, tuple[Callable[[Path], None], str]] = {
    "another's result": (anothers_result, f"the user {MALLORY} owns"),
    "another's folder": (anothers_folder, f"the user {MALLORY} owns"),
    "a folder of runs that everybody may write": (open_runs, "everybody may write"),
}


@as_root
@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_run_is_not_undone(sspr: Sspr, given: Path, case: str) -> None:
    """Nor shown, nor explained from; the list tells of it, and has the others."""
    plant, words = PLANTED[case]
    kept(given, EARLIER)
    plant(kept(given))
    for command in (
        ("run", "--undo", "last", "-i", "i.yaml", "--yes"),
        ("run", "--undo", RUN, "-i", "i.yaml", "--yes"),
        ("runs", "show", "last"),
        ("check", "--run", "last", "--explain", "PC-1"),
    ):
        ran = sspr(*command)
        assert (ran.code, words in ran.error) == (2, True), ran.error
    listed = sspr("runs", "list")
    lines = {line.split()[0]: line for line in listed.out.splitlines()}
    assert (listed.code, words in listed.error) == (0, True)
    assert "not readable" in lines[RUN]
    assert case == "a folder of runs that everybody may write" or "enable-tls12" in lines[EARLIER]


@as_root
def test_a_run_that_we_may_not_look_at_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is listed, as one that cannot be read."""
    with tempfile.TemporaryDirectory() as name:
        monkeypatch.setenv("SSPR_STATE", f"{name}/state")
        closed, ours = kept(Path(name)), kept(Path(name), EARLIER)
        for path in (Path(name), *ours.parents[:2], ours, ours / "result.json"):
            give(path)
        os.setresuid(MALLORY, MALLORY, 0)
        try:
            found = {folder.path: read_kept(folder) for folder in run_folders()}
        finally:
            os.setresuid(0, 0, 0)
    assert {path.name: result is not None for path, result in found.items()} == {closed.name: False, ours.name: True}


def test_a_shared_folder_is_not_written_into(sspr: Sspr, given: Path) -> None:
    """Its links could lead to what is ours: nothing is appended to it."""
    victim = given / "victim"
    victim.write_bytes(b"ours\n")
    shared = given / "shared"
    shared.mkdir()
    open_to(shared, 0o002)
    (shared / "program.jsonl").symlink_to(victim)
    for folder in (shared, shared / "below"):
        ran = sspr("check", "-i", "i.yaml", "--folder", str(folder))
        assert (ran.code, "chmod o-w" in ran.error) == (2, True), ran.error
    assert victim.read_bytes() == b"ours\n"
    assert [path.name for path in shared.iterdir()] == ["program.jsonl"]


def test_a_folder_in_that_of_another_run(sspr: Sspr, given: Path) -> None:
    """Whose logs are whose could not be told any more."""
    run = kept(given)
    for inside in (run / "hosts" / "again", run / "ticket"):
        ran = sspr("check", "-i", "i.yaml", "--folder", str(inside))
        assert (ran.code, f"is in the folder of another run, {run}" in ran.error) == (2, True), ran.error
    RunFolder(run.parent / "beside").check()


def test_an_empty_name_is_no_folder(sspr: Sspr, given: Path) -> None:
    """As a variable that is not set leaves it."""
    ran = sspr("check", "-i", "i.yaml", "--folder", "")
    assert (ran.code, "is empty; name a folder" in ran.error) == (2, True)
    assert sorted(path.name for path in given.iterdir() if path.suffix == ".jsonl") == []


@pytest.mark.parametrize("file", ["state", "state/runs"])
def test_a_state_that_is_a_file(sspr: Sspr, given: Path, file: str) -> None:
    """It is said, rather than that there are no runs."""
    (given / file).parent.mkdir(exist_ok=True)
    (given / file).touch()
    for command in (("runs", "list"), ("runs", "show", "last")):
        ran = sspr(*command)
        assert (ran.code, "is no folder" in ran.error, "SSPR_STATE" in ran.error) == (2, True, True), ran.error


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o277, 0o777])
def test_folders_are_ours_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    """Each that is made on the way, and the log in it."""
    before = os.umask(umask)
    try:
        RunFolder(tmp_path / "state" / "runs" / RUN).claim()
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "state").rglob("*")}
    assert modes == {"runs": 0o700, RUN: 0o700, "log.jsonl": 0o600}
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is asked whether a process may be dumped")
def test_no_core_dump_is_left() -> None:
    """Neither as a file nor for a program that takes dumps."""
    program = """if True:
        import ctypes, resource, sys
        from orchestrator.cli import main
        def dumps():
            print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE))
        dumps()
        sys.argv = ["sspr", "--version"]
        try:
            main()
        except SystemExit:
            dumps()
    """
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=120)
    assert (ran.stdout[0], ran.stdout.splitlines()[-1]) == ("1", "0 0 0")
