"""Secrets are used and never shown: they are looked for in all that a run writes, starts, sends and leaves."""

import base64
import json
import os
import stat
import subprocess
import termios
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from orchestrator.model.outcome import Outcome
from sspr_lab.faults import fault
from sspr_lab.file_tree import File
from sspr_lab.machine import Machine
from sspr_lab.mix import Kind, MachineEntry
from sspr_lab.winrm.ntlm import nt_hash
from sspr_lab.winrm_settings import Logon
from tests.e2e.program import install_on, result_of, sspr
from tests.lab_fixtures import Site, kind, site
from tests.sshd import PASSWORD, USERNAME, Sshd, make_key, sshd

KINDS = {
    "fine": kind(),
    "8.1": kind(branch="windows8.1"),
    "log-on refused": kind(fault("logon_refused")),
    "installer fails": kind(fault("installer_fails")),
    "line drops": kind(fault("drop_install")),
}
VARIABLE = "LAB_PASSWORD"


def by(logon: Logon) -> Kind:
    """An 8.1 that is logged on to in this way."""
    made = kind(branch="windows8.1")
    settings = MachineEntry(branch="windows8.1", logon=logon).service()
    return replace(made, profile=replace(made.profile, winrm=settings), logon=logon)


WAYS: Mapping[str, Kind] = {
    "hash": by("ntlm"),
    "wrong hash": by("ntlm"),
    "key ring": by("credssp"),
    "basic": by("basic"),
    "certificate": by("certificate"),
}
WRONG_HASH = "0123456789abcdef0123456789abcde5"
KEY_PASSWORD, PASSPHRASE, WRONG = "Schluessel-4-zu", "Tor-5-auf-und-zu", "Falsch-6-wie-nie"
RING = """
import keyring.backend

class Ring(keyring.backend.KeyringBackend):
    priority = 1

    def get_password(self, service, username):
        return {password!r}

    def set_password(self, service, username, password): ...

    def delete_password(self, service, username): ...
"""


@dataclass
class Searched:
    """Where a secret could have come to light; the name of each place, and what was found there."""

    lab: Site
    places: dict[str, bytes] = field(default_factory=dict)

    def watch(self, process: subprocess.Popen[str], *, with_own_environment: bool) -> None:
        """Follows a run of the program to its end."""
        self.places["processes"] = b"".join(watched(process.pid, with_own_environment=with_own_environment))
        self.places["output"] = "".join(process.communicate()).encode()

    def look(self) -> None:
        """Takes what hosts were sent and keep, and every file that was written here."""
        hosts = self.lab.look(lambda fleet: [part for host in fleet.hosts.values() for part in kept(host.machine)])
        self.places |= {"hosts": b"".join(hosts), "sent": "".join(self.lab.sent).encode()}
        self.places |= {str(path): path.read_bytes() for path in self.files()}

    def files(self) -> list[Path]:
        folders = (self.lab.folder / name for name in ("run", "run-of-refusals", "wanted", "state"))
        return [path for folder in folders for path in folder.rglob("*") if path.is_file()]

    def showing(self, *secrets: str) -> set[tuple[str, str]]:
        """The secrets that are somewhere, and where."""
        sought = {secret: forms(secret) for secret in secrets}
        return {
            (secret, place)
            for place, content in self.places.items()
            for secret, shapes in sought.items()
            if any(shape in content for shape in shapes)
        }


@pytest.mark.parametrize("scheme", [pytest.param("file", marks=pytest.mark.slow), "env"])
def test_a_password_is_nowhere_to_be_found(tmp_path: Path, scheme: str) -> None:
    """Neither files and output of a run, nor processes, nor what hosts are sent and keep, hold the password."""
    with site(tmp_path, KINDS) as lab:
        password = lab.lab.fleet.password
        environment = refer_to_environment(lab, password) if scheme == "env" else {}
        searched = Searched(lab)
        with installing(lab, environment) as process:
            searched.watch(process, with_own_environment=scheme == "file")
        searched.look()
    assert searched.showing(password) == set()
    looked_in_the_right_places(searched)


@pytest.mark.slow
def test_no_other_secret_is_to_be_found_either(tmp_path: Path) -> None:
    """The same holds of NT hashes, of passwords of keys, key rings and jump hosts, right or wrong, and of typed."""
    with (
        typing() as terminal,
        site(tmp_path, WAYS) as lab,
        sshd(tmp_path / "gate", passwords=True) as gate,
        sshd(tmp_path / "inner") as inner,
    ):
        secrets = plant(lab, gate, inner)
        environment = key_ring(tmp_path / "ring", lab.lab.fleet.password)
        searched = Searched(lab)
        with installing(lab, environment, terminal.program) as process:
            terminal.answer(process, lab.lab.fleet.password)
            searched.watch(process, with_own_environment=True)
        searched.look()
        searched.places["terminal"] = terminal.shown()
        outcomes = {host.name: host.outcome for host in result_of(lab).hosts}
        refusals = {reference: refused(lab, reference, environment) for reference in secrets if reference != "password"}
        searched.places |= {f"refusal of {name}": said.encode() for name, said in refusals.items()}
        searched.places |= {"jump hosts": (gate.log + inner.log).encode()}
    assert {name: outcomes[host] for name, host in lab.hosts.items()} == {
        name: Outcome.UNREACHABLE if name == "wrong hash" else Outcome.REBOOT_PENDING for name in WAYS
    }
    assert searched.showing(*secrets.values(), WRONG) == set()
    looked_in_the_right_places(searched)
    assert all(refusals.values()), "each wrong secret is complained of"
    for words in (b"Accepted password", b"Accepted publickey", b"Failed password"):
        assert words in searched.places["jump hosts"]


def looked_in_the_right_places(searched: Searched) -> None:
    """What the search has seen, if it saw anything at all."""
    files = searched.files()
    assert {"log.jsonl", "result.json", "copy.json", "report.html"} <= {path.name for path in files}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert b"LAB-0001" in searched.places["output"]
    assert b"orchestrator" in searched.places["processes"]
    assert b"StandInLogon.table" in searched.places["hosts"]
    assert b"schtasks /run" in searched.places["sent"]


@contextmanager
def installing(
    lab: Site, environment: Mapping[str, str], terminal: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[str]]:
    """The main job, with everything written that can be."""
    wanted = lab.folder / "wanted"
    wanted.mkdir()
    outputs = ("--report", str(wanted / "report.html"), "--json", str(wanted / "copy.json"))
    words = ("--set", "reboot.when=never", *outputs)
    with install_on(lab, *words, environment=environment, terminal=terminal) as process:
        yield process


@dataclass(frozen=True)
class Terminal:
    """A terminal at which somebody types.

    Attributes:
        program: The descriptor for the program's input.
        person: That of whoever types.
    """

    program: int
    person: int

    def answer(self, process: subprocess.Popen[str], text: str) -> None:
        """Types a line as soon as a password is asked for, which is when what is typed is not shown any more."""
        deadline = time.monotonic() + 120
        while termios.tcgetattr(self.program)[3] & termios.ECHO:
            assert process.poll() is None, "the program has ended"
            assert time.monotonic() < deadline, "nobody asks"
            time.sleep(0.02)
        os.write(self.person, f"{text}\n".encode())

    def shown(self) -> bytes:
        """What there was to see."""
        os.set_blocking(self.person, False)
        with suppress(BlockingIOError):
            return os.read(self.person, 100_000)
        return b""


@contextmanager
def typing() -> Iterator[Terminal]:
    """A terminal for the time of the block."""
    person, program = os.openpty()
    try:
        yield Terminal(program, person)
    finally:
        os.close(person)
        os.close(program)


def plant(lab: Site, gate: Sshd, inner: Sshd) -> dict[str, str]:
    """Has the inventory refer to a secret of every kind; gives each by what its file is called."""
    secrets = {
        "password": lab.lab.fleet.password,
        "hash": nt_hash(lab.lab.fleet.password).hex(),
        "wrong-hash": WRONG_HASH,
        "key-password": KEY_PASSWORD,
        "gate": PASSWORD,
        "passphrase": PASSPHRASE,
    }
    for name, secret in secrets.items():
        write_secret(lab, name, secret)
    make_key(inner.folder / "id", PASSPHRASE)
    client = lab.folder / "lab.yaml.client.pem"
    key = load_pem_private_key(client.read_bytes(), None)
    lock = BestAvailableEncryption(KEY_PASSWORD.encode())
    (lab.folder / "client.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    (lab.folder / "client.key").chmod(0o600)

    inventory: dict[str, Any] = yaml.safe_load(lab.inventory.read_text("utf-8"))
    user = inventory["all"]["credential"]["username"]
    credentials: dict[str, dict[str, str]] = {
        "hash": {"username": user, "nt_hash": "file:hash.secret"},
        "wrong hash": {"username": user, "nt_hash": "file:wrong-hash.secret"},
        "key ring": {"username": user, "password": "keyring:lab/admin"},
        "basic": {"username": user, "password": "prompt:"},
        "certificate": {"certificate": client.name, "key": "client.key", "key_password": "file:key-password.secret"},
    }
    for name, credential in credentials.items():
        inventory["hosts"][lab.hosts[name]]["credential"] = credential
    usual = {"address": "127.0.0.1", "username": USERNAME}
    inventory["jump_hosts"] = {
        "gate": {
            **usual,
            "port": gate.port,
            "known_hosts": str(gate.known_hosts),
            "password": "file:gate.secret",
        },
        "inner": {
            **usual,
            "port": inner.port,
            "known_hosts": str(inner.known_hosts),
            "key": str(inner.folder / "id"),
            "passphrase": "file:passphrase.secret",
        },
    }
    inventory["all"]["via"] = ["gate", "inner"]
    lab.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")
    return secrets


def write_secret(lab: Site, name: str, secret: str) -> None:
    path = lab.folder / f"{name}.secret"
    path.touch(mode=0o600)
    path.write_text(secret, encoding="utf-8")


def key_ring(folder: Path, password: str) -> dict[str, str]:
    """A key ring that has one password for everything; gives the environment in which the program asks it."""
    folder.mkdir()
    (folder / "lab_ring.py").write_text(RING.replace("{password!r}", repr(password)), encoding="utf-8")
    return {"PYTHONPATH": str(folder), "PYTHON_KEYRING_BACKEND": "lab_ring.Ring"}


def refused(lab: Site, name: str, environment: Mapping[str, str]) -> str:
    """What the program says when a secret is another one, which does not do; afterwards it is as before."""
    path = lab.folder / f"{name}.secret"
    before = path.read_text("utf-8")
    write_secret(lab, name, WRONG)
    process = sspr(
        lab.folder,
        *(
            "check",
            "--inventory",
            str(lab.inventory),
            "--limit",
            f"{lab.hosts['hash']},{lab.hosts['wrong hash']},{lab.hosts['certificate']}",
            "--folder",
            str(lab.folder / "run-of-refusals" / name),
        ),
        environment=environment,
    )
    said = "".join(process.communicate(timeout=120))
    write_secret(lab, name, before)
    return said if process.returncode else ""


def refer_to_environment(lab: Site, password: str) -> Mapping[str, str]:
    """Makes the inventory refer to a variable instead of a file; gives the environment that has it."""
    inventory = yaml.safe_load(lab.inventory.read_text())
    inventory["all"]["credential"]["password"] = f"env:{VARIABLE}"
    lab.inventory.write_text(yaml.safe_dump(inventory))
    return {VARIABLE: password}


def forms(secret: str) -> set[bytes]:
    """The secret as it is, as Windows keeps text, as JSON has it, and each of them in base64."""
    plain = {secret.encode(), secret.encode("utf-16-le"), json.dumps(secret)[1:-1].encode()}
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
