"""The service as a library has it: typed requests in, events out, a result; nothing printed, nothing ended."""

from __future__ import annotations

import json
import logging
import runpy
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.app import (
    CancelReboot,
    CheckHosts,
    CollectLogs,
    Doctor,
    PreparedRun,
    Reboot,
    Request,
    RunPlaybook,
    SwitchVerboseLog,
    load_playbook,
    perform,
    prepare,
)
from orchestrator.cli.program_log import program_log
from orchestrator.model.errors import UsageError
from orchestrator.model.events import Event, HostFinished, Interrupted, RunFinished, RunStarted
from orchestrator.model.outcome import Outcome
from orchestrator.runs.result_file import read_result
from sspr_lab.packages import standin
from tests.cli.test_pages import blocks
from tests.lab_fixtures import Site, kind, site

PAGE = Path(__file__).parents[2] / "docs" / "library.md"
INVENTORY = Path("inventory.yaml")


def test_the_pages_request_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page shows of playbooks can be pasted, too."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(standin("x64"), "SsprWindowsLogon.PROD.msi")
    (lines,) = blocks(PAGE, "py")
    made: dict[str, object] = {}
    exec(compile(lines, str(PAGE), "exec"), made)
    request = made["request"]
    assert isinstance(request, RunPlaybook)
    assert [step.name for step in request.as_playbook().steps][:2] == ["preflight", "tls12"]


async def test_a_folder_is_one_runs_own(prepared: PreparedRun, lab: Site) -> None:
    """A second run there is refused, before it begins and, of two that begin at once, by the folder itself."""
    again = PreparedRun(
        prepared.request, prepared.playbook, prepared.steps, prepared.inventory, prepared.hosts, prepared.secrets
    )
    session = prepared.begin()
    with pytest.raises(UsageError, match="another run has this folder already"):
        again.begin()
    with pytest.raises(UsageError, match="another run has this folder already"):
        prepare(prepared.request)
    result = await session.execute()
    assert read_result(session.folder.result) == result
    asked = lab.requests()
    with pytest.raises(
        UsageError, match=rf"run: another run \({result.id}\) has this folder already, so nothing was begun; give each"
    ):
        await perform(prepared.request)
    assert lab.requests() == asked


class Hearing:
    """Keeps what it is told of."""

    def __init__(self) -> None:
        self.heard: list[Event] = []

    def notify(self, event: Event) -> None:
        self.heard.append(event)


class Failing:
    """Cannot listen."""

    def notify(self, event: Event) -> None:
        raise RuntimeError(type(event).__name__)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    kinds = {"stock": kind(), "fit": kind(traits=["schannel_explicit", "winhttp_a80"])}
    with site(tmp_path_factory.mktemp("lab"), kinds) as up:
        yield up


@pytest.fixture
def prepared(lab: Site, tmp_path: Path) -> PreparedRun:
    return prepare(CheckHosts(inventory=lab.inventory, folder=tmp_path / "run"))


def test_the_page_runs_as_it_stands(
    lab: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page's program, in a folder with an inventory: it hears of each host and has each one's outcome."""
    monkeypatch.chdir(lab.inventory.parent)
    monkeypatch.setenv("SSPR_STATE", str(tmp_path / "state"))
    lab.inventory.with_name("inventory.yaml").write_text(lab.inventory.read_text("utf-8"), encoding="utf-8")
    (program,) = blocks(PAGE, "python")
    assert len([line for line in program.splitlines() if line.strip()]) <= 15
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    runpy.run_path(str(tmp_path / "program.py"))
    printed = capsys.readouterr().out
    assert {f"through: {host}" for host in lab.hosts.values()} <= set(printed.splitlines())
    assert f"{lab.hosts['stock']} blocked Schannel Client and Server: TLS 1.2 is off" in printed
    assert f"{lab.hosts['fit']} ok " in printed


async def test_what_is_performed_is_told_kept_and_given(lab: Site, tmp_path: Path) -> None:
    """Listeners hear it from beginning to end; the result given is the one in the folder, beside the journal."""
    hearing = Hearing()
    result = await perform(CheckHosts(inventory=lab.inventory, folder=tmp_path / "run"), [hearing])
    assert isinstance(hearing.heard[0], RunStarted)
    assert hearing.heard[-1] == RunFinished(replace(result, log=None))
    assert result.log is not None
    assert result.log.sha256 in (tmp_path / "run" / "log.jsonl").read_text("utf-8").splitlines()[-1]
    assert [event.result for event in hearing.heard if isinstance(event, HostFinished)] != []
    assert {host.name: host.outcome for host in result.hosts} == {
        lab.hosts["stock"]: Outcome.BLOCKED,
        lab.hosts["fit"]: Outcome.OK,
    }
    kept = read_result(tmp_path / "run" / "result.json")
    assert (kept.id, kept.summary) == (result.id, result.summary)
    assert "run_finished" in (tmp_path / "run" / "log.jsonl").read_text("utf-8")


def test_a_request_that_cannot_be_met_touches_nothing(lab: Site, tmp_path: Path) -> None:
    """A mistake in a request is told before there is a folder of a run."""
    with pytest.raises(UsageError, match="`nobody` matches no host"):
        prepare(CheckHosts(inventory=lab.inventory, limit="nobody", folder=tmp_path / "run"))
    assert not (tmp_path / "run").exists()


async def test_a_listener_that_fails_is_logged_and_not_printed(
    prepared: PreparedRun, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever listens badly disturbs neither the run nor the terminal; the error is in the logger `orchestrator`."""
    result = await prepared.begin([Failing()]).execute()
    assert result.state == "finished"
    assert capfd.readouterr() == ("", "")
    assert {record.name for record in caplog.records if record.levelno == logging.ERROR} == {"orchestrator.fleet.run"}


def test_the_program_log(tmp_path: Path) -> None:
    """The command line keeps what the program logs as JSON lines with what they are about, and no file for nothing."""
    path = tmp_path / "program.jsonl"
    with program_log(path):
        pass
    assert not path.exists()
    with program_log(path):
        try:
            int("surprise")
        except ValueError:
            logging.getLogger("orchestrator.fleet").exception("a listener failed", extra={"listener": "X"})
    logging.getLogger("orchestrator.fleet").error("not here")
    (line,) = map(json.loads, path.read_text("utf-8").splitlines())
    assert (line["event"], line["level"], line["listener"]) == ("a listener failed", "error", "X")
    assert "surprise" in line["exception"][0]["exc_value"]


async def test_a_session_that_is_stopped_before_it_begins(prepared: PreparedRun) -> None:
    """Nothing is begun after `stop`; listeners are told, and every host is accounted for."""
    hearing = Hearing()
    session = prepared.begin([hearing])
    session.stop()
    result = await session.execute()
    assert Interrupted() in hearing.heard
    assert result.state == "interrupted"
    assert {host.outcome for host in result.hosts} == {Outcome.CANCELLED}


async def test_an_abandoned_session_leaves_its_result(prepared: PreparedRun) -> None:
    """What is known when everything has to end at once is written down; it may still come to its end."""
    session = prepared.begin()
    left, kept = session.abandon(), read_result(session.folder.result)
    assert (kept, kept.state) == (left, "interrupted")
    assert {host.outcome for host in left.hosts} == {Outcome.CANCELLED}
    session.stop()
    assert (await session.execute()).state == "interrupted"


@pytest.mark.parametrize(
    ("request_", "kind_", "parameters"),
    [
        (CollectLogs(inventory=INVENTORY, days=7), "collect", {"days": 7, "maximum_mb": 64}),
        (Reboot(inventory=INVENTORY), "reboot", {"delay_minutes": 0, "at": None, "wait": True, "return_minutes": 30}),
        (
            Reboot(inventory=INVENTORY, at="22:30", message="a: [b]", wait=False),
            "reboot",
            {"at": "22:30", "message": "a: [b]"},
        ),
        (CancelReboot(inventory=INVENTORY), "cancel_reboot", {}),
        (SwitchVerboseLog(inventory=INVENTORY, on=False), "verbose_logging", {"state": "off"}),
        (Doctor(inventory=INVENTORY, changes=True), "doctor", {"changes": True}),
        (
            RunPlaybook(inventory=INVENTORY, playbook=load_playbook("reboot").with_parameters("reboot", when="never")),
            "reboot",
            {"when": "never", "delay_minutes": 5},
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Request) else "",
)
def test_what_a_request_comes_to(request_: Request, kind_: str, parameters: dict[str, object]) -> None:
    """Typed values arrive as they are, beside what the shipped playbook says."""
    (step,) = request_.as_playbook().steps
    assert step.kind.name == kind_
    assert parameters.items() <= step.parameters.model_dump().items()


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Reboot(inventory=INVENTORY, at="3"), r"^`reboot\.at=3`: `at`: expected a time of day .* as in 22:30$"),
        (Reboot(inventory=INVENTORY, at="22:30", delay_minutes=5), "exclude each other"),
        (CollectLogs(inventory=INVENTORY, days=0), "expected at least 1"),
    ],
)
def test_a_value_that_does_not_fit(request_: Request, said: str) -> None:
    """A request's values are checked like those of a playbook, and the one that does not fit is named."""
    with pytest.raises(UsageError, match=said):
        request_.as_playbook()
