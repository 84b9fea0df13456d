"""What a finding is declared with: its kind, the hosts on which it is looked for, and what an admin decides about it.

A kind is declared once, above the judge that finds it, by a function whose parameters are its message's:

    @finding("uac", Severity.WARN, where=rf"{POLICIES_SYSTEM}: EnableLUA", source=SSPR)
    def uac() -> None:
        \"\"\"User Account Control is switched off.\"\"\"

    yield uac.found({"EnableLUA": 0})

Its words are the message `finding-uac` of `sentences/en.ftl`: what is so, and as attributes its `.meaning` for all
hosts, what is `.fine` where it is not found, what is `.wanted` where it is looked for, and `.remedy`, what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Generic, ParamSpec

from orchestrator.model.finding import Finding, Read, Severity
from orchestrator.model.message import Declared, Message
from orchestrator.windows import branches
from orchestrator.windows.command import Evidence, Fact, Place, Sureness
from orchestrator.windows.egress import Endpoint
from orchestrator.windows.readiness.survey import Survey

P = ParamSpec("P")
Asked = Callable[[Survey], bool]

SSPR = Evidence("learn.microsoft.com, howto-sspr-windows", Sureness.DOCUMENTED)
"""The page on password reset at the log-on screen."""


def everywhere(_: Survey) -> bool:
    """It concerns every Windows."""
    return True


def before_10(survey: Survey) -> bool:
    """It concerns the add-in, which Windows 10 does not need."""
    return survey.machine.branch is not branches.WINDOWS_10


def on_7(survey: Survey) -> bool:
    """It concerns Windows 7 alone."""
    return survey.machine.branch is branches.WINDOWS_7


def on_10(survey: Survey) -> bool:
    """It concerns Windows 10 alone."""
    return survey.machine.branch is branches.WINDOWS_10


@dataclass(frozen=True)
class Kind(Generic[P]):
    """What all findings of one code have in common.

    Attributes:
        code: Stable name; policies speak of findings by it.
        severity: What such a finding does to a host unless somebody decides otherwise.
        says: Its message, with the remedy.
        where: Where it is looked for: a key of the registry with the value's name, a file, or what else is asked.
        source: Why we believe that it matters, and how sure that is.
        asked: Whether it was looked for on a host, and answered.
        firm: Whether it blocks whatever anybody decides: nothing that follows could succeed.
        rests_on: What has to be known of a host; otherwise it is neither found there nor said to be fine.
        numbers: Values that it is judged by and that have to be numbers; where one is none, nothing is fine.
        superseded_by: Codes of findings that are told in its place; where one is, it is neither found nor fine.
    """

    code: str
    severity: Severity
    says: Declared[P]
    where: str
    source: Evidence
    asked: Asked
    firm: bool
    rests_on: tuple[Fact[object], ...] = ()
    numbers: Sequence[Place] = ()
    superseded_by: tuple[str, ...] = ()

    def judges(self, survey: Survey) -> bool:
        """Whether all is known of a host that it rests on."""
        return survey.knows(*self.rests_on)

    def found(self, evidence: Mapping[str, Read], *arguments: P.args, **named: P.kwargs) -> Finding:
        """A finding of this kind: what was read, and its message's parameters."""
        remedy = self.says.remedy(*arguments, **named) if self.says.has_remedy else None
        return Finding(self.code, self.severity, self.says(*arguments, **named), evidence, remedy)

    @property
    def meaning(self) -> Message:
        """One line, true of every host that it is said of."""
        return Message(f"{self.says.code}.meaning")

    @property
    def fine(self) -> Message:
        """What is so when it is not found."""
        return Message(f"{self.says.code}.fine")

    @property
    def wanted(self) -> Message:
        """What would have to stand there for nothing to be found."""
        return Message(f"{self.says.code}.wanted")


def finding(
    code: str,
    severity: Severity,
    *,
    where: str,
    source: Evidence,
    asked: Asked = everywhere,
    firm: bool = False,
    remedy: bool = True,
    rests_on: tuple[Fact[object], ...] = (),
    numbers: Sequence[Place] = (),
    superseded_by: tuple[str, ...] = (),
) -> Callable[[Callable[P, None]], Kind[P]]:
    """Declares a kind of finding by a function of its message's parameters, whose body is empty.

    Only what merely informs may go without a remedy; Kind says what the other arguments are.
    """

    def declare(signature: Callable[P, None]) -> Kind[P]:
        says = Declared(f"finding-{code.replace('_', '-')}", signature, has_remedy=remedy)
        return Kind(code, severity, says, where, source, asked, firm, rests_on, numbers, superseded_by)

    return declare


@dataclass(frozen=True)
class Policy:
    """What an admin has decided about a preflight: which findings block a host, warn or are ignored, and the limits.

    Attributes:
        severities: Code → what such a finding does to a host, where that is not what its kind has.
        minimum_free_mb: Free space that the system drive must have, in megabytes.
        clock_tolerance: How far a host's clock may be ahead of ours or behind.
        egress: What each host is to reach by itself; None when that is not tried.
    """

    severities: Mapping[str, Severity] = field(default_factory=dict)
    minimum_free_mb: int = 200
    clock_tolerance: timedelta = timedelta(minutes=5)
    egress: Endpoint | None = None

    def judged(self, finding: Finding) -> Finding:
        """The finding with the severity that was decided on."""
        return replace(finding, severity=self.severities.get(finding.code, finding.severity))
