"""What can be asked for: a class a request, with what it has to know; each comes to a playbook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Self

from pydantic import ValidationError

from orchestrator.app import undo
from orchestrator.app.last_bundles import last_bundles
from orchestrator.inventory.load import load_inventory
from orchestrator.model.errors import UsageError
from orchestrator.model.result import RunResult
from orchestrator.model.spreadsheet import USUAL, Delimiter
from orchestrator.playbook.load import load_playbook
from orchestrator.playbook.plan import Condition, PlannedStep, Playbook
from orchestrator.steps import cancel_reboot, capture, doctor, end_capture, leases, reboot
from orchestrator.steps.declaration import AnyKind, Parameters


@dataclass(frozen=True, kw_only=True)
class Request(ABC):
    """What is wanted of which hosts.

    Attributes:
        inventory: The inventory file.
        limit: A pattern of hosts, as `--limit` takes it; None for all.
        forks: How many hosts are at work at the same moment.
        check: Whether nothing may be changed; results then say what would be.
        folder: Where the run, and no other, keeps what it leaves; None for a new folder below the state folder.
        new_password: Whether passwords are new since earlier runs, whose refused log-ons do not count then.
        self_test: Whether this computer tries, beside the run, if the service takes what old hosts can offer.
        lease_wait_minutes: How long another run that is at work on a host is waited for; 0 leaves the host to it.
        takes_leases: Whether hosts that it changes are kept from other runs.
        durable: Whether it outlives this process, so that it can be gone on with.
        state: Which database keeps how far it is then, as `app.state` reads it; None for a file of the state folder.
        notify: Who is told of its end: references to addresses, as `app.notification` reads them.
        until: Until when hosts that are off are looked for, with a zone; None where they end as `unreachable` at once.
        ignore_windows: Whether hosts are changed outside of their maintenance windows too.
        detached: Whether it is to be left to a worker, which can ask nobody for anything.
        unattended: Whether it is a worker's process that carries it out: what cannot be had pauses the run.
    """

    inventory: Path
    limit: str | None = None
    forks: int = 32
    check: bool = False
    folder: Path | None = None
    new_password: bool = False
    self_test: bool = False
    lease_wait_minutes: int = 60
    takes_leases: ClassVar[bool] = True
    durable: bool = False
    state: str | None = None
    notify: tuple[str, ...] = ()
    until: datetime | None = None
    ignore_windows: bool = False
    detached: bool = False
    unattended: bool = False

    @abstractmethod
    def as_playbook(self) -> Playbook:
        """The playbook that does it. Raises UsageError when what was given does not fit."""


@dataclass(frozen=True, kw_only=True)
class RunPlaybook(Request):
    """Run a playbook, with its packages and settings in it."""

    playbook: Playbook

    def as_playbook(self) -> Playbook:
        return self.playbook


@dataclass(frozen=True, kw_only=True)
class CheckHosts(Request):
    """Look whether hosts are fit for the add-in; changes nothing.

    Attributes:
        policy: A file that says which findings block, warn or are ignored.
    """

    policy: Path | None = None

    def as_playbook(self) -> Playbook:
        playbook = load_playbook("preflight")
        return playbook.with_policy(self.policy) if self.policy else playbook


@dataclass(frozen=True, kw_only=True)
class UndoRun(Request):
    """Put back what an earlier run changed in registries."""

    run: RunResult

    def as_playbook(self) -> Playbook:
        return undo.undoing(self.run)


@dataclass(frozen=True, kw_only=True)
class SwitchVerboseLog(Request):
    """Switch the add-in's verbose log on or off."""

    on: bool

    def as_playbook(self) -> Playbook:
        return load_playbook("verbose-logging-on" if self.on else "verbose-logging-off")


@dataclass(frozen=True, kw_only=True)
class CollectLogs(Request):
    """Bring logs home; changes nothing.

    Attributes:
        days: How far back events go whose source does not say so itself.
        sources: A file of sources beside those that come with the program.
        since_last: Whether each host's events go on behind those of its last logs, where any are known.
        zipped: Whether each host's logs are one zip file here, and no folder.
        delimiter: What separates the cells of each timeline.csv.
    """

    days: int = 30
    sources: Path | None = None
    since_last: bool = False
    zipped: bool = False
    delimiter: Delimiter = USUAL

    def as_playbook(self) -> Playbook:
        return load_playbook("collect-logs").with_parameters(
            "collect",
            days=self.days,
            sources=self.sources,
            since=last_bundles(load_inventory(self.inventory).hosts) if self.since_last else {},
            bundle="zip" if self.zipped else "folder",
            delimiter=self.delimiter.value,
        )


@dataclass(frozen=True, kw_only=True)
class CaptureLogs(CollectLogs):
    """Switch the add-in's verbose log on for a while, wait for people to try it, bring the logs home, and switch back.

    Attributes:
        minutes: For how long at most; then each host switches back by itself.
    """

    minutes: int = 15

    def as_playbook(self) -> Playbook:
        try:
            parameters = capture.CaptureParameters(minutes=self.minutes)
        except ValidationError:
            raise UsageError(f"a capture takes 1 to {capture.MOST_MINUTES} minutes, not {self.minutes}") from None
        return replace(
            super().as_playbook(),
            name="capture-logs",
            description="Switches the add-in's verbose logging on for a while, and brings the logs home.",
            steps=(
                _planned(capture.KIND, parameters),
                *super().as_playbook().steps,
                _planned(end_capture.END, end_capture.EndParameters()),
            ),
        )


@dataclass(frozen=True, kw_only=True)
class EndCapture(CollectLogs):
    """End captures before their time, whoever is in them: bring the logs home, and switch back."""

    @classmethod
    def of(cls, capture: CaptureLogs) -> Self:
        """The end of a capture, with all that it was begun with."""
        return cls(**{each.name: getattr(capture, each.name) for each in fields(cls)})

    def as_playbook(self) -> Playbook:
        playbook = super().as_playbook()
        end = _planned(end_capture.END, end_capture.EndParameters(for_everybody=True))
        return replace(
            playbook,
            name="end-capture",
            description="Brings the logs home, and switches verbose logging back to what it was before a capture.",
            steps=(*playbook.steps, end),
        )


@dataclass(frozen=True, kw_only=True)
class SweepCaptures(Request):
    """End captures that have not ended by themselves."""

    def as_playbook(self) -> Playbook:
        return _alone(end_capture.SWEEP, Parameters(), "Ends captures that have not ended by themselves.")


@dataclass(frozen=True, kw_only=True)
class ListCaptures(Request):
    """Look which captures are on; changes nothing."""

    def as_playbook(self) -> Playbook:
        return _alone(end_capture.LIST, Parameters(), "Tells which captures are on.")


@dataclass(frozen=True, kw_only=True)
class Reboot(Request):
    """Restart hosts.

    Attributes:
        delay_minutes: What people at the host are given to save their work.
        at: A time of day on the host's own clock instead, as in `22:30`.
        message: What people at the host are told; None for what the shipped playbook says.
        wait: Whether the run goes on until each host is back.
    """

    delay_minutes: int = 0
    at: str | None = None
    message: str | None = None
    wait: bool = True

    def as_playbook(self) -> Playbook:
        message = {} if self.message is None else {"message": self.message}
        return load_playbook("reboot").with_parameters(
            "reboot", delay_minutes=self.delay_minutes, at=self.at, wait=self.wait, **message
        )


@dataclass(frozen=True, kw_only=True)
class CancelReboot(Request):
    """Cancel restarts that this program has scheduled; those of others are left alone."""

    def as_playbook(self) -> Playbook:
        playbook = load_playbook("reboot")
        (step,) = (step for step in playbook.steps if step.kind is reboot.KIND)
        return replace(
            playbook,
            name="cancel-reboot",
            description="Cancels restarts that this program has scheduled.",
            steps=(replace(step, kind=cancel_reboot.KIND, name="cancel-reboot"),),
        )


@dataclass(frozen=True, kw_only=True)
class Doctor(Request):
    """Test on a real machine what is believed of Windows.

    Attributes:
        changes: Whether a folder, a task and a registry key may be made for it; they are removed again.
    """

    changes: bool = False

    def as_playbook(self) -> Playbook:
        parameters = doctor.DoctorParameters(changes=self.changes)
        return _alone(doctor.KIND, parameters, "Tests what is believed of Windows.")


@dataclass(frozen=True, kw_only=True)
class ListLeases(Request):
    """Look which runs are at work on hosts; changes nothing."""

    def as_playbook(self) -> Playbook:
        return _alone(leases.LIST, Parameters(), "Tells which runs are at work on hosts.")


@dataclass(frozen=True, kw_only=True)
class BreakLease(Request):
    """Take a lease away, whichever run has it."""

    takes_leases: ClassVar[bool] = False

    def as_playbook(self) -> Playbook:
        return _alone(leases.BREAK, Parameters(), "Takes hosts away from the run that holds them.")


def _alone(kind: AnyKind, parameters: Parameters, description: str) -> Playbook:
    """A playbook of one step that no file can name."""
    return Playbook(kind.name, description, (_planned(kind, parameters),), Path())


def _planned(kind: AnyKind, parameters: Parameters) -> PlannedStep:
    return PlannedStep(kind, kind.name, parameters, Condition(), 60.0 * parameters.allowed_minutes)
