"""What can be asked for: a class a request, with what it has to know; each comes to a playbook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.app import undo
from orchestrator.model.result import RunResult
from orchestrator.playbook.load import load_playbook
from orchestrator.playbook.plan import Condition, PlannedStep, Playbook
from orchestrator.steps import doctor, reboot


@dataclass(frozen=True, kw_only=True)
class Request(ABC):
    """What is wanted of which hosts.

    Attributes:
        inventory: The inventory file.
        limit: A pattern of hosts, as `--limit` takes it; None for all.
        forks: How many hosts are at work at the same moment.
        check: Whether nothing may be changed; results then say what would be.
        folder: Where the run, and no other, keeps what it leaves; None for a new folder below the state folder.
        self_test: Whether this computer tries, beside the run, if the service takes what old hosts can offer.
    """

    inventory: Path
    limit: str | None = None
    forks: int = 32
    check: bool = False
    folder: Path | None = None
    self_test: bool = False

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
        days: How far back events of Windows Installer and of starts go.
    """

    days: int = 30

    def as_playbook(self) -> Playbook:
        return load_playbook("collect-logs").with_parameters("collect", days=self.days)


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
            steps=(replace(step, kind=reboot.CANCEL, name="cancel-reboot"),),
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
        step = PlannedStep(doctor.KIND, doctor.KIND.name, parameters, Condition(), 60.0 * parameters.allowed_minutes)
        return Playbook("doctor", "Tests what is believed of Windows.", (step,), Path())
