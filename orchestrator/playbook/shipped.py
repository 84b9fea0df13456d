"""Where the playbooks are that come with the program; to list them, nothing that they are made of is imported."""

from __future__ import annotations

from pathlib import Path


def files() -> dict[str, Path]:
    """Their files by name, sorted: in the package once it is installed, at the top of the project in a source tree."""
    installed = Path(__file__).with_name("shipped")
    folder = installed if installed.is_dir() else Path(__file__).parents[2] / "playbooks"
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}
