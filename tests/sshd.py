"""OpenSSH servers from Debian for tests: on loopback, with keys, users and configuration of their own.

They run as whoever runs the tests, and let in that user alone. Passwords are those of a file, by way of PAM with
Debian's libpam-wrapper, so nothing of the machine is changed. With CI set, what is missing fails a test.
"""

import contextlib
import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from orchestrator.model.host import JumpHost

USERNAME = getpass.getuser()
PASSWORD = "Spr1ng auf"
_SEPARATION = Path("/run/sshd")
"""Where a server of root's locks its unprivileged half in; Debian's packages leave making it to systemd."""


def program(name: str, package: str) -> str:
    """Where a program is. Without it a test is skipped, but never in CI."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        missing(package)
    return str(found)


def missing(package: str) -> None:
    """Skips a test, which fails in CI."""
    if os.environ.get("CI"):
        pytest.fail(f"needs Debian's {package}")
    pytest.skip(f"needs Debian's {package}")


def punishes() -> bool:
    """Whether sshd keeps addresses out for a while that have failed; from OpenSSH 9.8 on, and there unless told."""
    said = subprocess.run([program("sshd", "openssh-server"), "-V"], capture_output=True, text=True, check=False).stderr
    found = re.search(r"OpenSSH_(\d+)\.(\d+)", said)
    return found is not None and tuple(map(int, found.groups())) >= (9, 8)


def make_key(path: Path, passphrase: str = "", *, rsa: bool = False) -> str:
    """Writes a private key, and its public half beside it with `.pub`; the text of the latter."""
    key = generate_private_key(65537, 2048) if rsa else Ed25519PrivateKey.generate()
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, encryption))
    path.chmod(0o600)
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    Path(f"{path}.pub").write_text(public + "\n", encoding="ascii")
    return public


@dataclass
class Sshd:
    """One server.

    Attributes:
        folder: With its files, and the key `id` that it lets in.
        port: Where it listens on 127.0.0.1, also after a restart.
        options: Lines of sshd_config, which count before the usual ones.
        passwords: Whether PASSWORD is taken as well.
    """

    folder: Path
    port: int
    options: Sequence[str] = ()
    passwords: bool = False
    _process: subprocess.Popen[bytes] | None = None

    def jump_host(self, name: str = "gate", **changed: object) -> JumpHost:
        """How an inventory would name it: with its key known, and ours to log on with."""
        usual: dict[str, object] = {
            "name": name,
            "address": "127.0.0.1",
            "port": self.port,
            "username": USERNAME,
            "known_hosts": self.known_hosts,
            "key": self.folder / "id",
        }
        return JumpHost(**{**usual, **changed})  # type: ignore[arg-type]

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def _database(self) -> Path:
        return self.folder / "passwords"

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def logged(self, words: str) -> int:
        """In how many lines of its log these words stand."""
        return sum(words in line for line in self.log.splitlines())

    @property
    def connections(self) -> int:
        """How many SSH connections have been logged on so far."""
        return len(re.findall(r"Accepted \S+ for ", self.log))

    @property
    def connected(self) -> bool:
        """Whether anybody is connected at this moment."""
        return self._process is not None and bool(psutil.Process(self._process.pid).children())

    def start(self) -> None:
        """Starts it; returns when it answers."""
        command = [program("sshd", "openssh-server"), "-D", "-f", str(self._configuration())]
        command += ["-E", str(self.folder / "log")]
        self._process = subprocess.Popen(command, env={**os.environ, **self._pam()}, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 100
        while True:
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, "sshd does not answer"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as line:
                if line.recv(4) == b"SSH-":
                    return
            time.sleep(0.02)

    def kill(self) -> None:
        """Ends it and every session of it at once, as a crash of the machine would."""
        if self._process is None:
            return
        server = psutil.Process(self._process.pid)
        everyone = [server, *server.children(recursive=True)]
        self._each(everyone, signal.SIGKILL)
        self._process.wait()
        psutil.wait_procs(everyone, timeout=120)
        self._process = None
        self._tidy()

    def _tidy(self) -> None:
        """Removes what libpam-wrapper leaves of processes that were killed; there are no more than 62 names for it."""
        for folder in Path("/tmp").glob("pam.?"):
            with contextlib.suppress(OSError):  # another server's, which removes its own
                if f"passdb={self._database}\n" in (folder / "sshd").read_text(encoding="utf-8"):
                    shutil.rmtree(folder)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Says nothing inside the block, and holds its connections, as a machine does that hangs."""
        assert self._process is not None
        server = psutil.Process(self._process.pid)
        everyone = [server, *server.children(recursive=True)]
        self._each(everyone, signal.SIGSTOP)
        try:
            yield
        finally:
            self._each(everyone, signal.SIGCONT)

    @staticmethod
    def _each(processes: list[psutil.Process], number: int) -> None:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _configuration(self) -> Path:
        settings = {
            "Port": str(self.port),
            "ListenAddress": "127.0.0.1",
            "HostKey": str(self.folder / "host_key"),
            "AuthorizedKeysFile": str(self.folder / "id.pub"),
            "AllowUsers": USERNAME,
            "PermitRootLogin": "yes",
            "PidFile": "none",
            "StrictModes": "no",
            "UsePAM": "yes",
            "PasswordAuthentication": "yes" if self.passwords else "no",
            "KbdInteractiveAuthentication": "no",
            "LogLevel": "VERBOSE",
        }
        if punishes():
            settings["PerSourcePenalties"] = "no"
        lines = [*self.options, *(f"{key} {value}" for key, value in settings.items())]
        path = self.folder / "sshd_config"
        path.write_text("\n".join(lines) + "\n", encoding="ascii")
        return path

    def _pam(self) -> dict[str, str]:
        """The environment in which PAM asks a file of ours, also whether an account is locked."""
        modules = [*Path("/usr/lib").glob("*/pam_wrapper/pam_matrix.so")]
        if not modules:
            missing("libpam-wrapper")
        services = self.folder / "pam.d"
        self._database.write_text(f"{USERNAME}:{PASSWORD}:sshd\n", encoding="ascii")
        services.mkdir(exist_ok=True)
        rules = (f"{kind} required {modules[0]} passdb={self._database}\n" for kind in ("auth", "account", "session"))
        (services / "sshd").write_text("".join(rules), encoding="ascii")
        return {"LD_PRELOAD": "libpam_wrapper.so", "PAM_WRAPPER": "1", "PAM_WRAPPER_SERVICE_DIR": str(services)}


@contextmanager
def sshd(folder: Path, *options: str, passwords: bool = False) -> Iterator[Sshd]:
    """A server that is up inside the block; options as in sshd_config(5)."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        _SEPARATION.mkdir(mode=0o755, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = Sshd(folder, probe.getsockname()[1], options, passwords)
    host_key = make_key(folder / "host_key")
    make_key(folder / "id")
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {host_key}\n", encoding="ascii")
    server.start()
    try:
        yield server
    finally:
        server.kill()
