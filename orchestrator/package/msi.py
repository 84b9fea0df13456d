"""An MSI file on the coordinator: which product it is, for which architecture, what it registers, who signed it."""

from __future__ import annotations

from pathlib import Path

from orchestrator.model.errors import PackageError
from orchestrator.model.shared_files import check_shared
from orchestrator.package.packages import Package


def read_package(path: Path, pinned: tuple[str, ...] = ()) -> Package:
    """Reads an MSI's tables and summary information.

    Args:
        path: The file.
        pinned: SHA-256 in lower-case hex, of which the file has to have one; any will do where none is given.

    Raises:
        PackageError: when the file is missing, is no MSI, is not a pinned one, or lacks what identifies a product.
    """
    from orchestrator.package import reading  # noqa: PLC0415 - slow to load, and most runs read none

    try:
        stamp = path.stat()
        return reading.read(
            path, pinned, (stamp.st_dev, stamp.st_ino, stamp.st_ctime_ns, stamp.st_mtime_ns, stamp.st_size)
        )
    except OSError as error:
        raise _unread(path, error) from error


def trusted_package(path: Path, pinned: tuple[str, ...] = ()) -> Package:
    """Reads an MSI that decides what becomes of hosts: a pinned one, or else one that no other person may write.

    Arguments as of `read_package`.

    Raises:
        PackageError: As `read_package`.
        UntrustedPath: It is not pinned, and another person may write it.
    """
    if not pinned:
        try:
            check_shared(path)
        except OSError as error:
            raise _unread(path, error) from error
    return read_package(path, pinned)


def _unread(path: Path, error: OSError) -> PackageError:
    return PackageError(f"{path}: {error.strerror or 'cannot be read'}; give the path of the MSI file")
