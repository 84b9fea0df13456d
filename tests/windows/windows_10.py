"""Windows 10 machines as findings and the step `windows10` see them: a sound one, and each with one thing different."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from orchestrator.model.finding import Severity
from orchestrator.model.registry import Value
from orchestrator.windows import branches, interfering, windows10
from orchestrator.windows.branches import Machine
from orchestrator.windows.interfering import Settings
from orchestrator.windows.join import Join
from orchestrator.windows.registry import Key
from orchestrator.windows.windows10 import State

MACHINE = Machine(branches.WINDOWS_10, "Windows 10 Pro", "Professional", "19045", 0, "x64", "PC-10")
NUMBERS: dict[tuple[str, str], int | None] = {(policy.key, policy.name): None for policy in interfering.POLICIES}
ALLOWED = Key(windows10.POLICY, {windows10.ALLOW.lower(): Value("REG_DWORD", 1)})
JOINED = Join(("11111111-2222-3333-4444-555555555555",), None)
SOUND = State(ALLOWED, None, JOINED, Settings(NUMBERS, None, "explorer.exe"))
ALWAYS = {"windows10_not_readable"}
"""Said of every Windows 10."""

Case = tuple[Machine, State, set[str], Severity]
"""Machine, state, and the codes and severity of what is found."""


def but(**changes: Any) -> State:
    """The sound machine with other answers."""
    return replace(SOUND, **changes)


def but_set(**changes: Any) -> State:
    """The sound machine with something else set that may be in the way."""
    return but(settings=replace(SOUND.settings, **changes))


def policies(**numbers: int) -> dict[tuple[str, str], int | None]:
    """The policies by their value names, the others not set."""
    known = {policy.name: (policy.key, policy.name) for policy in interfering.POLICIES}
    return {**NUMBERS, **{known[name]: number for name, number in numbers.items()}}


def build(number: str) -> Machine:
    """The sound machine in another build."""
    return replace(MACHINE, build=number)


WARN, BLOCK, INFO = Severity.WARN, Severity.BLOCK, Severity.INFO
NOTIFICATIONS = "DisableLockScreenAppNotifications"
CASES: dict[str, Case] = {
    "sound": (MACHINE, SOUND, ALWAYS, INFO),
    "too old": (build("16299"), SOUND, {"windows10_build"}, BLOCK),
    "build not known": (build("unknown"), SOUND, {"windows10_build"}, BLOCK),
    "not joined": (MACHINE, but(join=Join((), None)), {"windows10_join"}, BLOCK),
    "in a domain only": (MACHINE, but(join=Join((), "contoso.example")), {"windows10_join"}, BLOCK),
    "never switched on": (MACHINE, but(policy=None), {"windows10_off"}, INFO),
    "switched off": (
        MACHINE,
        but(policy=Key(windows10.POLICY, {windows10.ALLOW.lower(): Value("REG_DWORD", 0)})),
        {"windows10_off"},
        INFO,
    ),
    **{
        policy.code: (MACHINE, but_set(numbers=policies(**{policy.name: 1})), {policy.code}, WARN)
        for policy in interfering.POLICIES
    },
    "another shell": (MACHINE, but_set(shell=r"C:\Kiosk\kiosk.exe"), {"custom_shell"}, WARN),
    "Ctrl+Alt+Del before 1809": (build("17134"), but_set(ctrl_alt_del=0), {"ctrl_alt_del"}, WARN),
    "Ctrl+Alt+Del and no notifications": (
        MACHINE,
        but_set(ctrl_alt_del=0, numbers=policies(**{NOTIFICATIONS: 1})),
        {"lock_screen_notifications", "ctrl_alt_del_combination"},
        WARN,
    ),
    "both before 1809": (
        build("17134"),
        but_set(ctrl_alt_del=0, numbers=policies(**{NOTIFICATIONS: 1})),
        {"lock_screen_notifications", "ctrl_alt_del", "ctrl_alt_del_combination"},
        WARN,
    ),
    "Ctrl+Alt+Del from 1809 on": (build("17763"), but_set(ctrl_alt_del=0), ALWAYS, INFO),
    "Ctrl+Alt+Del not asked for": (build("17134"), but_set(ctrl_alt_del=1), ALWAYS, INFO),
    "policies that are set to 0": (
        MACHINE,
        but_set(numbers=dict.fromkeys(NUMBERS, 0)),
        ALWAYS,
        INFO,
    ),
    "Explorer by its path": (MACHINE, but_set(shell=r'"C:\Windows\Explorer.exe"'), ALWAYS, INFO),
    "Explorer with a comma": (MACHINE, but_set(shell="explorer.exe,"), ALWAYS, INFO),
    "hybrid joined": (MACHINE, but(join=Join(("",), "contoso.example")), ALWAYS, INFO),
}
