"""A line that breaks once under a run: the run goes on, ends well, and has changed nothing twice."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from orchestrator.model.outcome import Outcome
from tests.chaos.proxies import Background, Choose, Fault, Proxy, always, background, on_connection, proxy
from tests.lab_fixtures import Site, kind, shipped, site

ONCE: dict[str, Fault] = {
    "FIN in the headers of the challenge": Fault("fin", at=40, turn=0),
    "FIN in the headers of the log-on's answer": Fault("fin", at=20, turn=1),
    "FIN in the headers of an answer": Fault("fin", at=60, turn=3),
    "FIN in the body of an answer": Fault("fin", at=600, turn=4),
    "a flipped bit under the seal": Fault("flip", at=900, turn=4),
}


@pytest.fixture
def loop() -> Iterator[Background]:
    """Where the proxies live."""
    with background() as made:
        yield made


def through(lab: Site, loop: Background, choose: Choose) -> tuple[Site, Proxy]:
    """The site with its one host behind a proxy."""
    inventory = yaml.safe_load(lab.inventory.read_text("utf-8"))
    (name,) = lab.hosts.values()
    host = lab.lab.fleet.hosts[name]
    line = loop.enter(proxy(host.server.port, choose, address=host.address))
    inventory["hosts"][name] = {**(inventory["hosts"][name] or {}), "address": "127.0.0.1", "port": line.port}
    path = lab.inventory.with_name("behind.yaml")
    path.write_text(yaml.safe_dump(inventory), "utf-8")
    return replace(lab, inventory=path), line


@pytest.mark.parametrize("name", ONCE)
async def test_once(name: str, tmp_path: Path, loop: Background) -> None:
    """TLS 1.2 is switched on by the second attempt, as if nothing had been."""
    with site(tmp_path, {"host": kind()}) as lab:
        behind, line = through(lab, loop, on_connection(0, ONCE[name]))
        result = (await behind.run(shipped("enable-tls12", "reboot.when=never"), clock=lab.clock))["host"]
        assert [happened.fault for happened in line.happened] == [ONCE[name]]
        assert result.outcome is Outcome.CHANGED
        assert max(step.attempts for step in result.steps) == 2
        commands = [words for message in lab.sent for words in message.splitlines() if "DisabledByDefault" in words]
        assert sum("reg add" in words for words in commands) == 1, "a change is sent once"


async def test_a_seal_that_is_always_broken_is_told(tmp_path: Path, loop: Background) -> None:
    """After the second connection, and not as a line that breaks."""
    with site(tmp_path, {"host": kind()}) as lab:
        behind, line = through(lab, loop, always(Fault("flip", at=900, turn=4)))
        result = (await behind.run(shipped("preflight"), clock=lab.clock))["host"]
        assert result.outcome is Outcome.FAILED
        assert result.deciding.reason.code == "no-winrm"
        assert len(line.happened) == 2
