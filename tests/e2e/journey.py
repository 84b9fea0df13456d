"""The shipped playbooks in the order in which an admin runs them, and how each ends on each branch of Windows."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.outcome import Outcome
from orchestrator.playbook.plan import Playbook
from orchestrator.sentences import say
from sspr_lab.profile import Branch
from tests.lab_fixtures import PACKAGES, Site, install, shipped

OK, CHANGED, BLOCKED, SKIPPED = Outcome.OK, Outcome.CHANGED, Outcome.BLOCKED, Outcome.SKIPPED
_RESTART = "reboot.delay_minutes=0"


@dataclass(frozen=True)
class Leg:
    """One run: the playbook, how it ends where the add-in is for, and how on Windows 10."""

    playbook: Playbook
    older: Outcome
    windows10: Outcome

    def ends(self, branch: Branch) -> Outcome:
        return self.windows10 if branch == "windows10" else self.older


def journey() -> list[Leg]:
    """From a machine as it is to the add-in and back; every shipped playbook is run at least once."""
    return [
        Leg(shipped("preflight"), BLOCKED, OK),
        Leg(shipped("enable-tls12", _RESTART), CHANGED, OK),
        Leg(shipped("preflight"), OK, OK),
        Leg(install(), CHANGED, CHANGED),
        Leg(install(), OK, OK),
        Leg(shipped("verbose-logging-on"), CHANGED, SKIPPED),
        Leg(shipped("collect-logs"), OK, OK),
        Leg(shipped("verbose-logging-off"), CHANGED, SKIPPED),
        Leg(shipped("windows10-disable"), SKIPPED, CHANGED),
        Leg(shipped("windows10-enable"), SKIPPED, CHANGED),
        Leg(shipped("reboot", _RESTART), CHANGED, CHANGED),
        Leg(shipped("uninstall", _RESTART, packages=PACKAGES), CHANGED, OK),
    ]


async def travelled(lab: Site, branches: Mapping[str, Branch]) -> None:
    """Runs the whole journey; every host ends every run as its branch must."""
    for number, leg in enumerate(journey(), 1):
        results = await lab.run(leg.playbook)
        ended = {name: (result.outcome, say(result.deciding.reason)) for name, result in results.items()}
        others = {name: end for name, end in ended.items() if end[0] != leg.ends(branches[name])}
        assert others == {}, f"run {number}, {leg.playbook.name}"
