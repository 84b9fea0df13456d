"""What a parsed command line is made of, and the text that cmd.exe makes of it again (for ECHO ON and for pipes)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

Operator = Literal["&", "&&", "||", "|"]
Direction = Literal["<", ">", ">>"]
ForKind = Literal["", "/d", "/r", "/l", "/f"]


@dataclass(frozen=True)
class Redirection:
    """`handle` goes to or comes from `target`: a file as it was written (quotes too), or "&n" for another handle."""

    handle: int
    direction: Direction
    target: str


@dataclass(frozen=True)
class Simple:
    """One command: its first word and the rest of its text, separators included, carets and redirections removed."""

    name: str
    arguments: str = ""
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True)
class Block:
    """Commands in parentheses."""

    body: "Node"
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True)
class Chain:
    """Two commands joined by &, &&, || or |. A newline inside parentheses is an &."""

    operator: Operator
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Quiet:
    """A command after @."""

    body: "Node"


@dataclass(frozen=True)
class Condition:
    """What IF asks. `test` is errorlevel, exist, defined, cmdextversion, == or a comparison such as geq."""

    test: str
    left: str
    right: str = ""
    negated: bool = False
    ignore_case: bool = False


@dataclass(frozen=True)
class If:
    condition: Condition
    then: "Node"
    otherwise: "Node | None" = None


@dataclass(frozen=True)
class For:
    """FOR: `options` are those of /f in their quotes, `root` the folder of /r, `items` the text in the parentheses."""

    kind: ForKind
    variable: str
    items: str
    body: "Node"
    options: str = ""
    root: str = ""


@dataclass(frozen=True)
class Nothing:
    """A remark, a label or an empty line."""

    text: str = ""


Node = Simple | Block | Chain | Quiet | If | For | Nothing


def substitute(node: Node, change: Callable[[str], str]) -> Node:
    """The same tree with `change` applied to every piece of text that FOR variables may stand in."""
    match node:
        case Simple(name, arguments, redirections):
            return Simple(change(name), change(arguments), _redirected(redirections, change))
        case Block(body, redirections):
            return Block(substitute(body, change), _redirected(redirections, change))
        case Chain(operator, left, right):
            return Chain(operator, substitute(left, change), substitute(right, change))
        case Quiet(body):
            return Quiet(substitute(body, change))
        case If(condition, then, otherwise):
            asked = replace(condition, left=change(condition.left), right=change(condition.right))
            return If(asked, substitute(then, change), None if otherwise is None else substitute(otherwise, change))
        case For():
            inner = substitute(node.body, change)
            return replace(node, items=change(node.items), root=change(node.root), body=inner)
        case Nothing():
            return node


def _redirected(redirections: tuple[Redirection, ...], change: Callable[[str], str]) -> tuple[Redirection, ...]:
    return tuple(replace(redirection, target=change(redirection.target)) for redirection in redirections)


def text_of(node: Node) -> str:
    """The command as cmd.exe writes it out: a space after arguments, handles spelled out, operators between two spaces.

    Source: wine-mirror/wine programs/cmd/tests/test_builtins.cmd.exp, whose expectations are those of Windows.
    """
    match node:
        case Simple(name, arguments, redirections):
            return name + arguments + (" " if arguments or redirections else "") + _text_of_redirections(redirections)
        case Block(body, redirections):
            return f"({text_of(body)}) " + _text_of_redirections(redirections)
        case Chain(operator, left, right):
            return f"{text_of(left)} {operator} {text_of(right)}"
        case Quiet(body):
            return "@" + text_of(body)
        case If(condition, then, otherwise):
            rest = "" if otherwise is None else f" else {text_of(otherwise)}"
            return f"if {_text_of_condition(condition)} {text_of(then)}{rest}"
        case For():
            head = " ".join(part for part in ("for", node.kind, node.root, node.options, f"%{node.variable}") if part)
            return f"{head} in ({node.items}) do {text_of(node.body)}"
        case Nothing(text):
            return text


def _text_of_redirections(redirections: tuple[Redirection, ...]) -> str:
    return "".join(f"{one.handle}{one.direction}{one.target} " for one in redirections)


def _text_of_condition(condition: Condition) -> str:
    words = ["/i"] if condition.ignore_case else []
    words += ["not"] if condition.negated else []
    if condition.right:
        words += [condition.left, condition.test, condition.right]
    else:
        words += [condition.test, condition.left]
    return " ".join(words)
