"""Who could not be told of a run's end: in its log, which stays whole, and in what is shown of the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.app import RunPlaybook, prepare, resume
from orchestrator.app.session import Session
from orchestrator.app.verify_run import verify_run
from orchestrator.runs.journal_reader import read_untold
from orchestrator.runs.result_file import read_result
from orchestrator.runs.store import find_run, untold_of
from orchestrator.sentences import say
from tests.lab_fixtures import Site, kind, shipped, site
from tests.receivers import closed_port, web


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("lab"), {"fit": kind(traits=["schannel_explicit", "winhttp_a80"])}) as up:
        yield up


def begun(lab: Site, *notify: str, stopped: bool = False) -> Session:
    request = RunPlaybook(inventory=lab.inventory, playbook=shipped("preflight"), durable=True, notify=notify)
    session = prepare(request).begin()
    if stopped:
        session.stop()
    return session


async def test_it_is_in_the_log(lab: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind the run's end; the result file names the log's last line, so that both fit."""
    monkeypatch.setenv("GONE", f"json://127.0.0.1:{closed_port()}")
    session = begun(lab, "env:GONE")
    result = await session.execute()
    untold = read_untold(session.folder.journal)
    assert [say(each) for each in untold] == [
        "JSON (line 1 of env:GONE) was not told that the run has ended: the connection failed"
    ]
    assert untold_of(find_run(session.id)) == untold == tuple(session.untold)
    assert read_result(session.folder.result) == result
    assert verify_run(session.folder).problems == ()


async def test_nobody_to_be_told_is_no_line(lab: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with web() as chat:
        monkeypatch.setenv("CHAT", f"json://127.0.0.1:{chat.port}")
        session = begun(lab, "env:CHAT")
        await session.execute()
        assert len(chat.posts) == 1
    assert read_untold(session.folder.journal) == ()


async def test_an_address_that_is_gone(lab: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker's process goes on without it, tells the others, and keeps that; an earlier end is none of its own."""
    with web() as chat:
        monkeypatch.setenv("CHAT", f"json://127.0.0.1:{chat.port}")
        monkeypatch.setenv("GONE", f"json://127.0.0.1:{closed_port()}")
        session = begun(lab, "env:GONE", "env:CHAT", stopped=True)
        assert (await session.execute()).state == "interrupted"
        monkeypatch.delenv("GONE")
        again = resume(session.folder, unattended=True).begin()
        assert (await again.execute()).state == "finished"
        assert len(chat.posts) == 2
    (untold,) = read_untold(session.folder.journal)
    assert "nobody is told of the end of this run by `env:GONE`" in say(untold)
    assert verify_run(session.folder).problems == ()


async def test_a_worker_that_was_ended_tells_nobody(lab: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run's process was to end, and the next one goes on with it."""
    with web() as chat:
        monkeypatch.setenv("CHAT", f"json://127.0.0.1:{chat.port}")
        session = begun(lab, "env:CHAT", stopped=True)
        await session.execute()
        assert len(chat.posts) == 1, "a person's own run tells"
        again = resume(session.folder, unattended=True).begin()
        again.stop()
        assert (await again.execute()).state == "interrupted"
        assert len(chat.posts) == 1
