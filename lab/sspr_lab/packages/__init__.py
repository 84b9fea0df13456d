"""The lab's stand-ins for Microsoft's add-in: real installer packages, built by build.sh, that provide nothing."""

from importlib import resources
from pathlib import Path
from typing import Literal

Way = Literal["table", "selfreg", "action"]


def standin(architecture: Literal["x86", "x64"], way: Way = "table") -> Path:
    """The path of a stand-in, version 1.0.10.0, that registers the provider in this way.

    `table`: by rows of its Registry table; `selfreg`: by its SelfReg table, that is by its DLL; `action`: by a custom
    action.
    """
    return Path(str(resources.files(__name__) / f"StandInLogon.{way}.{architecture}.msi"))
