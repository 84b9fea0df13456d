"""A line that breaks in the middle of a change, at each exchange in turn: what became of it is looked at, not repeated.

Each machine of a row loses its line at another exchange of the same step: before the change, with it carried out and
unanswered, and in the look that settles it. What the machine itself has noted tells how often it was done.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.model.outcome import Outcome
from orchestrator.sentences import say
from sspr_lab.faults import fault
from sspr_lab.ledger import What
from sspr_lab.machine import Machine
from tests.lab_fixtures import PACKAGES, kind, site
from tests.leftovers import traces
from tests.playbook.written import playbook

EXCHANGES = 9
"""At least as many as any of these steps takes."""
SPEED = 60.0
OURS = r"C:\Windows\SsprOrchestrator"
TEXT = r"C:\Windows\Temp\text.txt"


@dataclass(frozen=True)
class Way:
    """A change that a line may break in.

    Attributes:
        step: The playbook's, as YAML.
        done: What the machine notes of it, once each.
        sent: What is sent to do it, once; for what the machine takes no notice of.
        installed: Whether the add-in is there before.
        packages: Whether the step takes packages.
    """

    step: str
    done: tuple[What, ...] = ()
    sent: str | None = None
    installed: bool = False
    packages: bool = False


WAYS = {
    "a registry change": Way(
        r"registry_value: {key: HKLM\SOFTWARE\Contoso, name: A, type: REG_DWORD, data: 1}", sent="reg add"
    ),
    "TLS 1.2": Way("tls12: {remediate: true}", sent="reg add"),
    "an installation": Way("msi: {allow_unsigned: true}", done=("installed", "task ran"), packages=True),
    "a removal": Way("uninstall: {}", done=("removed", "task ran"), installed=True, packages=True),
    "a logging switch": Way("verbose_logging: {state: on}", sent="reg add", installed=True),
    "a restart request": Way("reboot: {when: always, delay_minutes: 600, wait: false}", done=("shutdown asked for",)),
    "a restart": Way("reboot: {when: always}", done=("shutdown asked for", "started")),
    "a file copy": Way(f"copy: {{source: text.txt, destination: '{TEXT}'}}"),
    "a command as SYSTEM": Way("command: {run: 'echo x', always: true, detached: true}", done=("task ran",)),
}


@pytest.mark.parametrize("name", WAYS)
async def test_each_way_is_settled_by_looking(tmp_path: Path, name: str) -> None:
    """It is done once, told as done, and neither a task nor a folder of ours stays."""
    way = WAYS[name]
    (tmp_path / "text.txt").write_text("content")
    machines = {f"at {nth}": kind(fault("drop_receive", nth=nth)) for nth in range(1, EXCHANGES + 1)}
    with site(tmp_path, machines, speed=SPEED) as lab:
        if way.installed:
            for each in machines:
                traces(lab, each)
        before = {each: lab.on(each, noted) for each in machines}
        told = playbook(tmp_path, way.step)
        results = await lab.run(told.with_packages(PACKAGES) if way.packages else told)
        done = {each: lab.on(each, noted) - before[each] for each in machines}
        left = {each: lab.on(each, left_there) for each in machines}
        sent = sum(way.sent in message for message in lab.sent) if way.sent else len(machines)
    assert {each: host.outcome for each, host in results.items() if host.outcome not in FINE} == {}, [
        say(host.reason) for host in results.values()
    ]
    assert any(step.attempts > 1 for host in results.values() for step in host.steps)
    wanted = Counter[str](way.done)
    assert {each: counted for each, counted in done.items() if counted != wanted} == {}
    assert sent == len(machines)
    assert {each for each, anything in left.items() if anything} == set()


FINE = {Outcome.CHANGED, Outcome.REBOOT_PENDING}


def noted(machine: Machine) -> Counter[str]:
    """What has befallen a machine so far, by kind."""
    return Counter(entry.what for entry in machine.ledger.entries)


def left_there(machine: Machine) -> bool:
    """Whether a task or a folder of ours is there."""
    return bool(list(machine.tasks)) or machine.files.exists(OURS)
