r"""Every error that the program raises on purpose.

    OrchestratorError
    ├── RunStopped                the operator stops the run; hosts at rest end here
    ├── PushAwaited               others are sent files first; the step begins anew when it is the host's turn
    ├── UsageError                what the person gave is wrong; nothing was begun (exit code 2)
    │   ├── DocumentError         an inventory, playbook or faults file: names file, line and key
    │   ├── UntrustedPath         what decides about hosts, and another person may write it
    │   ├── PackageError          an MSI file that cannot be used
    │   │   └── PackageUnproven   one that may be the add-in's and does not say so
    │   └── SecretUnavailable     a reference that leads to no secret
    └── TargetError               something between us and one host
        ├── Unreachable           no answer on the port, or WinRM not up yet           RECONNECT
        │   ├── BrokenAtLogon     it took the connection, which then broke too early   RECONNECT
        │   ├── NameUnknown       its name leads to no address                         RECONNECT
        │   └── JumpHostUnreachable   no SSH connection to a jump host on the way      RECONNECT
        │       └── JumpHostDefers    it has said that it takes us later                BACK_OFF
        ├── JumpHostRefused       a jump host is not known, or lets us not in or not on NEVER
        ├── ConnectionLost        the connection broke in the middle of an exchange     RECONNECT
        │   └── AnswerDamaged     a seal is broken, or what came is not what was agreed ONCE
        ├── DeadlineExceeded      no answer within the time allowed (also TimeoutError) RECONNECT
        ├── ChangeUnsettled       one of these three while a change was under way       LOOK
        ├── HandshakeFailed       HTTPS: certificate not accepted, or no TLS in common  NEVER
        │   └── HandshakeDamaged  what came of TLS makes no sense                       ONCE
        ├── LogonRefused          user, password or another proof not accepted          NEVER
        │   └── LogonImpossible   way not offered, or no ticket: nobody judged a secret NEVER
        ├── AnotherMachine        who answers is not the machine that is meant          NEVER
        ├── LogonWithheld         not tried, so that the account is not locked          NEVER
        ├── AccessDenied          logged on, but not allowed (also PermissionError)     NEVER
        ├── WsManFault            any other fault of the service; its table row decides
        │   └── UnknownFault      one that the table does not know                      NEVER
        ├── CommandFailed         a tool ended with an exit code that we did not expect NEVER
        │   └── PassingFailure    with one that passes by itself                        BACK_OFF
        ├── UnexpectedOutput      a tool's output is not what we know                   NEVER
        │   ├── CommandUnanswered cmd.exe does not come to a command's end               NEVER
        │   └── EndlessOutput     more output than a host may cost                      NEVER
        ├── TransferCorrupt       SHA-256 differs on the two ends                       LOOK
        ├── SourceChanged         the file here is not the one that was to be sent      NEVER
        ├── LeaseHeld             another run has the host; nothing was changed         WAIT
        ├── LeaseLost             this run had it, and has it no more                   NEVER
        ├── FileHeld              a dead client's command still writes a file there      BACK_OFF
        ├── TaskNeverStarted      Task Scheduler takes a task, twice, and starts it not NEVER
        ├── CoordinatorError      this computer, not the host, could not do its part
        │   ├── ResourcesExhausted    no descriptor, thread, port or memory left here   BACK_OFF
        │   ├── InputUnusable     what was given is not fit any more                    NEVER
        │   └── FileUnusable      a file here cannot be written or read: disk full, say NEVER
        │       ├── LogonsNotKept     what is known of refused log-ons                  NEVER
        │       └── RecordNotKept     the record that goes before a change; stops runs  NEVER
        └── WouldChange           a change met under --check: not an error, see `Target.stop_in_check_mode`

A class says by `retry` whether the step may be tried again, and by `outcome` what becomes of the host when it may not
or when time is up. No caller looks at the text.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import ClassVar, Final

from orchestrator.model.finding import Read
from orchestrator.model.message import Declared, Message, message, phrase
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
    """A quota of the host, or of this computer, is used up: wait, then again."""
    ONCE = "once"
    """Damaged on the way, or a peer that is none: connect anew, and take the second time for the answer."""
    LOOK = "look"
    """A change may or may not have taken effect: the step starts over with looking."""
    WAIT = "wait"
    """Somebody else is at work there, and nothing was done: the step starts over when they have ended."""


class Resource(Enum):
    """What this computer can have too little of."""

    DESCRIPTORS = "descriptors"
    MEMORY = "memory"
    PORTS = "ports"
    THREADS = "threads"


class OrchestratorError(Exception):
    """Root of the tree."""


class RunStopped(OrchestratorError):
    """The operator stops the run: who rests, or has not begun, does not go on.

    Attributes:
        reason: Why, as hosts that do not get through say it.
    """

    def __init__(self, reason: Message) -> None:
        self.reason = reason
        super().__init__(reason)


class PushAwaited(OrchestratorError):
    """It is not the host's turn to be sent a file; nothing was sent.

    Attributes:
        size: Bytes that are to be sent, as they are on the line.
        pause: Seconds of the run after which it is to ask again.
    """

    def __init__(self, size: int, pause: float) -> None:
        self.size, self.pause = size, pause
        super().__init__(size, pause)


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


class UntrustedPath(UsageError):
    """What decides about hosts could be another person's word: somebody else may write it, or a folder above it.

    Args:
        path: As it was given.
        open: What others may write: the path itself, or something on the way there.
        problem: Who may, and what to do.
    """

    def __init__(self, path: Path, open: Path, problem: str) -> None:  # noqa: A002 - it is
        self.path, self.open, self.problem = path, open, problem
        super().__init__(f"{path}: {problem}")


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
        answered: Whether the host was there, so that it is not one that is off.
        remedy: What a person can do about it; None where only the evidence can tell.
        evidence: JSON-able facts for the result file.
        waited: Seconds that a log-on had waited for its turn before, which count against no deadline.
    """

    retry: Retry = Retry.NEVER
    outcome: ClassVar[Outcome] = Outcome.FAILED
    answered: ClassVar[bool] = True
    remedy: Message | None = None
    waited: float = 0.0

    def __init__(self, reason: Message, *, remedy: Message | None = None, **evidence: Read) -> None:
        self.reason = reason
        self.remedy = remedy or type(self).remedy
        self.evidence: Mapping[str, Read] = evidence
        super().__init__(reason)


class Unreachable(TargetError, ConnectionError):
    """No answer on the port, or an HTTP server that is not a ready WinRM service."""

    retry = Retry.RECONNECT
    outcome = Outcome.UNREACHABLE
    answered = False
    remedy = phrase("remedy-unreachable")()


class BrokenAtLogon(Unreachable):
    """The host took the connection, which broke before the log-on was over: a bad line, and no host that is off."""

    answered = True


class NameUnknown(Unreachable):
    """The host's name leads to no address on this machine."""

    remedy = phrase("remedy-name-unknown")()


class JumpHostUnreachable(Unreachable):
    """No SSH connection to a jump host on the way; of the host behind it nothing is known."""

    remedy = phrase("remedy-jump-host-unreachable")()


@message("jump-host-defers", remedy=True)
def _defers(jump_host: str, said: str) -> None: ...


class JumpHostDefers(JumpHostUnreachable):
    """A jump host is there and takes no connection of ours at the moment, as it has said; waiting is what helps.

    Args:
        jump_host: Its name.
        said: Its own words.
        address: Where it is.
    """

    retry = Retry.BACK_OFF

    def __init__(self, jump_host: str, said: str, address: str) -> None:
        super().__init__(_defers(jump_host, said), remedy=_defers.remedy(jump_host, said), address=address)


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


_SEE_THE_SERVICE: Final = phrase("remedy-winrm-fault")()


class AnswerDamaged(ConnectionLost):
    """The connection holds, but an answer's seal is broken or it has none; nothing more is asked on it."""

    retry = Retry.ONCE
    outcome = Outcome.FAILED
    remedy = _SEE_THE_SERVICE


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


class HandshakeDamaged(HandshakeFailed):
    """What came in the handshake, or right after it, is no TLS: no peer that means well sends such a thing."""

    retry = Retry.ONCE


class LogonRefused(TargetError):
    """Whoever judged the credential did not accept it. Never tried again: repeating it locks accounts."""

    outcome = Outcome.UNREACHABLE
    remedy = phrase("remedy-logon-refused")()


class LogonImpossible(LogonRefused):
    """It did not come to judging the credential: the host does not offer the way, or there is no ticket for it."""


@message("another-machine", remedy=True)
def _another(found: str, meant: str) -> None: ...


class AnotherMachine(TargetError):
    """Who answers is not the machine that is meant, by its own name; it was asked for that, and for nothing else.

    Args:
        found: What it calls itself.
        meant: What the machine that is meant calls itself.
    """

    outcome = Outcome.UNREACHABLE

    def __init__(self, found: str, meant: str) -> None:
        super().__init__(
            _another(found, meant), remedy=_another.remedy(found, meant), computer_name=found, expected=meant
        )


class LogonWithheld(TargetError):
    """Not tried: the account was refused so often that it may be locked by another time."""

    outcome = Outcome.CANCELLED
    remedy = phrase("remedy-logon-withheld")()


class AccessDenied(TargetError, PermissionError):
    """The account logged on but may not do this (WSManFault 5)."""

    outcome = Outcome.BLOCKED
    remedy = phrase("remedy-access-denied")()


class WsManFault(TargetError):
    """A fault of the WinRM service, by its code; `retry` comes from the table in `connect.faults`."""

    remedy = _SEE_THE_SERVICE

    def __init__(
        self, reason: Message, *, code: int | None, retry: Retry, remedy: Message | None = None, **evidence: Read
    ) -> None:
        super().__init__(reason, remedy=remedy, wsman_fault=code, **evidence)
        self.code = code
        self.retry = retry


class UnknownFault(WsManFault):
    """One of which the table has no row; a host that starts may say anything."""


class CommandFailed(TargetError):
    """A tool on the host ended with an exit code that we did not expect."""

    remedy = phrase("remedy-command-failed")()

    def __init__(self, reason: Message, *, command: str, exit_code: int, output: str) -> None:
        super().__init__(reason, command=command, exit_code=exit_code, output=output[-2000:])
        self.exit_code = exit_code
        self.output = output


class PassingFailure(CommandFailed):
    """The same with a code that passes by itself, as of a service that is about to start; see `windows.win32`."""

    retry = Retry.BACK_OFF


class UnexpectedOutput(TargetError):
    """A tool's output is not what we know; rather than guess, we stop here."""

    remedy = phrase("remedy-unexpected-output")()


class CommandUnanswered(UnexpectedOutput):
    """cmd.exe did not come to the end of a command: it cannot read it, or something ended the line."""


class EndlessOutput(UnexpectedOutput):
    """A command line printed more than is read of a host."""


class TransferCorrupt(TargetError):
    """SHA-256 differs between the two ends of a transfer."""

    retry = Retry.LOOK
    remedy = phrase("remedy-transfer-corrupt")()


class SourceChanged(TargetError):
    """The file here is not the one that was looked at when it was decided to send it."""

    remedy = phrase("remedy-source-changed")()


@message("lease-held", remedy=True)
def _held(owner: Message, since: str) -> None: ...


@message("lease-lost", remedy=True)
def _lost(owner: Message) -> None: ...


class LeaseHeld(TargetError):
    """Another run has the host's lease; nothing was changed.

    Args:
        owner: Who has it.
        since: From when on, by the host's clock, to the minute.
        until: Until when unless it is renewed, in ISO 8601; None where it does not say.
    """

    retry = Retry.WAIT
    outcome = Outcome.BLOCKED

    def __init__(self, owner: Message, since: str, until: str | None) -> None:
        super().__init__(_held(owner, since), remedy=_held.remedy(owner, since), lease_until=until)


class LeaseLost(TargetError):
    """This run had the host's lease and has it no more: it was broken, or ran out and was taken. Nothing more is done.

    Args:
        owner: Who has it now.
    """

    outcome = Outcome.UNKNOWN

    def __init__(self, owner: Message) -> None:
        super().__init__(_lost(owner), remedy=_lost.remedy(owner))


@message("file-held")
def _file_held(path: str) -> None: ...


class FileHeld(TargetError):
    """A file on the host cannot be written because a program there has it open.

    Mostly that is a command of a client that is no more: of a run that was killed in the middle of an upload. It ends
    with its shell, which the host gives up when it has been idle for long enough.
    """

    retry = Retry.BACK_OFF
    remedy = phrase("remedy-file-held")()

    def __init__(self, path: str) -> None:
        super().__init__(_file_held(path), path=path)


_NEVER_STARTED = phrase("task-never-started")


class TaskNeverStarted(TargetError):
    """Task Scheduler has taken a task and not started it, twice; what was asked for has not been begun."""

    remedy = phrase("remedy-task-never-started")()

    def __init__(self) -> None:
        super().__init__(_NEVER_STARTED())


class CoordinatorError(TargetError):
    """This computer could not do its part of the work on a host, and the host has nothing to do with it."""


@message("own-resources-exhausted", remedy=True)
def _exhausted(resource: str) -> None: ...


class ResourcesExhausted(CoordinatorError):
    """This computer has none left of something that other work gives back after a while."""

    retry = Retry.BACK_OFF

    def __init__(self, resource: Resource) -> None:
        super().__init__(_exhausted(resource.value), remedy=_exhausted.remedy(resource.value))


@message("own-file-unusable", remedy=True)
def _unusable(path: str, error: str) -> None: ...


class FileUnusable(CoordinatorError):
    """A file of this computer cannot be written or read.

    Args:
        path: The file, or a folder above it that says enough.
        error: What the operating system says.
        file: The file itself, for the evidence.
    """

    says: ClassVar[Declared[[str, str]]] = _unusable

    def __init__(self, path: Path, error: str, file: Path | None = None) -> None:
        says = type(self).says
        super().__init__(says(str(path), error), remedy=says.remedy(str(path), error), file=str(file or path))
        self.path, self.error = path, error


@message("own-input-unusable", remedy=True)
def _input_unusable(problem: str) -> None: ...


class InputUnusable(CoordinatorError):
    """What a person gave was fit when the run began, and is not any more: a package has gone, say."""

    def __init__(self, problem: UsageError) -> None:
        super().__init__(_input_unusable(str(problem)), remedy=_input_unusable.remedy(str(problem)))


@message("own-log-ons-not-kept", remedy=True)
def _log_ons_not_kept(path: str, error: str) -> None: ...


class LogonsNotKept(FileUnusable):
    """What is known of refused log-ons cannot be kept, without which accounts could be locked: nobody logs on."""

    says = _log_ons_not_kept


@message("own-record-not-kept", remedy=True)
def _not_kept(path: str, error: str) -> None: ...


class RecordNotKept(FileUnusable):
    """What a change is about to replace could not be written down, so it is not made; nor is any other of the run."""

    says = _not_kept


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
