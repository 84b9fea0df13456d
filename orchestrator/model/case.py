"""A case: what the logs of one machine say of password reset on it, with the evidence for each sentence.

It is made offline, of files that may have come from anywhere, and is all that the console, the JSON file and the page
for a ticket are made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from orchestrator.model.confidence import Confidence
from orchestrator.model.message import Message


class Answer(StrEnum):
    """Whether password reset can work on the machine, as far as its files tell."""

    YES = "yes"
    """Nothing stands in the way on the machine; what is left is the user's side."""
    NO = "no"
    """At least one problem that is certain keeps it from working."""
    DOUBTFUL = "doubtful"
    """Something was found that may keep it from working."""
    UNKNOWN = "unknown"
    """The files do not hold what would have to be known."""


class Owner(StrEnum):
    """Whose task a problem is."""

    MACHINES = "machines"
    """Who administers the computers: settings, add-in, updates, restarts."""
    NETWORK = "network"
    """Who runs proxies and firewalls."""
    DIRECTORY = "directory"
    """Who administers Microsoft Entra ID and the domain."""
    USER = "user"
    """The user: registered methods, the right account."""


@dataclass(frozen=True)
class Piece:
    """A piece of evidence.

    Attributes:
        file: Its file, as the case lists it.
        place: The number of the line, or of the event in its log; None where it is the file as a whole.
        text: What stands there, on one line and shortened, without anything that a terminal would obey.
    """

    file: str
    place: int | None
    text: str


@dataclass(frozen=True)
class Problem:
    """One thing that keeps password reset from working, or may.

    Attributes:
        code: Stable name; that of the preflight's finding where it is one.
        says: What is so.
        remedy: What to do; None where the files do not tell.
        owner: Whose task that is.
        prevents: Whether nobody can reset a password while it is so.
        sure: How sure it is.
        evidence: In the order of importance; never empty.
    """

    code: str
    says: Message
    remedy: Message | None
    owner: Owner
    prevents: bool
    sure: Confidence
    evidence: tuple[Piece, ...]


class Lane(StrEnum):
    """What a moment of the timeline belongs to."""

    ADD_IN = "add_in"
    INSTALLER = "installer"
    WINDOWS = "windows"
    """Starts, shutdowns, services."""
    NETWORK = "network"
    """Schannel, CAPI2."""
    OURS = "ours"
    """Steps of this program's own runs."""
    CLOUD = "cloud"
    """What the directory's audit log says."""


@dataclass(frozen=True)
class Moment:
    """One thing that happened.

    Attributes:
        utc: When, in UTC by a right clock: what the host's clock was off is taken out where it is known.
        local: The host's own wall clock then, without a zone; None where its zone is not known.
        lane: What it belongs to.
        level: 1 critical, 2 error, 3 warning, 4 information, 5 verbose, 0 none.
        label: What happened, in plain words.
        details: What was said, on one line.
        at: Where it stands.
    """

    utc: datetime
    local: datetime | None
    lane: Lane
    level: int
    label: str
    details: str
    at: Piece


@dataclass(frozen=True)
class Installation:
    """What one log of Windows Installer says.

    Attributes:
        result: Exit code; None where the log ends before.
        cause: Why it failed, or that it did not.
        action: The action that failed first; None when none did.
    """

    file: str
    result: int | None
    cause: Message
    action: str | None
    remedy: Message | None
    sure: Confidence
    evidence: tuple[Piece, ...]


@dataclass(frozen=True)
class Attempt:
    """One reset of a password as the directory's audit log has it.

    Attributes:
        utc: When it began.
        user: Who, as the log names the account.
        succeeded: How it ended; None where the log does not tell.
        reason: What the log says, `resultReason` whole.
        address: The IP address that it came from; None where there is none.
        joined_by: Why it is taken for one of this machine: `address`, `time` or both; empty where it is not.
        at: Where it stands.
    """

    utc: datetime
    user: str
    succeeded: bool | None
    reason: str
    address: str | None
    joined_by: tuple[str, ...]
    at: Piece


@dataclass(frozen=True)
class CaseFile:
    """A file that was read.

    Attributes:
        name: Below what was given, with `/`; inside an archive behind the archive's name.
        kind: `events`, `installation-log`, `registry`, `check`, `audit`, `manifest`, `journal` (a run's own log);
            `other` where nothing reads it.
        bytes: Its length.
        sha256: Its hash; empty where it was not read at all.
        lost: What of it could not be read, was cut or was altered; None where there is nothing to say.
    """

    name: str
    kind: str
    bytes: int
    sha256: str
    lost: Message | None = None


@dataclass(frozen=True)
class Case:
    """All of it.

    Attributes:
        host: The machine's name; None where the files do not tell.
        computer_name: As the machine calls itself; None where the files do not tell.
        windows: Which Windows it is, in words; None where the files do not tell.
        taken: When the files were taken, in UTC; None where nobody noted it.
        zone_minutes: How far the host's wall clock was ahead of UTC at the end of the timeline; None when not known.
        clock_ahead_seconds: How far the host's clock was ahead of a right one; None when not known.
        answer: Can this machine reset a password today?
        verdict: The answer in a sentence.
        problems: The gravest first.
        questions: What to ask next, where nothing here tells why.
        installations: By file.
        attempts: In the order of time.
        timeline: In the order of time; `left_out` more moments were there.
        left_out: How many moments the timeline has no room for.
        files: What was read.
        attempts_left_out: How many more the audit log has, of other machines or other users.
        pseudonyms: How many different names of each kind were replaced, by kind; empty where none was to be.
    """

    host: str | None
    computer_name: str | None
    windows: str | None
    taken: datetime | None
    zone_minutes: int | None
    clock_ahead_seconds: float | None
    answer: Answer
    verdict: Message
    problems: tuple[Problem, ...] = ()
    questions: tuple[Message, ...] = ()
    installations: tuple[Installation, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    timeline: tuple[Moment, ...] = ()
    left_out: int = 0
    files: tuple[CaseFile, ...] = ()
    pseudonyms: tuple[tuple[str, int], ...] = ()
    attempts_left_out: int = 0
