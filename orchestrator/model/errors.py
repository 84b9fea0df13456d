r"""Every error that the program raises on purpose.

    OrchestratorError
    ├── RunStopped                the operator or a guard stops the run; hosts at rest end here
    ├── UsageError                what the person gave is wrong; nothing was begun (exit code 2)
    │   ├── DocumentError         an inventory, playbook or faults file: names file, line and key
    │   ├── PackageError          an MSI file that cannot be used
    │   │   └── PackageUnproven   one that may be the add-in's and does not say so
    │   └── SecretUnavailable     a reference that leads to no secret
    └── TargetError               something between us and one host
        ├── Unreachable           no answer on the port, or WinRM not up yet           RECONNECT
        │   ├── NameUnknown       its name leads to no address                         RECONNECT
        │   └── JumpHostUnreachable   no SSH connection to a jump host on the way      RECONNECT
        ├── JumpHostRefused       a jump host is not known, or lets us not in or not on NEVER
        ├── ConnectionLost        the connection broke in the middle of an exchange     RECONNECT
        ├── DeadlineExceeded      no answer within the time allowed (also TimeoutError) RECONNECT
        ├── ChangeUnsettled       one of these three while a change was under way       LOOK
        ├── HandshakeFailed       HTTPS: certificate not accepted, or no TLS in common  NEVER
        ├── LogonRefused          user, password or another proof not accepted          NEVER
        │   └── LogonImpossible   way not offered, or no ticket: nobody judged a secret NEVER
        ├── AccessDenied          logged on, but not allowed (also PermissionError)     NEVER
        ├── WsManFault            any other fault of the service; its table row decides
        ├── CommandFailed         a tool ended with an exit code that we did not expect NEVER
        ├── UnexpectedOutput      a tool's output is not what we know                   NEVER
        ├── TransferCorrupt       SHA-256 differs on the two ends                       LOOK
        ├── TaskNeverStarted      Task Scheduler takes a task, twice, and starts it not NEVER
        └── WouldChange           a change met under --check: not an error, see `Target.stop_in_check_mode`

A class says by `retry` whether the step may be tried again, and by `outcome` what becomes of the host when it may not
or when time is up. No caller looks at the text.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import ClassVar

from orchestrator.model.finding import Read
from orchestrator.model.message import Message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult


class Retry(Enum):
    """Whether a step may be tried again after an error.

    Every step looks before it changes, so a retry never repeats a change that took effect.
    """

    NEVER = "never"
    RECONNECT = "reconnect"
    """Nothing was being changed: connect anew and run the step again."""
    NEW_SHELL = "new_shell"
    """The service has lost the shell: open another on the same connection."""
    BACK_OFF = "back_off"
    """A quota of the host is used up: wait, then again."""
    LOOK = "look"
    """A change may or may not have taken effect: the step starts over with looking."""


class OrchestratorError(Exception):
    """Root of the tree."""


class RunStopped(OrchestratorError):
    """The operator or a guard stops the run: who rests, or has not begun, does not go on.

    Attributes:
        reason: Why, as hosts that do not get through say it.
    """

    def __init__(self, reason: Message) -> None:
        self.reason = reason
        super().__init__(reason)


class UsageError(OrchestratorError):
    """What the person gave is wrong. The text says what is wrong and what to do."""


class DocumentError(UsageError):
    """A file that a person wrote cannot be used.

    Args:
        path: The file.
        line: Its line, from 1; None when the whole file is meant.
        problem: What is wrong and what is expected, naming the key.
    """

    def __init__(self, path: Path, line: int | None, problem: str) -> None:
        self.path, self.line, self.problem = path, line, problem
        super().__init__(f"{path}:{line}: {problem}" if line is not None else f"{path}: {problem}")


class PackageError(UsageError):
    """An MSI file that cannot be used."""


class PackageUnproven(PackageError):
    """An MSI file of which only a host can tell, afterwards, whether it is the add-in's: a person is to decide."""


class SecretUnavailable(UsageError):
    """A reference that leads to no secret. The text names the reference, never a value."""


class TargetError(OrchestratorError):
    """Something between us and one host.

    Attributes:
        retry: Whether the step may be tried again.
        outcome: What becomes of the host when it is not.
        remedy: What a person can do about it; None where only the evidence can tell.
        evidence: JSON-able facts for the result file.
    """

    retry: Retry = Retry.NEVER
    outcome: ClassVar[Outcome] = Outcome.FAILED
    remedy: Message | None = None

    def __init__(self, reason: Message, *, remedy: Message | None = None, **evidence: Read) -> None:
        self.reason = reason
        self.remedy = remedy or type(self).remedy
        self.evidence: Mapping[str, Read] = evidence
        super().__init__(reason)


class Unreachable(TargetError, ConnectionError):
    """No answer on the port, or an HTTP server that is not a ready WinRM service."""

    retry = Retry.RECONNECT
    outcome = Outcome.UNREACHABLE
    remedy = phrase("remedy-unreachable")()


class NameUnknown(Unreachable):
    """The host's name leads to no address on this machine."""

    remedy = phrase("remedy-name-unknown")()


class JumpHostUnreachable(Unreachable):
    """No SSH connection to a jump host on the way; of the host behind it nothing is known."""

    remedy = phrase("remedy-jump-host-unreachable")()


class JumpHostRefused(TargetError):
    """A jump host's key is not trusted, or it refuses our log-on or the connection onwards.

    Never tried again: repeating a log-on locks accounts, and the rest does not change by itself.
    """

    outcome = Outcome.UNREACHABLE

    def __init__(self, reason: Message, *, remedy: Message, jump_host: str, **evidence: Read) -> None:
        super().__init__(reason, remedy=remedy, jump_host=jump_host, **evidence)


class ConnectionLost(TargetError, ConnectionError):
    """The connection broke in the middle of an exchange; what was being asked may have been carried out."""

    retry = Retry.RECONNECT
    outcome = Outcome.UNREACHABLE
    remedy = phrase("remedy-connection-lost")()


class DeadlineExceeded(TargetError, TimeoutError):
    """The host did not answer within the time allowed."""

    retry = Retry.RECONNECT
    outcome = Outcome.UNREACHABLE
    remedy = phrase("remedy-deadline-exceeded")()


class ChangeUnsettled(TargetError):
    """The connection was lost while a change was under way."""

    retry = Retry.LOOK
    outcome = Outcome.UNKNOWN
    remedy = phrase("remedy-change-unsettled")()


class HandshakeFailed(TargetError):
    """The host answers, but TLS with it cannot be spoken or its certificate is not the one that is expected."""

    outcome = Outcome.UNREACHABLE


class LogonRefused(TargetError):
    """Whoever judged the credential did not accept it. Never tried again: repeating it locks accounts."""

    outcome = Outcome.UNREACHABLE
    remedy = phrase("remedy-logon-refused")()


class LogonImpossible(LogonRefused):
    """It did not come to judging the credential: the host does not offer the way, or there is no ticket for it."""


class AccessDenied(TargetError, PermissionError):
    """The account logged on but may not do this (WSManFault 5)."""

    outcome = Outcome.BLOCKED
    remedy = phrase("remedy-access-denied")()


class WsManFault(TargetError):
    """A fault of the WinRM service, by its code; `retry` comes from the table in `connect.faults`."""

    remedy = phrase("remedy-winrm-fault")()

    def __init__(
        self, reason: Message, *, code: int | None, retry: Retry, remedy: Message | None = None, **evidence: Read
    ) -> None:
        super().__init__(reason, remedy=remedy, wsman_fault=code, **evidence)
        self.code = code
        self.retry = retry


class CommandFailed(TargetError):
    """A tool on the host ended with an exit code that we did not expect."""

    remedy = phrase("remedy-command-failed")()

    def __init__(self, reason: Message, *, command: str, exit_code: int, output: str) -> None:
        super().__init__(reason, command=command, exit_code=exit_code, output=output[-2000:])
        self.exit_code = exit_code


class UnexpectedOutput(TargetError):
    """A tool's output is not what we know; rather than guess, we stop here."""

    remedy = phrase("remedy-unexpected-output")()


class TransferCorrupt(TargetError):
    """SHA-256 differs between the two ends of a transfer."""

    retry = Retry.LOOK
    remedy = phrase("remedy-transfer-corrupt")()


_NEVER_STARTED = phrase("task-never-started")


class TaskNeverStarted(TargetError):
    """Task Scheduler has taken a task and not started it, twice; what was asked for has not been begun."""

    remedy = phrase("remedy-task-never-started")()

    def __init__(self) -> None:
        super().__init__(_NEVER_STARTED())


class WouldChange(TargetError):
    """A change met while nothing may be changed (`--check`); `result` is what the step ends with instead."""

    outcome = Outcome.CHANGED

    def __init__(self, result: StepResult) -> None:
        super().__init__(result.reason)
        self.result = result


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean …?` with the nearest of the known words, or nothing when none is near; for texts of errors."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    nearest = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    return f"; did you mean `{by_folded[nearest[0]]}`?" if nearest else ""
