"""A request made ready: all that can be found wrong with it is found before any host is touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from orchestrator.app.requests import Request
from orchestrator.app.session import Session
from orchestrator.connect import credentials
from orchestrator.connect.connector import PywinrmConnector
from orchestrator.connect.tunnel import tunnels
from orchestrator.engine.in_process import InProcessEngine
from orchestrator.engine.protocol import Engine
from orchestrator.fleet.run import Run
from orchestrator.fleet.stop import StopSignal
from orchestrator.inventory.credentials import SecretResolver
from orchestrator.inventory.load import load_inventory
from orchestrator.inventory.patterns import Inventory
from orchestrator.model.clock import Clock
from orchestrator.model.events import Listener
from orchestrator.model.host import Host
from orchestrator.model.result import RunResult
from orchestrator.playbook.plan import PlannedStep, Playbook
from orchestrator.runs.folders import RunFolder, new_run_id, runs_folder
from orchestrator.steps.preflight import PreflightParameters
from orchestrator.windows.egress import Endpoint


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
    """

    request: Request
    playbook: Playbook
    steps: Sequence[PlannedStep]
    inventory: Inventory
    hosts: Sequence[Host]
    secrets: SecretResolver

    @property
    def changes_hosts(self) -> bool:
        """Whether hosts may be changed by it."""
        return not self.request.check and any(step.kind.changes_hosts for step in self.steps)

    def begin(
        self, listeners: Sequence[Listener] = (), engine: Engine | None = None, clock: Clock | None = None
    ) -> Session:
        """A session of its own, with a folder and an identifier; hosts are touched when it is executed.

        Args:
            listeners: Told of every event, on the event loop's thread.
            engine: Takes the hosts through the steps; the one that lives in this process unless said.
            clock: By which the run counts time, where that is not the computer's.

        Raises:
            UsageError: Another run has the folder.
            OSError: The folder cannot be made.
        """
        clock = clock or Clock()
        now = clock.now()
        run_id = new_run_id(now)
        folder = RunFolder(self.request.folder or runs_folder() / run_id)
        folder.claim()
        connector = PywinrmConnector(self.secrets, threads=self.request.forks, clock=clock)
        heard = list(listeners)
        run = Run(
            id=run_id,
            playbook=self.playbook.name,
            plan=self.steps,
            hosts=self.hosts,
            connector=connector,
            engine=engine or InProcessEngine(clock),
            folder=folder.hosts,
            listeners=heard,
            stop=StopSignal(),
            forks=self.request.forks,
            check=self.request.check,
            started=now,
            clock=clock,
        )
        return Session(run, folder, heard, connector.close, self._endpoint)

    @property
    def _endpoint(self) -> Endpoint | None:
        """What the self-test tries: what the policy has hosts try, or else the usual service."""
        if not self.request.self_test:
            return None
        policies = (step.parameters.decided for step in self.steps if isinstance(step.parameters, PreflightParameters))
        return next((policy.egress for policy in policies if policy.egress), Endpoint())


def prepare(request: Request) -> PreparedRun:
    """Reads and checks all that a request names: playbook, packages, policy, inventory, and every secret it refers to.

    Raises:
        UsageError: Something cannot be used; the text says what, where and what to do. Nothing was begun.
    """
    if request.folder:
        RunFolder(request.folder).check()
    playbook = request.as_playbook()
    steps = plan(playbook)
    inventory = load_inventory(request.inventory)
    hosts = inventory.select(request.limit)
    secrets = SecretResolver(inventory.path.parent)
    credentials.check(hosts, secrets.resolve)
    tunnels.check((hop for host in hosts for hop in host.via), secrets)
    return PreparedRun(request, playbook, steps, inventory, hosts, secrets)


async def perform(request: Request, listeners: Sequence[Listener] = ()) -> RunResult:
    """Does what is requested, from its preparation to its result.

    Raises:
        UsageError: see `prepare`; whatever befalls a host is in the result instead.
        OSError: The run's folder or its files cannot be written.
    """
    return await prepare(request).begin(listeners).execute()
