"""What the playbooks cost a host in requests, counted by the lab's own servers.

Receives are left out: into how many parts an output comes depends on how busy the lab is. A Command has at least one.
"""

from pathlib import Path

import pytest

from lab.tests.padded import padded_standin
from orchestrator.model.outcome import Outcome
from tests.lab_fixtures import BRANCHES, install, kind, shipped, site

THREE_MEGABYTES = 3 * 1024 * 1024
PREFLIGHT, INSTALL, RESTART = 5, 60, 16


async def test_a_preflight_is_one_command(tmp_path: Path) -> None:
    """All that is asked before a host is touched is one Command: two to log on, Create and Delete go with it."""
    with site(tmp_path, BRANCHES) as lab:
        await lab.run(shipped("preflight"))
        assert {name: number for name, number in lab.spent().items() if number > PREFLIGHT} == {}


@pytest.mark.slow
async def test_installing_three_megabytes_costs_few_requests(tmp_path: Path) -> None:
    """Preflight, TLS 1.2, upload, installation and proof, and then a restart with its proof."""
    packages = [padded_standin(tmp_path, THREE_MEGABYTES, "x64")]
    with site(tmp_path, {"7": kind(), "8.1": kind(branch="windows8.1")}) as lab:
        for name in lab.hosts:  # one after the other: who waits for a busy lab asks more often
            result = await lab.run(install("reboot.when=never", packages=packages), name)
            assert result[name].outcome is Outcome.REBOOT_PENDING
        spent = lab.spent()
        assert {name: number for name, number in spent.items() if number > INSTALL} == {}

        await lab.run(shipped("reboot", "reboot.delay_minutes=0"))
        restarting = {name: number - spent[name] for name, number in lab.spent().items()}
        assert {name: number for name, number in restarting.items() if number > RESTART} == {}
