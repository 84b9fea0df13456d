"""`sspr case`: all that support does about one machine, from its name to what is attached to a ticket."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from orchestrator.cli import completion, options
from orchestrator.cli.exit_code import ExitCode
from orchestrator.model.errors import UsageError

if TYPE_CHECKING:
    from orchestrator.app import PreparedRun
    from orchestrator.model.result import HostResult

_DOES: Final = {
    "capture": "looking at it, and switching the add-in's verbose log on, which the machine itself ends in time",
    "collect": "packing its logs there and bringing them here; this takes a minute or several",
    "end_capture": "switching the log back to what it was",
}
_ONLY_LOGS: Final = "nothing can be tried there, so the logs that it has are all there is to see"


def case(
    host: Annotated[
        str,
        typer.Argument(metavar="HOST", help="The computer's name in the inventory.", autocompletion=completion.host),
    ],
    inventory: options.Inventory,
    user: options.User = None,
    minutes: options.ForMinutes = "15m",  # type: ignore[assignment]  # typer parses a default as well
    audit: options.Audit = None,
    address: options.Address = None,
    redact: options.Redact = False,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the page and the zip file go; by default a new folder here."),
    ] = None,
    new_password: options.NewPassword = False,
    yes: options.Yes = False,
) -> None:
    """Find out why a password cannot be reset on one computer: let somebody try it, bring its logs home, and say.

    [dim]sspr case PC-0042 -i inventory.yaml[/]

    Leaves a page for the ticket and a zip file of the logs, and ends with three lines: what is wrong, whose task it is,
    and what to attach. Exit codes: 0 nothing on the computer keeps anybody from it, 1 something does or may, or it gave
    no logs.
    """
    from rich.console import Console

    from orchestrator.app import CaptureLogs, CollectLogs, prepare
    from orchestrator.app.analyze import Cloud
    from orchestrator.app.case_files import add_in_wrote, bundle_of, folder_for, keep, ready
    from orchestrator.cli.launch import approve
    from orchestrator.cli.outputs import Outputs
    from orchestrator.console.case import print_cases
    from orchestrator.console.case_course import tell
    from orchestrator.console.case_end import CaseEnd, print_end, print_unreached
    from orchestrator.model.case import Answer

    prepared = prepare(CaptureLogs(inventory=inventory, limit=host, new_password=new_password, minutes=minutes))
    if len(prepared.hosts) != 1:
        raise UsageError(
            f"a case is of one computer, and {host!r} names {len(prepared.hosts)}; `sspr logs capture` takes several"
        )
    folder = folder or folder_for(prepared.hosts[0].name, datetime.now())  # noqa: DTZ005 - of the person's own clock
    cloud = Cloud.told_by(audit, address or (), user) if audit else None
    console, aside = Console(), Console(stderr=True)
    with ready(folder):
        approve(prepared, Outputs(), yes=yes)
        found = tried = _carried_out(prepared)
        bundle = bundle_of(found)
        if bundle is None and found.last_seen is not None:
            tell(f"{found.name}: {_ONLY_LOGS}", aside)
            found = _carried_out(prepare(CollectLogs(inventory=inventory, limit=host, new_password=new_password)))
            bundle = bundle_of(found)
        if bundle is None:
            print_unreached(found, console)
            raise typer.Exit(ExitCode.SOME_NOT)
        tell(f"{found.name}: reading what it gave", aside)
        kept = keep(folder, bundle, cloud, redact=redact)
    console.print()
    print_cases([kept.case], console)
    end = CaseEnd(kept.case, [kept.page, kept.archive], None if redact else user, tried=add_in_wrote(tried, kept.case))
    print_end(end, console)
    raise typer.Exit(ExitCode.FINE if kept.case.answer is Answer.YES else ExitCode.SOME_NOT)


def _carried_out(prepared: PreparedRun) -> HostResult:
    """The one host's result; whoever ended the run by Ctrl-C leaves here with its exit code."""
    from orchestrator.cli.capture_prompt import CapturePrompt
    from orchestrator.cli.launch import carry_out
    from orchestrator.cli.outputs import Outputs
    from orchestrator.cli.streams import note
    from orchestrator.console.case_course import Course

    (host,) = prepared.hosts
    result, code = carry_out(
        prepared,
        Outputs(),
        show=lambda _result, _console: None,
        beside=lambda console: [Course(_DOES, console), CapturePrompt([host.name], console)],
    )
    if code is ExitCode.INTERRUPTED:
        note(f"`sspr logs capture {host.name} --stop` ends it and brings the logs home, `sspr logs analyze` reads them")
    if code not in {ExitCode.FINE, ExitCode.SOME_NOT}:
        raise typer.Exit(code)
    return result.hosts[0]
