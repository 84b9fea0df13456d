"""A run that was stopped, or whose process was killed, made ready to be gone on with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from orchestrator.app.notification import Receiver, receivers
from orchestrator.app.prepare import PreparedRun, at_work, secrets_of
from orchestrator.app.requests import Request
from orchestrator.inventory.patterns import Inventory
from orchestrator.model import program
from orchestrator.model.errors import UsageError
from orchestrator.model.message import Message, message
from orchestrator.playbook.plan import Playbook
from orchestrator.playbook.strategy import Guards
from orchestrator.runs.durable_file import being_written
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.kept import KeptRun, read_kept_run
from orchestrator.runs.kept_files import check_kept_files
from orchestrator.runs.orders import is_cancelled
from orchestrator.runs.store import known_of


@message("notification-nobody-there")
def _nobody_there(reference: str, problem: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class ResumeRun(Request):
    """Do what an earlier run was to do, as it was when it began: go on with it, or do it again.

    Attributes:
        run: What it was.
        canary: The hosts that come first where its waves are made anew.
    """

    run: KeptRun
    canary: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        run: KeptRun,
        folder: Path | None,
        forks: int | None,
        notify: Sequence[str],
        *,
        new_password: bool,
        limit: str | None = None,
        canary: tuple[str, ...] = (),
    ) -> ResumeRun:
        """The request for a run; where it is not said how many hosts at once and whom to tell, it is as before."""
        return cls(
            inventory=run.inventory,
            forks=forks or run.forks,
            check=run.check,
            folder=folder,
            new_password=new_password,
            lease_wait_minutes=run.lease_wait_minutes,
            durable=True,
            state=run.state,
            ignore_windows=run.ignore_windows,
            notify=tuple(notify) or run.notify,
            limit=limit,
            run=run,
            canary=canary,
        )

    def as_playbook(self) -> Playbook:
        steps = tuple(step.planned for step in self.run.steps)
        notes: tuple[str, ...] = ()
        if self.run.program != program.version():
            notes = (f"the run was begun by version {self.run.program} of sspr, and this is {program.version()}",)
        rollout = self.run.rollout
        return Playbook(
            self.run.playbook,
            self.run.description,
            steps,
            Path(),
            notes,
            rollout.strategy.model_copy(update={"canary": self.canary}),
            rollout.guards or Guards(),
            rollout.limits,
        )


def resume(
    folder: RunFolder,
    *,
    forks: int | None = None,
    new_password: bool = False,
    notify: Sequence[str] = (),
    until: datetime | None = None,
    detached: bool = False,
    unattended: bool = False,
) -> PreparedRun:
    """A run made ready to be gone on with; every secret that it refers to is had anew.

    Args:
        folder: Where it is kept.
        forks: How many hosts are at work at the same moment, where that is to be another number than before.
        new_password: Whether passwords are new since, whose refused log-ons do not count then.
        notify: Who is told of its end this time, where that is to be others than before.
        until: Until when hosts that are off are looked for this time, where that is to be another date than before.
        detached: Whether it is to be handed over to a worker.
        unattended: Whether this is a worker's process, whose run pauses where a secret is needed that cannot be had.

    Raises:
        UsageError: It is at work, it is over, it was not to outlive its process, or something that it needs
            cannot be used.
    """
    if being_written(folder.journal):
        raise at_work(folder)
    if is_cancelled(folder):
        raise UsageError(
            f"run {folder.name} was cancelled, and is over; `sspr runs retry {folder.reference}` begins a new one "
            "on its hosts that are not fine"
        )
    run = read_kept_run(folder)
    notes: list[Message] = []
    if folder.ended and known_of(folder, notes.append).state == "finished":
        raise UsageError(
            f"run {folder.name} has finished, and there is nothing to go on with; `sspr runs retry {folder.reference}` "
            "begins a new one on its hosts that are not fine"
        )
    check_kept_files(run.files)
    told, untold = (receivers(notify), ()) if notify and not unattended else told_as_before(notify or run.notify)
    request = replace(
        ResumeRun.of(run, folder.path, forks, notify, new_password=new_password),
        until=until or run.until,
        detached=detached,
        unattended=unattended,
    )
    secrets = secrets_of(run.hosts, run.inventory, request)
    playbook = request.as_playbook()
    inventory = Inventory(run.inventory, run.hosts, (), run.unanswered)
    return PreparedRun(
        request,
        playbook,
        playbook.steps,
        inventory,
        run.hosts,
        secrets,
        run,
        told,
        untold=untold,
        notes=tuple(notes),
    )


def told_as_before(references: Sequence[str]) -> tuple[tuple[Receiver, ...], tuple[Message, ...]]:
    """Who is told of its end, and which references lead nowhere any more, for which no host has to wait."""
    told: list[Receiver] = []
    untold: list[Message] = []
    for reference in references:
        try:
            told += receivers([reference])
        except UsageError as error:
            untold.append(_nobody_there(reference, str(error)))
    return tuple(told), tuple(untold)
