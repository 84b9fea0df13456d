"""The product's inventory of a lab fleet, with its password in a file of its own beside it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml


class InventoryFiles:
    """Writes an inventory and the secret that it refers to, and takes both away again.

    Args:
        path: of the inventory; the secret is beside it with the suffix `.secret`, readable by its owner alone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.secret = path.with_name(f"{path.name}.secret")

    def write(
        self,
        *,
        username: str,
        password: str,
        port: int,
        groups: Mapping[str, Sequence[str]],
        addresses: Mapping[str, str],
    ) -> None:
        """Write both, replacing what was there; whoever finds the inventory finds all of it. Raises OSError."""
        self.secret.unlink(missing_ok=True)
        self.secret.touch(mode=0o600, exist_ok=False)
        self.secret.write_text(password, encoding="utf-8")
        content = {
            "all": {"credential": {"username": username, "password": f"file:{self.secret.name}"}, "port": port},
            "groups": {name: {"hosts": list(hosts)} for name, hosts in groups.items()},
            "hosts": {name: {"address": address} for name, address in addresses.items()},
        }
        draft = self.path.with_name(f".{self.path.name}.new")
        draft.write_text(yaml.safe_dump(content, sort_keys=False, width=120), encoding="utf-8")
        draft.replace(self.path)

    def remove(self) -> None:
        """Delete both, if they are there."""
        self.path.unlink(missing_ok=True)
        self.secret.unlink(missing_ok=True)
