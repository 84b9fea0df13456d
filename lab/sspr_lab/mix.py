"""The mix of a fleet: which machines it is made of, read from a YAML file and dealt out by a seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from orchestrator.model.document import Problems, load_document
from orchestrator.model.validation import Entry
from sspr_lab.fault_entries import FaultSetting
from sspr_lab.faults import Fault
from sspr_lab.languages import LanguageTag
from sspr_lab.profile import Architecture, Branch, Profile, Trait
from sspr_lab.winrm_settings import CbtHardeningLevel, Logon, Method, ServiceSettings, Transport

DEFAULT_MIX: Final = Path(__file__).with_name("default_mix.yaml")

Edition = Literal["Starter", "HomeBasic", "HomePremium", "Professional", "Enterprise", "Ultimate", "Core"]


ComputerName = Annotated[str, Field(pattern=r"^[^\s\\/:*?\"<>|.,~!@#$%^&'(){}]{1,15}$")]
"""A NetBIOS name: letters of any language (Microsoft KB909264 lists what is not allowed)."""


Listener = Literal["http", "https", "both"]
_LISTENERS: Final[dict[Listener, frozenset[Transport]]] = {
    "http": frozenset({"http"}),
    "https": frozenset({"https"}),
    "both": frozenset({"http", "https"}),
}
_NEED_TLS: Final = frozenset({"basic", "certificate"})


class MachineEntry(Entry):
    """Machines of one kind: a fixed number of them, or a share of what the fixed numbers leave.

    `logon` is how the inventory says to log on. What it needs (an HTTPS listener, a way that Windows has off) is there
    unless `listener` and `auth` say otherwise; `auth` is all that the service takes.
    """

    count: Annotated[int, Field(ge=0)] | None = None
    share: Annotated[float, Field(gt=0)] | None = None
    branch: Branch = "windows7"
    architecture: Architecture = "x64"
    edition: Edition = "Professional"
    language: LanguageTag = "en-US"
    name: ComputerName | None = None
    traits: tuple[Trait, ...] = ()
    faults: tuple[FaultSetting, ...] = ()
    listener: Listener | None = None
    auth: tuple[Method, ...] | None = None
    cbt: CbtHardeningLevel = "relaxed"
    logon: Logon = "ntlm"

    def service(self) -> ServiceSettings:
        """How the WinRM service of such a machine is set up."""
        needed: Method = "negotiate" if self.logon == "ntlm" else self.logon
        return ServiceSettings(
            _LISTENERS[self.listener or ("https" if self.logon in _NEED_TLS else "http")],
            ServiceSettings().auth | {needed} if self.auth is None else frozenset(self.auth),
            self.cbt,
        )


class MixFile(Entry):
    """A mix file."""

    machines: Annotated[tuple[MachineEntry, ...], Field(min_length=1)]


@dataclass(frozen=True)
class Kind:
    """One kind of machine, ready to be given a name; a machine that is one of its kind may have its own."""

    profile: Profile
    faults: tuple[Fault, ...]
    name: str | None = None
    logon: Logon = "ntlm"


@dataclass(frozen=True)
class Mix:
    """The kinds of a fleet with how many of each there are to be; made by `load_mix`."""

    path: Path
    entries: tuple[MachineEntry, ...]

    def deal(self, hosts: int, seed: int) -> list[Kind]:
        """The kinds of `hosts` machines, shuffled by the seed.

        Raises:
            DocumentError: the counts of the mix do not fit the number of hosts.
        """
        numbers = self._numbers(hosts)
        dealt = [kind for entry, number in zip(self.entries, numbers, strict=True) for kind in [_kind(entry)] * number]
        random.Random(seed).shuffle(dealt)
        return dealt

    def _numbers(self, hosts: int) -> list[int]:
        """How many machines of each entry: the counts, and the rest by shares with the largest remainders first."""
        fixed = sum(entry.count or 0 for entry in self.entries)
        shares = [entry.share or 0.0 for entry in self.entries]
        rest = hosts - fixed
        if rest < 0 or (rest and not any(shares)):
            Problems(self.path).stop(1, f"`machines`: the counts make {fixed} machines, and {hosts} are asked for")
        exact = [rest * share / (sum(shares) or 1) for share in shares]
        numbers = [int(number) for number in exact]
        by_remainder = sorted(range(len(exact)), key=lambda index: numbers[index] - exact[index])
        for index in by_remainder[: rest - sum(numbers)]:
            numbers[index] += 1
        return [number + (entry.count or 0) for number, entry in zip(numbers, self.entries, strict=True)]


def load_mix(path: Path = DEFAULT_MIX) -> Mix:
    """Read a mix file. Raises DocumentError naming file, line and key."""
    document = load_document(path)
    file = document.parse(MixFile)
    problems = Problems(path)
    for index, entry in enumerate(file.machines):
        line = document.line("machines", index)
        if (entry.count is None) == (entry.share is None):
            problems.add(line, f"`machines[{index}]`: say either `count` or `share`")
        if entry.name is not None and entry.count != 1:
            problems.add(line, f"`machines[{index}].name`: only one machine can have it; say `count: 1`")
        _check_faults(entry.faults, problems, line, f"machines[{index}]")
    problems.check()
    return Mix(path, file.machines)


def _check_faults(settings: Sequence[FaultSetting], problems: Problems, line: int, where: str) -> None:
    for number, setting in enumerate(settings):
        for name in setting.misplaced():
            problems.add(line, f"`{where}.faults[{number}].{name}`: the fault `{setting.fault}` has no `{name}`")


def _kind(entry: MachineEntry) -> Kind:
    profile = Profile(
        branch=entry.branch, architecture=entry.architecture, edition=entry.edition, winrm=entry.service()
    )
    profile = profile.in_language(entry.language).with_traits(*entry.traits)
    return Kind(profile, tuple(setting.fault_of() for setting in entry.faults), entry.name, entry.logon)
