"""How to log on, as a person writes it: the credential, HTTPS, and what Kerberos has to know."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, TypeAlias, get_args

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import core_schema

from orchestrator.inventory.values import Address, Fingerprint, Reference, SpnHost, UserName
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
