"""The plan that a playbook comes to: its steps with their parameters, conditions and deadlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from orchestrator.model.document import parse_value
from orchestrator.model.errors import UsageError, did_you_mean
from orchestrator.model.validation import Entry, explain
from orchestrator.playbook.strategy import SECTIONS, Guards, Limits, Strategy
from orchestrator.steps.declaration import AnyKind, Parameters

E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class Condition:
    """On which hosts a step is taken; an empty set leaves none out.

    Attributes:
        branches: Of `windows7`, `windows8`, `windows8.1`, `windows10`.
        architectures: Of `x86`, `x64`.
    """

    branches: frozenset[str] = frozenset()
    architectures: frozenset[str] = frozenset()

    def holds(self, branch: str, architecture: str) -> bool:
        """Whether a host of this branch and architecture is meant."""
        return (not self.branches or branch in self.branches) and (
            not self.architectures or architecture in self.architectures
        )

    @property
    def trivial(self) -> bool:
        """Whether it holds everywhere, so that nothing has to be known of a host."""
        return not self.branches and not self.architectures


@dataclass(frozen=True)
class PlannedStep:
    """One step of a plan.

    Attributes:
        kind: Which step it is, as declared.
        name: Its name in results, unique in the plan; that of the kind unless the playbook says otherwise.
        parameters: What it is told; of the kind's class.
        condition: On which hosts it is taken.
        deadline_seconds: How long it may take on a host, all attempts and waits together.
    """

    kind: AnyKind
    name: str
    parameters: Parameters
    condition: Condition
    deadline_seconds: float

    def takes(self, key: str) -> bool:
        """Whether it has such a parameter."""
        return key in type(self.parameters).model_fields

    def told(self, parameters: Parameters) -> PlannedStep:
        """The step with other parameters; when they allow longer waits, the deadline moves by as much."""
        longer = parameters.allowed_minutes - self.parameters.allowed_minutes
        return replace(self, parameters=parameters, deadline_seconds=self.deadline_seconds + 60 * max(0, longer))


@dataclass(frozen=True)
class Playbook:
    """A playbook, read and checked.

    Attributes:
        path: The file it came from.
        notes: What whoever wrote it should know: names that have changed since.
        strategy: In which waves it goes over hosts.
        guards: What stops it, where it changes hosts.
        limits: How fast it may go.
    """

    name: str
    description: str
    steps: tuple[PlannedStep, ...]
    path: Path
    notes: tuple[str, ...] = ()
    strategy: Strategy = field(default_factory=Strategy)
    guards: Guards = field(default_factory=Guards)
    limits: Limits = field(default_factory=Limits)

    def overridden(self, settings: Sequence[str]) -> Playbook:
        """The playbook with settings of the command line, each `STEP.KEY=VALUE`, in place of what the file says.

        STEP is the name of a step, or a kind for all steps of it, or `strategy`, `guards` or `limits`; VALUE is read as
        YAML; relative paths start in the current directory.

        Raises:
            UsageError: A setting names no step or no parameter, or its value does not fit.
        """
        return self._set([_Setting.read(setting) for setting in settings])

    def with_parameters(self, step: str, **values: object) -> Playbook:
        """The playbook with these parameters of a step, or of all steps of a kind, in place of what the file says.

        Raises:
            UsageError: There is no such step or parameter, or a value does not fit.
        """
        return self._set([_Setting(f"{step}.{key}={value}", step, key, value) for key, value in values.items()])

    def _set(self, settings: Sequence[_Setting]) -> Playbook:
        settings_of: dict[str, list[_Setting]] = {}
        of_all = {name: [each for each in settings if each.step == name] for name in SECTIONS}
        for setting in settings:
            if setting.step in SECTIONS:
                continue
            for step in setting.meant(self.steps):
                settings_of.setdefault(step.name, []).append(setting)
        return replace(
            self,
            steps=tuple(_set(step, settings_of.get(step.name, ())) for step in self.steps),
            strategy=_said(self.strategy, of_all["strategy"]),
            guards=_said(self.guards, of_all["guards"]),
            limits=_said(self.limits, of_all["limits"]),
        )

    def with_packages(self, packages: Sequence[Path]) -> Playbook:
        """The playbook with other packages in every step that takes some.

        Raises:
            UsageError: There is no such step.
        """
        if not any(step.takes("packages") for step in self.steps):
            raise UsageError(f"no step of the playbook `{self.name}` takes a package")
        return self._given("packages", tuple(packages))

    def with_unproven(self) -> Playbook:
        """The playbook that installs its packages also where their tables do not tell what they are."""
        return self._given("unproven", value=True)

    def with_policy(self, path: Path) -> Playbook:
        """The playbook with this policy file in every preflight.

        Raises:
            UsageError: There is no preflight in it.
        """
        if not any(step.takes("policy") for step in self.steps):
            raise UsageError(f"the playbook `{self.name}` has no preflight to go by a policy")
        return self._given("policy", path)

    def _given(self, key: str, value: object) -> Playbook:
        """The playbook with this value in every step that has such a parameter."""
        steps = (
            step.told(step.parameters.model_copy(update={key: value})) if step.takes(key) else step
            for step in self.steps
        )
        return replace(self, steps=tuple(steps))


@dataclass(frozen=True)
class _Setting:
    """One `STEP.KEY=VALUE`: as it is or would be written on the command line, and the value that it stands for."""

    written: str
    step: str
    key: str
    value: Any

    @classmethod
    def read(cls, written: str) -> _Setting:
        target, equals, value = written.partition("=")
        step, dot, key = target.partition(".")
        if not equals or not dot:
            raise UsageError(f"`{written}`: expected STEP.KEY=VALUE, as in msi.install_minutes=45")
        try:
            return cls(written, step, key, parse_value(value))
        except UsageError as error:
            raise UsageError(f"`{written}`: {error}") from None

    def meant(self, steps: Sequence[PlannedStep]) -> list[PlannedStep]:
        """The step of that name, or else all of that kind."""
        named = [step for step in steps if step.name == self.step]
        meant = named or [step for step in steps if self.step in {step.kind.name, *step.kind.formerly}]
        if not meant:
            names = [step.name for step in steps]
            hint = did_you_mean(self.step, [*names, *SECTIONS]) or f"; its steps are {', '.join(names)}"
            raise UsageError(f"`{self.written}`: the playbook has no step `{self.step}`{hint}")
        return meant


def _set(step: PlannedStep, settings: Sequence[_Setting]) -> PlannedStep:
    return step.told(_said(step.parameters, settings))


def _said(before: E, settings: Sequence[_Setting]) -> E:
    """The same with all settings at once, because some fit only together."""
    said = before.model_dump(exclude_unset=True)
    changed = {setting.key: setting.value for setting in settings}
    model = type(before)
    try:
        return model.model_validate(said | changed, context={"folder": Path.cwd()})
    except ValidationError as error:
        problems = list(explain(error, model))
        blamed = {location[0] for location, _ in problems if location}
        named = [setting for setting in settings if setting.key in blamed] or settings
        written = ", ".join(f"`{setting.written}`" for setting in named)
        raise UsageError(f"{written}: {'; '.join(problem for _, problem in problems)}") from None
