"""The product before both acceptors: whoever does the NTLM on the other side, it works, and it knows a refusal."""

import subprocess
from pathlib import Path

import pytest
from winrm.exceptions import WinRMTransportError
from winrm.protocol import Protocol

from orchestrator.connect.connector import PywinrmConnector
from orchestrator.inventory.credentials import SecretResolver
from orchestrator.inventory.load import load_inventory
from orchestrator.model.errors import LogonRefused
from orchestrator.remote.target import Target
from orchestrator.runs.result_file import read_result
from orchestrator.windows.branches import MACHINE
from sspr_lab.profile import Branch
from tests.e2e.program import PACKAGES, sspr
from tests.opinions.clients import CLIENTS, Ended, Setting
from tests.opinions.labs import PASSWORD, Lab

pytestmark = pytest.mark.opinions

LIBRARY = r"reg query HKLM\SOFTWARE\Classes\CLSID\{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}\InprocServer32 /ve"


def asked(lab: Lab, line: str) -> dict[Branch, Ended]:
    """What every machine answers to a command line, asked by a client that shares nothing with the product."""
    answers = {}
    for branch, port in lab.ports.items():
        client = CLIENTS["pypsrp-negotiate"](port, "Administrator", PASSWORD)
        shell = client.open(Setting())
        answers[branch] = client.finish(shell, client.start(shell, line))
        client.delete(shell)
        client.close()
    return answers


def run(lab: Lab, playbook: str, *words: str) -> subprocess.CompletedProcess[str]:
    """`sspr run` on both machines; its result is in the folder of that name."""
    folder = lab.folder / playbook
    process = sspr(
        lab.folder, "run", playbook, "--inventory", str(lab.inventory("lab")), "--yes", "--folder", str(folder), *words
    )
    output, errors = process.communicate(timeout=100)
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def test_the_main_job_is_done(own_lab: Lab) -> None:
    """Check, TLS 1.2, upload, installation, restart and proof, on two machines; a second client sees the result."""
    assert {each.code for each in asked(own_lab, LIBRARY).values()} == {1}
    done = run(own_lab, "install", *PACKAGES, "--set", "reboot.delay_minutes=0")
    assert done.returncode == 0, done.stdout + done.stderr
    result = read_result(own_lab.folder / "install" / "result.json")
    assert [host.outcome.value for host in result.hosts] == ["changed", "changed"]
    registered = asked(own_lab, LIBRARY)
    assert {each.code for each in registered.values()} == {0}
    paths = {each.stdout.decode().split("REG_SZ")[1].strip() for each in registered.values()}
    (path,) = paths
    assert {each.stdout for each in asked(own_lab, f'if exist "{path}" echo there').values()} == {b"there\r\n"}


async def test_a_wrong_password_is_a_refusal(shared_lab: Lab, tmp_path: Path) -> None:
    """The product says that the log-on was refused, and not that the host is away or speaks nonsense."""
    inventory = shared_lab.inventory("wrong")
    inventory.with_name("wrong.secret").write_text("not the password", encoding="utf-8")
    (host,) = load_inventory(inventory).select("windows7")
    connector = PywinrmConnector(SecretResolver(inventory.parent), threads=1)
    try:
        with pytest.raises(LogonRefused):
            await Target(host, connector).observe(MACHINE)
    finally:
        connector.close()


def test_what_was_sealed_for_another_connection_is_refused(shared_lab: Lab) -> None:
    """A body that is sealed, but under the keys of another log-on, gets 400, and the command in it is not run."""
    first, second = (
        Protocol(
            f"http://127.0.0.1:{shared_lab.ports['windows7']}/wsman",
            transport="ntlm",
            username="Administrator",
            password=PASSWORD,
            message_encryption="always",
            server_cert_validation="ignore",
            proxy=None,
        )
        for _ in range(2)
    )
    shell = first.open_shell()
    second.open_shell()
    second.transport.encryption, own = first.transport.encryption, second.transport.encryption
    try:
        before = len(shared_lab.envelopes())
        with pytest.raises(WinRMTransportError) as caught:
            second.run_command(shell, "ver")
        assert caught.value.code == 400
        assert len(shared_lab.envelopes()) == before
    finally:
        second.transport.encryption = own
        for each in (first, second):
            each.transport.close_session()
