"""Who is told of a run's end: by the program as people start it, however the run ends, and with nothing secret left."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from orchestrator.app import resume
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.result_file import read_result
from orchestrator.sentences import say
from sspr_lab.faults import fault
from tests.e2e.program import sspr
from tests.e2e.test_interrupt import INTERRUPTED, WHILE_IT_BEGINS
from tests.lab_fixtures import Site, kind, site
from tests.receivers import silent, web

USER, PASSWORD, TOKEN = "ann-4711", "hunter-2-hunter", "tok3n-0815-path"
SOME_NOT = 1


def address_file(folder: Path, *ports: int) -> Path:
    """A file with an address for each port."""
    path = folder / "addresses"
    path.touch(mode=0o600)
    path.write_text("".join(f"json://{USER}:{PASSWORD}@127.0.0.1:{port}/{TOKEN}\n" for port in ports), encoding="utf-8")
    return path


def of_run(lab: Site) -> Path:
    """The folder of the only run."""
    (folder,) = (lab.folder / "state" / "runs").iterdir()
    return folder


def holding_secrets(folder: Path, *said: str) -> list[str]:
    """The files below a folder, and the texts, in which something of an address is to be seen."""
    contents: Mapping[str, bytes] = {
        **{text: text.encode() for text in said},
        **{str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()},
    }
    return [place for place, content in contents.items() if any(each.encode() in content for each in (PASSWORD, TOKEN))]


def interrupted(lab: Site, folder: Path, times: int, *words: str) -> tuple[int, str]:
    """A run that hears so many Ctrl-C at its very beginning; its exit code, and what it said."""
    numbers = " ".join(["2"] * times)
    ran = subprocess.run(
        [sys.executable, "-c", WHILE_IT_BEGINS, numbers, "run", "preflight", "-i", str(lab.inventory), *words],
        env={**os.environ, "SSPR_STATE": str(lab.folder / "state")},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_told_of_the_end(tmp_path: Path) -> None:
    """Those that can be; who cannot is said and logged, and changes no exit code. Metrics are beside it."""
    metrics = tmp_path / "sspr.prom"
    with (
        site(tmp_path, {"fit": kind(), "refuses": kind(fault("logon_refused"))}) as lab,
        web() as good,
        web(500) as bad,
    ):
        addresses = address_file(tmp_path, bad.port, good.port)
        words = ("run", "preflight", "-i", str(lab.inventory), "--prometheus", str(metrics))
        process = sspr(tmp_path, *words, "--notify", f"file:{addresses}")
        out, err = process.communicate(timeout=120)
        note = good.next_json()
        run = read_result(of_run(lab) / "result.json")
        said = f"note: JSON (line 1 of file:{addresses}) was not told that the run has ended: the answer was HTTP 500"
        assert (process.returncode, said in err) == (SOME_NOT, True), err
        (logged,) = (of_run(lab) / "program.jsonl").read_text().splitlines()
        assert f"note: {json.loads(logged)['event']}" == said
        assert note["title"] == "sspr: preflight: finished"
        assert note["message"].splitlines()[-1] == f"See `sspr runs show {run.id}`"
        assert f"({lab.hosts['refuses']}): " in note["message"]
        assert holding_secrets(lab.folder / "state", out, err) == []
    assert stat.S_IMODE(metrics.stat().st_mode) == 0o644
    families = {each.name: each.samples for each in text_string_to_metric_families(metrics.read_text())}
    (info,) = families["sspr_run_info"]
    assert info.labels == {"run": run.id, "playbook": "preflight", "check": "false"}
    assert {each.labels["state"] for each in families["sspr_run_state"] if each.value} == {"finished"}


@pytest.mark.slow
def test_told_again_when_it_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was interrupted says so and how to go on; from wherever it is gone on with, the same are told.

    An address that is gone by then keeps no host from being done.
    """
    with site(tmp_path, {"host": kind()}) as lab, web() as receiver:
        addresses = address_file(tmp_path, receiver.port)
        code, _ = interrupted(lab, tmp_path, 1, "--notify", f"file:{addresses.name}")
        note = receiver.next_json()
        run = of_run(lab).name
        assert (code, note["title"]) == (INTERRUPTED, "sspr: preflight: interrupted")
        assert note["message"].splitlines()[-1].endswith(f"go on with `sspr runs resume {run}`")
        assert json.loads((of_run(lab) / "kept.json").read_text())["notify"] == [f"file:{addresses}"]
        monkeypatch.setenv("SSPR_STATE", str(tmp_path / "state"))
        moved = addresses.rename(tmp_path / "moved")
        gone = resume(RunFolder(of_run(lab)))
        moved.rename(addresses)
        process = sspr(tmp_path, "runs", "resume", "last", "--yes")
        process.communicate(timeout=120)
        assert receiver.next_json()["title"] == "sspr: preflight: finished"
        assert holding_secrets(lab.folder / "state") == []
    assert gone.told == ()
    (untold,) = gone.untold
    assert str(addresses) in say(untold)


def test_a_second_interrupt_tells_nobody(tmp_path: Path) -> None:
    """Whoever ends the program at once waits for no receiver."""
    with site(tmp_path, {"host": kind()}) as lab, web() as receiver:
        code, _ = interrupted(lab, tmp_path, 2, "--notify", f"file:{address_file(tmp_path, receiver.port)}")
        assert (code, receiver.posts) == (INTERRUPTED, [])
        assert read_result(of_run(lab) / "result.json").state == "interrupted"


@pytest.mark.slow
def test_nobody_has_to_wait_for_a_receiver(tmp_path: Path) -> None:
    """Ctrl-C twice while one does not answer: the run has ended, and its result stays what it is."""
    with site(tmp_path, {"host": kind()}) as lab, silent() as port:
        (tmp_path / "addresses").touch(mode=0o600)
        (tmp_path / "addresses").write_text(f"json://127.0.0.1:{port}?rto=3600", encoding="utf-8")
        words = ("run", "preflight", "-i", str(lab.inventory), "--folder", str(tmp_path / "run"))
        process = sspr(tmp_path, *words, "--notify", f"file:{tmp_path}/addresses")
        while not (tmp_path / "run" / "result.json").exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
        assert (process.returncode, "gone on with" in err) == (INTERRUPTED, False), out + err
        assert read_result(tmp_path / "run" / "result.json").state == "finished"
        assert not (tmp_path / "run" / "program.jsonl").read_text()
