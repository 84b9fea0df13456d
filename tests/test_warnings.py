"""Warnings: ours are errors, in tests and in the programs that they start; those of libraries fail nobody's tests."""

from __future__ import annotations

import os
import subprocess
import tomllib
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.warned import OTHERS, warned

ROOT = Path(__file__).parents[1]
CAUSE = "import warnings\n\ndef warn(kind):\n    warnings.warn('old', kind, stacklevel=1)\n"
OURS = ("orchestrator", "orchestrator.cli.run", "sspr_lab.winrm.http", "tests.cli.test_help", "lab.tests.x", "__main__")
THEIRS = ("pymsi.thirdparty.refinery.array", "orchestrators", "pytest_asyncio.plugin", "cryptography", "testsuite")


def warning(name: str) -> Callable[[type[Warning]], None]:
    """A function of a module of this name that warns."""
    module = ModuleType(name)
    exec(compile(CAUSE, f"{name}.py", "exec"), module.__dict__)
    function: Callable[[type[Warning]], None] = module.__dict__["warn"]
    return function


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("kind", [DeprecationWarning, UserWarning, SyntaxWarning])
def test_ours_are_errors(name: str, kind: type[Warning]) -> None:
    """In each of our packages, whatever kind it is."""
    with pytest.raises(kind, match="old"):
        warning(name)(kind)


@pytest.mark.parametrize("name", THEIRS)
def test_theirs_are_shown(name: str) -> None:
    """They are recorded, and raise nothing."""
    with warnings.catch_warnings(record=True) as seen:
        warning(name)(DeprecationWarning)
    assert [str(each.message) for each in seen] == ["old"]


@pytest.mark.parametrize("name", THEIRS)
@pytest.mark.parametrize("kind", [ResourceWarning, RuntimeWarning])
def test_what_is_found_late_is_an_error_anywhere(name: str, kind: type[Warning]) -> None:
    """A file left open, a coroutine left unawaited: Python tells of them wherever it happens to be."""
    with pytest.raises(kind, match="old"):
        warning(name)(kind)


@pytest.mark.parametrize(("name", "fails"), [("orchestrator.older", True), ("pymsi.older", False)])
def test_programs_that_tests_start(name: str, tmp_path: Path, *, fails: bool) -> None:
    """They have the same measure."""
    package, _, module = name.partition(".")
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()
    (tmp_path / package / f"{module}.py").write_text(f"{CAUSE}\nwarn(DeprecationWarning)\n", encoding="utf-8")
    (tmp_path / "started.py").write_text(f"import {name}\n", encoding="utf-8")
    ran = subprocess.run(
        warned("started"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode != 0, "DeprecationWarning: old" in ran.stderr) == (fails, fails)


def test_both_know_the_same_names() -> None:
    """One list of our packages in pyproject.toml, for pytest, and one for programs."""
    filters = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]
    assert f"default:::{OTHERS}" in filters["filterwarnings"]
