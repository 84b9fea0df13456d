"""What computers other than Linux lack: every module of the product can be imported without it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "orchestrator"
NAMES = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty")
WITHOUT_POSIX = f"""
import asyncio, getpass, multiprocessing, subprocess, sys  # Python's own have other forms for other systems

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in {NAMES}:
            raise ModuleNotFoundError(f"No module named {{name!r}}: Windows has none", name=name)

for name in {NAMES}:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Missing())
"""
EVERYTHING = """
import importlib, pkgutil, orchestrator

def complain(name):
    raise

for module in pkgutil.walk_packages(orchestrator.__path__, "orchestrator.", onerror=complain):
    if module.name != "orchestrator.__main__":
        importlib.import_module(module.name)
        print(module.name)
"""


def without_posix(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a program does in a Python that lacks the modules for Unix alone."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX + program], cwd=folder, capture_output=True, text=True, check=False
    )


def test_no_module_needs_posix(tmp_path: Path) -> None:
    """Neither at its head nor in what it imports."""
    ran = without_posix(EVERYTHING, tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert len(ran.stdout.split()) == len(list(PACKAGE.rglob("*.py"))) - 2, "all but the package and its __main__"


@pytest.mark.parametrize("name", NAMES)
def test_who_needs_it_is_found_out(name: str, tmp_path: Path) -> None:
    """An import of any of them fails here."""
    ran = without_posix(f"import {name}", tmp_path)
    assert ran.returncode == 1
    assert f"No module named '{name}': Windows has none" in ran.stderr
