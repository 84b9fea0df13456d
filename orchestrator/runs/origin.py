"""What the first line of a run's log tells beside the run itself: who began it, from where, and by which files."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from orchestrator.model import program
from orchestrator.runs.kept_files import sha256_of


@dataclass(frozen=True)
class HashedFile:
    """A file that a run goes by.

    Attributes:
        use: What for: `playbook`, `inventory`, `kept` (what the run kept of itself), or the step that names it.
        path: Where it was.
        sha256: Of its content, 64 hex digits.
    """

    use: str
    path: str
    sha256: str

    @classmethod
    def of(cls, use: str, path: Path) -> HashedFile:
        """As it is at this moment. Raises OSError."""
        return cls(use, str(path.absolute()), sha256_of(path))


@dataclass(frozen=True)
class Origin:
    """Who began a run, or went on with it, from where.

    Attributes:
        user: The name of the account that the process runs as, or its number where it has no name.
        uid: Its number; None on Windows.
        sudo_user: Who called sudo, as that says in SUDO_USER.
        computer: The coordinator's host name.
        ssh_client: The address that the session came from, as sshd says in SSH_CONNECTION.
        terminal: Whether somebody sat at a terminal.
        program: The version of this program.
    """

    user: str
    uid: int | None
    sudo_user: str | None
    computer: str
    ssh_client: str | None
    terminal: bool
    program: str

    @classmethod
    def here(cls) -> Origin:
        """That of this process."""
        user, uid = _account()
        return cls(
            user=user,
            uid=uid,
            sudo_user=os.environ.get("SUDO_USER") or None,
            computer=socket.gethostname(),
            ssh_client=next(iter(os.environ.get("SSH_CONNECTION", "").split()), None),
            terminal=sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty(),
            program=program.version(),
        )


@dataclass(frozen=True)
class Opening:
    """What a process that begins a run, or goes on with it, writes down of that.

    Attributes:
        origin: Who and from where.
        limit: The pattern of hosts that was asked for; None for all, and where a run is gone on with.
        files: What it goes by.
        left_by: What the process has told that left the run to a worker, whose process this is; None where it is none.
    """

    origin: Origin
    limit: str | None = None
    files: tuple[HashedFile, ...] = ()
    left_by: Opening | None = None


def _account() -> tuple[str, int | None]:
    """By the system's own list: the environment's names for it are anybody's to set."""
    if sys.platform == "win32":
        return os.environ.get("USERNAME", "-"), None
    import pwd  # noqa: PLC0415 - Windows has none

    uid = os.getuid()
    try:
        return pwd.getpwuid(uid).pw_name, uid
    except KeyError:  # as in a container
        return str(uid), uid
