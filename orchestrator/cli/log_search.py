"""`sspr logs search` and `groups`: words looked up in all that was brought home, and which troubles it tells of."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import completion, options
from orchestrator.cli.exit_code import ExitCode
from orchestrator.cli.streams import note

if TYPE_CHECKING:
    from orchestrator.model.log_hit import LogHits

OfRun = Annotated[
    str | None,
    typer.Option(
        "--run",
        metavar="RUN",
        help="Only this run: its identifier or the beginning of it, or its folder; `last` is the newest.",
        autocompletion=completion.runs,
    ),
]
COLUMNS = ("host", "run", "file", "place", "log", "time", "text")


def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="What to look for; all of it in one line.")],
    run: OfRun = None,
    most: Annotated[int, typer.Option(metavar="N", min=1, help="How many lines and events to show.")] = 200,
    each: Annotated[int, typer.Option(metavar="N", min=1, help="How many of each machine.")] = 3,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write them here as JSON; - is the standard output.")
    ] = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
) -> None:
    """Search everything that was brought home: the lines and events that have all these words.

    [dim]sspr logs search 0x80072EFD --run last[/]

    Parts of words are found too, in any language, whatever their case; quotes and other signs stand for themselves. The
    newest runs come first. The first search reads all that is kept, later ones what is new. Exit code 1: nothing was
    found.
    """
    from orchestrator.cli.outputs import Outputs
    from orchestrator.console.log_hits import print_log_hits
    from orchestrator.console.table_file import Table
    from orchestrator.runs.log_search import search_logs

    outputs = Outputs(json=json, csv=csv, delimiter=delimiter)
    outputs.check()
    found = search_logs(words, run, most=most, each=each, reads=_tell_reads)
    print_log_hits(found, outputs.screen())
    rows = [[getattr(hit, column) for column in COLUMNS] for hit in found.hits]
    code = outputs.write(Table(COLUMNS, rows), document=_document(found))
    raise typer.Exit(max(code, ExitCode.FINE if found.found else ExitCode.SOME_NOT))


def groups(run: OfRun = "last") -> None:
    """Show which troubles a run met with, each once, with how many machines have it and one of them.

    [dim]sspr logs groups --run last[/]

    Those are the reasons of machines that are not fine, with what Windows Installer says, and the errors of the add-in
    in the logs that the run brought home. Two are the same where they differ by numbers, paths and names alone.
    """
    from orchestrator.cli.outputs import Outputs
    from orchestrator.console.failure_groups import print_failure_groups
    from orchestrator.runs.failure_groups import failure_groups
    from orchestrator.runs.store import find_folder, known_of

    folder = find_folder(run or "last")
    known = known_of(folder)
    print_failure_groups(known, failure_groups(known, folder), Outputs().screen())


def _tell_reads(files: int) -> None:
    if files >= 1000:  # noqa: PLR2004 - fewer are read in a moment
        note(f"{files:,} files are new since the last search and are read first")


def _document(found: LogHits) -> bytes:
    import json

    from orchestrator.cli.outputs import SEARCHED_BEGIN
    from orchestrator.model.showable import escaped

    told = {**asdict(found), "hits": [asdict(hit) for hit in found.hits]}
    words = json.dumps(told.pop("words"), ensure_ascii=False)
    rest = json.dumps(told, indent=2, ensure_ascii=False).removeprefix("{")
    return SEARCHED_BEGIN + escaped(f" {words},{rest}\n").encode()
