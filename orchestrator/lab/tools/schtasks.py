"""schtasks.exe: creating, running, changing, listing and deleting scheduled tasks.

Syntax: Microsoft's "schtasks" pages. Texts: published transcripts (created, attempted to run, changed, deleted, the
question before a replacement, the warning about /ST on stderr, the limit of /TR); those without one are [mem]. Exit
codes are 0 and 1.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from orchestrator.lab.accounts import log_on
from orchestrator.lab.errors import WindowsError
from orchestrator.lab.process import Account, Process
from orchestrator.lab.task_schema import TaskXmlError, decode
from orchestrator.lab.tasks import DISABLED, REFUSED
from orchestrator.lab.tools.schtasks_definition import CHANGEABLE, changed_xml, definition_xml, starts_too_late
from orchestrator.lab.tools.schtasks_options import Options, Refused, read_options
from orchestrator.lab.tools.schtasks_query import query

_MESSAGES: Final = {
    DISABLED: "The task is disabled.",
    REFUSED: "The operator or administrator has refused the request.",
    1326: "The user name or password is incorrect.",
}
_HELP: Final = """
SCHTASKS /parameter [arguments]

Parameter List:
    /Create, /Delete, /Query, /Change, /Run, /End, /ShowSid, /?
"""


async def main(process: Process) -> int:
    """Run schtasks; exit code 0 or 1."""
    words = process.argv[1:]
    if words and words[0] in ("/?", "-?"):
        await process.stdout.write_text(_HELP)
        return 0
    try:
        return await _run_verb(process, words or ["/query"])
    except Refused as refused:
        await process.stderr.write_text(refused.text)
    except TaskXmlError as error:
        await process.stderr.write_text(f"ERROR: {error.text}\n")
    except WindowsError as error:
        await process.stderr.write_text(f"ERROR: {_MESSAGES.get(error.code) or error.message}\n")
    return 1


async def _run_verb(process: Process, words: list[str]) -> int:
    verb = words[0][1:].lower() if words[0][:1] in ("/", "-") else ""
    if verb not in _VERBS:
        raise Refused(f"Invalid argument/option - '{words[0]}'.", usage="")
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
        question = f'WARNING: The task name "{name}" already exists. Do you want to replace it (Y/N)? '
        if not await _agreed(process, question):
            return 1
    if not options.has("xml") and starts_too_late(process, options):
        await process.stderr.write_text("WARNING: Task may not run because /ST is earlier than current time.\n")
    tasks.register(name, xml, account)
    await process.stdout.write_text(f'SUCCESS: The scheduled task "{name}" has successfully been created.\n')
    return 0


def _xml_of_file(process: Process, options: Options) -> str:
    files = process.machine.files
    data = files.read(files.full_path(options.required("xml"), process.directory))
    return decode(data, process.machine.profile.ansi_code_page)


async def _registrar(process: Process, options: Options) -> Account:
    """Who the task is registered for: /ru with a password that is asked for, or the caller."""
    user = options.value("ru")
    if user is None or user.rpartition("\\")[2].upper() in ("", "SYSTEM", "LOCAL SERVICE", "LOCALSERVICE"):
        return process.account
    account = log_on(process.machine, user, network=False)
    if not options.has("rp") and not options.has("it") and not options.has("np"):
        await process.stdout.write_text(f"Please enter the run as password for {user}: ")
        if not (await process.stdin.readline()).strip():
            raise WindowsError(1326, user)
    return account if process.account.elevated else process.account


async def _run(process: Process, options: Options) -> int:
    name = options.required("tn")
    process.machine.tasks.run(name)
    await process.stdout.write_text(f'SUCCESS: Attempted to run the scheduled task "{name}".\n')
    return 0


async def _end(process: Process, options: Options) -> int:
    name = options.required("tn")
    _must_exist(process, name)
    process.machine.tasks.end(name)
    await process.stdout.write_text(f'SUCCESS: The scheduled task "{name}" has been terminated successfully.\n')
    return 0


async def _delete(process: Process, options: Options) -> int:
    name = options.required("tn")
    tasks = process.machine.tasks
    if name == "*":
        names = [task.path.lstrip("\\") for task in tasks if task.path.count("\\") == 1]
    else:
        _must_exist(process, name)
        names = [name]
    question = f'WARNING: Are you sure you want to remove the task "{name}" (Y/N)? '
    if not options.has("f") and not await _agreed(process, question):
        return 1
    for each in names:
        tasks.delete(each)
        await process.stdout.write_text(f'SUCCESS: The scheduled task "{each}" was successfully deleted.\n')
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
    await process.stdout.write_text(f'SUCCESS: The parameters of scheduled task "{name}" have been changed.\n')
    return 0


def _must_exist(process: Process, name: str) -> None:
    if not process.machine.tasks.exists(name):
        raise Refused(f'The specified task name "{name}" does not exist in the system.')


async def _agreed(process: Process, question: str) -> bool:
    """Ask until the answer is Y or N; the end of the input is neither, and the tool gives up."""
    while True:
        await process.stdout.write_text(question)
        line = await process.stdin.readline()
        if not line:
            return False
        answer = line.strip().upper()
        if answer in (b"Y", b"N"):
            return answer == b"Y"


_Verb = Callable[[Process, Options], Awaitable[int]]
_VERBS: Final[dict[str, _Verb]] = {
    "create": _create,
    "run": _run,
    "end": _end,
    "delete": _delete,
    "change": _change,
    "query": query,
}
