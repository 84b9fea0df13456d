"""Logging on to jump hosts, real OpenSSH servers: every way once, and nobody whose key is not known."""

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from orchestrator.connect.tunnel import connection
from orchestrator.connect.tunnel.tunnels import check
from orchestrator.model.errors import JumpHostRefused, JumpHostUnreachable, Retry, UsageError
from orchestrator.model.message import verbatim
from orchestrator.sentences import say
from tests.connect.tunnels import closed_port, echo, reaches, refused_log_ons, tunnels
from tests.passwords import Passwords
from tests.saying import with_reason
from tests.sshd import PASSWORD, USERNAME, Sshd, make_key, program, sshd

OVER_GRACE = 10
"""Seconds after which no grace time of one is left; OpenSSH 10 adds some by chance."""


@pytest.fixture
def service() -> Iterator[int]:
    """The port of something to reach."""
    with echo() as port:
        yield port


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An SSH agent without keys."""
    path = tmp_path / "agent"
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
    process = subprocess.Popen([program("ssh-agent", "openssh-client"), "-D", "-a", str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield
    finally:
        process.terminate()
        process.communicate()


def add_to_agent(key: Path) -> None:
    subprocess.run([program("ssh-add", "openssh-client"), "-q", str(key)], check=True)


def test_a_key(tmp_path: Path, service: int) -> None:
    """The key of a file lets us in, and what is sent arrives and comes back."""
    with sshd(tmp_path / "gate") as gate, tunnels() as made:
        assert reaches(made, service, gate.jump_host())


def test_an_encrypted_key(tmp_path: Path, service: int) -> None:
    """A key that is encrypted is opened by the passphrase that the inventory refers to."""
    with sshd(tmp_path / "gate") as gate, tunnels(secrets := Passwords("öffne dich")) as made:
        make_key(gate.folder / "id", "öffne dich")
        assert reaches(made, service, gate.jump_host(passphrase="env:PASSPHRASE"))
        assert secrets.asked == ["env:PASSPHRASE"]


@pytest.mark.usefixtures("agent")
def test_the_agent(tmp_path: Path, service: int) -> None:
    """The agent's keys are offered one after the other; the files of them are not needed."""
    with sshd(tmp_path / "gate") as gate, tunnels() as made:
        make_key(tmp_path / "another")
        add_to_agent(tmp_path / "another")
        add_to_agent(gate.folder / "id")
        assert reaches(made, service, gate.jump_host(key=None, agent=True))


@pytest.mark.parametrize(
    "options",
    [(), ("PasswordAuthentication no", "KbdInteractiveAuthentication yes")],
    ids=["password", "keyboard-interactive"],
)
def test_a_password(tmp_path: Path, service: int, options: tuple[str, ...]) -> None:
    """A password is taken in either way that servers ask for one."""
    with sshd(tmp_path / "gate", *options, passwords=True) as gate, tunnels() as made:
        assert reaches(made, service, gate.jump_host(key=None, password="env:PASSWORD"))
        assert gate.connections == 1


def test_a_key_and_a_password(tmp_path: Path, service: int) -> None:
    """Where a server wants both, it gets both."""
    with sshd(tmp_path / "gate", "AuthenticationMethods publickey,password", passwords=True) as gate:
        with tunnels() as made:
            assert reaches(made, service, gate.jump_host(password="env:PASSWORD"))
        with tunnels() as made, pytest.raises(JumpHostRefused, check=with_reason("it takes password")):
            reaches(made, service, gate.jump_host())


@pytest.mark.parametrize("options", [(), ("MaxAuthTries 1",)], ids=["told", "dismissed"])
def test_a_wrong_password_is_not_repeated(tmp_path: Path, service: int, options: tuple[str, ...]) -> None:
    """Whatever is behind it, and by whichever way: one attempt, and the same answer for everybody."""
    with sshd(tmp_path / "gate", *options, passwords=True) as gate, tunnels(Passwords("wrong")) as made:
        hop = gate.jump_host(key=None, password="env:PASSWORD")
        for _ in range(3):
            with pytest.raises(JumpHostRefused) as caught:
                reaches(made, service, hop)
        assert caught.value.retry is Retry.NEVER
        assert caught.value.evidence == {"jump_host": "gate"}
        assert f"`gate` does not let {USERNAME} in with the password" in say(caught.value.reason)
        assert caught.value.remedy is not None
        assert "wrong" not in say(caught.value.reason) + say(caught.value.remedy)
        with pytest.raises(JumpHostRefused):
            reaches(made, service, replace(hop, name="other"), hop)
        assert refused_log_ons(gate) == 1


def test_a_question_is_answered_once(tmp_path: Path, service: int) -> None:
    """A server that goes on asking after the password is not told it again."""
    options = ("PasswordAuthentication no", "KbdInteractiveAuthentication yes")
    with sshd(tmp_path / "gate", *options, passwords=True) as gate, tunnels() as made:
        rules = gate.folder / "pam.d/sshd"
        first, *others = rules.read_text().splitlines(keepends=True)
        rules.write_text("".join([first, first, *others]))
        for _ in range(2):
            with pytest.raises(
                JumpHostRefused, check=with_reason("with the password; it takes publickey, keyboard-interactive")
            ):
                reaches(made, service, gate.jump_host(key=None, password="env:PASSWORD"))
        assert gate.connections == 0


def test_a_log_on_that_only_breaks_ends_as_well(tmp_path: Path, service: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that goes away over each log-on gets the password three times, and not for every host again."""
    monkeypatch.setattr(connection, "FIRST_PAUSE", 0.05)
    with sshd(tmp_path / "gate", "LoginGraceTime 1", passwords=True) as gate, tunnels() as made:
        hop = gate.jump_host(key=None, password="env:PASSWORD")
        service_file = gate.folder / "pam.d/sshd"
        service_file.write_text(f"auth required pam_exec.so /bin/sleep {OVER_GRACE}\n{service_file.read_text()}")
        for _ in range(2):
            with pytest.raises(JumpHostUnreachable, check=with_reason("closed the connection while we logged on")):
                reaches(made, service, hop)
            time.sleep(0.1)
        for _ in range(2):
            with pytest.raises(JumpHostRefused, check=with_reason("closes the connection whenever we log on")):
                reaches(made, service, hop)
        assert gate.logged("Connection from") == 4, "the fixture's own look, and ours"


def test_a_key_that_is_not_let_in(tmp_path: Path, service: int) -> None:
    """Shown once; the message says which, and what the server takes."""
    with sshd(tmp_path / "gate") as gate, tunnels() as made:
        make_key(tmp_path / "stranger")
        for _ in range(2):
            with pytest.raises(JumpHostRefused, check=with_reason("with the key stranger; it takes publickey")):
                reaches(made, service, gate.jump_host(key=tmp_path / "stranger"))
        assert gate.logged("Connection from") == 2, "the fixture's own look, and ours"


def test_an_unknown_host_key(tmp_path: Path, service: int) -> None:
    """Refused with the fingerprint before anything is shown, and not added."""
    with sshd(tmp_path / "gate") as gate, tunnels() as made:
        key = gate.known_hosts.read_text().split(" ", 1)[1]
        gate.known_hosts.write_text("# nobody\n\n[127.0.0.1]:1 " + key)
        with pytest.raises(JumpHostRefused) as caught:
            reaches(made, service, gate.jump_host())
        assert f"is not known: ssh-ed25519 {fingerprint(gate.folder / 'host_key')}" in say(caught.value.reason)
        assert f"add it to {gate.known_hosts} under the name [127.0.0.1]:{gate.port}" in str(
            say(caught.value.remedy or verbatim(""))
        )
        assert gate.known_hosts.read_text() == "# nobody\n\n[127.0.0.1]:1 " + key
        assert "publickey" not in gate.log


def test_a_changed_host_key(tmp_path: Path, service: int) -> None:
    """Refused with both fingerprints."""
    with sshd(tmp_path / "gate") as gate, tunnels() as made:
        other = make_key(tmp_path / "other")
        gate.known_hosts.write_text(f"[127.0.0.1]:{gate.port} {other}\n")
        with pytest.raises(JumpHostRefused, check=with_reason("shows another host key")) as caught:
            reaches(made, service, gate.jump_host())
        assert fingerprint(gate.folder / "host_key") in say(caught.value.reason)
        assert fingerprint(tmp_path / "other") in say(caught.value.reason)
        assert "publickey" not in gate.log


def test_a_revoked_host_key(tmp_path: Path, service: int) -> None:
    """A key that is marked as revoked is refused, also where another line trusts it."""
    with sshd(tmp_path / "gate") as gate, tunnels() as made:
        trusted = gate.known_hosts.read_text()
        gate.known_hosts.write_text(f"{trusted}@revoked {trusted}")
        with pytest.raises(JumpHostRefused, check=with_reason("revoked")):
            reaches(made, service, gate.jump_host())


def test_hashed_names_and_other_kinds_of_keys(tmp_path: Path, service: int) -> None:
    """A hashed name is found; of a server's several keys, the kind that is known is asked for."""
    folder = tmp_path / "gate"
    folder.mkdir()
    rsa = make_key(folder / "rsa", rsa=True)
    with sshd(folder, f"HostKey {folder}/rsa") as gate, tunnels() as made:
        hashed = paramiko.HostKeys.hash_host(f"[127.0.0.1]:{gate.port}")
        gate.known_hosts.write_text(f"not a line\nx ssh-rsa !\n{hashed} {rsa} made by a test\n")
        assert reaches(made, service, gate.jump_host())


def test_a_jump_host_that_is_not_there(tmp_path: Path, service: int) -> None:
    """Said at once, and for a moment also to those who ask right after; it may be tried again later."""
    with sshd(tmp_path / "gate") as gate, tunnels() as made:
        absent = gate.jump_host(port=closed_port())
        for _ in range(2):
            with pytest.raises(JumpHostUnreachable, check=with_reason("`gate` .*takes no connection")) as caught:
                reaches(made, service, absent)
        assert caught.value.retry is Retry.RECONNECT
        assert caught.value.evidence == {"address": f"127.0.0.1:{absent.port}"}


def test_something_that_is_no_ssh_server(tmp_path: Path, service: int) -> None:
    """A service that says other things is no jump host, and does not hold us up."""
    with sshd(tmp_path / "gate") as gate, tunnels() as made:
        hop = gate.jump_host(port=service)
        with pytest.raises(JumpHostUnreachable, check=with_reason("as an SSH server does")):
            reaches(made, service, hop)


WRONG_FILES = {
    "encrypted": ("encrypted", {}, "is encrypted; say with `passphrase` what it is"),
    "wrong passphrase": ("encrypted", {"passphrase": "env:X"}, "that can be read with this passphrase"),
    "not encrypted": ("id", {"passphrase": "env:X"}, "is not encrypted; take `passphrase` away"),
    "no key": ("known_hosts", {}, "is not a private key of SSH"),
    "no file": ("nowhere", {}, "cannot be read: No such file"),
}


@pytest.mark.parametrize(("file", "changed", "told"), WRONG_FILES.values(), ids=WRONG_FILES)
def test_keys_that_cannot_be_used(tmp_path: Path, file: str, changed: dict[str, str], told: str) -> None:
    """Said before anything is begun, with the name of the jump host and what to do."""
    gate = Sshd(tmp_path, 22)
    make_key(tmp_path / "id")
    make_key(tmp_path / "encrypted", "right")
    gate.known_hosts.write_text("")
    with pytest.raises(UsageError, match="the jump host `gate`: ") as caught:
        check([gate.jump_host(key=tmp_path / file, **changed)], Passwords("wrong"))
    assert told in str(caught.value)


def test_an_agent_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`agent: true` without an agent is told before anything is begun."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    gate = Sshd(tmp_path, 22)
    gate.known_hosts.write_text("")
    with pytest.raises(UsageError, match="`gate`: `agent` is true, but there is no SSH agent with keys"):
        check([gate.jump_host(key=None, agent=True)], Passwords(PASSWORD))


def test_known_hosts_that_cannot_be_read(tmp_path: Path) -> None:
    """Nor is there a way without a file of host keys."""
    with pytest.raises(UsageError, match="known_hosts cannot be read"):
        check([Sshd(tmp_path, 22).jump_host(key=None, password="env:X")], Passwords(PASSWORD))


def fingerprint(key: Path) -> str:
    """What OpenSSH itself calls a key."""
    command = [program("ssh-keygen", "openssh-client"), "-lf", f"{key}.pub"]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ).stdout.split()[1]
