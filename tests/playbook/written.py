"""Playbooks that a test writes for itself."""

from pathlib import Path

from orchestrator.playbook.load import load_playbook
from orchestrator.playbook.plan import Playbook


def playbook(folder: Path, *steps: str) -> Playbook:
    """A playbook of these steps, each as it stands behind its `-`."""
    path = folder / "written.yaml"
    listed = "".join(f"  - {step}\n" for step in steps)
    path.write_text(f"name: written\ndescription: Written for a test.\nsteps:\n{listed}", encoding="utf-8")
    return load_playbook(str(path))
