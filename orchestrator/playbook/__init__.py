"""What is to be done on a host, step by step: from YAML files to a typed plan."""

from __future__ import annotations

from pathlib import Path


def shipped_files() -> dict[str, Path]:
    """The files of the playbooks that come with the program, by name, sorted; nothing else is imported to list them.

    They lie in the package once it is installed, at the top of the project in a source tree.
    """
    installed = Path(__file__).with_name("shipped")
    folder = installed if installed.is_dir() else Path(__file__).parents[2] / "playbooks"
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}
