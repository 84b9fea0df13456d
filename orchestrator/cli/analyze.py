"""`sspr logs analyze`: files from anywhere, and what they say of password reset on the machines that they are of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli import options
from orchestrator.cli.exit_code import ExitCode
from orchestrator.model.errors import UsageError


def analyze(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            parser=options.named_path,
            help="What was brought home, a folder or its zip file; or event logs, logs of Windows Installer, .reg "
            "files, and folders, zip files and cabinets of such.",
        ),
    ],
    audit: options.Audit = None,
    address: options.Address = None,
    user: options.User = None,
    redact: options.Redact = False,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write it all here as JSON; - is the standard output.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write one page for a ticket here; - is the standard output."),
    ] = None,
) -> None:
    """Say of a machine's files whether password reset can work there, what keeps it from it, and what happened.

    [dim]sspr logs analyze ticket-4711 --json case.json[/]

    No machine is asked, and no inventory needed: files may come from anywhere. Those of several machines are told
    apart. Exit codes: 0 every machine can reset passwords, 1 one cannot, may not, or the files do not tell, 2 nothing
    to look at.
    """
    from orchestrator.analysis.case_file import cases_bytes
    from orchestrator.app.analyze import Cloud
    from orchestrator.app.analyze import analyze as analyzed
    from orchestrator.cli.outputs import Outputs
    from orchestrator.console.case import print_cases
    from orchestrator.console.case_page import page_bytes
    from orchestrator.model.case import Answer

    if not audit and (address or user):
        raise UsageError("--address and --user say whose resets in an audit log are meant; give its export by --audit")
    outputs = Outputs(json=json, page=html)
    outputs.check([path for path in (*paths, *(audit or ())) if path.is_file()])
    cloud = Cloud.told_by(audit, address or (), user) if audit else None
    cases = analyzed(paths, cloud, redact=redact)
    if html and len(cases) > 1:
        raise UsageError(
            f"a page is of one machine, and these files are of {len(cases)}; give those of one, or leave --html out"
        )
    print_cases(cases, outputs.screen())
    code = outputs.write(None, document=cases_bytes(cases), page=page_bytes(cases[0]) if html else None)
    fine = all(case.answer is Answer.YES for case in cases)
    raise typer.Exit(max(code, ExitCode.FINE if fine else ExitCode.SOME_NOT))
