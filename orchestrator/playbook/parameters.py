"""What each step can be told: one model a step, used by the playbook's reader, by editors and by the step itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from orchestrator.model.registry import RegistryRecord
from orchestrator.model.validation import DocumentPath, Entry
from orchestrator.playbook.policy import PolicyEntry, load_policy
from orchestrator.windows import transfer

_PUBLIC_PROPERTY: Final = re.compile(r"[A-Z_][A-Z0-9_.]*")
_PRODUCT_CODE: Final = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", re.IGNORECASE)
_TIME_OF_DAY: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_MINUTES_OF_A_DAY: Final = 24 * 60


def _property_name(name: str) -> str:
    if not _PUBLIC_PROPERTY.fullmatch(name):
        raise ValueError("a public property of Windows Installer is written in upper-case letters, digits, `_` and `.`")
    if name == "REBOOT":
        raise ValueError("a package never restarts a host by itself here; restarts are the step `reboot`")
    return name


def _one_line(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("expected one line of text")
    return text


def _product_code(text: str) -> str:
    if not _PRODUCT_CODE.fullmatch(text):
        raise ValueError("expected a product code in braces: '{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}'")
    return text.upper()


def _time_of_day(text: str) -> str:
    if not _TIME_OF_DAY.fullmatch(text):
        raise ValueError("expected a time of day with two digits each, as in 22:30")
    return text


def _switch(value: object) -> object:
    """YAML 1.1 has on and off for true and false, so whoever writes the one may mean the other."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


Text = Annotated[str, AfterValidator(_one_line)]
PropertyName = Annotated[str, AfterValidator(_property_name)]
WAIT_FOR_OTHER: Final = "How long to wait while another installation is running on the host, in minutes."
PACKAGES: Final = (
    "MSI files, one an architecture, relative to this file; the one that fits the host is taken. "
    "`--msi` on the command line replaces them."
)


class Parameters(Entry):
    """What a step can be told."""

    @property
    def allowed_minutes(self) -> int:
        """How long the step may take when the playbook sets it no deadline."""
        return 5


class PreflightParameters(Parameters, PolicyEntry):
    """Look whether a host is fit for what follows; it is blocked when something stands in the way."""

    policy: DocumentPath | None = Field(
        default=None,
        description="A policy file, relative to this file; what is said beside it here goes before what it says.",
    )

    def with_policy(self) -> PreflightParameters:
        """These parameters with what the policy file says taken in.

        Raises:
            DocumentError: The policy file cannot be used.
        """
        if self.policy is None:
            return self
        said = self.above(load_policy(self.policy))
        del said["policy"]
        return PreflightParameters.model_validate(said)


class Tls12Parameters(Parameters):
    """TLS 1.2 must be enabled explicitly, in Schannel and in WinHTTP."""

    remediate: bool = Field(
        default=False, description="Whether to enable it where it is not; otherwise the host is blocked."
    )


class MsiParameters(Parameters):
    """Install a package silently, unless that version is installed already."""

    packages: tuple[DocumentPath, ...] = Field(default=(), description=PACKAGES)
    properties: dict[PropertyName, Text] = Field(
        default={}, description="Public properties for Windows Installer, in upper case."
    )
    wait_for_other_install_minutes: int = Field(default=15, strict=True, ge=0, description=WAIT_FOR_OTHER)
    install_minutes: int = Field(
        default=30, strict=True, ge=1, description="How long the installation itself may take, in minutes."
    )

    @property
    def allowed_minutes(self) -> int:
        """Both waits, ten minutes for looking before and after, and what the upload of the largest package may take."""
        largest = max((path.stat().st_size for path in self.packages if path.is_file()), default=0)
        return self.wait_for_other_install_minutes + self.install_minutes + 10 + transfer.minutes_for(largest)


class UninstallParameters(Parameters):
    """Remove the products of packages, silently; all is well where they are not installed."""

    packages: tuple[DocumentPath, ...] = Field(default=(), description=PACKAGES)
    product_code: Annotated[str, AfterValidator(_product_code)] | None = Field(
        default=None,
        description="A product to remove by its code, in braces and quotes, when its package is not at hand.",
    )
    wait_for_other_install_minutes: int = Field(default=15, strict=True, ge=0, description=WAIT_FOR_OTHER)
    minutes: int = Field(default=10, strict=True, ge=1, description="How long the removal itself may take, in minutes.")

    @property
    def allowed_minutes(self) -> int:
        """Both waits, and five minutes for looking before and after."""
        return self.wait_for_other_install_minutes + self.minutes + 5


class RebootParameters(Parameters):
    """Restart a host, and wait until it has done so."""

    when: Literal["never", "required", "always"] = Field(
        default="required", description="required: when a step before or Windows itself waits for a restart."
    )
    delay_minutes: int = Field(
        default=0, strict=True, ge=0, le=525600, description="Minutes that people at the host are given."
    )
    at: Annotated[str, AfterValidator(_time_of_day)] | None = Field(
        default=None, description="Time of day on the host's own clock, as in 22:30; today, or else tomorrow."
    )
    message: Annotated[str, Field(max_length=127), AfterValidator(_one_line)] | None = Field(
        default=None, description="What people at the host are told, in one line."
    )
    return_minutes: int = Field(
        default=30, strict=True, ge=1, description="How long the host may take to come back once the restart is due."
    )
    wait: bool = Field(default=True, description="Whether to wait until the host is back.")

    @model_validator(mode="after")
    def _one_moment(self) -> Self:
        if self.at is not None and self.delay_minutes:
            raise ValueError("`at` and `delay_minutes` exclude each other; with `at`, `delay_minutes` is 0")
        return self

    @property
    def allowed_minutes(self) -> int:
        """Ten minutes for looking and scheduling; with `wait`, the time until the restart is due and that to return."""
        due = self.delay_minutes if self.at is None else _MINUTES_OF_A_DAY
        return 10 + (due + self.return_minutes if self.wait else 0)


class ProveParameters(Parameters):
    """Prove that the add-in is there and can work: product, credential provider, its file, TLS 1.2."""

    packages: tuple[DocumentPath, ...] = Field(default=(), description=PACKAGES)
    tls12: bool = Field(default=True, description="Whether TLS 1.2 belongs to what is to be proved.")


class Windows10Parameters(Parameters):
    """Switch Windows 10's own password reset at the log-on screen on or off; other branches are left alone."""

    state: Annotated[Literal["on", "off"], BeforeValidator(_switch)] = Field(default="on", description="on or off.")
    require_join: bool = Field(
        default=True,
        description="Whether a device that is not joined to Azure AD, where it cannot work, is blocked and left alone.",
    )


class VerboseLoggingParameters(Parameters):
    """Switch the add-in's verbose logging on or off; a host without the add-in is left alone."""

    state: Annotated[Literal["on", "off"], BeforeValidator(_switch)] = Field(description="on or off.")


class CollectParameters(Parameters):
    """Bring home what support needs to see: event logs, installation logs, a snapshot of the registry."""

    days: int = Field(
        default=30, strict=True, ge=1, description="How far back events of Windows Installer and of starts go, in days."
    )
    maximum_mb: int = Field(
        default=64,
        strict=True,
        ge=1,
        description="The most that is brought home from a host, in megabytes, compressed.",
    )

    @property
    def allowed_minutes(self) -> int:
        """Ten minutes for collecting, and what all that may be brought home may take."""
        return 10 + transfer.minutes_for(self.maximum_mb * transfer.MEGABYTE)


@dataclass(frozen=True)
class Recorded:
    """What a run left on a host.

    Attributes:
        record: What it changed in the registry.
        installer: Whether Windows Installer installed or removed a product there, which an undo does not touch.
        lost: Whether the run did not learn how it ended there.
    """

    record: RegistryRecord
    installer: bool = False
    lost: bool = False


class UndoParameters(Parameters):
    """Put back what a run changed in registries."""

    run: str = Field(description="The run's identifier.")
    hosts: dict[str, Recorded] = Field(description="What it left, by the host's name without regard to case.")


class DoctorParameters(Parameters):
    """Test what is believed of Windows on one machine."""

    changes: bool = Field(default=False, description="Whether files, a task and a registry key may be made for it.")

    @property
    def allowed_minutes(self) -> int:
        """Every belief is a question of its own."""
        return 20
