"""TLS of a Wine host follows Wine's registry, which is where visitors switch it on."""

import pytest

from lab.tests.winrm_hosts import until
from sspr_lab.accounts import SYSTEM
from sspr_lab.tls.schannel import protocols
from sspr_lab.wine.machine import WineMachine

KEY = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Server"
pytestmark = pytest.mark.timeout(120)


async def test_schannel_reads_wines_registry_at_the_next_start(machine: WineMachine) -> None:
    """What Wine's reg.exe wrote counts after a restart, as on a real machine."""
    for name, data in (("Enabled", 1), ("DisabledByDefault", 0)):
        added = machine.spawn(f'reg add "{KEY}" /v {name} /t REG_DWORD /d {data} /f', account=SYSTEM)
        assert await added.wait() == 0
    assert protocols(machine) == {"TLS 1.0"}
    before = machine.power.boot_time
    machine.power.initiate(0)
    await until(lambda: machine.powered and machine.power.boot_time != before, seconds=60)
    assert protocols(machine) == {"TLS 1.0", "TLS 1.2"}
