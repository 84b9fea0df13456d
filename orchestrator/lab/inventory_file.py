"""The product's inventory of a lab fleet, with its password in a file of its own beside it."""

from collections import Counter
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
        usernames: Mapping[str, str],
        password: str,
        port: int,
        groups: Mapping[str, Sequence[str]],
        addresses: Mapping[str, str],
    ) -> None:
        """Write both, replacing what was there; whoever finds the inventory finds all of it. Raises OSError.

        Args:
            usernames: whom to log on as, by host; what most hosts have is said once for all.
            password: of all of them.
            port: of all hosts.
            groups: the names of the hosts of each group.
            addresses: by host.
        """
        ((usual, _),) = Counter(usernames.values()).most_common(1)
        secret = f"file:{self.secret.name}"
        hosts: dict[str, dict[str, object]] = {name: {"address": address} for name, address in addresses.items()}
        for name, username in usernames.items():
            if username != usual:
                hosts[name]["credential"] = {"username": username, "password": secret}
        self.secret.unlink(missing_ok=True)
        self.secret.touch(mode=0o600, exist_ok=False)
        self.secret.write_text(password, encoding="utf-8")
        content = {
            "all": {"credential": {"username": usual, "password": secret}, "port": port},
            "groups": {name: {"hosts": list(members)} for name, members in groups.items()},
            "hosts": hosts,
        }
        draft = self.path.with_name(f".{self.path.name}.new")
        draft.write_text(yaml.safe_dump(content, sort_keys=False, width=120, allow_unicode=True), encoding="utf-8")
        draft.replace(self.path)

    def remove(self) -> None:
        """Delete both, if they are there."""
        self.path.unlink(missing_ok=True)
        self.secret.unlink(missing_ok=True)
