"""What the playbooks cost a host in requests, counted by the lab's own servers."""

from pathlib import Path

from lab.tests.padded import padded_standin
from orchestrator.model.outcome import Outcome
from tests.lab_fixtures import BRANCHES, install, kind, shipped, site

THREE_MEGABYTES = 3 * 1024 * 1024
PREFLIGHT, INSTALL, RESTART = 10, 72, 26


async def test_preflight_costs_ten_requests_at_most(tmp_path: Path) -> None:
    """Everything that is asked before a host is touched fits into 10 requests, log-on and sign-off included."""
    with site(tmp_path, BRANCHES) as lab:
        await lab.run(shipped("preflight"))
        assert {name: number for name, number in lab.requests().items() if number > PREFLIGHT} == {}


async def test_installing_three_megabytes_costs_72_requests_at_most(tmp_path: Path) -> None:
    """Preflight, TLS 1.2, upload, installation and proof fit into 72 requests; a restart with its proof adds 26."""
    packages = [padded_standin(tmp_path, THREE_MEGABYTES, "x64")]
    with site(tmp_path, {"7": kind(), "8.1": kind(branch="windows8.1")}) as lab:
        for name in lab.hosts:  # one after the other: who waits for a busy lab asks more often
            result = await lab.run(install("reboot.when=never", packages=packages), name)
            assert result[name].outcome is Outcome.REBOOT_PENDING
        spent = lab.requests()
        assert {name: number for name, number in spent.items() if number > INSTALL} == {}

        await lab.run(shipped("reboot", "reboot.delay_minutes=0"))
        restarting = {name: number - spent[name] for name, number in lab.requests().items()}
        assert {name: number for name, number in restarting.items() if number > RESTART} == {}
