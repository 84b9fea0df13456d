"""What bash offers when somebody presses Tab, with the script that `--show-completion` gives and a real bash."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

INVENTORY = """\
all:
  credential: {username: admin, password: env:NOWHERE}
groups:
  seoul: {hosts: ['PC-[001:003]']}
  server-room: {}
hosts:
  KIOSK-1:
"""
RUN = "20261122-130501-9f3c"
TAB = """\
source ./completion.bash
read -r -a COMP_WORDS <<< "$1"
case "$1" in *' ') COMP_WORDS+=('') ;; esac
COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
$(complete -p sspr | sed -E 's/.* -F ([^ ]+) .*/\\1/') sspr
printf '%s\\n' "${COMPREPLY[@]}"
"""
"""What bash does on Tab: fills the words, calls the function that the script has registered, and reads its reply."""

pytestmark = pytest.mark.skipif(
    shutil.which("bash") is None and "CI" not in os.environ, reason="needs bash, which CI has"
)


@pytest.fixture(scope="module")
def completing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an inventory, a run, and the script for bash; `sspr` in it is this program."""
    tmp_path = tmp_path_factory.mktemp("completing")
    (tmp_path / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("hosts: [", encoding="utf-8")
    run = tmp_path / "state" / "runs" / RUN
    run.mkdir(parents=True)
    (run / "result.json").write_text("{}", encoding="utf-8")
    program = tmp_path / "bin" / "sspr"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom orchestrator.cli import main\n\nmain()\n", encoding="utf-8")
    program.chmod(0o755)
    shown = _bash(tmp_path, "sspr --show-completion; true")
    (tmp_path / "completion.bash").write_text(shown, encoding="utf-8")
    return tmp_path


def _bash(folder: Path, script: str, *words: str) -> str:
    root = Path(__file__).parents[2]
    environment = {
        **os.environ,
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(root),
        "SSPR_STATE": str(folder / "state"),
    }
    command = ["bash", "--norc", "-c", script, "bash", *words]
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("sspr pl", ["playbooks"]),
        ("sspr reboot ", ["schedule", "cancel", "turns", "free"]),
        ("sspr leases break -i inventory.yaml KI", ["KIOSK-1"]),
        ("sspr run verb", ["verbose-logging-off", "verbose-logging-on"]),
        ("sspr runs show ", ["last", RUN]),
        ("sspr work", ["worker"]),
        ("sspr worker --run 2026", [RUN]),
        ("sspr run --undo 2026", [RUN]),
        ("sspr runs pause 2026", [RUN]),
        ("sspr runs retry last --only failed,un", ["failed,unreachable", "failed,unknown"]),
        ("sspr check -i inventory.yaml --limit se", ["seoul", "server-room"]),
        ("sspr check -i inventory.yaml --limit seoul,!PC-00", ["seoul,!PC-001", "seoul,!PC-002", "seoul,!PC-003"]),
        ("sspr check -i inventory.yaml --explain K", ["KIOSK-1"]),
        ("sspr doctor -i inventory.yaml KI", ["KIOSK-1"]),
        ("sspr check -i broken.yaml --limit ", [""]),
    ],
)
def test_bash_completes(completing: Path, line: str, offered: list[str]) -> None:
    """Commands, playbooks, runs, groups and hosts; where the inventory is missing or unusable nothing, quietly."""
    assert _bash(completing, TAB, line).splitlines() == offered
