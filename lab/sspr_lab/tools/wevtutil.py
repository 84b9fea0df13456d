"""wevtutil.exe: reading, exporting and clearing the event log.

Syntax: Microsoft's "wevtutil" page. Messages and exit codes: measured ones published for Windows 10/11 (87 for bad
options, 15001 with the offset of a bad query, 15007 for an unknown channel, the reason twice around "Failed to open
event query."), and the texts of winerror.h. Windows 7 to 8.1 end every event of /f:xml with a new line (the reader of
dissect.eventlog, written for them, relies on it); Windows 10 writes them back to back.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import islice
from typing import Final, NoReturn

from sspr_lab.errors import ACCESS_DENIED, FILE_EXISTS, INVALID_PARAMETER, WindowsError
from sspr_lab.eventlog import CHANNEL_NOT_FOUND, Channel
from sspr_lab.eventlog_query import INVALID_QUERY, InvalidQuery
from sspr_lab.eventlog_record import Logged
from sspr_lab.eventlog_text import event_text, rendered_xml
from sspr_lab.evtx import read_evtx, write_evtx
from sspr_lab.process import Process
from sspr_lab.stock.beside import is_event_log_beside
from sspr_lab.tools.wevtutil_options import Options, Usage, read_options
from sspr_lab.tools.wevtutil_selection import bookmark, records, selected
from sspr_lab.unmodelled import NoModel

_RPC_UNAVAILABLE: Final = 1722
_MESSAGES: Final = {
    CHANNEL_NOT_FOUND: "The specified channel could not be found. Check channel configuration.",
    INVALID_QUERY: "The specified query is invalid.",
    _RPC_UNAVAILABLE: "The RPC server is unavailable.",
}
_ACCESS: Final = (
    "O:BAG:SYD:(A;;0xf0007;;;SY)(A;;0x7;;;BA)(A;;0x7;;;SO)(A;;0x3;;;IU)(A;;0x3;;;SU)(A;;0x3;;;S-1-5-3)"
    "(A;;0x3;;;S-1-5-33)(A;;0x1;;;S-1-5-32-573)"
)


class _Failed(Exception):
    """The tool prints the messages on stderr, a line each with what it is about, and exits with `code`."""

    def __init__(self, code: int, *messages: tuple[str, dict[str, object]]) -> None:
        super().__init__(code, messages)
        self.messages = messages
        self.code = code


async def main(process: Process) -> int:
    """Run wevtutil. Exit codes are Win32 codes; 0 also when nothing matches."""
    words = process.argv[1:]
    try:
        await _run(process, words[0], words[1:])
    except Usage as usage:
        await process.stderr.write_text(f"{process.text(usage.message, **usage.values)}\n")
        await process.stderr.write_text(f"{process.text(_reason(INVALID_PARAMETER))}\n")
        return INVALID_PARAMETER
    except _Failed as failed:
        lines = (process.text(message, **values) for message, values in failed.messages)
        await process.stderr.write_text("".join(f"{line}\n" for line in lines))
        return failed.code
    return 0


async def _run(process: Process, command: str, words: list[str]) -> None:
    if command.lower() not in _COMMANDS:
        raise Usage("Unrecognized command {command}.", command=command)
    name, arguments, run = _COMMANDS[command.lower()]
    options = read_options(name, arguments, words)
    if remote := options.text("remote"):
        text = "Failed to open session to {name}."
        raise _Failed(_RPC_UNAVAILABLE, (text, {"name": remote}), (_reason(_RPC_UNAVAILABLE), {}))
    await run(process, options)


def _reason(code: int) -> str:
    return _MESSAGES.get(code) or WindowsError(code).message


def _need_log(error: WindowsError) -> None:
    """Raise NoModel where the trouble is a log that Windows has."""
    if error.code == CHANNEL_NOT_FOUND and is_event_log_beside(error.path):
        raise NoModel(f"the event log {error.path}") from None


def _failed(what: str, error: WindowsError, **values: object) -> _Failed:
    _need_log(error)
    return _Failed(error.code, (what, values), (_reason(error.code), {}))


def _query_failed(error: WindowsError) -> _Failed:
    _need_log(error)
    reason: tuple[str, dict[str, object]] = (_reason(error.code), {})
    first = reason
    if isinstance(error, InvalidQuery):
        first = ("A syntax error occurred at position {position}", {"position": error.position})
    return _Failed(error.code, first, ("", {}), ("Failed to open event query.", {}), reason)


async def _enum_logs(process: Process, _: Options) -> None:
    names = sorted(channel.name for channel in process.machine.events.channels)
    await process.stdout.write_text("".join(f"{name}\n" for name in names))


async def _get_log(process: Process, options: Options) -> None:
    name = options.arguments[0]
    try:
        channel = process.machine.events.channel(name)
    except WindowsError as error:
        raise _failed("Failed to read configuration for log {name}.", error, name=name) from error
    await process.stdout.write_text(_configuration(channel, as_xml=options.choice("format", ("text", "xml")) == "xml"))


def _configuration(channel: Channel, *, as_xml: bool) -> str:
    enabled = str(channel.enabled).lower()
    isolation = channel.name if channel.name in ("Application", "System", "Security") else "Application"
    if as_xml:
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<channel name="{channel.name}" isolation="{isolation}" enabled="{enabled}" type="Admin" '
            'owningPublisher="" '
            f'classic="true" xmlns="http://schemas.microsoft.com/win/2004/08/events">\n  <logging>\n'
            f"    <logFileName>{channel.file}</logFileName>\n    <retention>false</retention>\n"
            "    <autoBackup>false</autoBackup>\n    <maxSize>20971520</maxSize>\n  </logging>\n"
            "  <publishing>\n  </publishing>\n</channel>\n"
        )
    return (
        f"name: {channel.name}\nenabled: {enabled}\ntype: Admin\nowningPublisher: \nisolation: {isolation}\n"
        f"channelAccess: {_ACCESS}\nlogging:\n  logFileName: {channel.file}\n  retention: false\n"
        "  autoBackup: false\n  maxSize: 20971520\npublishing:\n  fileMax: 1\n"
    )


async def _log_information(process: Process, options: Options) -> None:
    name = options.arguments[0]
    try:
        logged = records(process, name, options)
    except WindowsError as error:
        raise _failed("Failed to read log status information for log {name}.", error, name=name) from error
    oldest = f"oldestRecordNumber: {logged[0].record_id}\n" if logged else ""
    await process.stdout.write_text(
        f"fileSize: {len(write_evtx(logged))}\nattributes: 32\nnumberOfLogRecords: {len(logged)}\n{oldest}"
    )


async def _query_events(process: Process, options: Options) -> None:
    style = options.choice("format", ("xml", "text", "renderedxml"))
    count = options.count("count")
    try:
        path, meant = selected(process, options)
    except WindowsError as error:
        raise _query_failed(error) from error
    chosen = list(islice(meant, count))
    await _print(process, _rendered(process, chosen, style, options.text("element")), wide=options.flag("unicode"))
    place = options.text("savebookmark")
    if place and chosen:
        _save(process, place, bookmark(path, chosen[-1].record_id).encode("utf-16"))


async def _print(process: Process, text: str, *, wide: bool) -> None:
    if wide:
        await process.stdout.write(b"\xff\xfe" + text.replace("\n", "\r\n").encode("utf-16-le"))
    else:
        await process.stdout.write_text(text)


def _rendered(process: Process, records: list[Logged], style: str, root: str) -> str:
    if style == "text":
        offset = timedelta(minutes=process.machine.profile.utc_offset_minutes)
        return "".join(event_text(record, index, offset, process.spoken) for index, record in enumerate(records))
    end = "" if process.machine.profile.branch == "windows10" else "\n"
    is_rendered = style == "renderedxml"
    body = "".join(
        (rendered_xml(record, process.spoken) if is_rendered else record.tree.to_xml()) + end for record in records
    )
    return f"<{root}>\n{body}</{root}>" if root else body


async def _export_log(process: Process, options: Options) -> None:
    name, target = options.arguments
    try:
        _, meant = selected(process, options)
        _write_new(process, target, write_evtx(list(meant)), overwrite=options.flag("overwrite"))
    except WindowsError as error:
        raise _failed("Failed to export log {name}.", error, name=name) from error


async def _archive_log(process: Process, options: Options) -> None:
    """Put the messages of the file's events beside it, in LocaleMetaData."""
    name = options.arguments[0]
    folder, _, file = process.full_path(name).rpartition("\\")
    files = process.machine.files
    try:
        messages = "\r\n".join(record.render(process.spoken) for record in read_evtx(files.read(f"{folder}\\{file}")))
        if not files.exists(f"{folder}\\LocaleMetaData"):
            files.mkdir(f"{folder}\\LocaleMetaData")
        metadata = f"{folder}\\LocaleMetaData\\{file.rpartition('.')[0]}_{process.spoken.lcid}.MTA"
        files.write(metadata, messages.encode("utf-16"), account=process.account)
    except WindowsError as error:
        raise _failed("Failed to archive log file {name}.", error, name=name) from error


async def _clear_log(process: Process, options: Options) -> None:
    name = options.arguments[0]
    events = process.machine.events
    try:
        logged = events.records(name)
        if not process.account.elevated:
            _deny(name)
        if backup := options.text("backup"):
            _write_new(process, backup, write_evtx(logged), overwrite=False)
        events.clear(name)
    except WindowsError as error:
        raise _failed("Failed to clear log {name}.", error, name=name) from error


def _write_new(process: Process, name: str, data: bytes, *, overwrite: bool) -> None:
    target = process.full_path(name)
    if process.machine.files.exists(target) and not overwrite:
        raise WindowsError(FILE_EXISTS, target)
    process.machine.files.write(target, data, account=process.account)


def _deny(name: str) -> NoReturn:
    raise WindowsError(ACCESS_DENIED, name)


def _save(process: Process, name: str, data: bytes) -> None:
    try:
        process.machine.files.write(process.full_path(name), data, account=process.account)
    except WindowsError as error:
        raise _failed("Failed to save bookmark.", error) from error


_Run = Callable[[Process, Options], Awaitable[None]]
_BY_NAMES: Final[tuple[tuple[str, str, int, _Run], ...]] = (
    ("el", "enum-logs", 0, _enum_logs),
    ("gl", "get-log", 1, _get_log),
    ("gli", "get-loginfo", 1, _log_information),
    ("qe", "query-events", 1, _query_events),
    ("epl", "export-log", 2, _export_log),
    ("al", "archive-log", 1, _archive_log),
    ("cl", "clear-log", 1, _clear_log),
)
_COMMANDS: Final = {
    name: (short, arguments, run) for short, long, arguments, run in _BY_NAMES for name in (short, long)
}
