"""What the parameters of several steps have in common."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field

from orchestrator.model.errors import UsageError
from orchestrator.model.validation import DocumentPath, Entry
from orchestrator.package.msi import read_package

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def one_line(text: str) -> str:
    """The text; a ValueError when it is more than a line."""
    if _CONTROL.search(text):
        raise ValueError("expected one line of text")
    return text


def _switch(value: object) -> object:
    """YAML 1.1 has on and off for true and false, so whoever writes the one may mean the other."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


Text = Annotated[str, AfterValidator(one_line)]
OnOff = Annotated[Literal["on", "off"], BeforeValidator(_switch)]
WAIT_FOR_OTHER: Final = "How long to wait while another installation is running on the host, in minutes."


class Parameters(Entry):
    """What a step can be told."""

    @property
    def allowed_minutes(self) -> int:
        """How long the step may take when the playbook sets it no deadline."""
        return 5

    def prepared(self, playbook: str) -> Self:  # noqa: ARG002 - for those that name it in an error
        """These parameters as a run needs them: the files that they name are looked at before any host is.

        Args:
            playbook: Its name, for errors.

        Raises:
            UsageError: The step could not be taken anywhere.
        """
        return self


class PackageParameters(Parameters):
    """What a step can be told that goes by packages."""

    packages: tuple[DocumentPath, ...] = Field(
        default=(),
        description="MSI files, one an architecture, relative to this file; the one that fits the host is taken. "
        "`--msi` on the command line replaces them.",
    )

    def prepared(self, playbook: str) -> Self:
        """The same, once every package can be read and no two are for one architecture.

        Raises:
            UsageError: Two are for the same architecture.
            PackageError: One cannot be used.
        """
        packages = [read_package(path) for path in self.packages]
        for package in packages:
            same = [other.path for other in packages if other.architecture == package.architecture]
            if len(same) > 1:
                raise UsageError(f"{same[0]} and {same[1]} are both for {package.architecture}; give one of them")
        return super().prepared(playbook)
