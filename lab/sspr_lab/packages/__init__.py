"""The lab's stand-in for Microsoft's add-in: real installer packages, built by build.sh, that provide nothing."""

from importlib import resources
from pathlib import Path
from typing import Literal


def standin(architecture: Literal["x86", "x64"]) -> Path:
    """The path of SsprWindowsLogon.PROD.<architecture>.msi, version 1.0.10.0."""
    return Path(str(resources.files(__name__) / f"SsprWindowsLogon.PROD.{architecture}.msi"))
