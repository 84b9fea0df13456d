"""A stand-in package of any size, to measure and test uploads with: the real one with bytes that nothing compresses."""

import random
from pathlib import Path
from typing import Final, Literal

from sspr_lab.packages import standin

_SECTOR: Final = 512  # of the compound file


def padded_standin(directory: Path, size_bytes: int, architecture: Literal["x86", "x64"]) -> Path:
    """Write a package of about `size_bytes` (whole sectors, never less than the stand-in) and return its path.

    The padding is sectors behind the ones that the file's allocation table names, so that every reader of compound
    files passes over them; the same arguments give the same bytes.
    """
    content = standin(architecture).read_bytes()
    padding = max(0, size_bytes - len(content)) // _SECTOR * _SECTOR
    path = directory / f"StandInLogon.{architecture}.{size_bytes}.msi"
    path.write_bytes(content + random.Random(size_bytes).randbytes(padding))
    return path
