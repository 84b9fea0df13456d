"""Host: one machine of the inventory, as the rest of the program knows it."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.model.jump_host import JumpHost


@dataclass(frozen=True)
class CredentialReference:
    r"""Whose name to log on with and where the password is to be had; never the password itself.

    Attributes:
        username: `DOMAIN\user`, `user@domain` or a local account's name.
        password: A reference: `env:NAME`, `file:/path` or `prompt:` (with an optional label).
    """

    username: str
    password: str


@dataclass(frozen=True)
class Host:
    """One machine of the inventory.

    Attributes:
        name: Its name in the inventory, unique without regard to case.
        address: DNS name or IP address to connect to.
        port: TCP port of its WinRM listener.
        credential: How to log on.
        groups: Every group it belongs to, nearest first.
        via: The jump hosts that lead to it, nearest to us first; the last of them looks up its address.
    """

    name: str
    address: str
    port: int
    credential: CredentialReference
    groups: tuple[str, ...] = field(default=())
    via: tuple[JumpHost, ...] = field(default=())
