"""A place in which a kind of finding is looked for, and on which hosts it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.windows import branches
from orchestrator.windows.readiness.finding import Kind
from orchestrator.windows.readiness.survey import Survey

Asked = Callable[[Survey], bool]


def everywhere(_: Survey) -> bool:
    """It concerns every Windows."""
    return True


def before_10(survey: Survey) -> bool:
    """It concerns the add-in, which Windows 10 does not need."""
    return survey.machine.branch is not branches.WINDOWS_10


def on_7(survey: Survey) -> bool:
    """It concerns Windows 7 alone."""
    return survey.machine.branch is branches.WINDOWS_7


def on_10(survey: Survey) -> bool:
    """It concerns Windows 10 alone."""
    return survey.machine.branch is branches.WINDOWS_10


def updates_read(survey: Survey) -> bool:
    """It concerns Windows 7, and its list of updates could be read."""
    return on_7(survey) and survey.updates is not None


def egress_tried(survey: Survey) -> bool:
    """The host was asked to reach the service."""
    return survey.egress is not None


@dataclass(frozen=True)
class Place:
    """Where a kind of finding is looked for on a host.

    Attributes:
        kind: What may be found.
        fine: What is so when it is not found, in plain words.
        where: A key of the registry with the value's name, a file, or in words what else is asked.
        wanted: What would have to stand there for nothing to be found.
        asked: Whether it was looked for on a host, and answered.
    """

    kind: Kind
    fine: str
    where: str
    wanted: str
    asked: Asked = everywhere
