"""Labs in processes of their own, as the tests see them: where they listen, who may log on, and what passed."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from sspr_lab.profile import Branch
from tests.opinions.lab_server import ENVELOPES
from tests.warned import warned

AcceptorName = Literal["own", "gss"]

PASSWORD = "Pässw0rd! never in clear"
ACCOUNTS = {"Administrator": PASSWORD, "user": PASSWORD, "LAB\\jane": PASSWORD}


@dataclass(frozen=True)
class Lab:
    """A lab that is up.

    Attributes:
        folder: Where it writes, and where tests may.
        ports: Where its machines listen on 127.0.0.1.
    """

    folder: Path
    ports: Mapping[Branch, int]

    def envelopes(self) -> list[str]:
        """Every envelope that has passed, in either direction, oldest first."""
        lines = (self.folder / ENVELOPES).read_text(encoding="utf-8").splitlines()
        return [envelope for _, envelope in map(json.loads, lines)]

    def inventory(self, name: str, ports: Mapping[Branch, int] | None = None) -> Path:
        """An inventory of the machines, which may be said to listen elsewhere."""
        secret = self.folder / f"{name}.secret"
        secret.touch(mode=0o600)
        secret.write_text(PASSWORD, encoding="utf-8")
        listed = {branch: {"address": "127.0.0.1", "port": port} for branch, port in (ports or self.ports).items()}
        content = {
            "all": {
                "credential": {"username": "Administrator", "password": f"file:{secret.name}"},
                "identity": "any",
            },
            "groups": {"lab": {"hosts": list(listed)}},
            "hosts": listed,
        }
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return path


@contextmanager
def lab(acceptor: AcceptorName, folder: Path) -> Iterator[Lab]:
    """A lab that is up inside the block. Raises RuntimeError, with what it said, when it does not come up."""
    process = subprocess.Popen(
        warned("tests.opinions.lab_server", acceptor, str(folder)),
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        try:
            process.stdin.write(json.dumps(ACCOUNTS) + "\n")
            process.stdin.flush()
            ports = process.stdout.readline()
            if not ports:
                raise RuntimeError(f"the lab with the acceptor {acceptor} did not come up")
            yield Lab(folder, json.loads(ports))
            process.stdin.close()
            assert process.wait(20) == 0, "the lab did not end in good order"
        finally:
            process.kill()
