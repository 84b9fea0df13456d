"""Removing the add-in over a line that breaks: what was begun is seen to its end, and told as what it was."""

from pathlib import Path

from orchestrator.model.outcome import Outcome
from orchestrator.sentences import say
from orchestrator.steps.uninstall import UninstallDetail
from sspr_lab.faults import fault
from tests.details import detail_of
from tests.lab_fixtures import PACKAGES, install, kind, shipped, site


async def test_a_line_that_breaks_during_the_removal(tmp_path: Path) -> None:
    """Gone when we come back, the product was removed by us all the same; its task and folder go, a restart is due."""
    with site(tmp_path, {"host": kind()}) as lab:
        await lab.run(install())
        before = lab.snapshots()
        lab.on("host", lambda machine: machine.faults.add(fault("drop_install")))
        result = (await lab.run(shipped("uninstall", "reboot.when=never", packages=PACKAGES)))["host"]
        removal = result.steps[0]
        assert (removal.result.outcome, removal.attempts) == (Outcome.CHANGED, 2), say(result.reason)
        assert removal.result.reboot_required
        assert len(detail_of(removal.result, UninstallDetail).product_codes) == 1
        ours = [line for line in lab.changes(before)["host"] if "Orchestrator" in line]
        assert [line for line in ours if "AwaitingRestart" not in line] == [r"+ key HKLM\SOFTWARE\SsprOrchestrator"]
