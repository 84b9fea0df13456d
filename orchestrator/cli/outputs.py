"""What commands can give besides what they print: a result file, an HTML report, a table for spreadsheets, metrics.

Each is an `OutputFiles`: refused before anything is done, or written at the end. One may be `-`, the standard output:
what people read then goes to the standard error.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.cli.exit_code import ExitCode
from orchestrator.cli.streams import complain, note
from orchestrator.model.errors import UsageError
from orchestrator.model.output_files import OutputFiles, OutputKind
from orchestrator.model.result import RESULT_BEGINS
from orchestrator.model.spreadsheet import USUAL, Delimiter

if TYPE_CHECKING:
    from rich.console import Console

    from orchestrator.console.table_file import Table
    from orchestrator.model.events import Listener
    from orchestrator.model.message import Message
    from orchestrator.model.result import RunResult


PACKAGES_BEGIN: Final = b'{"packages":'
SEARCHED_BEGIN: Final = b'{"searched":'
CASES_BEGIN: Final = rb'\{"version": \d+, "cases":'
_JSON: Final = OutputKind(
    "--json",
    "result file",
    re.compile(rb"|".join((RESULT_BEGINS.pattern, CASES_BEGIN, *map(re.escape, (PACKAGES_BEGIN, SEARCHED_BEGIN))))),
)
_HTML_BEGINS: Final = re.compile(
    rb'<!doctype html>\s<html lang="en">\s<head>\s<meta charset="utf-8">\s<meta http-equiv="Content-Security-'
)
_REPORT: Final = OutputKind("--report", "report", _HTML_BEGINS)
_PAGE: Final = OutputKind("--html", "page", _HTML_BEGINS)
_CSV: Final = OutputKind(
    "--csv",
    "table",
    re.compile(
        rb"\xef\xbb\xbf(run.name.address|name.(address.(port|groups)|sentence.holds|description.steps|run.account)"
        rb"|id.playbook.started"
        rb"|product_name.manufacturer.version|host.run.file)[,;\t\r\n]"
    ),
)
_PROMETHEUS: Final = OutputKind(
    "--prometheus", "file of metrics", re.compile(rb"# HELP sspr_run_info "), for_everybody=True
)
_UNBOUND: Final = 10_000  # columns


@dataclass(frozen=True)
class Outputs:
    """What is wanted, each by the path that was typed.

    Attributes:
        json: Where to write the result file.
        report: Where to write the HTML report.
        csv: Where to write the table for spreadsheets.
        delimiter: What separates its cells; None where nobody said.
        prometheus: Where to write metrics.
        page: Where to write the page of a case.
    """

    json: Path | None = None
    report: Path | None = None
    csv: Path | None = None
    delimiter: Delimiter | None = None
    prometheus: Path | None = None
    page: Path | None = None

    def check(self, needed: Iterable[Path] = ()) -> None:
        """What cannot or must not be written is told before anything is done.

        Args:
            needed: Files that the command reads or keeps itself.

        Raises:
            UsageError: It names the path and says what to do.
        """
        if self.delimiter and not self.csv:
            raise UsageError("--delimiter is for the table that --csv writes; say --csv as well, or leave it out")
        for kind, path in self._files.wanted:
            _check_record(kind, path)
        self._files.check(needed)

    def write(
        self,
        table: Table | None,
        result: RunResult | None = None,
        document: bytes | None = None,
        page: bytes | None = None,
    ) -> ExitCode:
        """Writes what is wanted, each file whatever becomes of the others, and tells which could not be written.

        Args:
            table: For `csv`; None where the command writes none.
            result: For `json`, `report` and `prometheus`.
            document: For `json`, where the command has no result.
            page: For `page`.

        Returns:
            An exit code: FINE, or COORDINATOR where one could not be written.
        """
        code = ExitCode.FINE
        for path, content in self._contents(table, result, document, page):
            try:
                self._files.write(path, content())
            except OSError as error:
                tell_not_written(error)
                code = ExitCode.COORDINATOR
        self._files.close()
        return code

    @cached_property
    def _files(self) -> OutputFiles:
        texts = ((_REPORT, self.report), (_PAGE, self.page), (_CSV, self.csv))
        pairs = ((_JSON, self.json), *texts, (_PROMETHEUS, self.prometheus))
        return OutputFiles([(kind, path) for kind, path in pairs if path is not None])

    def _contents(
        self, table: Table | None, result: RunResult | None, document: bytes | None, page: bytes | None
    ) -> Iterator[tuple[Path, Callable[[], bytes]]]:
        if self.json and document:
            yield self.json, partial(bytes, document)
        if self.page and page:
            yield self.page, partial(bytes, page)
        if self.json and result:
            from orchestrator.runs.result_file import result_bytes

            yield self.json, partial(result_bytes, result)
        if self.report and result:
            from orchestrator.console.report import report_bytes

            yield self.report, partial(report_bytes, result)
        if self.csv and table:
            from orchestrator.console.table_file import csv_bytes

            yield self.csv, partial(csv_bytes, table, self.delimiter or USUAL)
        if self.prometheus and result:
            from orchestrator.console.prometheus import metrics

            yield self.prometheus, partial(metrics, result)

    def listeners(self, since: datetime | None) -> Iterator[Listener]:
        """What writes while a run goes on, which began then where it is gone on with."""
        if self.prometheus and self._files.can_be_replaced(self.prometheus):
            from orchestrator.console.prometheus import LiveMetrics

            yield LiveMetrics(partial(self._files.write, self.prometheus), since)

    def screen(self) -> Console:
        """Where people read: the standard output, or the standard error where the other is wanted for something else.

        As wide as the terminal or, where it is piped on, as its lines: nothing is cut for a program that reads them.
        """
        from rich.console import Console

        aside = self._files.take_the_standard_output()
        console = Console(stderr=aside)
        return console if console.is_terminal else Console(stderr=aside, width=_UNBOUND)


def _check_record(kind: OutputKind, path: Path) -> None:
    """What a run keeps of itself is not to be replaced by an output, even one of the same kind. Raises UsageError."""
    from orchestrator.runs.folders import RunFolder

    place = Path(os.path.realpath(path))
    folder = RunFolder(place.parent)
    if place in {folder.journal, folder.result} and folder.journal.exists():
        raise UsageError(f"{kind.option} {path}: a run keeps its own record there; give the name of another file")


def tell_not_written(error: OSError) -> None:
    """Says on the error stream which file could not be written, and why."""
    complain(f"{error.filename or 'a file'}: could not be written: {error.strerror}")


def tell_aside(said: Message) -> None:
    """Says on the error stream what a person should know beside."""
    from orchestrator.sentences import say

    note(say(said))


def tell_unended(run: RunResult) -> None:
    """Says on the error stream of a run that has not ended what it is, and that only its log is known."""
    from orchestrator.console.words import one_line
    from orchestrator.model.result import ENDED_STATES

    if run.state not in ENDED_STATES:
        note(f"{one_line(run.title)} is known by its log alone: {run.state}")


def tell_how_to_go_on(run: str, state: str) -> None:
    """Says on the error stream how a run that was broken off, and has come to this state, is gone on with."""
    from orchestrator.runs.handed_over import is_left_to_workers

    if is_left_to_workers(run, state):
        tell_handed_over()
    else:
        note(f"hosts that are not through are gone on with by `sspr runs resume {run}`")


def tell_handed_over() -> None:
    """Says on the error stream who goes on with a run that is handed over."""
    from orchestrator.runs.worker_lock import known_worker

    if known_worker():
        note("handed over: the worker that is at work here goes on with it")
    else:
        note(
            "handed over: `sspr worker` goes on with it when it is started again (a service, docs/worker.md, or once: "
            "`sspr worker --until-idle`)"
        )


def tell_broken_off(run: RunResult) -> None:
    """Says on the error stream that a run before the one that is undone has changed what stays as it is."""
    from orchestrator.console.words import one_line

    stays = f"changed registries before it, which stay so; `--undo {run.id}` puts that back"
    note(f"{one_line(run.title)}, {run.state}, {stays}")
