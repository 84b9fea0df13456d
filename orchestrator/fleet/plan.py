"""A playbook made ready to run: waiting for restarts becomes a step of its own, and packages are looked at first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from orchestrator.model.errors import UsageError
from orchestrator.playbook.package import read_package
from orchestrator.playbook.parameters import (
    MsiParameters,
    PreflightParameters,
    ProveParameters,
    RebootParameters,
    UninstallParameters,
)
from orchestrator.playbook.plan import PlannedStep, Playbook

SCHEDULING_SECONDS = 600.0
"""For asking a host to restart; waiting for it is the other half."""


def plan(playbook: Playbook) -> tuple[PlannedStep, ...]:
    """The steps as engines run them.

    Raises:
        UsageError: when a step has no package to install, or packages of the same architecture.
        PackageError: when a package cannot be used.
        DocumentError: when a policy file cannot be used.
    """
    for step in playbook.steps:
        _check_packages(playbook, step)
    return tuple(part for step in playbook.steps for part in _parts(step))


def _parts(step: PlannedStep) -> Iterator[PlannedStep]:
    if step.kind == "reboot" and isinstance(step.parameters, RebootParameters) and step.parameters.wait:
        yield replace(step, deadline_seconds=SCHEDULING_SECONDS)
        yield replace(step, kind="await_reboot", name=f"{step.name}-return")
    elif isinstance(step.parameters, PreflightParameters):
        yield step.told(step.parameters.with_policy())
    else:
        yield step


def _check_packages(playbook: Playbook, step: PlannedStep) -> None:
    if not isinstance(step.parameters, MsiParameters | UninstallParameters | ProveParameters):
        return
    packages = [read_package(path) for path in step.parameters.packages]
    if isinstance(step.parameters, MsiParameters) and not packages:
        raise UsageError(
            f"the playbook `{playbook.name}` installs a package, and none was given; name the file with --msi, "
            "once for each architecture"
        )
    for package in packages:
        same = [other.path for other in packages if other.architecture == package.architecture]
        if len(same) > 1:
            raise UsageError(f"{same[0]} and {same[1]} are both for {package.architecture}; give one of them")
