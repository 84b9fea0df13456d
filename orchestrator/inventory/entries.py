"""The inventory file as a person writes it, log-ons included: its keys, what each may hold, and the JSON Schema."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args

from pydantic import BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import core_schema

from orchestrator.inventory.maintenance import MaintenanceEntry
from orchestrator.inventory.values import (
    Address,
    ComputerName,
    Fingerprint,
    GroupName,
    HostNames,
    JumpHostName,
    Reference,
    SpnHost,
    UserName,
)
from orchestrator.model.host import Identity, Logon
from orchestrator.model.validation import DocumentPath, Entry

Proof: TypeAlias = Literal["password", "nt_hash", "keytab", "ccache", "certificate"]
PROOFS: Final[tuple[Proof, ...]] = get_args(Proof)
"""The keys of a credential that prove who we are."""


class CredentialEntry(Entry):
    """Whom to log on as, and what proves it: a password, or one of the things that stand for one."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": ["username"]}, {"required": ["ccache"]}, {"required": ["certificate"]}]
        }
    )

    username: UserName | None = Field(
        default=None,
        description=r"'DOMAIN\user', user@domain, or a local account; a member of the host's Administrators.",
    )
    password: Reference | None = Field(
        default=None,
        description="Where the password is to be had: env:NAME, file:PATH, keyring:SERVICE/NAME or prompt: (you are "
        "asked for it once).",
        repr=False,
    )
    nt_hash: Reference | None = Field(
        default=None, description="Where the NT hash of the password is to be had, for NTLM.", repr=False
    )
    keytab: DocumentPath | None = Field(default=None, description="A file with the account's keys, for Kerberos.")
    ccache: UserName | None = Field(
        default=None, description="A ticket cache, a file or TYPE:NAME, for Kerberos; the session's unless said."
    )
    certificate: DocumentPath | None = Field(
        default=None, description="A client certificate in PEM, for `logon: certificate`."
    )
    key: DocumentPath | None = Field(default=None, description="Its private key in PEM, unless in the same file.")
    key_password: Reference | None = Field(
        default=None, description="Where the password of the key is to be had, if it has one.", repr=False
    )

    @property
    def proof(self) -> Proof | None:
        """The key that proves who we are; None when that is left to the ticket of the session."""
        return next((proof for proof in PROOFS if getattr(self, proof) is not None), None)

    @model_validator(mode="after")
    def _fits_together(self) -> CredentialEntry:
        said = [proof for proof in PROOFS if getattr(self, proof) is not None]
        if len(said) > 1:
            raise ValueError(f"say one of {_listing(said)}, not {len(said)} of them")
        if self.username is None and self.proof not in {"ccache", "certificate"}:
            raise ValueError("the key `username` is missing")
        if self.username is not None and self.proof == "certificate":
            raise ValueError("leave out `username`: the host knows to whom it maps the certificate")
        if self.certificate is None and (self.key is not None or self.key_password is not None):
            raise ValueError("`key` and `key_password` belong to a `certificate`; name its file")
        return self


class HttpsEntry(Entry):
    """WinRM over HTTPS: whose certificates are accepted."""

    ca: DocumentPath | None = Field(
        default=None, description="A PEM file with the authorities that are trusted; the system's unless said."
    )
    fingerprint: Fingerprint | None = Field(
        default=None, description="SHA-256 of the one certificate that is accepted, as SHA256:ab:cd:…"
    )
    server_name: Address | None = Field(
        default=None,
        description="The name in the certificate; the host's address unless said, or its name where that is an IP "
        "address.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> HttpsEntry:
        if self.fingerprint is not None and (self.ca is not None or self.server_name is not None):
            raise ValueError("a `fingerprint` says all about a certificate; leave out `ca` and `server_name`")
        return self


class NoHttps(HttpsEntry):
    """`https: false`: HTTP, whatever groups around say."""


class OrBoolean:
    """Lets `true` stand for HTTPS as it comes, and `false` for none."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_wrap_validator_function(_switched, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [{"type": "boolean"}, handler(schema)]}


def _switched(value: Any, validate: Callable[[Any], HttpsEntry]) -> HttpsEntry:
    if isinstance(value, bool):
        return HttpsEntry() if value else NoHttps()
    if not isinstance(value, dict):
        raise ValueError("expected true, false, or keys with values")  # noqa: TRY004 - what pydantic takes for a problem
    return validate(value)


class KerberosEntry(Entry):
    """What Kerberos has to know of hosts."""

    spn_host: SpnHost | None = Field(
        default=None,
        description="The host in HTTP/host; the host's address unless said, or its name if that is an IP address.",
    )
    delegate: bool = Field(
        default=False, strict=True, description="Whether hosts may act for the account elsewhere; leave it off."
    )


def _listing(keys: Iterable[str]) -> str:
    return ", ".join(f"`{key}`" for key in keys)


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
    identity: Identity | None = Field(
        default=None,
        description="Which machine may answer: `name`, the one that is called as here, unless said; `any` for names "
        "that are no computer names. Kerberos and HTTPS prove it by themselves.",
    )
    maintenance: MaintenanceEntry | None = Field(
        default=None, description="When hosts may be changed and restarted, by their own clocks; any time unless said."
    )
    anti_affinity: GroupName | None = Field(
        default=None,
        description="A name of your own, as of a cluster or a branch: no two hosts that have the same restart at once.",
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
    computer_name: ComputerName | None = Field(
        default=None, description="What the machine calls itself, where that is another name than the host's here."
    )

    @model_validator(mode="after")
    def _one_word_on_who_answers(self) -> HostEntry:
        if self.computer_name is not None and self.identity == "any":
            raise ValueError("`computer_name` says which machine may answer, and `identity: any` that any may; say one")
        return self


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


def _risking_one(threshold: object) -> object:
    """What Windows has beside a threshold from which log-ons can be risked, in words."""
    if threshold == 0:
        raise ValueError("0 says that accounts are never locked; leave it out, so that an account is kept all the same")
    if threshold == 1:
        raise ValueError(
            "where one wrong password locks an account, no log-on can be risked; have the domain allow one"
        )
    return threshold


class LockoutEntry(Entry):
    """How the domain locks accounts, so that it never comes to that."""

    threshold: Annotated[int, BeforeValidator(_risking_one)] = Field(
        default=5,
        strict=True,
        ge=2,
        le=999,
        description="How many wrong passwords lock an account (Account lockout threshold); one less are risked.",
    )


class InventoryFile(Entry):
    """An inventory: the hosts, the groups that they belong to, and how to log on."""

    all: Variables = Field(default=Variables(), description="What holds for every host unless said otherwise.")
    lockout: LockoutEntry = Field(default=LockoutEntry(), description="How accounts are locked.")
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
