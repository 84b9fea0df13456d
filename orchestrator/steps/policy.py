"""What admins decide about the findings of a preflight, as they write it: in a file of its own, or in a playbook."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, field_validator

from orchestrator.model.errors import did_you_mean
from orchestrator.model.finding import Severity
from orchestrator.model.shared_files import load_shared
from orchestrator.model.validation import Entry
from orchestrator.sentences import ENGLISH, language, say
from orchestrator.windows.egress import HTTPS, SERVICE, Endpoint
from orchestrator.windows.readiness.finding import Policy
from orchestrator.windows.readiness.judging import KINDS

_DEFAULTS: Final = Policy()
_DECISIONS: Final = [severity.value for severity in Severity]


def _code(text: str) -> str:
    if text not in KINDS:
        hint = did_you_mean(text, KINDS) or f"; there are {', '.join(KINDS)}"
        raise ValueError(f"there is no such finding{hint}")
    return text


def _not_lowered(decisions: Mapping[str, str]) -> Mapping[str, str]:
    for code, decision in decisions.items():
        kind = KINDS[code]
        if kind.firm and decision != Severity.BLOCK:
            raise ValueError(
                f"`{code}` always blocks ({say(kind.meaning)}), and no policy changes that; take the line out, "
                "and leave such hosts out with --limit"
            )
    return decisions


def _host_name(text: str) -> str:
    return Endpoint(text).name


def _codes_for_editors(schema: dict[str, Any]) -> None:
    """Let editors complete every code, and show what it means and what holds unless somebody decides."""
    english = language(ENGLISH)
    schema["additionalProperties"] = False
    schema["properties"] = {
        kind.code: {
            "description": f"{english.say(kind.meaning)} ({kind.severity} unless decided otherwise)",
            "enum": [Severity.BLOCK.value] if kind.firm else _DECISIONS,
        }
        for kind in KINDS.values()
    }


Code = Annotated[str, AfterValidator(_code)]
Decision = Literal["block", "warn", "info", "ignore"]


class EndpointEntry(Entry):
    """What each host is to reach by itself, with its own TLS."""

    name: Annotated[str, AfterValidator(_host_name)] = Field(default=SERVICE, description="The service's name in DNS.")
    port: int = Field(default=HTTPS, strict=True, ge=1, le=65535, description="Its port.")


class PolicyEntry(Entry):
    """What is decided about findings, and the limits from which on there is a finding."""

    findings: Annotated[dict[Code, Decision], AfterValidator(_not_lowered)] = Field(
        default={},
        description="Finding → block, warn, info or ignore; every finding has a severity unless said here.",
        json_schema_extra=_codes_for_editors,
    )
    minimum_free_mb: int = Field(
        default=_DEFAULTS.minimum_free_mb,
        strict=True,
        ge=0,
        description="Free space that the system drive must have, in megabytes; else there is the finding `disk`.",
    )
    clock_minutes: int = Field(
        default=_DEFAULTS.clock_tolerance // timedelta(minutes=1),
        strict=True,
        ge=1,
        description="How far a host's clock may be off, in minutes; else there is the finding `clock`.",
    )

    egress: EndpointEntry | None = Field(
        default=None,
        description="Whether each host tries to reach the service, and which; not tried unless this is said. Each "
        "host makes one HTTPS request by its script host, from a file that is there as long as that takes.",
    )

    @field_validator("egress", mode="before")
    @classmethod
    def _nothing_is_defaults(cls, value: object) -> object:
        """`egress:` with nothing behind it asks for the usual service."""
        return {} if value is None else value

    @property
    def decided(self) -> Policy:
        """All of it as a preflight goes by it."""
        return Policy(
            severities={code: Severity(decision) for code, decision in self.findings.items()},
            minimum_free_mb=self.minimum_free_mb,
            clock_tolerance=timedelta(minutes=self.clock_minutes),
            egress=Endpoint(self.egress.name, self.egress.port) if self.egress else None,
        )

    def above(self, other: PolicyEntry) -> dict[str, Any]:
        """Keys and values of both; what is said here goes before what `other` says, finding by finding."""
        said = other.model_dump(exclude_unset=True) | self.model_dump(exclude_unset=True)
        return {**said, "findings": {**other.findings, **self.findings}}


def load_policy(path: Path) -> PolicyEntry:
    """Reads a policy file.

    Raises:
        DocumentError: The file cannot be used. Every problem in it is told with its line.
        UntrustedPath: Another person may write it.
    """
    return load_shared(path).parse(PolicyEntry)


def schema() -> dict[str, Any]:
    """The JSON Schema of a policy file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **PolicyEntry.model_json_schema()}
