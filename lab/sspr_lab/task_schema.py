"""The schema side of a scheduled task's XML: decoding the file, the tree with its positions, and what is refused.

Sources: [MS-TSCH] 2.5 (the schema), the SCHED_E_* texts of winerror.h, and published measurements of what
`schtasks /create /xml` makes of a file's encoding: UTF-16 with a byte order mark, or bytes without a mark and without a
declared encoding; everything else is refused with one of the three texts of `decode`.
"""

import re
from dataclasses import dataclass, field
from typing import Final, NoReturn
from xml.parsers import expat

from sspr_lab.streams import codec_of

UNEXPECTED_NODE: Final = 0x80041316
NAMESPACE: Final = 0x80041317
INVALID_VALUE: Final = 0x80041318
MISSING_NODE: Final = 0x80041319
MALFORMED: Final = 0x8004131A
_TEXTS: Final = {
    UNEXPECTED_NODE: "The task XML contains an unexpected node.",
    NAMESPACE: "The task XML contains an element or attribute from an unexpected namespace.",
    INVALID_VALUE: "The task XML contains a value which is incorrectly formatted or out of range.",
    MISSING_NODE: "The task XML is missing a required element or attribute.",
    MALFORMED: "The task XML is malformed.",
}
TASK_NAMESPACE: Final = "http://schemas.microsoft.com/windows/2004/02/mit/task"


class TaskXmlError(Exception):
    """The XML is no task: `code` is the HRESULT, `place` where and what ("(2,4):Tigger:")."""

    def __init__(self, code: int, place: str) -> None:
        super().__init__(code, place)
        self.code = code
        self.place = place

    @property
    def text(self) -> str:
        return f"{_TEXTS[self.code]} {self.place}"


@dataclass
class Node:
    name: str
    line: int
    column: int
    attributes: dict[str, str]
    children: list["Node"] = field(default_factory=list)
    text: str = ""

    def child(self, name: str) -> "Node | None":
        return next((child for child in self.children if child.name == name), None)

    def value(self, name: str, default: str = "") -> str:
        child = self.child(name)
        return default if child is None else child.text.strip()

    @property
    def place(self) -> str:
        return f"({self.line},{self.column}):{self.name}:"


def decode(data: bytes, ansi_code_page: int) -> str:
    """The text of an XML file as schtasks reads it. Raises TaskXmlError (MALFORMED)."""
    if data.startswith(b"\xff\xfe"):
        text = data[2:].decode("utf-16-le", "replace")
        allowed = {"utf-16", "unicode", ""}
    elif data.startswith(b"\xef\xbb\xbf"):
        raise TaskXmlError(MALFORMED, "(1,2)::ERROR: incorrect document syntax")
    elif data[1:2] == b"\0":
        raise TaskXmlError(MALFORMED, "(1,2)::ERROR: one root element")
    else:
        text = data.decode(codec_of(ansi_code_page), "replace")
        allowed = {""}
    declaration = re.match(r"<\?xml[^>]*\?>", text)
    encoding = re.search(r"encoding=[\"']([^\"']*)[\"']", declaration[0]) if declaration else None
    if declaration and encoding and encoding[1].lower() not in allowed:
        raise TaskXmlError(MALFORMED, f"(1,{declaration.end() + 1})::ERROR: unable to switch the encoding")
    return text


def tree_of(xml: str) -> Node:
    parser = expat.ParserCreate(namespace_separator=" ")
    stack = [Node("", 0, 0, {})]

    def start(name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        node = Node(local, parser.CurrentLineNumber, parser.CurrentColumnNumber + 2, attributes)
        if space != TASK_NAMESPACE:
            refuse(NAMESPACE, node)
        stack[-1].children.append(node)
        stack.append(node)

    def characters(text: str) -> None:
        stack[-1].text += text

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        reason = f"({error.lineno},{error.offset + 1})::ERROR: incorrect document syntax"
        raise TaskXmlError(MALFORMED, reason) from error
    return stack[0].children[0]


_TRIGGER_BASE: Final = "Enabled StartBoundary EndBoundary Repetition ExecutionTimeLimit"
_CHILDREN: Final[dict[str, frozenset[str]]] = {
    name: frozenset(children.split())
    for name, children in {
        "Task": "RegistrationInfo Triggers Settings Data Principals Actions",
        "RegistrationInfo": "URI SecurityDescriptor Source Date Author Version Description Documentation",
        "Triggers": "BootTrigger RegistrationTrigger IdleTrigger TimeTrigger EventTrigger LogonTrigger "
        "SessionStateChangeTrigger CalendarTrigger WnfStateChangeTrigger",
        "BootTrigger": f"{_TRIGGER_BASE} Delay",
        "RegistrationTrigger": f"{_TRIGGER_BASE} Delay",
        "LogonTrigger": f"{_TRIGGER_BASE} Delay UserId",
        "IdleTrigger": _TRIGGER_BASE,
        "TimeTrigger": f"{_TRIGGER_BASE} RandomDelay",
        "CalendarTrigger": f"{_TRIGGER_BASE} RandomDelay ScheduleByDay ScheduleByWeek ScheduleByMonth "
        "ScheduleByMonthDayOfWeek",
        "EventTrigger": f"{_TRIGGER_BASE} Subscription Delay PeriodOfOccurrence NumberOfOccurrences MatchingElement "
        "ValueQueries",
        "SessionStateChangeTrigger": f"{_TRIGGER_BASE} StateChange UserId Delay",
        "Repetition": "Interval Duration StopAtDurationEnd",
        "Principals": "Principal",
        "Principal": "UserId LogonType GroupId DisplayName RunLevel ProcessTokenSidType RequiredPrivileges",
        "Settings": "AllowStartOnDemand RestartOnFailure MultipleInstancesPolicy DisallowStartIfOnBatteries "
        "StopIfGoingOnBatteries AllowHardTerminate StartWhenAvailable NetworkProfileName RunOnlyIfNetworkAvailable "
        "WakeToRun Enabled Hidden DeleteExpiredTaskAfter IdleSettings NetworkSettings ExecutionTimeLimit Priority "
        "RunOnlyIfIdle UseUnifiedSchedulingEngine DisallowStartOnRemoteAppSession MaintenanceSettings Volatile",
        "IdleSettings": "Duration WaitTimeout StopOnIdleEnd RestartOnIdle",
        "Actions": "Exec ComHandler SendEmail ShowMessage",
        "Exec": "Command Arguments WorkingDirectory",
    }.items()
}


def check_children(node: Node) -> None:
    allowed = _CHILDREN.get(node.name)
    for child in node.children:
        if allowed is not None and child.name not in allowed:
            refuse(UNEXPECTED_NODE, child)
        check_children(child)


def refuse(code: int, node: Node, detail: str = "") -> NoReturn:
    raise TaskXmlError(code, f"({node.line},{node.column}):{detail}" if detail else node.place)


def required(node: Node, name: str) -> Node:
    child = node.child(name)
    if child is None or not (child.children or child.text.strip()):
        refuse(MISSING_NODE, node, f"{name}:")
    return child
