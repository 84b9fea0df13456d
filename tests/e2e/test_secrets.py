"""Passwords are used and never shown: they are looked for in all that a run writes, starts, sends and leaves."""

import base64
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import yaml

from orchestrator.lab.faults import fault
from orchestrator.lab.file_tree import File
from orchestrator.lab.machine import Machine
from tests.e2e.program import install_on
from tests.lab_fixtures import Site, kind, site

KINDS = {
    "fine": kind(),
    "8.1": kind(branch="windows8.1"),
    "log-on refused": kind(fault("logon_refused")),
    "installer fails": kind(fault("installer_fails")),
    "line drops": kind(fault("drop_install")),
}
VARIABLE = "LAB_PASSWORD"


@pytest.mark.parametrize("scheme", ["file", "env"])
def test_a_password_is_nowhere_to_be_found(tmp_path: Path, scheme: str) -> None:
    """Neither files and output of a run, nor processes, nor what hosts are sent and keep, hold the password."""
    with site(tmp_path, KINDS) as lab:
        password = lab.lab.fleet.password
        environment = refer_to_environment(lab, password) if scheme == "env" else {}
        (tmp_path / "run").mkdir()
        words = [
            "--set",
            "reboot.when=never",
            "--report",
            str(tmp_path / "run" / "report.html"),
            "--json",
            str(tmp_path / "run" / "copy.json"),
        ]
        with install_on(lab, *words, environment=environment) as process:
            processes = b"".join(watched(process.pid, with_own_environment=scheme == "file"))
            output, errors = process.communicate()
        hosts = lab.look(lambda fleet: b"".join(part for host in fleet.hosts.values() for part in kept(host.machine)))
        sent = "".join(lab.sent).encode()
    files = {path: path.read_bytes() for path in tmp_path.joinpath("run").rglob("*") if path.is_file()}
    places = {
        "output": (output + errors).encode(),
        "processes": processes,
        "hosts": hosts,
        "sent": sent,
        **{str(path): content for path, content in files.items()},
    }
    assert {place for place, content in places.items() if any(form in content for form in forms(password))} == set()

    # What the search would have seen: it looked in the right places.
    assert {"log.jsonl", "result.json", "copy.json", "report.html"} <= {path.name for path in files}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert (b"LAB-0001" in output.encode() + errors.encode(), b"orchestrator" in processes) == (True, True)
    assert (b"SsprWindowsLogon.PROD.msi" in hosts, b"schtasks /run" in sent) == (True, True)


def refer_to_environment(lab: Site, password: str) -> Mapping[str, str]:
    """Makes the inventory refer to a variable instead of a file; gives the environment that has it."""
    inventory = yaml.safe_load(lab.inventory.read_text())
    inventory["all"]["credential"]["password"] = f"env:{VARIABLE}"
    lab.inventory.write_text(yaml.safe_dump(inventory))
    return {VARIABLE: password}


def forms(password: str) -> set[bytes]:
    """The password as it is, as Windows keeps text, and either of them in base64."""
    plain = {password.encode(), password.encode("utf-16-le")}
    return plain | {base64.b64encode(form).rstrip(b"=") for form in plain}


def watched(pid: int, *, with_own_environment: bool) -> Iterator[bytes]:
    """Command lines and environments of a process and its children, again and again until it ends."""
    while psutil.pid_exists(pid) and (process := psutil.Process(pid)).status() != psutil.STATUS_ZOMBIE:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            children = process.children(recursive=True)
            yield from shown(each.cmdline() for each in (process, *children))
            yield from shown(f"{each.environ()}" for each in children)
            if with_own_environment:
                yield from shown([f"{process.environ()}"])
        time.sleep(0.05)


def shown(texts: Iterable[object]) -> Iterator[bytes]:
    return (str(text).encode() for text in texts)


def kept(machine: Machine) -> Iterator[bytes]:
    """Everything that a machine keeps: registry, files, events, tasks."""
    for path, key in machine.registry.root.walk():
        yield path.encode()
        for name, value in key.values.items():
            yield name.encode()
            yield value.data if isinstance(value.data, bytes) else str(value.data).encode()
    for path, node in machine.files.root.walk("C:"):
        yield path.encode()
        yield node.data if isinstance(node, File) else b""
    for channel in machine.events.channels:
        yield from shown(channel.records)
    yield from shown(task.definition.xml for task in machine.tasks)
