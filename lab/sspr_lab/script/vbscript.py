"""A part of VBScript: statements one after the other, without procedures, branches and loops.

It knows `On Error Resume Next` and `On Error GoTo 0`, `Set`, assignments to variables and to properties with or
without arguments, calls with and without parentheses, comments, text, whole numbers, True and False, and `&`. Of what
else the language has the lab says that it lacks it (`beyond_vbscript.py`); the rest is a compilation error, as with
Windows' engine. Both come before anything is carried out. Source: Microsoft, "VBScript Language Reference".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from sspr_lab.script.beyond_vbscript import need_function, need_member, need_operator, need_statement

Value: TypeAlias = "str | int | bool | ScriptObject | None"

_TOKEN: Final = re.compile(r"""(?P<string>"(?:[^"]|"")*")|(?P<number>\d+)|(?P<name>[A-Za-z]\w*)|(?P<sign>[.,()=&:-])""")
_WORDS: Final[Mapping[str, Value]] = {"true": True, "false": False, "empty": None, "nothing": None}
_BEGINS_NOTHING: Final = re.compile(
    "and|byref|byval|case|each|else|elseif|end|is|let|loop|mod|new|next|not|on|or|preserve|resume|then|to|until|wend|xor"
)
"""Words of the language that no statement of a script without branches and loops begins with."""
_UNDEFINED: Final = 13
_OBJECT_REQUIRED: Final = 424


class ScriptObject(Protocol):
    """What a script can hold, ask and tell; names come in lower case."""

    async def invoke(self, name: str, arguments: list[Value]) -> Value:
        """Call a method, or read a property. Raises ScriptError."""

    async def assign(self, name: str, arguments: list[Value], value: Value) -> None:
        """Set a property. Raises ScriptError."""


class ScriptError(Exception):
    """Something that a script did failed; `number` is what Err.Number shows."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = number
        self.text = text


class CompilationError(Exception):
    """The script is none."""


@dataclass(frozen=True)
class Text:
    """A constant."""

    value: Value


@dataclass(frozen=True)
class Name:
    """A variable, or a function of the engine with its arguments; `owner` when it is a member of something."""

    name: str
    owner: "Expression | None" = None
    arguments: tuple["Expression", ...] = ()


@dataclass(frozen=True)
class Joined:
    """Texts one after the other."""

    parts: tuple["Expression", ...]


Expression: TypeAlias = Text | Name | Joined


@dataclass(frozen=True)
class Assignment:
    """`target = value`; `Set` makes no difference here."""

    target: Name
    value: Expression


@dataclass(frozen=True)
class OnError:
    """Whether an error ends the script."""

    resume: bool


Statement: TypeAlias = Assignment | OnError | Name


def compiled(source: str) -> list[Statement]:
    """The statements of a script. Raises CompilationError, and NoModel for what the lab lacks of the language."""
    return [_Reader(tokens).statement() for line in source.splitlines() for tokens in _statements(line)]


def _statements(line: str) -> Iterator[list[str]]:
    tokens: list[str] = []
    position = 0
    while position < len(line):
        if line[position] in " \t":
            position += 1
            continue
        if line[position] == "'":
            break
        found = _TOKEN.match(line, position)
        if found is None:
            need_operator(line[position])
            raise CompilationError("Invalid character")
        position = found.end()
        if found.group() == ":":
            if tokens:
                yield tokens
            tokens = []
        else:
            tokens.append(found.group())
    if tokens:
        yield tokens


class _Reader:
    """One statement's tokens, from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens

    def statement(self) -> Statement:
        lowered = [token.lower() for token in self._tokens]
        if lowered == ["on", "error", "resume", "next"]:
            return OnError(resume=True)
        if lowered == ["on", "error", "goto", "0"]:
            return OnError(resume=False)
        need_statement(self._tokens[0])
        if _BEGINS_NOTHING.fullmatch(lowered[0]):
            raise CompilationError("Expected statement")
        if lowered[0] == "set":
            self._take()
        target = self._primary()
        if not isinstance(target, Name):
            raise CompilationError("Expected statement")
        if self._next == "=":
            self._take()
            return self._ended(Assignment(target, self._expression()))
        if self._tokens and not target.arguments:
            target = Name(target.name, target.owner, tuple(self._listed()))
        return self._ended(target)

    def _ended(self, statement: Statement) -> Statement:
        if self._tokens:
            need_operator(self._next)
            raise CompilationError("Expected end of statement")
        return statement

    @property
    def _next(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _take(self) -> str:
        if not self._tokens:
            raise CompilationError("Syntax error")
        return self._tokens.pop(0)

    def _expression(self) -> Expression:
        parts = [self._primary()]
        while self._next == "&":
            self._take()
            parts.append(self._primary())
        return parts[0] if len(parts) == 1 else Joined(tuple(parts))

    def _primary(self) -> Expression:
        token = self._take()
        if token.startswith('"'):
            return Text(token[1:-1].replace('""', '"'))
        if token == "-" and self._next.isdecimal():  # noqa: S105 - a sign
            return Text(-int(self._take()))
        if token.isdecimal():
            return Text(int(token))
        if token.lower() in _WORDS:
            return Text(_WORDS[token.lower()])
        if token.lower() in ("not", "new"):
            need_operator(token)
        if not token[0].isalpha():
            raise CompilationError("Syntax error")
        found = Name(token.lower(), None, self._arguments())
        while self._next == ".":
            self._take()
            found = Name(self._take().lower(), found, self._arguments())
        return found

    def _arguments(self) -> tuple[Expression, ...]:
        if self._next != "(":
            return ()
        self._take()
        listed = [] if self._next == ")" else self._listed()
        if self._take() != ")":
            raise CompilationError("Expected ')'")
        return tuple(listed)

    def _listed(self) -> list[Expression]:
        listed = [self._expression()]
        while self._next == ",":
            self._take()
            listed.append(self._expression())
        return listed


class Script:
    """A script at work.

    Args:
        engine: answers calls of functions that no object has, CreateObject above all.
        objects: what is there from the beginning, by name in lower case.
    """

    def __init__(self, engine: ScriptObject, objects: Mapping[str, ScriptObject]) -> None:
        self._engine = engine
        self._error = _Err()
        self._variables: dict[str, Value] = {**objects, "err": self._error}

    async def run(self, statements: list[Statement]) -> None:
        """Carry out one after the other. Raises ScriptError unless the script goes on after errors."""
        resume = False
        for statement in statements:
            if isinstance(statement, OnError):
                resume = statement.resume
                self._error.number = 0
                continue
            try:
                await self._carry_out(statement)
            except ScriptError as error:
                if not resume:
                    raise
                self._error.number = error.number

    async def _carry_out(self, statement: Assignment | Name) -> None:
        if isinstance(statement, Name):
            await self._value(statement)
            return
        value = await self._value(statement.value)
        target = statement.target
        if target.owner is None:
            self._variables[target.name] = value
            return
        owner = await self._object(target.owner)
        await owner.assign(target.name, [await self._value(each) for each in target.arguments], value)

    async def _value(self, expression: Expression) -> Value:
        match expression:
            case Text(value):
                return value
            case Joined(parts):
                return "".join([shown(await self._value(part)) for part in parts])
            case Name(name, None, arguments) if name in self._variables or not arguments:
                if name not in self._variables:
                    need_function(name)
                return self._variables.get(name)
            case Name(name, owner, arguments):
                given = [await self._value(each) for each in arguments]
                return await (await self._object(owner) if owner else self._engine).invoke(name, given)

    async def _object(self, expression: Expression) -> ScriptObject:
        value = await self._value(expression)
        if value is None or isinstance(value, str | int):
            raise ScriptError(_OBJECT_REQUIRED, "Object required")
        return value


class _Err:
    """The object Err."""

    def __init__(self) -> None:
        self.number = 0

    async def invoke(self, name: str, arguments: list[Value]) -> Value:
        del arguments
        need_member("err", name)
        if name == "clear":
            self.number = 0
        return self.number

    async def assign(self, name: str, arguments: list[Value], value: Value) -> None:
        del name, arguments
        self.number = value if isinstance(value, int) else _UNDEFINED


def shown(value: Value) -> str:
    """A value as text, as `&` and Echo make it."""
    if isinstance(value, bool):
        return "True" if value else "False"
    return "" if value is None else str(value)
