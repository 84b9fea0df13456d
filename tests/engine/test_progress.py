"""How far hosts are, as it is kept: together or not at all, and in no form that this version does not know."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from dbos import DBOS, _sys_db_sqlite

from orchestrator.engine import durable, progress
from orchestrator.engine.database import Database
from orchestrator.engine.durable import DurableEngine
from orchestrator.engine.progress import FORM, HostProgress, Line, Progress
from orchestrator.fleet.stop import StopSignal
from orchestrator.model.clock import Clock
from orchestrator.model.errors import RecordNotKept, UsageError
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord, StepResult
from orchestrator.runs.folders import new_run_id
from tests.engine.careful_work import CarefulWork
from tests.engine.test_contract import RecordingWork

RUN = new_run_id(datetime.now(UTC))
ENDED = Line(StepRecord("look", StepResult(Outcome.OK, verbatim("fine"))))


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """One in a file."""
    made = Database.in_file(tmp_path / "progress.sqlite3")
    made.prepare()
    return made


async def test_what_is_written_is_read_back(database: Database) -> None:
    """Lines and moments come back equal, each run's own, also to another process."""
    due = Clock().after(60)
    rests = HostProgress(3, due)
    with Progress(database, RUN) as written, Progress(database, "another") as another:
        await written.write("pc", 0, ENDED)
        await written.move("pc", rests, None, (1, Line(rest=Rest(due, "{}"))))
        await written.move("through", HostProgress(1, ended=True))
        await another.write("pc", 0, Line())
    with Progress(database, RUN) as read:
        assert await read.hosts() == {"pc": rests, "through": HostProgress(1, ended=True)}
        assert await read.steps("pc") == {0: ENDED, 1: Line(rest=Rest(due, "{}"))}
        assert await read.steps("through") == {}
        assert await read.rests() == {"pc": (1, Rest(due, "{}"))}


async def test_where_each_host_is(database: Database) -> None:
    """At the step that rests, or the one behind the last; who has ended, or not begun, is at none."""
    rest = Rest(None, "{}")
    with Progress(database, RUN) as kept:
        for host, lines in {"rests": [ENDED, Line(rest=rest)], "between": [ENDED, Line()], "new": []}.items():
            await kept.move(host, HostProgress(1))
            for step, line in enumerate(lines):
                await kept.write(host, step, line)
        await kept.move("ended", HostProgress(1, ended=True), None, (0, ENDED))
        assert await kept.rests() == {"rests": (1, rest), "between": (2, None)}


async def test_all_of_a_move_or_nothing(database: Database) -> None:
    """Where the queue does not take the phase, the host stands where it stood."""

    def refused(_: sa.Connection) -> None:
        raise sa.exc.OperationalError("INSERT", None, OSError("disk full"))

    with Progress(database, RUN) as kept:
        with pytest.raises(RecordNotKept):
            await kept.move("pc", HostProgress(1), refused, (0, ENDED))
        assert (await kept.hosts(), await kept.steps("pc")) == ({}, {})


async def test_many_at_once(database: Database) -> None:
    """Hosts that write at the same moment share transactions, and each finds its own."""
    with Progress(database, RUN) as kept:
        async with asyncio.TaskGroup() as group:
            for number in range(500):
                group.create_task(kept.write(f"pc-{number}", 0, ENDED))
        assert [await kept.steps(f"pc-{number}") for number in (0, 250, 499)] == [{0: ENDED}] * 3


@pytest.mark.parametrize(("by", "age"), [(FORM + 1, "a newer"), (FORM - 1, "an older")])
async def test_another_form_is_left_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, by: int, age: str
) -> None:
    """A database of another version is refused before anything is done, with what to do; one of this version is not."""
    monkeypatch.setattr(progress, "FORM", by)
    Progress(database, RUN).close()
    Progress(database, RUN).close()
    monkeypatch.undo()
    work = CarefulWork(tmp_path / "hosts.db")
    with pytest.raises(UsageError, match=rf"written by {age} version of sspr \(form {by}, here {FORM}\)"):
        await DurableEngine(database, RUN).run(["pc"], work, 1, StopSignal())
    assert not work.concluded
    with closing(sqlite3.connect(database.file)) as connection:
        assert connection.execute("SELECT count(*) FROM host_progress").fetchone() == (0,)
        assert not connection.execute("SELECT name FROM sqlite_master WHERE name = 'workflow_status'").fetchall()


async def test_a_queue_of_an_earlier_dbos(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tables are brought up to date, with what is in them, before a run is gone on with."""
    every = getattr(_sys_db_sqlite, "sqlite_migrations")  # noqa: B009 - not theirs to export
    monkeypatch.setattr(_sys_db_sqlite, "sqlite_migrations", every[:-2])
    DBOS.migrate(database.url.render_as_string())
    monkeypatch.undo()
    work = RecordingWork(steps=2, rest=1.2)
    await DurableEngine(database, RUN).run(["pc"], work, 1, StopSignal())
    assert work.concluded == {"pc": [(["step0", "step1"], None)]}
    with closing(sqlite3.connect(database.file)) as connection:
        assert connection.execute("SELECT version FROM dbos_migrations").fetchone() == (len(every),)


def test_what_is_no_database(tmp_path: Path) -> None:
    """A file of another kind is told as such."""
    path = tmp_path / "progress.sqlite3"
    path.write_bytes(b"something else" * 100)
    path.chmod(0o600)
    with pytest.raises(UsageError, match=r"progress\.sqlite3 cannot be used as a database"):
        Database.in_file(path).prepare()


@pytest.mark.parametrize("address", ["mysql://me@here/db", "nonsense", "postgresql:"])
def test_what_is_no_address(address: str) -> None:
    """Only PostgreSQL is spoken, and an address is not repeated."""
    with pytest.raises(UsageError) as caught:
        Database.at(f"{address}?password=s3cret")
    assert "s3cret" not in str(caught.value)


async def test_one_run_at_a_time_in_a_process(database: Database, tmp_path: Path) -> None:
    """A second one is refused, and the first goes on."""
    first = asyncio.create_task(DurableEngine(database, RUN).run(["pc"], CarefulWork(tmp_path / "1"), 1, StopSignal()))
    while not durable._fleets:  # noqa: ASYNC110 - it begins on threads
        await asyncio.sleep(0.01)
    with pytest.raises(UsageError, match=f"at work on run {RUN}"):
        await DurableEngine(database, "another").run(["pc"], CarefulWork(tmp_path / "2"), 1, StopSignal())
    await first


async def test_one_process_at_a_time(database: Database, tmp_path: Path) -> None:
    """A run that somebody has is not begun by anybody else."""
    with database.held(RUN):
        with pytest.raises(UsageError, match="another process is at work"):
            await DurableEngine(database, RUN).run(["pc"], CarefulWork(tmp_path / "hosts.db"), 1, StopSignal())
        with database.held("another"):
            pass
