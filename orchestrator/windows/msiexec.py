"""msiexec as a job: the package it installs, brought under its own file name, its arguments and its log.

Windows Installer notes the file name that a product was installed from and looks for it when the product is repaired or
updated, so that the package is called on the host what its maker called it. It lies in a folder below the job's own,
where it meets none of the job's files.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.model.message import phrase
from orchestrator.windows import host_paths, job, product, transfer
from orchestrator.windows.command import Change, Command, Fact, asked, gather, line_of_there
from orchestrator.windows.job import Job
from orchestrator.windows.transfer import CMD

_LOG: Final = "install.log"

_LEAVE_LOG = phrase("change-leave-log")


def package(of: Job, name: str) -> str:
    """Where the package called `name` lies on the host.

    Raises:
        ValueError: when no file can be called so there; the text says why.
    """
    return host_paths.checked(rf"{of.path('package')}\{name}")


def package_folder(of: Job) -> str:
    """The folder of the package."""
    return of.path("package")


def log(of: Job) -> str:
    """Where the verbose log is written."""
    return of.path(_LOG)


def leave_log(of: Job) -> Change:
    """Takes away the task and all that is in the job's folder but the log; the folders too where there is no log."""
    others = rf'for %i in ("{of.folder}\*") do @if /i not "%~nxi"=="{_LOG}" del /q "%i"'
    return Change(
        _LEAVE_LOG(),
        (
            job.delete_task(of),
            Command(f'rd /s /q "{package_folder(of)}" 2>nul', CMD, accepts=None),
            Command(others, CMD, accepts=None),
            *(Command(f'rd "{folder}" 2>nul', CMD, accepts=None) for folder in (of.folder, *of.above)),
        ),
    )


def log_there(of: Job) -> Fact[bool]:
    """Whether there is a log."""
    return Fact(
        "job.log",
        (Command(line_of_there(log(of)), CMD, accepts=None),),
        lambda replies: replies[0].output.strip() == "yes",
    )


def removal(product_code: str) -> Job:
    """The job that removes a product. Its token is the code, so that whoever finds the job knows what it is about."""
    return Job(product_code.strip("{}").replace("-", "").lower())


def removes(of: Job) -> str | None:
    """The code of the product that a job removes; None for any other job."""
    if not re.fullmatch("[0-9a-f]{32}", of.token):
        return None
    return f"{{{uuid.UUID(of.token)}}}".upper()


@dataclass(frozen=True)
class Brought:
    """What has come of a package.

    Attributes:
        sha256: Of the package that is there, lower-case hex; None when there is none.
        received: Bytes of its text that a broken upload has left.
    """

    sha256: str | None
    received: int


def brought(of: Job, name: str) -> Fact[Brought]:
    """What has come of the package called `name`."""
    path = package(of, name)
    return gather(
        "job.package", Brought, sha256=asked(transfer.hash_of(path)), received=asked(transfer.received_bytes(path))
    )


def install_arguments(of: Job, name: str, properties: Mapping[str, str]) -> str:
    """msiexec's arguments for installing the package called `name`.

    /norestart and REBOOT=ReallySuppress say the same; without them a silent installation may restart the host by
    itself (MicrosoftDocs/win32 Msi/reboot.md). A quote inside a property's value is doubled, as Windows Installer has
    it; doubled, it does not end cmd.exe's quoting either.
    """
    doubled = {key: value.replace('"', '""') for key, value in properties.items()}
    extra = "".join(f' {key}="{value}"' for key, value in doubled.items())
    return f'/i "{package(of, name)}" /qn /norestart REBOOT=ReallySuppress{extra} /l*v "{log(of)}"'


def uninstall_arguments(of: Job, product_code: str) -> str:
    """msiexec's arguments for removing a product by its code.

    Raises:
        ValueError: when it is not a GUID in braces; nothing else may get into what SYSTEM runs.
    """
    if not product.is_product_code(product_code):
        raise ValueError(f"not a product code: {product_code!r}")
    return f'/x {product_code} /qn /norestart REBOOT=ReallySuppress /l*v "{log(of)}"'


def task_xml(of: Job, arguments: str, limit_minutes: int) -> bytes:
    """The task: runs msiexec, a program without a console, and waits for it."""
    return job.task_xml(of, f'start "" /wait "%SystemRoot%\\System32\\msiexec.exe" {arguments}', limit_minutes)
