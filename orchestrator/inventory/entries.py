"""The inventory file as a person writes it: its keys, what each may hold, and the JSON Schema for editors."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from orchestrator.inventory.credentials import NO_REFERENCE, is_reference
from orchestrator.inventory.ranges import expand
from orchestrator.model.validation import DocumentPath, Entry

_NAME: Final = re.compile(r"\w[\w.-]{0,254}")
_DNS_NAME: Final = re.compile(r"[\w.-]{1,255}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("a name is made of letters, digits, `-`, `_` and `.`, and begins with a letter or a digit")
    if text.casefold() == "all":
        raise ValueError("`all` always means every host; choose another name")
    return text


def _host_names(text: str) -> str:
    try:
        for name in expand(text):
            _name(name)
    except ValueError as error:
        raise ValueError(f"{error}; a range is written as in `PC-[003:120]`") from None
    return text


def _address(text: str) -> str:
    if ":" in text:
        try:
            ipaddress.IPv6Address(text)
        except ValueError:
            raise ValueError("expected a DNS name or an IP address alone; a port goes into the key `port`") from None
    elif not _DNS_NAME.fullmatch(text):
        raise ValueError("expected a DNS name or an IP address")
    return text


def _username(text: str) -> str:
    if not text.strip() or _CONTROL.search(text):
        raise ValueError(r"expected the name of a user; one with a backslash goes into single quotes: 'DOMAIN\user'")
    return text


def _reference(text: str) -> str:
    if not is_reference(text):
        raise ValueError(NO_REFERENCE)
    return text


def _listed(via: object) -> object:
    return [via] if isinstance(via, str) else via


GroupName = Annotated[str, AfterValidator(_name)]
JumpHostName = Annotated[str, AfterValidator(_name)]
Way = Annotated[tuple[JumpHostName, ...], BeforeValidator(_listed, json_schema_input_type=str | list[str])]
HostNames = Annotated[str, AfterValidator(_host_names), Field(description="A name, or several as in PC-[003:120].")]


class CredentialEntry(Entry):
    """Whom to log on as."""

    username: Annotated[str, AfterValidator(_username)] = Field(
        description=r"'DOMAIN\user', user@domain, or a local account; a member of the host's Administrators."
    )
    password: Annotated[str, AfterValidator(_reference)] = Field(
        description="Where the password is to be had: env:NAME, file:PATH or prompt: (you are asked for it once).",
        json_schema_extra={"pattern": "^(env:.|file:.|prompt:)"},
        repr=False,
    )


class Variables(Entry):
    """What can be said of all hosts, of a group or of one host; the nearest to the host counts."""

    credential: CredentialEntry | None = Field(default=None, description="Whom to log on as.", repr=False)
    port: int | None = Field(
        default=None, strict=True, ge=1, le=65535, description="TCP port of WinRM; 5985 unless said."
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

    address: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None, description="DNS name or IP address to connect to; the name of the host unless said."
    )


class JumpHostEntry(Entry):
    """An SSH server on the way to hosts, and how to log on there."""

    address: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None, description="DNS name or IP address; the name of the jump host unless said."
    )
    port: int | None = Field(default=None, strict=True, ge=1, le=65535, description="TCP port of SSH; 22 unless said.")
    username: Annotated[str, AfterValidator(_username)] = Field(description="Whom to log on as.")
    key: DocumentPath | None = Field(default=None, description="The file of a private key.")
    passphrase: Annotated[str, AfterValidator(_reference)] | None = Field(
        default=None,
        description="Where the passphrase of the key is to be had: env:NAME, file:PATH or prompt:.",
        json_schema_extra={"pattern": "^(env:.|file:.|prompt:)"},
        repr=False,
    )
    agent: bool = Field(default=False, strict=True, description="Whether the keys of the SSH agent are offered.")
    password: Annotated[str, AfterValidator(_reference)] | None = Field(
        default=None,
        description="Where the password is to be had: env:NAME, file:PATH or prompt:.",
        json_schema_extra={"pattern": "^(env:.|file:.|prompt:)"},
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
