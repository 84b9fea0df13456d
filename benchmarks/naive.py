"""Unmodified pywinrm, used as its own documentation shows."""

from __future__ import annotations

from typing import Any, Final

import winrm
from winrm.protocol import Protocol

from orchestrator.inventory.credentials import SecretResolver
from orchestrator.model.host import Host
from orchestrator.windows.command import Reply

OPTIONS: Final[dict[str, Any]] = {
    "transport": "ntlm",
    "message_encryption": "always",
    # What the environment says of proxies and certificates is not for a lab on loopback addresses.
    "proxy": None,
    "server_cert_validation": "ignore",
}


def session(host: Host, passwords: SecretResolver) -> Any:
    """pywinrm's `Session`, every message sealed."""
    return winrm.Session(_endpoint(host), auth=(host.credential.account, password(host, passwords)), **OPTIONS)


def protocol(host: Host, passwords: SecretResolver) -> Any:
    """pywinrm's `Protocol`, every message sealed."""
    return Protocol(_endpoint(host), username=host.credential.username, password=password(host, passwords), **OPTIONS)


def reply(stdout: bytes, stderr: bytes, exit_code: int) -> Reply:
    """pywinrm's answer as the parsers of facts want it."""
    output = (stdout + stderr).decode("utf-8", "replace").replace("\r\n", "\n")
    return Reply(exit_code & 0xFFFFFFFF, output)


def _endpoint(host: Host) -> str:
    return f"http://{host.address}:{host.port}/wsman"


def password(host: Host, passwords: SecretResolver) -> str:
    """The password of a host's account."""
    (reference,) = host.credential.references
    return passwords.resolve(reference).reveal()
