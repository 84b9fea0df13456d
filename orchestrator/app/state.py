"""Which database keeps how far a run is: as a person refers to it, and found beforehand to be of use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.inventory.credentials import SecretResolver, is_reference
from orchestrator.model.errors import UsageError
from orchestrator.runs.folders import progress_file

if TYPE_CHECKING:
    from orchestrator.engine.database import Database


def lasting_reference(reference: str | None) -> str | None:
    """The same for whoever reads it in another folder."""
    scheme, _, path = (reference or "").partition(":")
    return f"file:{Path(path).expanduser().absolute()}" if scheme == "file" else reference


def state_database(reference: str | None) -> Database:
    """The database that a person means, once it answers.

    Args:
        reference: `postgresql://USER@HOST/DATABASE` without a password, or a reference (`env:`, `file:`) to an address
            that may have one; None for a file of the state folder.

    Raises:
        UsageError: It is none, has a password for all to see, or does not answer; no text repeats an address.
        OSError: The file cannot be made.
    """
    from orchestrator.engine.database import Database  # noqa: PLC0415 - slow to load, and most commands need none

    if reference is None:
        database = Database.in_file(progress_file())
    elif is_reference(reference):
        database = Database.at(SecretResolver(Path.cwd()).resolve(reference).reveal())
    else:
        database = Database.at(reference)
        if database.has_password:
            raise UsageError(
                "the address of the database has a password in it, which every process list would show: put it into "
                "~/.pgpass, or say --state env:NAME or file:PATH, with the address there"
            )
    database.prepare()
    return database
