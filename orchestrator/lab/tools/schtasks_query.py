"""schtasks /query: tables, lists and CSV of the tasks, and their XML."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from orchestrator.lab.errors import FILE_NOT_FOUND, WindowsError
from orchestrator.lab.process import Process
from orchestrator.lab.tasks import Task
from orchestrator.lab.tools.schtasks_options import Options, Refused

_WIDTHS: Final = (40, 22, 15)
_NONE: Final = "INFO: There are no scheduled tasks presently available at your access level.\n"
_LABEL_WIDTH: Final = 37  # of /fo list /v; a short list has labels of 15
_SHORT_LABEL_WIDTH: Final = 15


async def query(process: Process, options: Options) -> int:
    """List tasks. Raises Refused for options that do not go together, WindowsError (2) for a task that is not there."""
    style = (options.value("fo") or "TABLE").upper()
    if style not in ("TABLE", "LIST", "CSV"):
        raise Refused(f"Invalid syntax. Value '{options.value('fo')}' is not allowed for '/FO' option.", usage="QUERY")
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
        return f"\nFolder: \\\n{_NONE}"
    text = ""
    for folder, members in groupby(tasks, key=_folder):
        text += f"\nFolder: {folder}\n"
        if style == "LIST" or verbose:
            text += "\n".join(_list(process, task, verbose=verbose) for task in members)
        else:
            text += _table(process, list(members), header=header)
    return text


def _table(process: Process, tasks: list[Task], *, header: bool) -> str:
    rows = [("TaskName", "Next Run Time", "Status"), tuple("=" * width for width in _WIDTHS)] if header else []
    rows += [(task.path.rpartition("\\")[2], _next(process, task), task.state) for task in tasks]
    return "".join(" ".join(_cell(*cell) for cell in zip(row, _WIDTHS, strict=True)) + "\n" for row in rows)


def _cell(text: str, width: int) -> str:
    return text[: width - 1].ljust(width) if len(text) > width else text.ljust(width)


def _list(process: Process, task: Task, *, verbose: bool) -> str:
    fields = _fields(process, task)
    names = list(fields) if verbose else ["HostName", "TaskName", "Next Run Time", "Status", "Logon Mode"]
    width = _LABEL_WIDTH if verbose else _SHORT_LABEL_WIDTH
    return "".join(f"{(name + ':').ljust(width)}{fields[name]}\n" for name in names)


def _csv(process: Process, tasks: list[Task], *, verbose: bool, header: bool) -> str:
    rows: list[list[str]] = []
    for task in tasks:
        fields = _fields(process, task)
        names = list(fields) if verbose else ["TaskName", "Next Run Time", "Status"]
        rows += [names] if header and not rows else []
        rows.append([fields[name] for name in names])
    if not rows:
        return _NONE
    return "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)


def _fields(process: Process, task: Task) -> dict[str, str]:
    definition = task.definition
    action = definition.actions[0] if definition.actions else None
    limit = definition.settings.time_limit // timedelta(minutes=1)
    starts = [trigger.start for trigger in definition.triggers if trigger.start]
    on_battery = "Stop On Battery Mode, No Start On Batteries" if definition.settings.no_start_on_batteries else ""
    result = task.last_result if task.last_result < 2**31 else task.last_result - 2**32
    return {
        "HostName": process.machine.profile.computer_name,
        "TaskName": task.path,
        "Next Run Time": _next(process, task),
        "Status": task.state,
        "Logon Mode": "Interactive only" if task.needs_logged_on_user else "Interactive/Background",
        "Last Run Time": _shown(_local(process, task.last_run)) if task.last_run else "N/A",
        "Last Result": str(result),
        "Author": definition.author or "N/A",
        "Task To Run": f"{action.command} {action.arguments}".rstrip() if action else "N/A",
        "Start In": (action.directory if action else "") or "N/A",
        "Comment": definition.description or "N/A",
        "Scheduled Task State": "Enabled" if task.enabled else "Disabled",
        "Idle Time": "Disabled",
        "Power Management": on_battery,
        "Run As User": task.account.name,
        "Delete Task If Not Rescheduled": "Enabled" if definition.settings.delete_expired_after else "Disabled",
        "Stop Task If Runs X Hours and X Mins": f"{limit // 60:02}:{limit % 60:02}:00" if limit else "Disabled",
        "Schedule": "Scheduling data is not available in this format.",
        "Schedule Type": definition.triggers[0].kind if definition.triggers else "On demand only",
        "Start Time": f"{starts[0]:%I:%M:%S %p}".lstrip("0") if starts else "N/A",
        "Start Date": _shown(starts[0]).partition(" ")[0] if starts else "N/A",
        "End Date": "N/A",
        "Days": "N/A",
        "Months": "N/A",
        "Repeat: Every": "N/A",
        "Repeat: Until: Time": "N/A",
        "Repeat: Until: Duration": "N/A",
        "Repeat: Stop If Still Running": "N/A",
    }


def _next(process: Process, task: Task) -> str:
    following = process.machine.tasks.next_run(task)
    return _shown(following) if following else "N/A"


def _local(process: Process, moment: datetime) -> datetime:
    return moment + timedelta(minutes=process.machine.profile.utc_offset_minutes)


def _shown(moment: datetime) -> str:
    """A time as en-US shows it, "1/31/2014 4:05:06 PM"."""
    return f"{moment.month}/{moment.day}/{moment.year} {moment:%I:%M:%S %p}".replace(" 0", " ")
