"""From the options of schtasks /create to the XML that it registers, defaults and traps included.

The traps: /sd has the one format of the machine's locale, /tr is cut into program and arguments at the first space and
has at most 261 characters, and the task neither starts nor goes on when a notebook is on battery.
"""

import re
from datetime import datetime, time, timedelta
from typing import Final
from xml.sax.saxutils import escape

from sspr_lab.process import Process
from sspr_lab.task_schema import TASK_NAMESPACE
from sspr_lab.task_times import MONTHS, WEEKDAYS
from sspr_lab.tools.schtasks_options import MISSING, Options, Refused
from sspr_lab.unmodelled import NoModel

_LONGEST_RUN: Final = 261  # "Value for '/TR' option cannot be more than 261 character(s)."
_LONGEST_NAME: Final = 238
_TOO_LONG: Final = "Value for '{option}' option cannot be more than {most} character(s)."
_BAD_END: Final = "Invalid Enddate value (should be {format})."

_MOST: Final = {"minute": 1439, "hourly": 23, "daily": 365, "weekly": 52, "monthly": 12}
CHANGEABLE: Final = ("tr", "st", "sd", "ru", "rl")  # by /change, besides /enable and /disable
_ORDINALS: Final = frozenset({"first", "second", "third", "fourth", "last", "lastday"})
_ONLY_WITH: Final = {
    "delay": ("onstart", "onlogon"),
    "du": ("once", "minute", "hourly"),
    "k": ("once", "minute", "hourly"),
    "ri": ("once",),
    "d": ("weekly", "monthly"),
    "i": (),
    "m": (),
}
"""The schedules with which the lab knows what an option does."""
_SCHEDULES: Final = (*_MOST, "once", "onstart", "onlogon", "onidle", "onevent")


def definition_xml(process: Process, options: Options) -> str:
    """The task's XML. Raises Refused as schtasks refuses its options."""
    name, run = options.required("tn"), options.required("tr")
    schedule = options.required("sc").lower()
    if len(name) > _LONGEST_NAME:
        raise Refused(_TOO_LONG, option="/TN", most=_LONGEST_NAME)
    if len(run) > _LONGEST_RUN:
        raise Refused(_TOO_LONG, option="/TR", most=_LONGEST_RUN)
    if schedule not in _SCHEDULES:
        raise Refused("Invalid Schedule Type specified.", usage="CREATE")
    if schedule == "once" and not options.has("st"):
        raise Refused(MISSING, usage="CREATE", option="st")
    command, arguments = split_run(run)
    now = _now(process)
    expiry = "    <DeleteExpiredTaskAfter>PT0S</DeleteExpiredTaskAfter>\n" if _expires(options) else ""
    return (
        '<?xml version="1.0" encoding="UTF-16"?>\n'
        f'<Task version="1.2" xmlns="{TASK_NAMESPACE}">\n'
        f"  <RegistrationInfo>\n    <Date>{now:%Y-%m-%dT%H:%M:%S}</Date>\n"
        f"    <Author>{escape(_author(process))}</Author>\n  </RegistrationInfo>\n"
        f"  <Triggers>\n{_trigger(process, options, schedule)}  </Triggers>\n"
        "  <Settings>\n"
        "    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>\n"
        "    <DisallowStartIfOnBatteries>true</DisallowStartIfOnBatteries>\n"
        "    <StopIfGoingOnBatteries>true</StopIfGoingOnBatteries>\n"
        "    <AllowHardTerminate>true</AllowHardTerminate>\n"
        "    <StartWhenAvailable>false</StartWhenAvailable>\n"
        "    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>\n"
        "    <IdleSettings>\n      <Duration>PT10M</Duration>\n      <WaitTimeout>PT1H</WaitTimeout>\n"
        "      <StopOnIdleEnd>true</StopOnIdleEnd>\n      <RestartOnIdle>false</RestartOnIdle>\n    </IdleSettings>\n"
        "    <AllowStartOnDemand>true</AllowStartOnDemand>\n"
        "    <Enabled>true</Enabled>\n    <Hidden>false</Hidden>\n    <RunOnlyIfIdle>false</RunOnlyIfIdle>\n"
        "    <WakeToRun>false</WakeToRun>\n    <ExecutionTimeLimit>PT72H</ExecutionTimeLimit>\n"
        f"{expiry}    <Priority>7</Priority>\n"
        "  </Settings>\n"
        f'  <Actions Context="Author">\n    <Exec>\n      <Command>{escape(command)}</Command>\n'
        + (f"      <Arguments>{escape(arguments)}</Arguments>\n" if arguments else "")
        + "    </Exec>\n  </Actions>\n"
        f"{_principal(process, options)}</Task>\n"
    )


def changed_xml(process: Process, options: Options, xml: str) -> str:
    """The XML of a task after /change. Raises Refused."""
    if run := options.value("tr"):
        command, arguments = split_run(run)
        action = f"<Command>{escape(command)}</Command>" + (
            f"<Arguments>{escape(arguments)}</Arguments>" * bool(arguments)
        )
        xml = _replaced(r"<Command>.*?</Command>(\s*<Arguments>.*?</Arguments>)?", action, xml)
    if options.has("st") or options.has("sd"):
        start = f"<StartBoundary>{_start(process, options):%Y-%m-%dT%H:%M:%S}</StartBoundary>"
        xml = _replaced(r"<StartBoundary>.*?</StartBoundary>", start, xml)
    if options.has("ru") or options.has("rl"):
        xml = _replaced(r"  <Principals>.*?</Principals>\n?", _principal(process, options), xml)
    return xml


def _replaced(pattern: str, text: str, xml: str) -> str:
    return re.sub(pattern, lambda _: text, xml, count=1, flags=re.DOTALL)


def split_run(run: str) -> tuple[str, str]:
    """/tr as program and arguments: a quoted program (" or ') keeps its spaces, any other ends at the first one."""
    match = re.fullmatch(r"\s*(?:\"([^\"]*)\"|'([^']*)'|(\S+))\s*(.*)", run, re.DOTALL)
    if match is None:
        return run, ""
    return next(part for part in match.groups()[:3] if part is not None), match[4]


def starts_too_late(process: Process, options: Options) -> bool:
    """Is the start of a task that runs once already past?"""
    return options.required("sc").lower() == "once" and _start(process, options) < _now(process)


def _expires(options: Options) -> bool:
    """/z asks for the removal; a task of the old format (/v1) is removed by the scheduler's compatibility layer."""
    return options.has("z") and not options.has("v1")


def _author(process: Process) -> str:
    domain = process.account.domain or process.machine.profile.computer_name
    return f"{domain}\\{process.account.name}"


def _now(process: Process) -> datetime:
    profile = process.machine.profile
    return (process.machine.clock.now() + timedelta(minutes=profile.utc_offset_minutes)).replace(tzinfo=None)


def _start(process: Process, options: Options) -> datetime:
    day = _date(process, options, "sd") or _now(process)
    at = _time(options, "st")
    now = _now(process).replace(second=0, microsecond=0)
    return datetime.combine(day.date(), at if at is not None else now.time())


def _date(process: Process, options: Options, name: str) -> datetime | None:
    text = options.value(name)
    if text is None:
        return None
    shown = process.spoken.formats.schtasks_date
    what = "Invalid Startdate value (should be {format})." if name == "sd" else _BAD_END
    refusal = Refused(what, usage="CREATE", format=shown)
    if not re.fullmatch(re.sub("[a-z]", r"\\d", shown), text):
        raise refusal
    day, month, year = (int("".join(d for d, f in zip(text, shown, strict=True) if f == part)) for part in "dmy")
    try:
        return datetime(year, month, day)  # noqa: DTZ001 - local time
    except ValueError as error:
        raise refusal from error


def _time(options: Options, name: str) -> time | None:
    text = options.value(name)
    if text is None:
        return None
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise Refused("Invalid Starttime value." if name == "st" else "Invalid Endtime value.", usage="CREATE")
    return time.fromisoformat(text)


def _trigger(process: Process, options: Options, schedule: str) -> str:
    _need_model(options, schedule)
    start = _start(process, options)
    end = _date(process, options, "ed")
    bounds = f"      <StartBoundary>{start:%Y-%m-%dT%H:%M:%S}</StartBoundary>\n"
    if end is not None:
        at = _time(options, "et") or time(23, 59, 59)
        bounds += f"      <EndBoundary>{datetime.combine(end, at):%Y-%m-%dT%H:%M:%S}</EndBoundary>\n"
    bounds += "      <Enabled>true</Enabled>\n"
    match schedule:
        case "onstart":
            return f"    <BootTrigger>\n{bounds}{_delay(options)}    </BootTrigger>\n"
        case "onlogon":
            return f"    <LogonTrigger>\n{bounds}{_delay(options)}    </LogonTrigger>\n"
        case "onidle":
            return f"    <IdleTrigger>\n{bounds}    </IdleTrigger>\n"
        case "once" | "minute" | "hourly":
            return f"    <TimeTrigger>\n{_repetition(options, schedule)}{bounds}    </TimeTrigger>\n"
    return f"    <CalendarTrigger>\n{bounds}{_calendar(options, schedule, start)}    </CalendarTrigger>\n"


def _need_model(options: Options, schedule: str) -> None:
    """Raise NoModel for what makes another trigger than the lab's."""
    lacking = [name for name, schedules in _ONLY_WITH.items() if options.has(name) and schedule not in schedules]
    if schedule == "onevent" or lacking or (options.has("et") and not options.has("ed")):
        raise NoModel(f"schtasks /create /sc {schedule}{''.join(f' /{name}' for name in lacking)}")
    if schedule == "monthly" and (options.value("mo") or "").lower() in _ORDINALS:
        raise NoModel(f"schtasks /create /sc monthly /mo {options.value('mo')}")


def _delay(options: Options) -> str:
    text = options.value("delay")
    if text is None:
        return ""
    if not re.fullmatch(r"\d{4}:\d\d", text):
        raise Refused("Invalid Delay Time value.", usage="CREATE")
    return f"      <Delay>PT{int(text[:4])}M{int(text[5:])}S</Delay>\n"


def _modifier(options: Options, schedule: str) -> int:
    text = options.value("mo") or "1"
    if not text.isdecimal() or not 1 <= int(text) <= _MOST[schedule]:
        text = "Invalid value for /MO option. It should be between 1 - {most}."
        raise Refused(text, usage="CREATE", most=_MOST[schedule])
    return int(text)


def _repetition(options: Options, schedule: str) -> str:
    if schedule == "once":
        every = options.value("ri")
        if every is None:
            return ""
        if not every.isdecimal() or not 1 <= int(every) <= 599940:
            raise Refused("Invalid value for /RI option.", usage="CREATE")
        interval = f"PT{every}M"
    else:
        interval = f"PT{_modifier(options, schedule)}{'M' if schedule == 'minute' else 'H'}"
    length = options.value("du")
    if length is not None and not re.fullmatch(r"\d{2,4}:[0-5]\d", length):
        raise Refused("Invalid value for /DU option.", usage="CREATE")
    hours, _, minutes = (length or "").partition(":")
    lasts = f"        <Duration>PT{int(hours)}H{int(minutes)}M</Duration>\n" if length else ""
    stop = "true" if options.has("k") else "false"
    return (
        f"      <Repetition>\n        <Interval>{interval}</Interval>\n{lasts}"
        f"        <StopAtDurationEnd>{stop}</StopAtDurationEnd>\n      </Repetition>\n"
    )


def _calendar(options: Options, schedule: str, start: datetime) -> str:
    every = _modifier(options, schedule)
    if schedule == "daily":
        return f"      <ScheduleByDay>\n        <DaysInterval>{every}</DaysInterval>\n      </ScheduleByDay>\n"
    if schedule == "weekly":
        days = "".join(f"<{day} />" for day in _weekdays(options, start))
        return (
            f"      <ScheduleByWeek>\n        <WeeksInterval>{every}</WeeksInterval>\n"
            f"        <DaysOfWeek>{days}</DaysOfWeek>\n      </ScheduleByWeek>\n"
        )
    day = options.value("d") or "1"
    if not day.isdecimal() or not 1 <= int(day) <= 31:
        raise Refused("Invalid value for /D option.", usage="CREATE")
    months = "".join(f"<{month} />" for month in MONTHS[::every])
    return (
        f"      <ScheduleByMonth>\n        <DaysOfMonth><Day>{int(day)}</Day></DaysOfMonth>\n"
        f"        <Months>{months}</Months>\n      </ScheduleByMonth>\n"
    )


def _weekdays(options: Options, start: datetime) -> list[str]:
    text = options.value("d")
    if text is None:
        return [WEEKDAYS[start.weekday()]]
    if text == "*":
        return list(WEEKDAYS)
    short = {day[:3].upper(): day for day in WEEKDAYS}
    names = text.upper().split(",")
    if unknown := [name for name in names if name not in short]:
        raise Refused("Invalid value for /D option: {value}.", usage="CREATE", value=unknown[0])
    return [short[name] for name in names]


def _principal(process: Process, options: Options) -> str:
    level = (options.value("rl") or "LIMITED").upper()
    if level not in ("LIMITED", "HIGHEST"):
        raise Refused("Invalid value for /RL option.", usage="CREATE")
    user = options.value("ru")
    inner = ""
    if user is None:
        inner += f"      <UserId>{escape(_author(process))}</UserId>\n      <LogonType>InteractiveToken</LogonType>\n"
    elif user.rpartition("\\")[2].upper() in ("", "SYSTEM", process.spoken.names.system.upper()):
        inner += "      <UserId>S-1-5-18</UserId>\n"
    else:
        kind = "InteractiveToken" if options.has("it") else "S4U" if options.has("np") else "Password"
        inner += f"      <UserId>{escape(user)}</UserId>\n      <LogonType>{kind}</LogonType>\n"
    run_level = "HighestAvailable" if level == "HIGHEST" else "LeastPrivilege"
    return (
        f'  <Principals>\n    <Principal id="Author">\n      <RunLevel>{run_level}</RunLevel>\n{inner}'
        "    </Principal>\n  </Principals>\n"
    )
