"""Built-in commands about variables: SET, PATH, PROMPT; and ASSOC and FTYPE."""

from collections.abc import Iterator, MutableMapping
from typing import Final

from sspr_lab.cmd.arithmetic import ArithmeticError32, evaluate
from sspr_lab.cmd.builtins.call import SYNTAX, Call
from sspr_lab.cmd.shell import Shell
from sspr_lab.stock.programs import is_associated, is_file_type
from sspr_lab.streams import codec_of
from sspr_lab.unmodelled import NoModel

_LONGEST_ANSWER: Final = 1021  # characters that SET /P takes from a line


async def set_command(call: Call) -> int:
    text = call.arguments.lstrip(" \t,;")
    switch = text[:2].lower()
    if switch == "/a":
        return await _arithmetic(call, text[2:])
    if switch == "/p":
        return await _ask(call, text[2:].lstrip(" \t"))
    if text.startswith("/"):
        return await call.complain(SYNTAX)
    name, equals, value = _unquoted(text).partition("=")
    if not equals:
        return await _list(call, name.rstrip(" \t"))
    if not name:
        return await call.complain(SYNTAX)
    call.shell.set_variable(name, value)
    return 0


def _unquoted(text: str) -> str:
    """An opening quote goes, with the last quote and all that follows it."""
    if not text.startswith('"'):
        return text
    inside, quote, _ = text[1:].rpartition('"')
    return inside if quote else text[1:]


async def _list(call: Call, prefix: str) -> int:
    """The variables whose names begin with `prefix`, in alphabetical order."""
    environment = call.shell.environment
    names = sorted((name for name in environment if name.upper().startswith(prefix.upper())), key=str.upper)
    if not names and prefix:
        return await call.complain("Environment variable {name} not defined", name=prefix)
    await call.say("".join(f"{name}={environment[name]}\n" for name in names))
    return 0


async def _arithmetic(call: Call, expression: str) -> int:
    """SET /A; a command line shows the result, a batch file does not."""
    if not expression.strip():
        return await call.complain(SYNTAX)
    try:
        value = evaluate(expression, _Variables(call.shell))
    except ArithmeticError32 as error:
        await call.complain(error.message)
        return error.code
    if call.shell.frame is None:
        await call.say(str(value))
    return 0


async def _ask(call: Call, text: str) -> int:
    """SET /P: a line of the standard input. An empty line or the end leaves the variable and fails."""
    name, equals, question = _unquoted(text).partition("=")
    if not equals or not name:
        return await call.complain(SYNTAX)
    question = question.lstrip(" \t")
    if question.startswith('"'):
        question = question[1:].partition('"')[0]
    await call.say(question)
    data = await call.handles.stdin.readline()
    answer = data.decode(codec_of(call.shell.process.code_page), "replace").rstrip("\r\n")[:_LONGEST_ANSWER]
    if not answer:
        return 1
    call.shell.set_variable(name, answer)
    return 0


async def path(call: Call) -> int:
    text = call.arguments.strip(" \t=")
    if not text:
        await call.say(f"PATH={call.shell.environment.get('PATH', '(null)')}\n")
    else:
        call.shell.set_variable("PATH", "" if text == ";" else text)
    return 0


async def prompt(call: Call) -> int:
    call.shell.set_variable("PROMPT", call.arguments.strip(" \t=") or "$P$G")
    return 0


async def association(call: Call) -> int:
    """ASSOC and FTYPE: of what a stock machine associates the lab knows .msi alone."""
    wanted = call.arguments.strip()
    if not wanted or "=" in wanted or (is_associated(wanted) if call.name == "assoc" else is_file_type(wanted)):
        raise NoModel(f"{call.name} {wanted}".rstrip())
    known = (
        {".msi": "Msi.Package"}
        if call.name == "assoc"
        else {"Msi.Package": '"%SystemRoot%\\System32\\msiexec.exe" /i "%1" %*'}
    )
    for key, value in known.items():
        if key.lower() == wanted.lower():
            await call.say(f"{key}={value}\n")
            return 0
    if call.name == "assoc":
        return await call.complain("File association not found for extension {wanted}", wanted=wanted)
    await call.complain("File type '{wanted}' not found or no open command associated with it.", wanted=wanted)
    return 2


class _Variables(MutableMapping[str, str]):
    """Variables as SET /A sees them: dynamic ones can be read."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def __getitem__(self, name: str) -> str:
        value = self._shell.lookup(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: str) -> None:
        self._shell.set_variable(name, value)

    def __delitem__(self, name: str) -> None:
        del self._shell.environment[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._shell.environment)

    def __len__(self) -> int:
        return len(self._shell.environment)
