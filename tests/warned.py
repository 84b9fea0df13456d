"""Runs a module as `python -m` does, with the test run's own idea of warnings: `warned.py MODULE WORDS...`.

Warnings that our own code causes are errors; one of somebody else's library fails nobody's tests.
"""

import runpy
import sys
import warnings
from pathlib import Path
from typing import Final

OTHERS: Final = r"(?!(orchestrator|sspr_lab|tests|lab|benchmarks|__main__)(\.|$))"
"""Names of modules that are not ours; pyproject.toml says the same to pytest."""


def warned(module: str, *words: str) -> list[str]:
    """The command line that runs a module so, in whatever folder."""
    return [sys.executable, __file__, module, *words]


def set_up() -> None:
    """What pyproject.toml has pytest do, for this process."""
    warnings.simplefilter("error")
    warnings.filterwarnings("default", module=OTHERS)
    warnings.filterwarnings("ignore", category=DeprecationWarning, module=OTHERS)  # as Python has it for users
    for found_late in (ResourceWarning, RuntimeWarning):
        warnings.simplefilter("error", found_late)


if __name__ == "__main__":
    set_up()
    sys.path[0] = str(Path.cwd())
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
