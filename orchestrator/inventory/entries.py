"""The inventory file as a person writes it: its keys, what each may hold, and the JSON Schema for editors."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from orchestrator.inventory.logon_entries import CredentialEntry, HttpsEntry, KerberosEntry, OrBoolean
from orchestrator.inventory.values import Address, GroupName, HostNames, JumpHostName, Reference, UserName
from orchestrator.model.host import Logon
from orchestrator.model.validation import DocumentPath, Entry


def _listed(via: object) -> object:
    return [via] if isinstance(via, str) else via


Way = Annotated[tuple[JumpHostName, ...], BeforeValidator(_listed, json_schema_input_type=str | list[str])]


class Variables(Entry):
    """What can be said of all hosts, of a group or of one host; the nearest to the host counts."""

    credential: CredentialEntry | None = Field(default=None, description="Whom to log on as.", repr=False)
    logon: Logon | None = Field(default=None, description="How to log on; ntlm unless said.")
    https: Annotated[HttpsEntry, OrBoolean()] | None = Field(
        default=None, description="Whether TLS is spoken, and with whom; without it every message is sealed."
    )
    kerberos: KerberosEntry | None = Field(default=None, description="Settings of `logon: kerberos`.")
    port: int | None = Field(
        default=None,
        strict=True,
        ge=1,
        le=65535,
        description="TCP port of WinRM; 5985 unless said, and 5986 with `https`.",
    )
    via: Way | None = Field(
        default=None,
        description="The jump host that leads there, or several, the nearest to you first; [] for none.",
    )


class GroupEntry(Variables):
    """Hosts that belong together."""

    hosts: tuple[HostNames, ...] = Field(default=(), description="Its hosts: names, and ranges as in PC-[003:120].")
    children: tuple[GroupName, ...] = Field(default=(), description="Groups whose hosts belong to this one as well.")


class HostEntry(Variables):
    """One host, or the hosts of one range."""

    address: Address | None = Field(
        default=None, description="DNS name or IP address to connect to; the name of the host unless said."
    )


class JumpHostEntry(Entry):
    """An SSH server on the way to hosts, and how to log on there."""

    address: Address | None = Field(
        default=None, description="DNS name or IP address; the name of the jump host unless said."
    )
    port: int | None = Field(default=None, strict=True, ge=1, le=65535, description="TCP port of SSH; 22 unless said.")
    username: UserName = Field(description="Whom to log on as.")
    key: DocumentPath | None = Field(default=None, description="The file of a private key.")
    passphrase: Reference | None = Field(
        default=None,
        description="Where the passphrase of the key is to be had: env:NAME, file:PATH, keyring:SERVICE/NAME or "
        "prompt:.",
        repr=False,
    )
    agent: bool = Field(default=False, strict=True, description="Whether the keys of the SSH agent are offered.")
    password: Reference | None = Field(
        default=None,
        description="Where the password is to be had: env:NAME, file:PATH, keyring:SERVICE/NAME or prompt:.",
        repr=False,
    )
    known_hosts: DocumentPath | None = Field(
        default=None, description="The file with its host key; ~/.ssh/known_hosts unless said."
    )


class InventoryFile(Entry):
    """An inventory: the hosts, the groups that they belong to, and how to log on."""

    all: Variables = Field(default=Variables(), description="What holds for every host unless said otherwise.")
    jump_hosts: dict[JumpHostName, JumpHostEntry] = Field(
        default={}, description="SSH servers that lead to hosts, by the names that `via` calls them."
    )
    groups: dict[GroupName, GroupEntry | None] = Field(default={}, description="Groups of hosts by name.")
    hosts: dict[HostNames, HostEntry | None] = Field(
        default={}, description="Hosts by name: those in no group, and those of which something is to be said."
    )


def schema() -> dict[str, Any]:
    """The JSON Schema of an inventory file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **InventoryFile.model_json_schema()}


if __name__ == "__main__":  # python -m orchestrator.inventory.entries > docs/schemas/inventory.schema.json
    json.dump(schema(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
