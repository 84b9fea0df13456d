"""Runs that pause when what hosts are logged on with cannot be had any more, and go on when it can."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.app import resume
from orchestrator.app.prepare import prepare
from orchestrator.app.requests import RunPlaybook
from orchestrator.connect.tickets import Ticket, Tickets
from orchestrator.fleet import pausing
from orchestrator.model.host import Host
from orchestrator.model.outcome import Outcome
from orchestrator.runs.folders import RunFolder
from orchestrator.sentences import say
from tests.lab_fixtures import install, kind, site

CACHE = "FILE:/tmp/krb5cc_1000"
LATER = timedelta(hours=1)
INSTALLATION_BEGAN = 1040


class Ending:
    """A ticket that serves for so many log-ons."""

    def __init__(self, log_ons: int) -> None:
        self.left = log_ons

    def of(self, _: Host) -> Ticket:
        self.left -= 1
        return Ticket(CACHE, "jane@LAB.TEST", datetime.now(UTC) + (LATER if self.left >= 0 else -LATER))


@pytest.mark.slow
async def test_a_ticket_that_ends_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host that comes back from its restart is not logged on to before there is another; all is done once."""
    monkeypatch.setenv("SSPR_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(pausing, "takes_ticket", lambda host: True)
    tickets = Ending(log_ons=1)
    monkeypatch.setattr(Tickets, "of", tickets.of)
    with site(tmp_path, {"host": kind()}) as lab:
        request = RunPlaybook(inventory=lab.inventory, folder=tmp_path / "run", durable=True, playbook=install())
        paused = await prepare(request).begin(clock=lab.clock).execute()
        (host,) = paused.hosts
        assert (paused.state, host.outcome) == ("paused", Outcome.CANCELLED), host
        assert "the run is paused, since the Kerberos ticket of jane@LAB.TEST in FILE:" in say(host.reason)
        before = lab.requests()
        tickets.left = 0
        again = await resume(RunFolder(tmp_path / "run")).begin(clock=lab.clock).execute()
        assert (again.state, lab.requests()) == ("paused", before)
        tickets.left = 1000
        done = await resume(RunFolder(tmp_path / "run")).begin(clock=lab.clock).execute()
        assert (done.state, done.hosts[0].outcome) == ("finished", Outcome.CHANGED)
        records = lab.on("host", lambda machine: machine.events.query("Application"))
        assert sum(record.event_id == INSTALLATION_BEGAN for record in records) == 1


async def test_without_a_ticket_nothing_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A durable run with none pauses before its first log-on; what is to be done stands in the reason."""
    pytest.importorskip("krb5", reason="needs the extra kerberos")
    monkeypatch.setenv("SSPR_STATE", str(tmp_path / "state"))
    with site(tmp_path, {"one": kind(), "other": kind()}) as lab:
        text = lab.inventory.read_text("utf-8")
        proof = f"    ccache: FILE:{tmp_path / 'none'}\n  logon: kerberos\n"
        lab.inventory.write_text(re.sub(r"    username: .*\n    password: .*\n", proof, text), "utf-8")
        request = RunPlaybook(inventory=lab.inventory, folder=tmp_path / "run", durable=True, playbook=install())
        run = await prepare(request).begin(clock=lab.clock).execute()
        assert not any(lab.requests().values())
    assert run.state == "paused"
    assert {host.outcome for host in run.hosts} == {Outcome.CANCELLED}
    assert all(f"no Kerberos ticket in FILE:{tmp_path / 'none'}; get one" in say(host.reason) for host in run.hosts)
