"""schtasks.exe: creating, running, changing, listing and deleting scheduled tasks.

Syntax: Microsoft's "schtasks" pages. Texts: published transcripts (created, attempted to run, changed, deleted, the
question before a replacement, the warning about /ST on stderr, the limit of /TR); those without one are [mem]. Exit
codes are 0 and 1.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from sspr_lab.accounts import Account
from sspr_lab.errors import WindowsError
from sspr_lab.interfaces.tasks import DISABLED, REFUSED
from sspr_lab.logon import log_on
from sspr_lab.process import Process
from sspr_lab.streams import codec_of
from sspr_lab.task_schema import TaskXmlError, decode
from sspr_lab.task_xml import beyond_model
from sspr_lab.tools.complaints import complain, wrong_usage
from sspr_lab.tools.schtasks_definition import CHANGEABLE, changed_xml, definition_xml, starts_too_late
from sspr_lab.tools.schtasks_options import UNKNOWN, Options, Refused, read_options
from sspr_lab.tools.schtasks_query import query
from sspr_lab.unmodelled import need_model

_MESSAGES: Final = {
    DISABLED: "The task is disabled.",
    REFUSED: "The operator or administrator has refused the request.",
    1326: "The user name or password is incorrect.",
}
_SERVICES: Final = frozenset({"", "SYSTEM", "LOCAL SERVICE", "LOCALSERVICE"})  # accepted whatever the language [mem]


async def main(process: Process) -> int:
    """Run schtasks; exit code 0 or 1."""
    words = process.argv[1:]
    try:
        return await _run_verb(process, words or ["/query"])
    except Refused as refused:
        if refused.help is not None:
            return await wrong_usage(process, refused.message, refused.help, **refused.values)
        return await complain(process, refused.message, **refused.values)
    except TaskXmlError as error:
        return await complain(process, error.text)
    except WindowsError as error:
        return await complain(process, _MESSAGES.get(error.code) or error.message)


async def _run_verb(process: Process, words: list[str]) -> int:
    verb = words[0][1:].lower() if words[0][:1] in ("/", "-") else ""
    if verb not in _VERBS:
        raise Refused(UNKNOWN, usage="", word=words[0])
    options = read_options(verb, words[1:])
    if options.has("s"):
        raise Refused("The network path was not found.")
    return await _VERBS[verb](process, options)


async def _create(process: Process, options: Options) -> int:
    tasks = process.machine.tasks
    name = options.required("tn")
    xml = _xml_of_file(process, options) if options.has("xml") else definition_xml(process, options)
    account = await _registrar(process, options)
    if tasks.exists(name) and not options.has("f"):
        question = 'WARNING: The task name "{name}" already exists. Do you want to replace it (Y/N)? '
        if not await _agreed(process, process.text(question, name=name)):
            return 1
    if not options.has("xml") and starts_too_late(process, options):
        warning = process.text("WARNING: Task may not run because /ST is earlier than current time.")
        await process.stderr.write_text(f"{warning}\n")
    tasks.register(name, xml, account)
    return await _succeed(process, 'SUCCESS: The scheduled task "{name}" has successfully been created.', name)


async def _succeed(process: Process, english: str, name: str) -> int:
    await process.stdout.write_text(f"{process.text(english, name=name)}\n")
    return 0


def _xml_of_file(process: Process, options: Options) -> str:
    files = process.machine.files
    data = files.read(files.full_path(options.required("xml"), process.directory))
    xml = decode(data, process.machine.profile.ansi_code_page)
    need_model(beyond_model(xml))
    return xml


async def _registrar(process: Process, options: Options) -> Account:
    """Who the task is registered for: /ru with a password that is asked for, or the caller."""
    user = options.value("ru")
    own_names = {process.spoken.names.system.upper(), process.spoken.names.local_service.upper()}
    if user is None or user.rpartition("\\")[2].upper() in _SERVICES | own_names:
        return process.account
    account = log_on(process.machine, user, network=False)
    if not options.has("rp") and not options.has("it") and not options.has("np"):
        await process.stdout.write_text(process.text("Please enter the run as password for {user}: ", user=user))
        if not (await process.stdin.readline()).strip():
            raise WindowsError(1326, user)
    return account if process.account.elevated else process.account


async def _run(process: Process, options: Options) -> int:
    name = options.required("tn")
    process.machine.tasks.run(name)
    return await _succeed(process, 'SUCCESS: Attempted to run the scheduled task "{name}".', name)


async def _end(process: Process, options: Options) -> int:
    name = options.required("tn")
    _must_exist(process, name)
    process.machine.tasks.end(name)
    return await _succeed(process, 'SUCCESS: The scheduled task "{name}" has been terminated successfully.', name)


async def _delete(process: Process, options: Options) -> int:
    name = options.required("tn")
    tasks = process.machine.tasks
    if name == "*":
        names = [task.path.lstrip("\\") for task in tasks if task.path.count("\\") == 1]
    else:
        _must_exist(process, name)
        names = [name]
    question = 'WARNING: Are you sure you want to remove the task "{name}" (Y/N)? '
    if not options.has("f") and not await _agreed(process, process.text(question, name=name)):
        return 1
    for each in names:
        tasks.delete(each)
        await _succeed(process, 'SUCCESS: The scheduled task "{name}" was successfully deleted.', each)
    return 0


async def _change(process: Process, options: Options) -> int:
    name = options.required("tn")
    _must_exist(process, name)
    tasks = process.machine.tasks
    changes = [each for each in ("enable", "disable", *CHANGEABLE) if options.has(each)]
    if not changes:
        raise Refused("Invalid syntax. At least one option to change has to be specified.", usage="CHANGE")
    task = tasks.task(name)
    if set(changes) - {"enable", "disable"}:
        task = tasks.register(name, changed_xml(process, options, task.definition.xml), process.account)
    if options.has("enable") or options.has("disable"):
        tasks.enable(name, enabled=options.has("enable"))
    return await _succeed(process, 'SUCCESS: The parameters of scheduled task "{name}" have been changed.', name)


def _must_exist(process: Process, name: str) -> None:
    if not process.machine.tasks.exists(name):
        raise Refused('The specified task name "{name}" does not exist in the system.', name=name)


async def _agreed(process: Process, question: str) -> bool:
    """Ask until the answer is the language's letter of yes or no; the end of the input is neither, and ends it."""
    while True:
        await process.stdout.write_text(question)
        line = await process.stdin.readline()
        if not line:
            return False
        answer = line.decode(codec_of(process.code_page), "replace")
        if process.spoken.is_yes(answer) or process.spoken.is_no(answer):
            return process.spoken.is_yes(answer)


_Verb = Callable[[Process, Options], Awaitable[int]]
_VERBS: Final[dict[str, _Verb]] = {
    "create": _create,
    "run": _run,
    "end": _end,
    "delete": _delete,
    "change": _change,
    "query": query,
}
