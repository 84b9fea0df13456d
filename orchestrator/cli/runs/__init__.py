"""`sspr runs`: what was run before, and what can be done with it; a file for each group of commands."""

from __future__ import annotations

import typer

from orchestrator.cli.runs import going_on, keeping, looking, steering, verifying, watching

app = typer.Typer(
    no_args_is_help=True,
    help="List earlier runs, show one, watch, pause or cancel one at work, go on with it, verify its log, or remove it."
    "\n\n"
    "[dim]sspr runs show last --report last.html[/]",
)
app.command("list")(looking.list_runs)
app.command("show")(looking.show)
app.command("watch")(watching.watch)
app.command("pause")(steering.pause)
app.command("resume")(going_on.resume)
app.command("cancel")(steering.cancel)
app.command("approve")(steering.approve)
app.command("retry")(going_on.retry)
app.command("verify")(verifying.verify)
app.command("export")(keeping.export)
app.command("prune")(keeping.prune)
