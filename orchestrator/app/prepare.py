"""A request made ready: all that can be found wrong with it is found before any host is touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from orchestrator.app import lasting
from orchestrator.app.capacity import capacity
from orchestrator.app.notification import Receiver, receivers
from orchestrator.app.requests import Request
from orchestrator.app.rolling_out import check_strategy, rollout_of
from orchestrator.app.service_trial import meant
from orchestrator.app.session import Session
from orchestrator.app.state import lasting_reference, state_database
from orchestrator.connect import credentials, jump_hosts, knock
from orchestrator.connect.connector import PywinrmConnector
from orchestrator.connect.lockout.guard import Guard
from orchestrator.connect.lockout.ledger import Ledger
from orchestrator.engine.in_process import InProcessEngine
from orchestrator.engine.protocol import Engine
from orchestrator.fleet.admission import WavesBefore
from orchestrator.fleet.pausing import PausingConnector
from orchestrator.fleet.rollout import Rollout
from orchestrator.fleet.run import Run
from orchestrator.fleet.stop import StopSignal
from orchestrator.fleet.work import Leases
from orchestrator.inventory.credentials import SecretResolver
from orchestrator.inventory.load import load_inventory
from orchestrator.inventory.patterns import Inventory
from orchestrator.model import program
from orchestrator.model.clock import Clock
from orchestrator.model.coordinator import own_failure
from orchestrator.model.errors import DocumentError, SecretUnavailable, UsageError
from orchestrator.model.events import Listener
from orchestrator.model.host import Host
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.result import RunResult
from orchestrator.playbook.plan import PlannedStep, Playbook
from orchestrator.runs import kept
from orchestrator.runs.approvals import approvals
from orchestrator.runs.captures import RunCaptures, captures_folder
from orchestrator.runs.coordinator import Coordinator
from orchestrator.runs.folders import RunFolder, log_ons_file, new_run_id, progress_file, runs_folder
from orchestrator.runs.handed_over import take_back
from orchestrator.runs.journal import Journal
from orchestrator.runs.journal_reader import read_waves
from orchestrator.runs.kept import KeptRun, KeptStep
from orchestrator.runs.kept_files import with_kept_files
from orchestrator.runs.origin import HashedFile, Opening, Origin
from orchestrator.runs.past_hosts import PastHosts
from orchestrator.runs.restart_turns import RestartTurns
from orchestrator.steps.preflight import PreflightParameters
from orchestrator.windows.egress import Endpoint

_IGNORING = phrase("windows-ignored")


@message("named-by-address")
def _by_address(hosts: int, first: str) -> None: ...


def plan(playbook: Playbook) -> tuple[PlannedStep, ...]:
    """The steps as engines run them.

    Raises:
        UsageError: when a step could not be taken anywhere: it has no package to install, say, or a file that it
            names cannot be used.
    """
    prepared = [step.told(step.parameters.prepared(playbook.name)) for step in playbook.steps]
    return tuple(half for step in prepared for half in _halves(step))


def _halves(step: PlannedStep) -> Iterator[PlannedStep]:
    second = step.kind.second_half
    if second is None or not second.wanted(step.parameters):
        yield step
    else:
        yield replace(step, deadline_seconds=60.0 * second.first_minutes)
        yield replace(step, kind=second.kind, name=f"{step.name}-{second.suffix}")


@dataclass(frozen=True)
class PreparedRun:
    """A run that nothing speaks against, so far as can be told without touching hosts.

    Attributes:
        request: What is wanted.
        playbook: What it comes to.
        steps: The playbook's steps as engines run them.
        inventory: All that the inventory has.
        hosts: Those of it that are meant, in its order.
        secrets: Resolves what the inventory refers to.
        before: The run, where it was begun before and is gone on with.
        told: Who is told of its end.
        files: What it was made of, as it was then: the run's log has their hashes.
        left_by: What the process tells of itself that left it to this one, a worker's.
        untold: Who was to be told of its end, and where nobody can be reached any more.
        notes: What a person should know of how the hosts were chosen, and of the run that it goes by.
    """

    request: Request
    playbook: Playbook
    steps: Sequence[PlannedStep]
    inventory: Inventory
    hosts: Sequence[Host]
    secrets: SecretResolver
    before: KeptRun | None = None
    told: Sequence[Receiver] = ()
    files: tuple[HashedFile, ...] = ()
    left_by: Opening | None = None
    untold: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()

    @property
    def credential_notes(self) -> tuple[Message, ...]:
        """What a person should know of credentials that may not last as long as the run."""
        return tuple(lasting.notes(self.hosts, detached=self.request.detached)) if self.request.durable else ()

    @property
    def changes_hosts(self) -> bool:
        """Whether hosts may be changed by it."""
        return not self.request.check and any(step.kind.changes_hosts for step in self.steps)

    def begin(
        self, listeners: Sequence[Listener] = (), engine: Engine | None = None, clock: Clock | None = None
    ) -> Session:
        """A session of its own, with a folder and an identifier; hosts are touched when it is executed.

        What the request wants to be durable is kept as it is at this moment, and can be gone on with by that.

        Args:
            listeners: Told of every event, on the event loop's thread.
            engine: Takes the hosts through the steps, where that is another than the request asks for.
            clock: By which the run counts time, where that is not the computer's.

        Raises:
            UsageError: Another run has the folder, or another person may write there; a process is at work on the run;
                the database cannot be used.
            CoordinatorError: This computer cannot do what a run needs: the folder cannot be made, say.
        """
        clock = clock or Clock()
        coordinator = Coordinator.here()
        takes_leases = self.changes_hosts and self.request.takes_leases
        now = clock.now()
        run_id = self.before.id if self.before else new_run_id(now)
        knocks = knock.AT_ONCE if self.request.until else 0
        able = capacity(self.request.forks, self.hosts, knocks)
        folder = RunFolder(self.request.folder or runs_folder() / run_id, run_id)
        durable = engine is None and self.request.durable
        if durable:
            engine = self._durable_engine(run_id, clock)
        with ExitStack() as undone:
            ledger = Ledger(log_ons_file())
            undone.callback(ledger.close)
            try:
                if self.before is None:
                    folder.claim()
                rollout = self.before.rollout if self.before else self.rollout(run_id)
                steps = self.steps
                if durable and self.before is None:
                    steps = self._kept(run_id, now, folder, rollout)
                waves_before = WavesBefore()
                journal = Journal(folder.journal, self.opening(folder))
                undone.callback(journal.close)
                if self.before:
                    waves_before = read_waves(folder.journal)
                    folder.reopen()
                    if not self.request.unattended:  # a person goes on with it, whatever a guard has said
                        waves_before = replace(waves_before, closed=None)
                        take_back(run_id)
            except BlockingIOError as error:
                raise at_work(folder) from error
            except OSError as error:
                raise own_failure(error, folder.path) from error
            guard = Guard(ledger, self.inventory.unanswered, anew=self.request.new_password)
            threads = min(able.hosts, len(self.hosts))
            connector = PywinrmConnector(self.secrets, threads=threads, clock=clock, guard=guard, knocks=knocks)
            undone.pop_all()

        stop = StopSignal()

        def close() -> None:
            connector.close()
            self.secrets.forget()

        run = Run(
            id=run_id,
            playbook=self.playbook.name,
            plan=steps,
            hosts=self.hosts,
            connector=PausingConnector(connector, stop) if durable else connector,
            withheld=lambda: guard.withheld,
            engine=engine or InProcessEngine(clock),
            folder=folder.hosts,
            listeners=[journal, *listeners],
            recorder=journal,
            stop=stop,
            forks=able.hosts,
            check=self.request.check,
            started=self.before.started if self.before else now,
            clock=clock,
            leases=self._leases(coordinator, run_id) if takes_leases else None,
            others=coordinator,
            rollout=rollout,
            approved=lambda: approvals(folder),
            waves_before=waves_before,
            until=self.request.until,
            ignores_windows=self.request.ignore_windows,
            restart_turns=RestartTurns.kept(clock, folder),
            resumable=durable,
            captures=RunCaptures(captures_folder(), run_id, self.inventory.path, clock),
        )
        ignoring = _IGNORING() if self.request.ignore_windows and self.changes_hosts else None
        notes = [note for note in (able.note, self._named_by_address, ignoring) if note is not None]
        alive = coordinator.alive(run_id)
        return Session(
            run,
            folder,
            journal,
            close,
            self._endpoint,
            alive,
            notes,
            durable=durable,
            unattended=self.request.unattended,
            told=self.told,
            untold=self.untold,
        )

    def opening(self, folder: RunFolder) -> Opening:
        """What the log is to tell of this process. Raises OSError."""
        itself = (HashedFile.of("kept", folder.kept),) if folder.kept.is_file() else ()
        return Opening(Origin.here(), self.request.limit, (*self.files, *itself), self.left_by)

    def rollout(self, run_id: str) -> Rollout:
        """In which waves a run goes over the hosts. Raises UsageError."""
        return rollout_of(self.playbook, self.inventory, self.hosts, changes=self.changes_hosts, seed=run_id)

    def keep(self) -> RunFolder:
        """Writes down what the run is, for whoever is to begin it; the same as `begin` does.

        Raises:
            UsageError: Another run has the folder, or another person may write there; the database cannot be used.
            CoordinatorError: The folder cannot be made, say.
        """
        now = Clock().now()
        run_id = new_run_id(now)
        self._durable_engine(run_id, Clock())
        folder = RunFolder(self.request.folder or runs_folder() / run_id, run_id)
        try:
            folder.claim()
            self._kept(run_id, now, folder, self.rollout(run_id))
        except OSError as error:
            raise own_failure(error, folder.path) from error
        return folder

    def _kept(self, run_id: str, now: datetime, folder: RunFolder, rollout: Rollout) -> tuple[PlannedStep, ...]:
        """Writes down what the run is, and gives the steps with files that stay as they are. Raises OSError."""
        steps, files = with_kept_files(self.steps)
        run = KeptRun(
            id=run_id,
            started=now,
            playbook=self.playbook.name,
            description=self.playbook.description,
            steps=tuple(map(KeptStep.of, steps)),
            files=files,
            hosts=tuple(self.hosts),
            inventory=self.inventory.path,
            unanswered=self.inventory.unanswered,
            forks=self.request.forks,
            check=self.request.check,
            lease_wait_minutes=self.request.lease_wait_minutes,
            state=lasting_reference(self.request.state),
            notify=tuple(dict.fromkeys(each.reference for each in self.told)),
            until=self.request.until,
            ignore_windows=self.request.ignore_windows,
            program=program.version(),
            rollout=rollout,
        )
        kept.keep(run, folder)
        return steps

    def _durable_engine(self, run_id: str, clock: Clock) -> Engine:
        from orchestrator.engine.durable import DurableEngine  # noqa: PLC0415 - slow to load

        try:
            return DurableEngine(state_database(self.request.state), run_id, clock)
        except OSError as error:
            raise own_failure(error, progress_file()) from error

    @property
    def _named_by_address(self) -> Message | None:
        """That nobody can tell of some hosts which machine is meant."""
        anonymous = [host.name for host in self.hosts if host.anonymous]
        return _by_address(len(anonymous), anonymous[0]) if anonymous else None

    def _leases(self, coordinator: Coordinator, run_id: str) -> Leases:
        return Leases(coordinator.holder(run_id), 60.0 * self.request.lease_wait_minutes)

    @property
    def _endpoint(self) -> Endpoint | None:
        """What the self-test tries, where one is wanted."""
        if not self.request.self_test:
            return None
        return meant(step.parameters.decided for step in self.steps if isinstance(step.parameters, PreflightParameters))


def prepare(request: Request) -> PreparedRun:
    """Reads and checks all that a request names: playbook, packages, policy, inventory, and every secret it refers to.

    Raises:
        UsageError: Something cannot be used; the text says what, where and what to do. Nothing was begun.
    """
    if request.folder:
        RunFolder(request.folder).check()
    told = receivers(request.notify)
    playbook = request.as_playbook()
    check_strategy(playbook)
    steps = plan(playbook)
    inventory = load_inventory(request.inventory)
    past = PastHosts(inventory=True)
    hosts = inventory.select(request.limit, past)
    if request.ignore_windows:
        hosts = tuple(replace(host, maintenance=None) for host in hosts)
    secrets = secrets_of(hosts, inventory.path, request)
    files = _hashed(playbook, inventory, steps)
    prepared = PreparedRun(
        request, playbook, steps, inventory, hosts, secrets, told=told, files=files, notes=past.notes
    )
    prepared.rollout("")  # whether it can be used
    return prepared


def _hashed(playbook: Playbook, inventory: Inventory, steps: Sequence[PlannedStep]) -> tuple[HashedFile, ...]:
    """The files that a run is made of. Raises DocumentError."""
    uses = {playbook.path: "playbook", inventory.path: "inventory"}
    for step in steps:
        uses |= {path: step.name for path in step.parameters.named_files if path not in uses}
    try:
        return tuple(HashedFile.of(use, path) for path, use in uses.items() if path.is_file())
    except OSError as error:
        raise DocumentError(Path(error.filename), None, f"cannot be read: {error.strerror}") from error


def secrets_of(hosts: Sequence[Host], inventory: Path, request: Request) -> SecretResolver:
    """What resolves the references of hosts of an inventory, once each of them, and each way to a host, can be used.

    Raises:
        UsageError: One cannot: of a detached run, by a worker. Of an unattended one, for whatever else than that a
            secret is not there.
    """
    secrets = SecretResolver(inventory.parent)
    if request.detached:
        hosts = lasting.checked(hosts, request)
    try:
        credentials.check(hosts, secrets.resolve)
        jump_hosts.check((hop for host in hosts for hop in host.via), secrets)
    except SecretUnavailable:
        if not request.unattended:
            raise
    return secrets


def at_work(folder: RunFolder) -> UsageError:
    """Why a run cannot be gone on with that a process has."""
    return UsageError(f"run {folder.name} is at work; `sspr runs show {folder.reference}` shows how far it is")


async def perform(request: Request, listeners: Sequence[Listener] = ()) -> RunResult:
    """Does what is requested, from its preparation to its result.

    Raises:
        UsageError: see `prepare`; whatever befalls a host is in the result instead.
        OSError: The run's folder or its files cannot be written.
    """
    return await prepare(request).begin(listeners).execute()
