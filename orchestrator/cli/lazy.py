"""The commands of `sspr`, listed with a line of help each and imported only when one of them is used.

`sspr lab` and `sspr demo` come from the distribution `sspr-lab`, by entry points of the group `sspr.commands`; where it
is not installed, they say how to get it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from orchestrator.model.errors import UsageError

ENTRY_POINTS: Final = "sspr.commands"


@dataclass(frozen=True)
class Listed:
    """A command as `sspr --help` lists it.

    Attributes:
        help: One line.
        place: `module:attribute` of a function or of a Typer with commands below it; None where an entry point has it.
    """

    help: str
    place: str | None = None


COMMANDS: Final[Mapping[str, Listed]] = {
    "check": Listed(
        "Check whether hosts are ready for the add-in: Windows, TLS 1.2, pending restarts, anything in its way.",
        "orchestrator.cli.check:check",
    ),
    "run": Listed(
        "Run a playbook, or undo an earlier run; --check shows what would change.", "orchestrator.cli.run:run"
    ),
    "logs": Listed(
        "Switch the add-in's verbose log on, for a while or for good, or off; bring logs home, search and verify them.",
        "orchestrator.cli.logs:app",
    ),
    "case": Listed(
        "Find out why a password cannot be reset on one computer: capture, bring its logs home, say what is wrong.",
        "orchestrator.cli.case:case",
    ),
    "reboot": Listed(
        "Restart hosts and verify that they did, or cancel such a restart.", "orchestrator.cli.reboot:app"
    ),
    "worker": Listed(
        "Go on with runs that were left to a worker (--detach), until each has ended.", "orchestrator.cli.worker:worker"
    ),
    "runs": Listed(
        "List earlier runs, show one, watch, pause or cancel one at work, go on with it, or remove it.",
        "orchestrator.cli.runs:app",
    ),
    "hosts": Listed(
        "Show how each host ended last over all runs, and what remains to do.", "orchestrator.cli.hosts:hosts"
    ),
    "leases": Listed(
        "List which runs are at work on hosts, or take a host away from one.", "orchestrator.cli.leases:app"
    ),
    "inventory": Listed(
        "Show what an inventory comes to, without contacting any host.", "orchestrator.cli.inventory:app"
    ),
    "playbooks": Listed("List the shipped playbooks, or print one.", "orchestrator.cli.playbooks:playbooks"),
    "msi": Listed("Inspect MSI files on this machine.", "orchestrator.cli.msi:app"),
    "lab": Listed("Simulated hosts that speak real WinRM, for rehearsals and tests."),
    "doctor": Listed(
        "Test on one real machine what this program assumes about Windows, and print what differs.",
        "orchestrator.cli.doctor:doctor",
    ),
    "demo": Listed("Install the add-in on 24 simulated machines, some of them faulty, and write the report."),
}


class Commands(TyperGroup):
    """The group of all commands, none of which is imported before it is used."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, listed in COMMANDS.items():
            self.add_command(LazyCommand(name, listed), name)


class LazyCommand(TyperCommand):
    """Stands in for a command in lists; whoever calls it, or completes its words, gets the command itself."""

    def __init__(self, name: str, listed: Listed) -> None:
        super().__init__(name, help=listed.help, add_help_option=False)
        self._listed = listed

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        return self.loaded().make_context(info_name, args, parent=parent, **extra)

    def loaded(self) -> Any:
        """The command itself, as Typer makes it.

        Raises:
            UsageError: The lab has it, and is not installed.
        """
        found: Any = self._found()
        if isinstance(found, typer.Typer):
            return _unwrapped(typer.main.get_group(found))
        alone = typer.Typer(add_completion=False, rich_markup_mode="rich")
        alone.command(self.name)(found)
        return _unwrapped(typer.main.get_command(alone))

    def _found(self) -> object:
        if self._listed.place is None:
            return _from_lab(self.name or "")
        module, _, attribute = self._listed.place.partition(":")
        return getattr(import_module(module), attribute)


def _unwrapped(command: Any) -> Any:
    """A command whose help, and that of the commands below it, has a line a paragraph; Typer keeps the source's."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    command.help = "\n\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)
    for below in getattr(command, "commands", {}).values():
        _unwrapped(below)
    return command


def _from_lab(name: str) -> object:
    from importlib.metadata import entry_points

    found = entry_points(group=ENTRY_POINTS, name=name)
    if not found:
        raise UsageError(
            f"`sspr {name}` belongs to the lab, a distribution of its own that is not installed here; get it with "
            "`pip install sspr-lab`, or in a checkout with `pip install ./lab`"
        )
    return next(iter(found)).load()
