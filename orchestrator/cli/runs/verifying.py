"""`sspr runs verify`: whether a run's log is as it was written, and what it proves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Final

import typer

from orchestrator.cli import options
from orchestrator.cli.exit_code import ExitCode
from orchestrator.model.errors import UsageError

if TYPE_CHECKING:
    from orchestrator.app.verify_run import VerifiedRun
    from orchestrator.runs.origin import Origin
    from orchestrator.runs.told import Began

_HASH: Final = re.compile(r"[0-9a-f]{64}")


def verify(
    run: options.Run,
    head: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="The hash of the last line as it was told earlier, and kept elsewhere."),
    ] = None,
) -> None:
    """Verify that a run's log is as it was written: whether a line was changed, removed, inserted or cut off.

    [dim]sspr runs verify last[/]

    Tells who began the run, from where and with which files, and holds result.json, and the files that the run keeps,
    against the log. Who may write the log can also write all of it anew: keep the hash of its last line elsewhere, and
    say --head. Exit codes: 0 all is as it was, 1 something is not, 2 there is no such run.
    """
    from orchestrator.app.verify_run import verify_run
    from orchestrator.console.words import one_line
    from orchestrator.runs.store import find_folder

    if head is not None and not _HASH.fullmatch(head.lower()):
        raise UsageError(f"--head {head}: expected 64 hex digits, as this command prints them")
    verified = verify_run(find_folder(run), head and head.lower())
    for number, line in enumerate(_said(verified)):
        typer.echo(f"  {one_line(line)}" if number else one_line(line))
    if verified.problems:
        raise typer.Exit(ExitCode.SOME_NOT)


def _said(verified: VerifiedRun) -> Iterator[str]:
    """The verdict, and behind it what stands indented."""
    from orchestrator.console.words import counted, machines

    lines = counted(verified.end.lines if verified.end else 0, "line", "lines")
    yield f"{verified.name}: {_verdict(verified, lines)}"
    yield from verified.problems
    if verified.problems:
        yield f"intact before that: {lines}"
    if verified.unchained:
        yield f"without a hash of their own, of an earlier version: {counted(verified.unchained, 'line', 'lines')}"
    for number, began in enumerate(verified.began):
        yield from _of(began, "begun" if number == 0 else "gone on with")
    if verified.agreed is not None:
        yield f"result.json agrees with the log: {machines(verified.agreed)}"
    if verified.kept:
        yield f"as the run kept them: {counted(verified.kept, 'file', 'files')}"
    yield from (f"not kept any more: {path}" for path in verified.gone)
    yield from _of_head(verified)


def _verdict(verified: VerifiedRun, lines: str) -> str:
    if verified.problems:
        return "not as it was written"
    if verified.at_work:
        return f"intact so far, {lines}; it is at work"
    if verified.ended is None:
        return f"intact, {lines}; none tells of an end: the process was killed, or the end was cut off"
    return f"intact, {lines}"


def _of_head(verified: VerifiedRun) -> Iterator[str]:
    """What the last hash proves."""
    if verified.end is None:
        return
    if verified.found == verified.end.lines:
        yield "the last line has the hash that was kept"
    elif verified.found is not None:
        yield f"line {verified.found:,} has the hash that was kept; what follows was written later"
    yield f"hash of the last intact line: {verified.end.sha256}"
    if verified.found is None:
        yield "that proves something only where it is kept elsewhere (--head): who may write a log can write it anew"


def _of(began: Began, how: str) -> Iterator[str]:
    """Who, from where, what, and by which files."""
    if began.cut_off_bytes:
        yield f"{began.cut_off_bytes:,} bytes of half a line, left by a process that was killed, were cut off here"
    yield f"{how} {began.timestamp.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC{_by(began.origin)}"
    if began.left_by:
        yield f"left to a worker{_by(began.left_by.origin)}"
    asked = began.left_by or began
    if how == "begun":
        limited = "" if asked.limit is None else f", --limit {asked.limit}"
        yield f"playbook {began.playbook}{limited}{', --check' if began.check else ''}"
    files = dict.fromkeys((*asked.files, *began.files))
    yield from (f"{file.use}: {file.path}, SHA-256 {file.sha256}" for file in files)


def _by(who: Origin | None) -> str:
    """Who, on which computer, from where; nothing where the log does not tell."""
    if who is None:
        return ""
    by = f" by {who.user}{'' if who.uid is None else f' ({who.uid})'}"
    if who.sudo_user:
        by += f", for {who.sudo_user} by sudo"
    by += f", on {who.computer}{f' from {who.ssh_client}' if who.ssh_client else ''}"
    return by + f", {'at a' if who.terminal else 'without a'} terminal, sspr {who.program}"
