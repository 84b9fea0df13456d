"""What a run's log tells of its processes and of how hosts ended, taken line by line and by whoever trusts no line.

`journal_reader` makes the whole of a run of a log that we wrote; here only what is compared with something is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, TypeAdapter, ValidationError

from orchestrator.model.outcome import Outcome
from orchestrator.runs.journal_lines import is_of
from orchestrator.runs.origin import HashedFile, Opening, Origin


class Began(BaseModel):
    """The line by which a process began a run, or went on with it.

    Attributes:
        limit: The pattern of hosts that was asked for.
        files: What it went by.
        left_by: What the process told that left it to this one, a worker's.
        cut_off_bytes: How much of half a line it had cut off before.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    event: Literal["run_started"]
    run: str
    timestamp: AwareDatetime
    playbook: str
    check: bool
    origin: Origin | None = None
    limit: str | None = None
    files: tuple[HashedFile, ...] = ()
    left_by: Opening | None = None
    cut_off_bytes: NonNegativeInt = 0


class _Host(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str


class _Hosts(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    event: Literal["run_hosts"]
    hosts: tuple[_Host, ...]


class _HostFinished(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    event: Literal["host_finished"]
    host: str
    outcome: Outcome


class _RunFinished(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    event: Literal["run_finished"]
    state: str


_LINES: TypeAdapter[Began | _Hosts | _HostFinished | _RunFinished] = TypeAdapter(
    Annotated[Began | _Hosts | _HostFinished | _RunFinished, Field(discriminator="event")],
    config=ConfigDict(defer_build=True),
)
_EVENTS: Final = {"run_started", "run_hosts", "host_finished", "run_finished"}


@dataclass
class Told:
    """What the lines of a log tell, so far as it is compared with anything."""

    began: list[Began] = field(default_factory=list)
    hosts: frozenset[str] = frozenset()
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    ended: str | None = None

    def take(self, text: bytes) -> None:
        try:
            if not is_of(json.loads(text), _EVENTS):
                return
            line = _LINES.validate_json(text)
        except (ValueError, RecursionError, ValidationError):  # lines of other versions may tell it otherwise
            return
        match line:
            case Began():  # hosts whose end stays are told of again
                self.began.append(line)
                self.outcomes.clear()
                self.ended = None
            case _Hosts(hosts=hosts):
                self.hosts = frozenset(host.name for host in hosts)
            case _HostFinished(host=host, outcome=outcome):
                self.outcomes[host] = outcome
            case _RunFinished(state=state):
                self.ended = state
