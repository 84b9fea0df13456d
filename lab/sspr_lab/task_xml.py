"""What the XML of a scheduled task says: actions, triggers, principal and settings, checked as Task Scheduler does."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from sspr_lab.task_schema import (
    INVALID_VALUE,
    MISSING_NODE,
    UNEXPECTED_NODE,
    Node,
    TaskXmlError,
    check_children,
    refuse,
    required,
    tree_of,
)
from sspr_lab.task_times import MONTHS, WEEKDAYS, Calendar, Kind, Trigger, boundary, duration, interval

_T = TypeVar("_T")
_LOGON_TYPES: Final = ("S4U", "Password", "InteractiveToken", "InteractiveTokenOrPassword", "")
_POLICIES: Final = ("IgnoreNew", "Parallel", "Queue", "StopExisting")


@dataclass(frozen=True)
class Exec:
    """An action; environment variables in it are not yet expanded."""

    command: str
    arguments: str = ""
    directory: str = ""


@dataclass(frozen=True)
class Settings:
    """The settings that decide whether, how often and how long a task runs; defaults are the schema's."""

    multiple_instances: str = "IgnoreNew"
    no_start_on_batteries: bool = True
    allow_start_on_demand: bool = True
    start_when_available: bool = False
    enabled: bool = True
    time_limit: timedelta = timedelta(hours=72)
    delete_expired_after: timedelta | None = None


@dataclass(frozen=True)
class Definition:
    """What a task's XML says. `user` is a name or a SID, "" for whoever registers it."""

    xml: str
    actions: tuple[Exec, ...]
    triggers: tuple[Trigger, ...] = ()
    settings: Settings = Settings()
    user: str = ""
    logon_type: str = ""
    highest: bool = False
    author: str = ""
    description: str = ""


def parse(xml: str, *, newest_version: str, utc_offset: timedelta) -> Definition:
    """Check a task's XML and read it. Raises TaskXmlError.

    Args:
        xml: the text, its declaration included or not.
        newest_version: the newest task version the machine knows ("1.3" for Windows 7).
        utc_offset: the machine's, for boundaries that name a zone.
    """
    root = _root_of(xml)
    if root.name != "Task":
        refuse(UNEXPECTED_NODE, root)
    check_children(root)
    version = root.attributes.get("version", "1.2")
    if not re.fullmatch(r"1\.\d", version) or version > newest_version:
        refuse(INVALID_VALUE, root, f"version:{version}")
    actions = required(root, "Actions")
    settings = _settings(root.child("Settings") or Node("Settings", 1, 1, {}))
    triggers = root.child("Triggers")
    found = tuple(_trigger(node, utc_offset) for node in triggers.children) if triggers else ()
    if settings.delete_expired_after is not None and not any(trigger.end for trigger in found):
        refuse(MISSING_NODE, triggers.children[0] if triggers and triggers.children else root, "EndBoundary:")
    principals = root.child("Principals")
    principal = principals.child("Principal") if principals else None
    principal = principal or Node("Principal", 1, 1, {})
    information = root.child("RegistrationInfo") or Node("RegistrationInfo", 1, 1, {})
    return Definition(
        xml,
        tuple(_exec(node) for node in actions.children if node.name == "Exec"),
        found,
        settings,
        user=principal.value("UserId") or principal.value("GroupId"),
        logon_type=_one_of(principal, "LogonType", _LOGON_TYPES, ""),
        highest=_one_of(principal, "RunLevel", ("LeastPrivilege", "HighestAvailable"), "LeastPrivilege")
        == "HighestAvailable",
        author=information.value("Author"),
        description=information.value("Description"),
    )


_WITHOUT_MODEL: Final = ("RestartOnFailure", "NetworkProfileName", "NetworkSettings", "MaintenanceSettings")
_WITHOUT_MODEL_IF_SET: Final = ("RunOnlyIfIdle", "RunOnlyIfNetworkAvailable", "WakeToRun")
_MODELLED_TRIGGERS: Final = ("TimeTrigger", "CalendarTrigger", "BootTrigger")
_TRIGGERS_ELEMENTS: Final = ("RandomDelay", "ExecutionTimeLimit")


def beyond_model(xml: str) -> str | None:
    """What a well-formed task says of when it starts, and the lab would not do: an element; None where it does all."""
    try:
        root = _root_of(xml)
    except TaskXmlError:
        return None
    settings = root.child("Settings") or Node("Settings", 1, 1, {})
    kept_back = [name for name in _WITHOUT_MODEL if settings.child(name)]
    kept_back += [name for name in _WITHOUT_MODEL_IF_SET if settings.value(name) in ("true", "1")]
    triggers = root.child("Triggers")
    started = [each for node in (triggers.children if triggers else ()) for each in _beyond_trigger(node)]
    return next((f"a task's {name}" for name in (*kept_back, *started)), None)


def _beyond_trigger(node: Node) -> list[str]:
    if node.name not in _MODELLED_TRIGGERS:
        return [node.name]
    beyond = [f"{node.name} with {name}" for name in _TRIGGERS_ELEMENTS if node.child(name)]
    repetition = node.child("Repetition")
    if repetition and (node.name == "BootTrigger" or repetition.value("StopAtDurationEnd") in ("true", "1")):
        beyond.append(f"{node.name} with such a Repetition")
    return beyond


def _root_of(xml: str) -> Node:
    return tree_of(re.sub(r"^\s*<\?xml[^>]*\?>", lambda match: " " * len(match[0]), xml))


def _one_of(node: Node, name: str, allowed: tuple[str, ...], default: str) -> str:
    child = node.child(name)
    if child is None:
        return default
    value = child.text.strip()
    if value not in allowed:
        refuse(INVALID_VALUE, child, f"{name}:{value}")
    return value


def _flag(node: Node, name: str, *, default: bool) -> bool:
    return _one_of(node, name, ("true", "false", "1", "0"), "true" if default else "false") in ("true", "1")


def _read(node: Node, name: str, reader: Callable[[str], _T]) -> _T | None:
    child = node.child(name)
    if child is None:
        return None
    try:
        return reader(child.text.strip())
    except ValueError:
        refuse(INVALID_VALUE, child, f"{name}:{child.text.strip()}")


def _settings(node: Node) -> Settings:
    limit = _read(node, "ExecutionTimeLimit", duration)
    return Settings(
        multiple_instances=_one_of(node, "MultipleInstancesPolicy", _POLICIES, "IgnoreNew"),
        no_start_on_batteries=_flag(node, "DisallowStartIfOnBatteries", default=True),
        allow_start_on_demand=_flag(node, "AllowStartOnDemand", default=True),
        start_when_available=_flag(node, "StartWhenAvailable", default=False),
        enabled=_flag(node, "Enabled", default=True),
        time_limit=timedelta(hours=72) if limit is None else limit,
        delete_expired_after=_read(node, "DeleteExpiredTaskAfter", duration),
    )


def _exec(node: Node) -> Exec:
    return Exec(required(node, "Command").text.strip(), node.value("Arguments"), node.value("WorkingDirectory"))


_KINDS: Final[dict[str, Kind]] = {
    "TimeTrigger": "time",
    "CalendarTrigger": "calendar",
    "BootTrigger": "boot",
    "LogonTrigger": "logon",
}


def _trigger(node: Node, utc_offset: timedelta) -> Trigger:
    kind = _KINDS.get(node.name, "other")
    if kind in ("time", "calendar"):
        required(node, "StartBoundary")
    repetition = node.child("Repetition") or Node("Repetition", 1, 1, {})
    return Trigger(
        kind,
        enabled=_flag(node, "Enabled", default=True),
        start=_read(node, "StartBoundary", lambda text: boundary(text, utc_offset)),
        end=_read(node, "EndBoundary", lambda text: boundary(text, utc_offset)),
        repeat_every=_read(repetition, "Interval", interval),
        repeat_for=_read(repetition, "Duration", duration),
        delay=_read(node, "Delay", duration) or timedelta(),
        calendar=_calendar(node) if kind == "calendar" else Calendar(),
    )


def _calendar(node: Node) -> Calendar:
    if by_day := node.child("ScheduleByDay"):
        return Calendar(_read(by_day, "DaysInterval", int) or 1)
    if by_week := node.child("ScheduleByWeek"):
        days = by_week.child("DaysOfWeek")
        named = frozenset(WEEKDAYS.index(day.name) for day in days.children if day.name in WEEKDAYS) if days else None
        return Calendar(_read(by_week, "WeeksInterval", int) or 1, weekdays=named or frozenset(range(7)))
    by_month = required(node, "ScheduleByMonth")
    of_month, months = by_month.child("DaysOfMonth"), by_month.child("Months")
    return Calendar(
        days=frozenset(int(day.text) for day in of_month.children if day.text.strip().isdecimal())
        if of_month
        else frozenset({1}),
        months=frozenset(MONTHS.index(month.name) + 1 for month in months.children if month.name in MONTHS)
        if months
        else frozenset(),
    )
