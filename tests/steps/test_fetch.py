"""Step `fetch`: files come home whole, under safe names, and what came home before the line broke is kept."""

import random
from pathlib import Path

import pytest

from orchestrator.model.events import Event, Progress
from orchestrator.model.outcome import Outcome
from orchestrator.sentences import say
from orchestrator.steps.fetch import FetchDetail, Fetched, FetchParameters, fetch
from sspr_lab.faults import fault
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from tests.details import detail_of
from tests.lab_fixtures import Site, kind, site
from tests.playbook.written import playbook
from tests.steps.one_step import context, in_check_mode, one

OK, BLOCKED, FAILED = Outcome.OK, Outcome.BLOCKED, Outcome.FAILED
LARGE = random.Random(3).randbytes(1_200_000)
FILES = {
    r"C:\Logs\one.log": b"one",
    r"C:\Logs\a & b (c) ^ 100%!.log": b"two",
    r"C:\Logs\empty.log": b"",
    r"C:\Logs\other.txt": b"no",
    r"C:\More\one.log": b"another one",
}


def filled(machine: Machine) -> None:
    """The files above, and a folder that looks like one of them."""
    for folder in (r"C:\Logs", r"C:\More", r"C:\Logs\folder.log"):
        machine.files.mkdir(folder)
    for path, content in FILES.items():
        machine.files.write(path, content)


def parameters(*files: str, required: bool = True, maximum_mb: int = 64) -> FetchParameters:
    return FetchParameters(files=files, required=required, maximum_mb=maximum_mb)


async def test_files_come_home(tmp_path: Path) -> None:
    """Patterns and plain paths, each file once; those of the same name get another one; nothing is left on the host."""
    told = parameters(r"%SystemDrive%\Logs\*.log", r"C:\More\one.log", r"C:\More\ONE.LOG")
    async with one() as (host, reached):
        filled(host.machine)
        before = host.machine.snapshot()
        result = await fetch(reached, told, context(tmp_path))
        assert result.outcome is OK, say(result.reason)
        await reached.release()
        assert before.diff(host.machine.snapshot()) == []
    brought = {path.name: path.read_bytes() for path in (tmp_path / "step").iterdir()}
    assert sorted(brought.values()) == sorted([b"one", b"two", b"", b"another one"])
    assert brought["one.log"] == b"one"
    assert {entry.file for entry in detail_of(result, FetchDetail).files} == {
        str(tmp_path / "step" / name) for name in brought
    }
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "step").iterdir()} == {0o600}


async def test_a_name_with_a_number_is_taken_once(tmp_path: Path) -> None:
    """A file that is called as another one would be after its number loses nothing to it."""
    files = {r"C:\A\3-x.log": b"1", r"C:\A\2-x.log": b"2", r"C:\A\x.log": b"3", r"C:\B\x.log": b"4"}
    async with one() as (host, reached):
        for folder in ("A", "B"):
            host.machine.files.mkdir(rf"C:\{folder}")
        for path, content in files.items():
            host.machine.files.write(path, content)
        result = await fetch(
            reached, parameters(r"C:\A\3-x.log", r"C:\A\x.log", r"C:\B\x.log"), context(tmp_path / "1")
        )
        assert result.outcome is OK, say(result.reason)
        await fetch(reached, parameters(*files), context(tmp_path / "2"))
    assert sorted(path.read_bytes() for path in (tmp_path / "1" / "step").iterdir()) == [b"1", b"3", b"4"]
    assert sorted(path.read_bytes() for path in (tmp_path / "2" / "step").iterdir()) == sorted(files.values())


@pytest.mark.parametrize(("required", "outcome"), [(True, FAILED), (False, OK)])
async def test_a_file_that_is_not_there(tmp_path: Path, required: bool, outcome: Outcome) -> None:
    """A failure, or, where that was said, none; it is named, and so is one below a variable that the host lacks."""
    missing = (r"C:\Logs\none.log", r"C:\Nowhere\*.log", r"%ProgramW6432%\x.log")
    async with one(Profile(architecture="x86")) as (host, reached):
        filled(host.machine)
        result = await fetch(reached, parameters(r"C:\Logs\one.log", *missing, required=required), context(tmp_path))
        assert result.outcome is outcome
        assert set(detail_of(result, FetchDetail).missing) == set(missing)
        assert (tmp_path / "step" / "one.log").exists() is not required
        none = await fetch(reached, parameters(*missing, required=False), context(tmp_path))
        assert (none.outcome, say(none.reason)) == (OK, "none of the files is there")


async def test_too_much_is_not_begun(tmp_path: Path) -> None:
    """More bytes than were allowed, and more files, are blocked before anything is sent."""
    async with one() as (host, reached):
        filled(host.machine)
        host.machine.files.write(r"C:\Logs\large.log", LARGE)
        blocked = await fetch(reached, parameters(r"C:\Logs\*.log", maximum_mb=1), context(tmp_path))
        assert (blocked.outcome, "more than 1 MB" in say(blocked.reason)) == (BLOCKED, True)
        for number in range(101):
            host.machine.files.write(rf"C:\More\{number}.log", b"x")
        blocked = await fetch(reached, parameters(r"C:\More\*.log"), context(tmp_path))
        assert (blocked.outcome, "at most 100" in say(blocked.reason)) == (BLOCKED, True)
    assert not (tmp_path / "step").exists()


async def test_it_is_foretold(tmp_path: Path) -> None:
    """Under --check the files are looked for and named."""
    async with one(check=True) as (host, reached):
        filled(host.machine)
        result = await in_check_mode(fetch(reached, parameters(r"C:\Logs\one.log"), context(tmp_path)))
        assert (result.outcome, detail_of(result, FetchDetail).files) == (OK, (Fetched(r"C:\Logs\one.log"),))
    assert not (tmp_path / "step").exists()


class DropAfterFirstPiece:
    """Breaks the line once, as soon as the first piece of a file is home."""

    def __init__(self, lab: Site) -> None:
        self._lab = lab
        self._dropped = False

    def notify(self, event: Event) -> None:
        told = say(event.message) if isinstance(event, Progress) else ""
        if told.startswith("fetching") and not told.startswith("fetching, 0 "):
            if not self._dropped:
                self._lab.on("host", lambda machine: machine.faults.add(fault("drop_receive")))
            self._dropped = True


async def test_a_broken_line_costs_one_piece(tmp_path: Path) -> None:
    """The file before it is not fetched again, nor is what came home of the one that was on its way."""
    with site(tmp_path, {"host": kind()}) as lab:
        lab.on("host", filled)
        lab.on("host", lambda machine: machine.files.write(r"C:\More\large.bin", LARGE))
        before = lab.snapshots()
        step = r"fetch: {files: ['C:\Logs\one.log', 'C:\More\large.bin']}"
        result = (await lab.run(playbook(tmp_path, step), listeners=[DropAfterFirstPiece(lab)]))["host"]
        assert lab.changes(before)["host"] == []
        encoded = sum("certutil -f -encode" in message for message in lab.sent)
        first_pieces = sum('findstr /r "^[1-9]:' in message for message in lab.sent)
    assert (result.outcome, result.steps[0].attempts) == (OK, 2), say(result.reason)
    assert (encoded, first_pieces) == (2, 2)
    brought = detail_of(result.deciding, FetchDetail).files
    large = next(Path(entry.file or "") for entry in brought if entry.path.endswith("bin"))
    assert large.read_bytes() == LARGE
