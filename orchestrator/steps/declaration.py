"""What a step is: its parameters, its context, and StepKind, from which schema, lists, pages and plans are derived."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Generic, Literal, Protocol, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from orchestrator.model.capture import CaptureDetail
from orchestrator.model.clock import Clock, Moment
from orchestrator.model.codec import decode, encode
from orchestrator.model.errors import UsageError
from orchestrator.model.maintenance import Zone
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.result import Rest, StepRecord, StepResult
from orchestrator.model.validation import DocumentPath, Entry
from orchestrator.model.waiting import Wait
from orchestrator.package.msi import trusted_package
from orchestrator.package.packages import Package
from orchestrator.remote.leasing import NothingKnown, OtherRuns
from orchestrator.remote.target import Target

S = TypeVar("S")

_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")
SET_BACK: Final = phrase("remedy-set-back")()
"""What to do where something was written and does not stand there a moment later."""


@message("did-not-stay")
def did_not_stay(name: str) -> None:
    """A value or a file was written, and a moment later it is not what was written."""


@dataclass(frozen=True)
class LeftTurn:
    """The turn of a host to restart, by a run on which no process is at work any more."""

    host: str
    run: str


class Turns(Protocol):
    """Whose turn it is to restart, in each group of hosts of which no two may at once."""

    def before(self, group: str, host: str) -> str | None:
        """The host of the group whose turn it is; None when it is this one's, or nobody's."""

    def left(self, group: str) -> LeftTurn | None:
        """The turn of the group, where a run has left it of which nothing can come any more but the restart itself."""

    def take(self, group: str, host: str, until: Moment) -> str | None:
        """Takes the turn, or keeps it, to that moment at most; as `before` where it is another's. Raises OSError."""

    def end(self, group: str, host: str) -> None:
        """Ends the turn of this host, if it has it by this run or by one that has left it. Raises OSError."""


class NoTurns:
    """Everybody's turn, always."""

    def before(self, _group: str, _host: str) -> None:
        return None

    def left(self, _group: str) -> None:
        return None

    def take(self, _group: str, _host: str, _until: Moment) -> None:
        return None

    def end(self, _group: str, _host: str) -> None:
        return None


class Captures(Protocol):
    """The captures that this coordinator has begun: which may be on, and which are to end before their time."""

    def begin(self, host: str, capture: CaptureDetail) -> None:
        """Notes what is about to be switched on. Raises OSError."""

    def asked_to_end(self, host: str) -> bool:
        """Whether somebody wants this run's capture to end now."""

    def end(self, host: str, *, everybody: bool = False) -> None:
        """Forgets this run's capture, or all that there were on the host. Raises OSError."""


class NoCaptures:
    """Nobody notes them, and nobody ends one."""

    def begin(self, _host: str, _capture: CaptureDetail) -> None:
        return None

    def asked_to_end(self, _host: str) -> bool:
        return False

    def end(self, _host: str, *, everybody: bool = False) -> None:  # noqa: ARG002
        return None


@dataclass(frozen=True)
class StepContext:
    """What surrounds one call of one step on one host.

    A step that has to wait gives a Rest, with a state of its own (a frozen dataclass of plain values), and is called
    again; what it must not forget when it is killed in the middle of a change, it keeps right before that.

    Attributes:
        run_id: The run.
        name: The step's name in the plan.
        earlier: Results of the host's earlier steps, in order.
        attempt: From 1.
        folder: Where what comes home from this host is put; made by whoever writes there first.
        report: Tells how far a long step is.
        clock: The run's.
        state: What the last call has left, as JSON; see `recall`.
        continuing: Whether this call goes on after a rest; any other begins with looking.
        write: Keeps a state for good before it returns; see `keep`.
        others: What is known of the coordinator's other runs.
        turns: Keeps hosts from restarting together.
        captures: Notes which captures may be on.
    """

    run_id: str
    name: str
    earlier: Sequence[StepRecord]
    attempt: int
    folder: Path
    report: Callable[[Message], None]
    write: Callable[[str | None], Awaitable[None]]
    state: str | None = None
    continuing: bool = False
    clock: Clock = field(default_factory=Clock)
    others: OtherRuns = field(default_factory=NothingKnown)
    turns: Turns = field(default_factory=NoTurns)
    captures: Captures = field(default_factory=NoCaptures)

    def recall(self, kind: type[S]) -> S | None:
        """What the last call has left, be it an attempt that failed; None when there is nothing."""
        return None if self.state is None else decode(kind, self.state)

    def resumed(self, kind: type[S]) -> S | None:
        """The state of the rest from which this call goes on; None when the step has to look first."""
        return self.recall(kind) if self.continuing else None

    async def keep(self, state: object) -> None:
        """Leaves a state for the next call, whatever becomes of this one."""
        await self.write(encode(state))

    async def forget(self) -> None:
        """Leaves nothing for the next call."""
        await self.write(None)

    def rest(self, seconds: float, state: object) -> Rest:
        """To be called again so many seconds from now."""
        return Rest(self.clock.after(seconds), encode(state))

    def wait(self, seconds: float, state: object, wait: Wait) -> Rest:
        """The same, to look whether others are out of the way; that does not count as the step's time."""
        return Rest(self.clock.after(seconds), encode(state), counts=False, wait=wait)

    def rest_until(self, moment: Moment, state: object, wait: Wait | None = None) -> Rest:
        return Rest(moment, encode(state), wait=wait)

    def again(self, state: object) -> Rest:
        """To be called again at once, the connection kept: as far as this, nothing can be lost any more."""
        return Rest(None, encode(state))


_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def one_line(text: str) -> str:
    """The text; a ValueError when it is more than a line."""
    if _CONTROL.search(text):
        raise ValueError("expected one line of text")
    return text


def _switch(value: object) -> object:
    """YAML 1.1 has on and off for true and false, so whoever writes the one may mean the other."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


Text = Annotated[str, AfterValidator(one_line)]
OnOff = Annotated[Literal["on", "off"], BeforeValidator(_switch)]
WAIT_FOR_OTHER: Final = "How long to wait while another installation is running on the host, in minutes."


class Parameters(Entry):
    """What a step can be told."""

    @property
    def allowed_minutes(self) -> int:
        """How long the step may take when the playbook sets it no deadline."""
        return 5

    @property
    def named_files(self) -> tuple[Path, ...]:
        """The files on this computer that they name."""
        values = [value if isinstance(value, tuple) else (value,) for _, value in self]
        return tuple(each for value in values for each in value if isinstance(each, Path))

    @property
    def changes_nothing(self) -> bool:
        """Whether a step that could change hosts does not, being told this."""
        return False

    def prepared(self, playbook: str) -> Self:  # noqa: ARG002 - for those that name it in an error
        """These parameters as a run needs them: the files that they name are looked at before any host is.

        Args:
            playbook: Its name, for errors.

        Raises:
            UsageError: The step could not be taken anywhere.
        """
        return self


def _digest(text: str) -> str:
    if not _SHA256.fullmatch(text):
        raise ValueError("expected the SHA-256 of a file, 64 hexadecimal digits, as `sspr msi inspect FILE` shows it")
    return text.lower()


Sha256s = Annotated[
    tuple[Annotated[str, AfterValidator(_digest)], ...],
    BeforeValidator(
        lambda value: (value,) if isinstance(value, str) else value, json_schema_input_type=str | tuple[str, ...]
    ),
]
"""One or several."""


class PackageParameters(Parameters):
    """What a step can be told that goes by packages."""

    packages: tuple[DocumentPath, ...] = Field(
        default=(),
        description="MSI files, one an architecture, relative to this file; the one that fits the host is taken. "
        "`--msi` on the command line replaces them.",
    )

    sha256: Sha256s = Field(
        default=(),
        description="The SHA-256 of the package, or of each. A package that has none of them is refused, wherever it "
        "lies; without, it has to lie where nobody else may write.",
    )

    def read(self) -> list[Package]:
        """The packages, each as it is at this moment.

        Raises:
            PackageError: One cannot be used, or is not a pinned one.
            UntrustedPath: Another person may write one that is not pinned.
        """
        return [trusted_package(path, self.sha256) for path in self.packages]

    def prepared(self, playbook: str) -> Self:
        """The same, once every package can be read and no two are for one architecture.

        Raises:
            UsageError: Two are for the same architecture.
            PackageError, UntrustedPath: see `read`.
        """
        packages = self.read()
        for package in packages:
            same = [other.path for other in packages if other.architecture == package.architecture]
            if len(same) > 1:
                raise UsageError(f"{same[0]} and {same[1]} are both for {package.architecture}; give one of them")
        return super().prepared(playbook)


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True)
class StepKind(Generic[P]):
    """A kind of step.

    Attributes:
        name: Its key in playbooks, as in `msi`.
        summary: What it does, in one sentence, for editors and lists.
        parameters: What it can be told.
        changes_hosts: Whether a host may be different after it; what it makes there for its own use, and removes
            again, does not count.
        perform: Does it on one host, or so much of it as there is to do before it has to wait. Called again after that,
            after an error that may pass, and after a lost record: it looks before it changes anything.
        second_half: What follows right after it, in a step of its own.
        formerly: Names that it had in earlier versions; playbooks may go on using them.
        awaits_host: Whether it waits for the host itself: where it ends as `unknown`, the host was not seen again.
        waits_for_window: Whether it is begun in a maintenance window alone, where it changes hosts; not so what sees
            something to its end that has begun, or keeps it from happening.
        last_change: Of how the host's clock runs, when it is begun (UTC) and its parameters: the moment that is to lie
            in the window too, where it has the host do something later.
    """

    name: str
    summary: str
    parameters: type[P]
    changes_hosts: bool
    perform: Callable[[Target, P, StepContext], Awaitable[StepResult | Rest]]
    second_half: SecondHalf[P] | None = None
    formerly: tuple[str, ...] = ()
    awaits_host: bool = False
    waits_for_window: bool = True
    last_change: Callable[[Zone, datetime, P], datetime] = lambda _zone, begun, _parameters: begun


@dataclass(frozen=True)
class SecondHalf(Generic[P]):
    """The half of a step before which nothing is held, so that it may be taken much later, and by another process.

    Attributes:
        kind: What it does; told the same parameters.
        suffix: Ends its name in results, behind that of the first half.
        wanted: Whether these parameters ask for it.
        first_minutes: What the first half may take; the step's deadline is that of the second.
    """

    kind: StepKind[P]
    suffix: str
    wanted: Callable[[P], bool]
    first_minutes: int


AnyKind = StepKind[Any]
"""Of whatever parameters."""
