"""What a run was when it began: hosts and steps, kept so that it can be gone on with, whatever has changed since.

Of secrets there are the references; the files that steps name are kept by `runs/kept_files.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from pydantic import AwareDatetime, JsonValue, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from orchestrator.fleet.rollout import Rollout
from orchestrator.model import trust
from orchestrator.model.codec import decode, encode
from orchestrator.model.errors import DocumentError, UsageError
from orchestrator.model.host import Host, sharing
from orchestrator.model.private_file import write_private
from orchestrator.playbook.plan import Condition, PlannedStep
from orchestrator.runs.folders import RunFolder
from orchestrator.steps.kinds import EVERY_KIND

T = TypeVar("T")
_NOT_KEPT: Final = "is not what a run keeps of itself; run the same again"
FORM: Final = 1
"""Of the file, and of what an engine keeps of such a run: states of steps, and their order."""
_KINDS: Final = {kind.name: kind for kind in EVERY_KIND}


@dataclass(frozen=True)
class KeptStep:
    """A step as it goes through JSON."""

    kind: str
    name: str
    parameters: Mapping[str, JsonValue]
    branches: frozenset[str]
    architectures: frozenset[str]
    deadline_seconds: float

    @classmethod
    def of(cls, step: PlannedStep) -> KeptStep:
        parameters = step.parameters.model_dump(mode="json", by_alias=True)
        condition = step.condition
        return cls(
            step.kind.name, step.name, parameters, condition.branches, condition.architectures, step.deadline_seconds
        )

    @property
    def planned(self) -> PlannedStep:
        """The same as engines run it. Raises KeyError, ValidationError."""
        kind = _KINDS[self.kind]
        parameters = kind.parameters.model_validate(self.parameters)
        condition = Condition(self.branches, self.architectures)
        return PlannedStep(kind, self.name, parameters, condition, self.deadline_seconds)


@dataclass(frozen=True, kw_only=True)
class KeptRun:
    """A run as it began.

    Attributes:
        id: The run's own name.
        started: When it was begun for the first time.
        playbook: The playbook's name.
        description: What it is for.
        steps: The playbook's steps, with kept files in place of those that were named.
        files: SHA-256 of each kept file.
        hosts: Those that were meant, in order.
        inventory: The file that they came from; relative references to secrets start in its folder.
        unanswered: How many log-ons of one account may be under way.
        forks: How many hosts are at work at the same moment.
        check: Whether nothing may be changed.
        lease_wait_minutes: How long another run is waited for on each host.
        state: Which database has its progress, as it was referred to; None for the usual one.
        program: The version of the program that began it.
        rollout: In which waves it goes over its hosts, with which guards and limits.
        notify: Who is told of its end, as it was referred to.
        until: Until when hosts that are off are looked for; None where they end at once.
        ignore_windows: Whether it changes hosts outside of their maintenance windows too.
        form: Of this.
    """

    id: str
    started: AwareDatetime
    playbook: str
    description: str
    steps: tuple[KeptStep, ...]
    files: Mapping[str, str]
    hosts: tuple[Host, ...]
    inventory: Path
    unanswered: int
    forks: int
    check: bool
    lease_wait_minutes: int
    state: str | None
    program: str
    rollout: Rollout
    notify: tuple[str, ...] = ()
    until: AwareDatetime | None = None
    ignore_windows: bool = False
    form: int = FORM


def keep(run: KeptRun, folder: RunFolder) -> None:
    """Writes a run down, before anything of it is done.

    Raises:
        OSError: It cannot be written.
    """
    write_private(folder.kept, encode(_absolute(run)).encode() + b"\n")


def read_kept_run(folder: RunFolder) -> KeptRun:
    """Reads a run back.

    Raises:
        UsageError: It was not kept.
        DocumentError: What was kept cannot be used: another version of this program keeps runs otherwise, say.
        UntrustedPath: Another person may write it.
    """
    path = folder.kept
    try:
        text = trust.read(path).decode()
    except UnicodeDecodeError as error:
        raise DocumentError(path, None, _NOT_KEPT) from error
    except FileNotFoundError:
        raise UsageError(
            f"run {folder.name} cannot be gone on with: it was to end with its process, as with --ephemeral and all "
            "commands but `sspr run`; run the same again, since what is done is not done twice"
        ) from None
    except OSError as error:
        raise DocumentError(path, None, f"cannot be read: {error.strerror}") from error
    try:
        form = TypeAdapter(_Form).validate_json(text)["form"]
        if form != FORM:
            raise DocumentError(
                path,
                None,
                f"was written by another version of sspr, which keeps runs otherwise (form {form}, here {FORM}); go on "
                "with that one, or run the same again",
            )
        run = decode(KeptRun, text)
        run = replace(run, hosts=sharing(run.hosts))
        for step in run.steps:
            step.planned  # noqa: B018 - whether it can be used
    except (ValidationError, KeyError) as error:
        raise DocumentError(path, None, _NOT_KEPT) from error
    return run


class References(TypedDict):
    """What a run refers to outside its folder, in whichever form it was kept."""

    files: dict[str, str]
    state: str | None


def references(folder: RunFolder) -> References | None:
    """What a run refers to; None where it was not kept.

    Raises:
        DocumentError: That cannot be read.
        UntrustedPath: Another person may write it.
    """
    try:
        return TypeAdapter(References).validate_json(trust.read(folder.kept))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise DocumentError(folder.kept, None, "what the run refers to cannot be read") from error


class _Form(TypedDict):
    form: int


def _absolute(value: T) -> T:
    """The same with absolute paths, for whoever reads it in another folder."""
    if isinstance(value, Path):
        return value.absolute()
    if isinstance(value, tuple):
        return tuple(_absolute(each) for each in value)  # type: ignore[return-value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _absolute(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return replace(value, **fields)
    return value
