"""What is refused, or told, before a run is left to a worker."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.app import RunPlaybook, load_playbook, prepare
from orchestrator.app.detach import taken_up
from orchestrator.runs.handed_over import HandedOver, hand_over, handed_over, read_handed_over
from orchestrator.runs.worker_lock import WorkerLock, known_worker
from tests.cli.conftest import Sspr
from tests.lab_fixtures import Site

INVENTORY = "all: {credential: {username: u, password: '%s'}}\nhosts: {PC-1: , PC-2: }\n"


@pytest.fixture
def worker(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker that is at work here and begins nothing: this process, by what was in its environment then."""
    monkeypatch.delenv("SECRET", raising=False)
    monkeypatch.setenv("THEIRS", "x")
    lock = WorkerLock()
    assert lock.take(stays=True)
    monkeypatch.delenv("THEIRS")
    yield
    lock.leave()


def test_a_prompt_is_refused_unasked(sspr: Sspr, folder: Path) -> None:
    """With what to do; nothing is kept."""
    (folder / "i.yaml").write_text(INVENTORY % "prompt:")
    ran = sspr("run", "preflight", "-i", "i.yaml", "--detach")
    assert ran.code == 2
    assert "`prompt:u`, for PC-1 and 1 more: a worker has nobody to ask; keep it in a file" in ran.error
    assert not (folder / "state" / "runs").exists()


def test_at_a_terminal_a_prompt_is_told(sspr: Sspr, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is gone on with asks for it again."""
    monkeypatch.setattr("orchestrator.inventory.credentials._from_terminal", lambda label: "x")
    (folder / "i.yaml").write_text(INVENTORY % "prompt:")
    ran = sspr("run", "enable-tls12", "-i", "i.yaml")
    assert (ran.code, "`prompt:u` is asked for at a terminal" in ran.error) == (2, True)


@pytest.mark.usefixtures("worker")
def test_what_the_worker_does_not_have_is_refused(sspr: Sspr, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that only this terminal has, of the credential or of the database."""
    monkeypatch.setenv("SECRET", "x")
    (folder / "i.yaml").write_text(INVENTORY % "env:SECRET")
    ran = sspr("run", "preflight", "-i", "i.yaml", "--detach")
    assert ran.code == 2
    assert "`env:SECRET`, for PC-1 and 1 more: the worker that is at work here has no such variable" in ran.error
    monkeypatch.setenv("DATABASE", "postgresql://nobody@127.0.0.1:1/none")
    (folder / "i.yaml").write_text(INVENTORY % "env:THEIRS")
    ran = sspr("run", "preflight", "-i", "i.yaml", "--detach", "--state", "env:DATABASE")
    assert (ran.code, "`env:DATABASE`, for the database of --state" in ran.error) == (2, True)


@pytest.mark.usefixtures("worker")
def test_what_the_worker_alone_has(sspr: Sspr, folder: Path) -> None:
    """A variable of the service's is as good as one of ours; outputs are kept by whole paths."""
    (folder / "i.yaml").write_text(INVENTORY % "env:THEIRS")
    ran = sspr("run", "preflight", "-i", "i.yaml", "--detach", "--forks", "7", "--json", "end.json", "--new-password")
    assert ran.code == 0, ran.err
    (name,) = handed_over()
    assert ran.out == f"{name}\n"
    assert "the worker that is at work here goes on with it" in ran.error
    handed = read_handed_over(name)
    assert handed is not None
    assert handed.opening is not None
    assert handed == HandedOver(
        run=name,
        folder=folder / "state" / "runs" / name,
        new_password=True,
        json=folder / "end.json",
        opening=handed.opening,
    )
    assert [file.use for file in handed.opening.files] == ["playbook", "inventory", "kept"]
    kept = json.loads((folder / "state" / "runs" / name / "kept.json").read_text())
    assert (kept["id"], kept["forks"], len(kept["hosts"])) == (name, 7, 2)


def test_a_file_that_systemd_gives_to_the_worker_alone(
    sspr: Sspr, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be looked at from here, and need not be."""
    secret = folder / "given" / "secret"
    secret.parent.mkdir()
    secret.touch()
    (folder / "i.yaml").write_text(INVENTORY % f"file:{secret}")
    with monkeypatch.context() as its_own:
        its_own.setenv("CREDENTIALS_DIRECTORY", str(secret.parent))
        lock = WorkerLock()
        assert lock.take(stays=True)
    secret.unlink()
    try:
        assert sspr("run", "preflight", "-i", "i.yaml", "--detach").code == 0
        (folder / "i.yaml").write_text(INVENTORY % f"file:{secret}2")
        assert sspr("run", "preflight", "-i", "i.yaml", "--detach").code == 2
    finally:
        lock.leave()


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--json", "-"), "-: of a run that is left to a worker, nothing is printed; name a file"),
        (("--report", "/dev/stderr"), "nothing is printed; name a file"),
        (("--ephemeral",), "--ephemeral ends it with this; choose one"),
        (("--state", "postgresql://nobody@127.0.0.1:1/none"), "cannot be used"),
    ],
)
def test_what_is_refused(sspr: Sspr, folder: Path, words: tuple[str, ...], said: str) -> None:
    """Before anything is handed over."""
    (folder / "i.yaml").write_text(INVENTORY % "env:THEIRS")
    ran = sspr("run", "preflight", "-i", "i.yaml", "--detach", *words)
    assert (ran.code, said in ran.error) == (2, True), ran.err
    assert handed_over() == []


@pytest.mark.usefixtures("worker")
def test_nobody_is_changed_unasked(sspr: Sspr, folder: Path) -> None:
    """Without a terminal, --detach needs --yes as well."""
    (folder / "i.yaml").write_text(INVENTORY % "env:THEIRS")
    ran = sspr("run", "enable-tls12", "-i", "i.yaml", "--detach")
    assert (ran.code, "say --yes" in ran.error, handed_over()) == (2, True, [])


def test_what_is_handed_over_to_nobody(sspr: Sspr, folder: Path) -> None:
    """A process for a run that no worker is to go on with does nothing."""
    ran = sspr("worker", "--run", "20261122-130501-9f3c21")
    assert (ran.code, "is not handed over to workers" in ran.error) == (2, True)


def test_killed_before_all_was_written(sspr: Sspr, folder: Path, lab: Site) -> None:
    """Of a run that has ended, the rest is written by the next process, and no host is asked for anything."""
    ran = sspr("run", "preflight", "-i", str(lab.inventory), "--json", "first.json")
    (run,) = (folder / "state" / "runs").iterdir()
    before = lab.requests()
    hand_over(HandedOver(run=run.name, folder=run, json=folder / "end.json"))
    assert sspr("worker", "--run", run.name).code == 0
    assert (folder / "end.json").read_bytes() == (folder / "first.json").read_bytes(), ran.err
    assert (handed_over(), lab.requests()) == ([], before)


def test_gone_on_with_at_a_terminal(sspr: Sspr, lab: Site, folder: Path) -> None:
    """A run that no process is at work on is no worker's any more then."""
    request = RunPlaybook(inventory=lab.inventory, playbook=load_playbook("preflight"), durable=True)
    run = prepare(request).keep()
    hand_over(HandedOver(run=run.name, folder=run.path))
    assert sspr("runs", "resume", run.name, "--yes").code in {0, 1}
    assert handed_over() == []


def test_a_new_password_is_said_once(folder: Path) -> None:
    """Whatever becomes of the process that it was said to: each time, it is one more try for the account."""
    hand_over(HandedOver(run="20261122-130501-9f3c21", folder=folder, new_password=True))
    assert [taken_up("20261122-130501-9f3c21").new_password for _ in range(2)] == [True, False]


def test_a_worker_that_has_ended(folder: Path) -> None:
    """It is known by its lock alone, whatever it has left behind."""
    lock = WorkerLock()
    assert lock.take(stays=False)
    assert known_worker() is not None
    lock.leave()
    assert known_worker() is None


def test_a_file_that_is_none(folder: Path) -> None:
    """It names itself, and says what to do."""
    hand_over(HandedOver(run="20261122-130501-9f3c21", folder=folder))
    file = folder / "state" / "handed-over" / "20261122-130501-9f3c21.json"
    file.write_text("{}")
    with pytest.raises(Exception, match="resume 20261122-130501-9f3c21 --detach"):
        read_handed_over(file.stem)
