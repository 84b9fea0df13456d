r"""Windows 10 and 11: the feature is built in, and one registry value switches it on.

Who says so: the page of November 2019 (azure-docs, howto-sspr-windows) and its edition of March 2025 (entra-docs, the
same file), called `2019` and `2025` here.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.model.message import message
from orchestrator.model.registry import Value
from orchestrator.windows import interfering, join, registry, registry_change
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import Change, Fact, asked, gather
from orchestrator.windows.interfering import Settings
from orchestrator.windows.join import Join
from orchestrator.windows.registry import Key

FIRST_BUILD = 17134
"""Version 1803 (April 2018 Update), the first that has the feature (2019, 2025)."""
FIRST_WINDOWS_11 = 22000

POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\AzureADAccount"
ALLOW = "AllowPasswordReset"
MANAGED = r"HKLM\SOFTWARE\Microsoft\PolicyManager\current\device\Authentication"
MANAGED_ALLOW = "AllowAadPasswordReset"


@message("change-windows10-reset")
def _reset(on: bool) -> None: ...


@dataclass(frozen=True)
class State:
    """What bears on the feature on one machine.

    Attributes:
        policy: The key with AllowPasswordReset; None when there is none.
        managed: What a device management (Intune, say) has set, as Windows keeps it; None when it has not.
        join: Whom the device belongs to.
        settings: What may be in the way.
    """

    policy: Key | None
    managed: int | None
    join: Join
    settings: Settings

    @property
    def allowed(self) -> bool:
        """Whether the registry's policy switches the feature on."""
        return self.policy is not None and self.policy.number(ALLOW) == 1

    @property
    def values(self) -> dict[str, dict[str, int | str]]:
        """Path → values, as evidence and for undoing."""
        return {POLICY: self.policy.shown_with(ALLOW)} if self.policy else {}


def _state(policy: Key | None, managed: Value | None, belongs_to: Join, settings: Settings) -> State:
    return State(policy, managed.number if managed else None, belongs_to, settings)


SWITCH: Fact[Key | None] = registry.key("windows10.policy", POLICY)
STATE: Fact[State] = gather(
    "windows10",
    _state,
    policy=asked(SWITCH),
    managed=asked(registry.value("windows10.managed", MANAGED, MANAGED_ALLOW)),
    belongs_to=asked(join.JOIN),
    settings=asked(interfering.SETTINGS),
)


def called(machine: Machine) -> str:
    """Windows 10 or 11: the registry's ProductName says 10 for both."""
    return "Windows 11" if machine.build_number >= FIRST_WINDOWS_11 else "Windows 10"


def switch(*, on: bool, before: State) -> Change:
    """Sets AllowPasswordReset to 1, or to 0, which is what a policy that forbids it sets."""
    return registry_change.numbers_change(_reset(on), POLICY, {ALLOW: int(on)}, before.policy)
