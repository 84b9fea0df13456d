"""schtasks /query: tables, lists and CSV of the tasks, and their XML."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from sspr_lab.accounts import local_name
from sspr_lab.errors import FILE_NOT_FOUND, WindowsError
from sspr_lab.interfaces.tasks import Task
from sspr_lab.process import Process
from sspr_lab.tools.schtasks_options import Options, Refused

_WIDTHS: Final = (40, 22, 15)
_NONE: Final = "INFO: There are no scheduled tasks presently available at your access level."
_LABEL_WIDTH: Final = 37  # of /fo list /v; a short list has labels of 15
_SHORT_LABEL_WIDTH: Final = 15
_ON_BATTERY: Final = "Stop On Battery Mode, No Start On Batteries"


async def query(process: Process, options: Options) -> int:
    """List tasks. Raises Refused for options that do not go together, WindowsError (2) for a task that is not there."""
    style = (options.value("fo") or "TABLE").upper()
    if style not in ("TABLE", "LIST", "CSV"):
        text = "Invalid syntax. Value '{value}' is not allowed for '/FO' option."
        raise Refused(text, usage="QUERY", value=options.value("fo"))
    if options.has("nh") and style == "LIST":
        raise Refused("Invalid syntax. /NH option is allowed only for 'TABLE' and 'CSV' formats.", usage="QUERY")
    tasks = _chosen(process, options.value("tn"))
    if options.has("xml"):
        text = "\n\n".join(task.definition.xml.replace("\r\n", "\n") for task in tasks)
    elif style == "CSV":
        text = _csv(process, tasks, verbose=options.has("v"), header=not options.has("nh"))
    else:
        text = _folders(process, tasks, style, verbose=options.has("v"), header=not options.has("nh"))
    await process.stdout.write_text(text)
    return 0


def _chosen(process: Process, name: str | None) -> list[Task]:
    tasks = process.machine.tasks
    if name is None:
        return sorted(tasks, key=lambda task: (_folder(task), task.path))
    if name.endswith("\\"):
        inside = [task for task in tasks if _folder(task).lower() == "\\" + name.strip("\\").lower()]
        if not inside:
            raise WindowsError(FILE_NOT_FOUND, name)
        return inside
    return [tasks.task(name)]


def _folder(task: Task) -> str:
    return task.path.rpartition("\\")[0] or "\\"


def _folders(process: Process, tasks: list[Task], style: str, *, verbose: bool, header: bool) -> str:
    if not tasks:
        return f"\n{process.text('Folder: {path}', path=chr(92))}\n{process.text(_NONE)}\n"
    text = ""
    for folder, members in groupby(tasks, key=_folder):
        text += f"\n{process.text('Folder: {path}', path=folder)}\n"
        if style == "LIST" or verbose:
            text += "\n".join(_list(process, task, verbose=verbose) for task in members)
        else:
            text += _table(process, list(members), header=header)
    return text


def _table(process: Process, tasks: list[Task], *, header: bool) -> str:
    titles = (process.text("TaskName"), process.text("Next Run Time"), process.text("Status"))
    rows = [titles, tuple("=" * width for width in _WIDTHS)] if header else []
    rows += [(task.path.rpartition("\\")[2], _next(process, task), process.text(task.state)) for task in tasks]
    return "".join(" ".join(_cell(*cell) for cell in zip(row, _WIDTHS, strict=True)) + "\n" for row in rows)


def _cell(text: str, width: int) -> str:
    return text[: width - 1].ljust(width) if len(text) > width else text.ljust(width)


def _list(process: Process, task: Task, *, verbose: bool) -> str:
    fields = _fields(process, task)
    names = list(fields) if verbose else ["HostName", "TaskName", "Next Run Time", "Status", "Logon Mode"]
    width = _LABEL_WIDTH if verbose else _SHORT_LABEL_WIDTH
    return "".join(f"{(process.text(name) + ':').ljust(width)}{fields[name]}\n" for name in names)


def _csv(process: Process, tasks: list[Task], *, verbose: bool, header: bool) -> str:
    rows: list[list[str]] = []
    for task in tasks:
        fields = _fields(process, task)
        names = list(fields) if verbose else ["TaskName", "Next Run Time", "Status"]
        rows += [[process.text(name) for name in names]] if header and not rows else []
        rows.append([fields[name] for name in names])
    if not rows:
        return f"{process.text(_NONE)}\n"
    return "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)


def _fields(process: Process, task: Task) -> dict[str, str]:
    definition = task.definition
    action = definition.actions[0] if definition.actions else None
    limit = definition.settings.time_limit // timedelta(minutes=1)
    starts = [trigger.start for trigger in definition.triggers if trigger.start]
    on_battery = process.text(_ON_BATTERY) if definition.settings.no_start_on_batteries else ""
    none, disabled, enabled = process.text("N/A"), process.text("Disabled"), process.text("Enabled")
    result = task.shown_result if task.shown_result < 2**31 else task.shown_result - 2**32
    return {
        "HostName": process.machine.profile.computer_name,
        "TaskName": task.path,
        "Next Run Time": _next(process, task),
        "Status": process.text(task.state),
        "Logon Mode": process.text("Interactive only" if task.needs_logged_on_user else "Interactive/Background"),
        "Last Run Time": _shown(process, _local(process, task.last_run)) if task.last_run else none,
        "Last Result": str(result),
        "Author": definition.author or none,
        "Task To Run": f"{action.command} {action.arguments}".rstrip() if action else none,
        "Start In": (action.directory if action else "") or none,
        "Comment": definition.description or none,
        "Scheduled Task State": enabled if task.enabled else disabled,
        "Idle Time": disabled,
        "Power Management": on_battery,
        "Run As User": local_name(process.machine.profile, task.account),
        "Delete Task If Not Rescheduled": enabled if definition.settings.delete_expired_after else disabled,
        "Stop Task If Runs X Hours and X Mins": f"{limit // 60:02}:{limit % 60:02}:00" if limit else disabled,
        "Schedule": process.text("Scheduling data is not available in this format."),
        "Schedule Type": definition.triggers[0].kind if definition.triggers else process.text("On demand only"),
        "Start Time": process.spoken.time(starts[0]) if starts else none,
        "Start Date": process.spoken.date(starts[0]) if starts else none,
        "End Date": none,
        "Days": none,
        "Months": none,
        "Repeat: Every": none,
        "Repeat: Until: Time": none,
        "Repeat: Until: Duration": none,
        "Repeat: Stop If Still Running": none,
    }


def _next(process: Process, task: Task) -> str:
    following = process.machine.tasks.next_run(task)
    return _shown(process, following) if following else process.text("N/A")


def _local(process: Process, moment: datetime) -> datetime:
    return moment + timedelta(minutes=process.machine.profile.utc_offset_minutes)


def _shown(process: Process, moment: datetime) -> str:
    return f"{process.spoken.date(moment)} {process.spoken.time(moment)}"
