"""Orders that other processes give a run: a small file each in its folder, for which whoever is at work on it looks.

An order stands until the run has ended by it, so that it also holds for a process that goes on with the run meanwhile;
one to cancel stands for good. That it was heard is written into it.
"""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import AwareDatetime

from orchestrator.model import trust
from orchestrator.model.codec import decode, encode
from orchestrator.model.errors import DocumentError, UsageError
from orchestrator.model.private_file import write_private
from orchestrator.runs.folders import RunFolder

_MOST_BYTES: Final = 4096


class Order(StrEnum):
    """What a run can be told; each stands for itself, in a file of its own."""

    PAUSE = "pause"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Given:
    """An order that stands.

    Attributes:
        by: The account that gave it.
        at: When.
        heard: When a process took it; None until one has.
    """

    by: str
    at: AwareDatetime
    heard: AwareDatetime | None = None


def give(folder: RunFolder, order: Order) -> None:
    """Gives a run an order.

    Raises:
        UsageError: The folder is another person's.
        UntrustedPath: Another person may write there, or above.
        OSError: It cannot be written.
    """
    check_ours(folder)
    _write(folder, order, Given(getpass.getuser(), datetime.now(UTC)))


def check_ours(folder: RunFolder) -> None:
    """Looks whether a run is ours to order. Raises UsageError, UntrustedPath, OSError."""
    trust.check_folder(folder.path)
    if os.name == "posix" and folder.path.stat().st_uid != os.geteuid():
        raise UsageError(f"run {folder.name} is another user's ({folder.path}); only who began it may order it about")


def standing(folder: RunFolder, order: Order) -> Given | None:
    """An order that was given and not withdrawn; where there is none, that costs a look at the folder alone.

    Raises:
        UntrustedPath: Another person may have given it.
        DocumentError: It is none of ours.
        OSError: It cannot be read.
    """
    path = _path(folder, order)
    if not path.exists():
        return None
    try:
        return decode(Given, trust.read(path, most=_MOST_BYTES).decode())
    except FileNotFoundError:  # it was withdrawn at this moment
        return None
    except ValueError as error:
        raise DocumentError(path, None, "is no order to a run; remove it") from error


def is_cancelled(folder: RunFolder) -> bool:
    """Whether somebody has cancelled a run, whatever it has come to since."""
    return _path(folder, Order.CANCEL).exists()


def hear(folder: RunFolder, order: Order) -> None:
    """Writes into an order that it was heard. Raises what `standing` raises."""
    if given := standing(folder, order):
        _write(folder, order, replace(given, heard=datetime.now(UTC)))


def withdraw(folder: RunFolder, *orders: Order) -> None:
    """Takes orders back, or takes them away once they are carried out. Raises OSError."""
    for order in orders:
        _path(folder, order).unlink(missing_ok=True)


def _path(folder: RunFolder, order: Order) -> Path:
    return folder.path / f"{order}.order"


def _write(folder: RunFolder, order: Order, given: Given) -> None:
    write_private(_path(folder, order), encode(given).encode() + b"\n")
