"""`sspr demo`: the main job on a lab fleet, from nothing to the report."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from orchestrator.app import RunPlaybook, load_playbook, prepare
from orchestrator.cli.launch import INTERRUPTED, carry_out
from orchestrator.cli.outputs import Outputs
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import RunResult
from sspr_lab.fleet import HIGHEST_PORT, PORT
from sspr_lab.mix import DEFAULT_MIX, Kind, load_mix
from sspr_lab.packages import standin
from sspr_lab.process_of_its_own import lab_process

HOSTS = 24
SEED = 7
SPEED = 30
MIX = DEFAULT_MIX.with_name("demo_mix.yaml")

_NEEDS_A_PERSON = {
    "unreachable": Outcome.UNREACHABLE,
    "logon_refused": Outcome.UNREACHABLE,
    "installer_fails": Outcome.FAILED,
    "low_disk": Outcome.BLOCKED,
    "winrm_manual_start": Outcome.BLOCKED,
}
"""What becomes of a machine with this fault or trait; all others are changed."""


def demo(
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder", metavar="DIR", help="Where the report, the result and the logs are left; else ./sspr-demo."
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=1024, max=HIGHEST_PORT, help="TCP port of the lab.")
    ] = PORT,
) -> None:
    """Install the add-in on 24 simulated machines, some of them faulty, and write the report.

    [dim]sspr demo[/]

    Nothing but this machine's loopback addresses is touched. The exit code is 0 when every machine ended as it should.
    """
    console = Console()
    folder = folder or _new_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    report = folder / "report.html"
    playbook = (
        load_playbook("install")
        .with_packages([standin("x64"), standin("x86")])
        .with_parameters("reboot", delay_minutes=0, return_minutes=5)
    )
    inventory = folder / "lab.yaml"
    console.print(f"starting {HOSTS} lab machines on this computer", highlight=False)
    with lab_process(inventory, hosts=HOSTS, seed=SEED, speed=SPEED, port=port, mix=MIX):
        console.print("they are up; running the playbook `install` on them\n", highlight=False)
        request = RunPlaybook(inventory=inventory, forks=HOSTS, folder=folder, playbook=playbook)
        result, code = carry_out(prepare(request), Outputs(report=report))
    console.print(f"report: {report.resolve()}", highlight=False, soft_wrap=True)
    if code == INTERRUPTED:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(_compare(result, console))


def _new_folder() -> Path:
    """`sspr-demo`, or with a number behind it where earlier demos have left theirs."""
    names = (Path("sspr-demo" if number == 1 else f"sspr-demo-{number}") for number in count(1))
    return next(folder for folder in names if not folder.exists() or not any(folder.iterdir()))


def _compare(result: RunResult, console: Console) -> int:
    """Whether every machine ended as its kind must; tells those that did not."""
    kinds = load_mix(MIX).deal(HOSTS, SEED)
    ended = {host.name: host.outcome for host in result.hosts}
    expected = {f"LAB-{number:04d}": _expected(kind) for number, kind in enumerate(kinds, 1)}
    others = {name: (ended.get(name), wanted) for name, wanted in expected.items() if ended.get(name) != wanted}
    for name, (found, wanted) in others.items():
        console.print(f"[red]{name}[/] ended as {found}, not as {wanted}", highlight=False)
    if not others:
        console.print(f"all {HOSTS} machines ended as they should, the {_persons(expected)} with trouble included")
    return 1 if others else 0


def _persons(expected: dict[str, Outcome]) -> int:
    return sum(outcome is not Outcome.CHANGED for outcome in expected.values())


def _expected(kind: Kind) -> Outcome:
    marks = {*kind.profile.traits, *(fault.kind for fault in kind.faults)}
    return next((outcome for mark, outcome in _NEEDS_A_PERSON.items() if mark in marks), Outcome.CHANGED)
