"""A PostgreSQL server from Debian's packages for tests: on a free loopback port, with a database cluster of its own.

It refuses to run as root, so root runs it as the user `postgres` of Debian's package. With CI set, what is missing
fails a test.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

OWNER = "sspr"
_START_SECONDS = 60.0


def program(name: str) -> str:
    """Where a program of the newest server is. Without it a test is skipped, but never in CI."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    if not found:
        if os.environ.get("CI"):
            pytest.fail("needs Debian's postgresql")
        pytest.skip("needs Debian's postgresql")
    return str(found[-1])


@dataclass
class Server:
    """One server.

    Attributes:
        folder: Its cluster, and the file `password` beside.
        port: Where it listens on 127.0.0.1, also after a restart.
        password: That of OWNER.
    """

    folder: Path
    port: int
    password: str
    _process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Of its one database, with the password."""
        return f"postgresql://{OWNER}:{self.password}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Starts it, and returns when it answers."""
        options = ("-c", "fsync=off", "-c", "max_connections=60", "-c", "unix_socket_directories=")
        listening = ("-c", "listen_addresses=127.0.0.1", "-p", str(self.port))
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program("postgres"), "-D", str(self.folder / "data"), *options, *listening],
                stdout=log,
                stderr=log,
                user=_server_user(),
                cwd="/",
            )
        waiting_until = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.address, connect_timeout=5).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "server.log").read_text()
                assert time.monotonic() < waiting_until, "PostgreSQL does not answer"
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Ends it at once, as a crash does for all who are connected."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=120)
            self._process = None


@contextmanager
def postgres() -> Iterator[Server]:
    """A server that is up."""
    folder = Path(tempfile.mkdtemp(prefix="sspr-postgres-"))
    try:
        server = Server(folder, _free_port(), secrets.token_hex(12))
        password = folder / "password"
        password.write_text(server.password)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
            shutil.chown(password, "postgres")
        _run(
            [program("initdb"), "-D", str(folder / "data"), "-U", OWNER, "-A", "scram-sha-256", f"--pwfile={password}"]
        )
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, user=_server_user(), cwd="/")
    assert done.returncode == 0, done.stderr


def _server_user() -> str | None:
    """Whom it runs as, for `subprocess`."""
    return "postgres" if os.geteuid() == 0 else None


def _free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
