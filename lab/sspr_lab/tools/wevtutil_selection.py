"""Which events a command of wevtutil means: by channel or file, query and bookmark."""

import re
from collections.abc import Iterator, Sequence

from sspr_lab.errors import ACCESS_DENIED, INVALID_PARAMETER, WindowsError
from sspr_lab.eventlog_query import INVALID_QUERY, Query, parse
from sspr_lab.eventlog_record import Logged
from sspr_lab.eventlog_tree import parse as parse_xml
from sspr_lab.evtx import read_evtx
from sspr_lab.process import Process
from sspr_lab.tools.wevtutil_options import Options


def selected(process: Process, options: Options) -> tuple[str, Iterator[Logged]]:
    """The channel or file, and what of it is meant, one after the other as asked: the oldest or the newest first.

    Raises:
        WindowsError: there is no such channel or file, or it may not be read; the query or the bookmark is malformed.
    """
    path, query = _selection(process, options)
    if path.lower() == "security" and not process.account.elevated:
        raise WindowsError(ACCESS_DENIED, path)
    now = process.machine.clock.now()
    newest_first = options.flag("reversedirection")
    places = list(enumerate(records(process, path, options), start=1))
    if newest_first:
        places.reverse()
    last = _bookmarked(process, options)
    return path, (
        record
        for position, record in places
        if (last is None or (record.record_id < last if newest_first else record.record_id > last))
        and query.matches(record.tree, position=position, now=now)
    )


def records(process: Process, path: str, options: Options) -> Sequence[Logged]:
    """All of a channel, or with /lf of a file. Raises WindowsError."""
    if options.flag("logfile"):
        return read_evtx(process.machine.files.read(process.full_path(path)))
    return process.machine.events.records(path)


def bookmark(channel: str, record_id: int) -> str:
    """What /sbm writes: the place behind which a later query goes on."""
    return (
        f"<BookmarkList>\r\n  <Bookmark Channel='{channel}' RecordId='{record_id}' IsCurrent='true'/>\r\n"
        "</BookmarkList>"
    )


def _selection(process: Process, options: Options) -> tuple[str, Query]:
    """The path and the query: both from the file of a structured query with /sq, else the argument and /q."""
    path = options.arguments[0]
    if not options.flag("structuredquery"):
        return path, parse(options.text("query") or "*")
    document = process.machine.files.read(process.full_path(path)).decode("utf-8-sig", "replace")
    try:
        queries = list(parse_xml(document).named("Query"))
    except SyntaxError as error:
        raise WindowsError(INVALID_QUERY, path) from error
    selects = [select for query in queries for select in query.named("Select")]
    if len(selects) != 1:  # a union of several channels is beyond the lab
        raise WindowsError(INVALID_QUERY, path)
    return selects[0].attribute("Path") or queries[0].attribute("Path"), parse(selects[0].string.strip())


def _bookmarked(process: Process, options: Options) -> int | None:
    """The record behind which the query goes on, None without a bookmark."""
    if not (name := options.text("bookmark")):
        return None
    document = process.machine.files.read(process.full_path(name)).decode("utf-16", "replace")
    match = re.search(r"RecordId='(\d+)'", document)
    if match is None:
        raise WindowsError(INVALID_PARAMETER, name)
    return int(match[1])
