"""`sspr lab up` and `sspr demo` in processes of their own: what they serve, and that nothing is left."""

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestrator.model.outcome import Outcome
from orchestrator.runs.result_file import read_result
from tests.cli.conftest import Sspr
from tests.other_users import MALLORY, as_root, give
from tests.warned import warned

FIRST = "127.20.0.1"


@pytest.fixture
def port() -> int:
    """A port that is free on a lab's first address."""
    with socket.socket() as probe:
        probe.bind((FIRST, 0))
        return int(probe.getsockname()[1])


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((FIRST, port)) == 0


def until(condition: Callable[[], bool], seconds: float = 120) -> None:
    ending = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ending
        time.sleep(0.05)


@contextmanager
def started(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A Python module that runs, killed with the block if it has not ended by itself."""
    with subprocess.Popen(
        warned(*words),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("there", ["mine.yaml", "mine.yaml.secret"])
def test_nobody_elses_inventory_is_overwritten(sspr: Sspr, folder: Path, there: str) -> None:
    """Everywhere else `--inventory` means a file that is read: one that no lab wrote stays as it is."""
    (folder / there).write_text("mine", encoding="utf-8")
    ran = sspr("lab", "up", "--inventory", "mine.yaml")
    assert (ran.code, there in ran.error, "of ours" in ran.error or "written by a lab" in ran.error) == (2, True, True)
    assert [path.name for path in folder.iterdir() if path.name.startswith("mine")] == [there]
    assert (folder / there).read_text(encoding="utf-8") == "mine"


BOTH = ("--counters", "--inventory")
REFUSED: dict[str, tuple[tuple[str, ...], str, str]] = {
    "a file that is there": (BOTH, "mine", "this file is there already, and is no"),
    "a folder": (BOTH, ".", ".: is a folder"),
    "a folder that is missing": (BOTH, "no/file", "no/file: there is no folder no"),
    "a name too long": (BOTH, "y" * 250, "cannot be written: "),
    "another user's link": (BOTH, "planted", f"is a link of the user {MALLORY}, not followed"),
    "another user's file": (BOTH, "theirs", f"is a file of the user {MALLORY}"),
    "the standard output": (("--inventory",), "-", "--inventory -: is for `sspr -i` to read"),
    "a device": (("--inventory",), "/dev/null", "is no file but a device"),
    "its other name": (("--inventory",), "/dev/stdout", "is no file but a device"),
    "a link to the inventory": (("--counters",), "link", "the command needs this file itself"),
    "the inventory": (("--counters",), "lab.yaml", "the command needs this file itself"),
    "its secret": (("--counters",), "lab.yaml.secret", "the command needs this file itself"),
    "the mix": (("--counters",), "mix.yaml", "--counters mix.yaml: "),
    "a pipe that nobody reads": (("--counters",), "pipe", "nobody reads this pipe"),
}


@as_root
@pytest.mark.parametrize(
    ("option", "name", "said"), [(option, *case) for options, *case in REFUSED.values() for option in options]
)
def test_what_a_lab_cannot_or_must_not_write(
    sspr: Sspr, folder: Path, monkeypatch: pytest.MonkeyPatch, option: str, name: str, said: str
) -> None:
    """Refused before it starts, by the rules of every other output; what is there stays."""
    monkeypatch.setattr("orchestrator.model.private_file.READER_SECONDS", 0.1)
    (folder / "mine").write_text("mine", encoding="utf-8")
    (folder / "mix.yaml").write_text("machines: [{share: 1, branch: windows7, architecture: x64}]\n", encoding="utf-8")
    (folder / "theirs").touch()
    give(folder / "theirs")
    (folder / "planted").symlink_to("victim")
    give(folder / "planted")
    (folder / "link").symlink_to("lab.yaml")
    os.mkfifo(folder / "pipe")
    before = sorted(path.name for path in folder.iterdir())
    options = {"--inventory": "lab.yaml", "--counters": "counters.json", option: name}
    ran = sspr("lab", "up", "--hosts", "1", "--mix", "mix.yaml", *itertools.chain(*options.items()))
    assert (ran.code, said in ran.error, ran.out) == (2, True, ""), ran.error
    assert sorted(path.name for path in folder.iterdir()) == before
    assert (folder / "mine").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["-", "counters.json"])
def test_counters_are_written_or_printed(folder: Path, port: int, name: str) -> None:
    """Those of an earlier lab are replaced; `-` is the standard output, which has nothing else then."""
    options = ("--hosts", "1", "--port", str(port), "--counters", name, "--until-eof", "--inventory", "lab.yaml")
    for _ in range(2):
        with started("orchestrator", "lab", "up", *options) as lab:
            until((folder / "lab.yaml").exists)
            out, err = lab.communicate()
        assert lab.returncode == 0, err
        assert list(json.loads(out if name == "-" else (folder / name).read_text("utf-8"))) == ["LAB-0001"]
        assert "hosts: 1, LAB-0001 to LAB-0001" in (err if name == "-" else out)
    assert not (folder / "-").exists()


ENDINGS: dict[str, Callable[[subprocess.Popen[str]], None]] = {
    "SIGTERM": lambda process: process.send_signal(signal.SIGTERM),
    "SIGINT": lambda process: process.send_signal(signal.SIGINT),
    "the end of its input": lambda process: process.stdin.close() if process.stdin else None,
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_lab_serves_until_it_is_ended(sspr: Sspr, folder: Path, port: int, ending: str) -> None:
    """Its inventory works; at its end inventory and secret are gone, nothing listens, and the counts are written."""
    inventory = folder / "lab.yaml"
    options = ("--hosts", "2", "--speed", "20", "--port", str(port), "--counters", "counters.json", "--until-eof")
    with started("orchestrator", "lab", "up", "--inventory", str(inventory), *options) as lab:
        until(inventory.exists)
        checked = sspr("check", "-i", "lab.yaml", "--json", "check.json")
        assert checked.code == 1
        assert [host.branch for host in read_result(folder / "check.json").hosts] == ["windows7", "windows7"]
        ENDINGS[ending](lab)
        assert lab.wait(10) == 0
        assert lab.stderr is not None
        assert lab.stderr.read() == ""
    assert not inventory.exists()
    assert not (folder / "lab.yaml.secret").exists()
    assert not listening(port)
    counters = json.loads((folder / "counters.json").read_text(encoding="utf-8"))
    assert all(0 < counted["requests"] <= 11 for counted in counters.values())
    assert len(counters) == 2


def test_a_lab_ends_with_whoever_started_it(folder: Path, port: int) -> None:
    """A program that is killed outright leaves no lab behind."""
    program = (
        "import time; from pathlib import Path; from sspr_lab.process_of_its_own import lab_process\n"
        f"with lab_process(Path('lab.yaml'), hosts=1, port={port}): print('up', flush=True); time.sleep(60)"
    )
    (folder / "killed.py").write_text(program, encoding="utf-8")
    with started("killed") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        assert listening(port)
        process.kill()
        until(lambda: not listening(port) and not (folder / "lab.yaml").exists())


def test_a_port_that_is_taken(sspr: Sspr, folder: Path, port: int) -> None:
    """Neither lab nor demo starts on it; both say which option helps."""
    with socket.socket() as taken:
        taken.bind((FIRST, port))
        taken.listen()
        for words in (("lab", "up", "--inventory", "lab.yaml"), ("demo",)):
            ran = sspr(*words, "--port", str(port))
            assert ran.code == 2
            assert f"port {port} is in use" in ran.error
            assert "--port" in ran.error
    assert not (folder / "lab.yaml").exists()


@pytest.mark.slow
def test_the_demo_can_be_interrupted(folder: Path, port: int) -> None:
    """As every run: what is being done is finished, the result and the report are written, and the code says so."""
    with started("orchestrator", "demo", "--folder", "demo", "--port", str(port)) as demo:
        until((folder / "demo" / "log.jsonl").exists)
        demo.send_signal(signal.SIGINT)
        out, err = demo.communicate(timeout=120)
    assert (demo.returncode, "kept in demo" in err, "report: " in out) == (130, True, True)
    result = read_result(folder / "demo" / "result.json")
    assert (result.state, len(result.hosts)) == ("interrupted", 24)
    assert (folder / "demo" / "report.html").is_file()
    assert not listening(port)


@pytest.mark.slow
def test_the_demo_survives_a_crash(folder: Path, port: int) -> None:
    """The run is gone on with, ends as it should, and no machine was installed or restarted twice by its own count."""
    ended = subprocess.run(
        warned("orchestrator", "demo", "--crash", "--folder", "demo", "--port", str(port)),
        env={**os.environ, "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(r"killed \(SIGKILL\) while \d+ machines were at their installation", ended.stdout)
    assert "all 24 machines ended as they should, the 5 with trouble included" in ended.stdout
    assert re.search(r"  installed: \d+ once, \d never, 0 more often\n  restarted: 19 once, 5 never", ended.stdout)
    counted = json.loads((folder / "demo" / "counters.json").read_text("utf-8"))
    assert sum(each["befell"].get("installed", 0) for each in counted.values()) == 20
    assert "<html" in (folder / "demo" / "report.html").read_text(encoding="utf-8")
    assert not listening(port)


@pytest.mark.slow
def test_the_demo_ends_as_it_should(folder: Path, port: int) -> None:
    """Exit code 0: all 24 machines ended as their kind must; the report is there, and nothing listens any more."""
    ended = subprocess.run(
        warned("orchestrator", "demo", "--folder", "demo", "--port", str(port)),
        env={**os.environ, "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "all 24 machines ended as they should, the 5 with trouble included" in ended.stdout
    outcomes = [host.outcome for host in read_result(folder / "demo" / "result.json").hosts]
    assert outcomes.count(Outcome.CHANGED) == 19
    assert "<html" in (folder / "demo" / "report.html").read_text(encoding="utf-8")
    assert not list((folder / "demo").glob("lab.yaml*"))
    assert not listening(port)
